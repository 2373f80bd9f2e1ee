//! Files and links of other users in shared directories: root does not use them.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::lab::quiet;

const NOBODY: Option<u32> = Some(65534);

fn lxcdiag(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lxcdiag"));
    command.args(arguments).current_dir(directory);
    command.env("XDG_CONFIG_HOME", directory);
    command.env("LXCDIAG_HOST_ROOT", directory.join("host"));
    String::from_utf8(quiet(&mut command).stderr).unwrap()
}

#[test]
fn a_report_goes_through_no_link_or_fifo_of_another_user() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let mode = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(directory.path(), mode).unwrap();
    std::fs::write(path("victim"), "as it was").unwrap();
    symlink(path("victim"), path("link.md")).unwrap();
    std::os::unix::fs::lchown(path("link.md"), NOBODY, None).unwrap();
    symlink("link.md", path("own.md")).unwrap();
    let fifo = Command::new("mkfifo").arg(path("fifo.md")).status();
    assert!(fifo.unwrap().success());
    chown(path("fifo.md"), NOBODY, None).unwrap();
    for (name, said) in [
        ("link.md", "it is a symbolic link of another user"),
        ("own.md", "it is a symbolic link of another user"),
        ("fifo.md", "it is a FIFO of another user"),
    ] {
        let arguments = ["run", "race-condition", "--demo", "--output", name];
        let stderr = lxcdiag(directory.path(), &arguments);
        assert!(stderr.contains(said), "{name}: {stderr}");
    }
    assert_eq!(
        std::fs::read_to_string(path("victim")).unwrap(),
        "as it was"
    );
}

#[test]
fn nothing_is_written_through_a_directory_that_another_user_linked() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::create_dir(path("victim")).unwrap();
    let node = path("host/etc/pve/nodes/pve1");
    std::fs::create_dir_all(node.join("lxc")).unwrap();
    std::fs::write(node.join("lxc/958.conf"), "").unwrap();
    symlink("nodes/pve1", path("host/etc/pve/local")).unwrap();
    symlink(path("victim"), path("link")).unwrap();
    std::os::unix::fs::lchown(path("link"), NOBODY, None).unwrap();
    let demo = &["run", "race-condition", "--demo"];
    let sweep = &["sweep", "health", "--via", "lxc-attach", "--ct", "958"];
    let above = "/link is a symbolic link of another user";
    for (arguments, said) in [
        ([&demo[..], &["--output", "link/a.md"]], above),
        ([&demo[..], &["--record", "link/a.json"]], above),
        ([&demo[..], &["--bundle", "link/a.tar.gz"]], above),
        ([&sweep[..], &["--output", "link/a.html"]], above),
        (
            [&sweep[..], &["--state", "link"]],
            ": it is a symbolic link of another user",
        ),
    ] {
        let arguments = arguments.concat();
        let stderr = lxcdiag(directory.path(), &arguments);
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    assert_eq!(std::fs::read_dir(path("victim")).unwrap().count(), 0);
}

#[test]
fn the_usual_waiver_file_is_not_used_if_others_can_write_to_it() {
    let script =
        "mount -t tmpfs none /etc; mkdir /etc/lxcdiag; echo '[]' >/etc/lxcdiag/waivers.yaml
        chmod 666 /etc/lxcdiag/waivers.yaml; exec \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-ec", script, "sh"])
        .arg(env!("CARGO_BIN_EXE_lxcdiag"))
        .args(["sweep", "health", "--via", "lxc-attach", "--ct", "958"]);
    let ended = quiet(&mut command);
    assert_eq!(ended.status.code(), Some(65));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("other users can write to it"), "{stderr}");
}

#[test]
fn a_runbook_of_another_user_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::create_dir_all(path("lxcdiag/runbooks")).unwrap();
    let runbook = "runbook: health\ntitle: x\nchecks:\n  - { id: up, title: x, run: ['true'], pass: exit == 0 }\n";
    std::fs::write(path("lxcdiag/runbooks/health.yaml"), runbook).unwrap();
    chown(path("lxcdiag/runbooks/health.yaml"), NOBODY, None).unwrap();
    let stderr = lxcdiag(directory.path(), &["show", "health"]);
    assert!(stderr.contains("it belongs to another user"), "{stderr}");
}
