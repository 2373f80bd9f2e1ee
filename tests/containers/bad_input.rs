//! Containers that cannot be diagnosed: the message and the exit status.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::lab::{self, Container};
use crate::lxcdiag::{Ended, bare, binary, run};

#[track_caller]
fn assert_refused(ended: &Ended, message: &str, status: i32) {
    assert_eq!(ended.stderr, format!("lxcdiag: {message}\n"));
    assert_eq!(ended.status, status);
    assert_eq!(ended.stdout, "");
}

/// A host with these files of the cluster file system.
fn host(files: &[(&str, &str)]) -> tempfile::TempDir {
    let host = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = host.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::os::unix::fs::symlink("nodes/pve1", host.path().join("etc/pve/local")).unwrap();
    host
}

fn diagnose_on(host: &Path, ct: &str) -> Ended {
    let state = tempfile::tempdir().unwrap();
    run(bare()
        .args(["run", "race-condition", "--pct", "/bin/false", "--ct", ct])
        .env("LXCDIAG_HOST_ROOT", host)
        .env("XDG_STATE_HOME", state.path()))
}

#[test]
fn no_pct_on_the_machine() {
    let container = Container::pristine();
    let mut command = bare();
    command
        .args(["run", "race-condition", "--pct", "/nonexistent/pct", "--ct"])
        .arg(container.id.to_string())
        .env("LXCDIAG_HOST_ROOT", crate::lab::host_root())
        .env("XDG_STATE_HOME", container.directory.path());
    assert_refused(
        &run(&mut command),
        "cannot find the program `/nonexistent/pct`\n\
         hint: run lxcdiag on a Proxmox VE host, or give the path with --pct; `--via lxc-attach` works without pct, and `lxcdiag run race-condition --demo` anywhere",
        69,
    );
}

#[test]
fn not_root() {
    let container = Container::pristine();
    // The binary must be readable by everyone.
    let directory = container.directory.path();
    std::fs::set_permissions(directory, PermissionsExt::from_mode(0o755)).unwrap();
    let copy = directory.join("lxcdiag");
    // Copied by another process: a child that another test forks in the meantime would keep the file open for writing.
    lab::succeed(std::process::Command::new("cp").arg(binary()).arg(&copy));
    let mut command = std::process::Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(copy)
        .args(["run", "race-condition", "--ct"])
        .arg(container.id.to_string())
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LXCDIAG_HOST_ROOT", crate::lab::host_root());
    assert_refused(
        &run(&mut command),
        "entering a container requires root\nhint: run lxcdiag as root, for example with sudo",
        77,
    );
}

#[test]
fn no_such_container() {
    let host = host(&[
        ("etc/pve/nodes/pve1/lxc/958.conf", "hostname: a\n"),
        ("etc/pve/nodes/pve1/lxc/101.conf", "hostname: b\n"),
        ("etc/pve/nodes/pve2/lxc/970.conf", "hostname: c\n"),
        ("etc/pve/nodes/pve2/lxc/999.conf", "hostname: d\n"),
    ]);
    assert_refused(
        &diagnose_on(host.path(), "959"),
        "container 959 does not exist on any node\nhint: the nearest IDs are 958, 970, 999",
        69,
    );
}

#[test]
fn on_another_node() {
    let host = host(&[
        ("etc/pve/nodes/pve1/lxc/101.conf", "hostname: a\n"),
        ("etc/pve/nodes/pve2/lxc/958.conf", "hostname: b\n"),
    ]);
    assert_refused(
        &diagnose_on(host.path(), "958"),
        "container 958 is on node \"pve2\", not on this node (\"pve1\")\nhint: use `--node pve2`, or run lxcdiag on that node",
        69,
    );
}

#[test]
fn a_virtual_machine() {
    let host = host(&[
        ("etc/pve/nodes/pve1/lxc/101.conf", "hostname: a\n"),
        ("etc/pve/nodes/pve1/qemu-server/958.conf", "name: b\n"),
    ]);
    assert_refused(
        &diagnose_on(host.path(), "958"),
        "958 on node \"pve1\" is a virtual machine, not a container\nhint: `pct list` shows the containers of this node",
        69,
    );
}

#[test]
fn a_template() {
    let host = host(&[(
        "etc/pve/nodes/pve1/lxc/958.conf",
        "hostname: a\ntemplate: 1\n",
    )]);
    assert_refused(
        &diagnose_on(host.path(), "958"),
        "container 958 is a template, which cannot be started\nhint: diagnose a container that was cloned from it",
        69,
    );
}

#[test]
fn no_container_can_have_the_id() {
    let host = host(&[("etc/pve/nodes/pve1/lxc/958.conf", "hostname: a\n")]);
    for id in ["99", "1000000000"] {
        let message =
            format!("`{id}` is not a container ID: expected a number from 100 to 999999999");
        let ended = diagnose_on(host.path(), id);
        assert_eq!(
            ended.stderr,
            format!(
                "error: invalid value '{id}' for '--ct <ID>': {message}\n\nFor more information, try '--help'.\n"
            )
        );
        assert_eq!(ended.status, 64);
    }
    let ended = diagnose_on(host.path(), "web");
    assert_eq!(
        ended.stderr,
        "lxcdiag: `--ct web`: no container has this host name\n\
         hint: container IDs are numbers from 100 to 999999999; `pct list` shows them\n"
    );
    assert_eq!(ended.status, 64);
}

#[test]
fn stopped() {
    let container = Container::privileged();
    container.inject("stopped", &["--delay", "0"]);
    let calls = container.pct_calls();
    for options in [&[][..], &["--via", "lxc-attach"]] {
        let id = container.id;
        assert_refused(
            &container.diagnose(options),
            &format!(
                "container {id} is not running\nhint: `lxcdiag run start-failed --ct {id}` says why; `pct start {id}` starts it"
            ),
            69,
        );
    }
    assert_eq!(container.pct_calls(), calls);
}

/// A backup must not contain half a change.
#[test]
fn locked() {
    let container = Container::privileged();
    container.inject("locked", &["--delay", "0.3"]);
    let ended = container.diagnose(&[]);
    let id = container.id;
    assert!(
        ended.stderr.contains(&format!(
            "container {id} is locked (backup); it will not be changed\n"
        )),
        "{}",
        ended.stderr
    );
    assert!(
        !ended.stderr.contains("this will change"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        ended.verdict().in_short(),
        "race-condition likely, race likely"
    );
    assert_eq!(ended.status, 1);
    assert_eq!(ended.report()["changed"], serde_json::json!([]));
    assert_eq!(ended.outcome("reload"), "skipped");
    assert_eq!(
        ended.reason("reload"),
        "it changes the container: the container is locked (backup)"
    );
    assert!(!container.has("/etc/systemd/system/multi-user.target.wants/embedding_server.service"));
}

#[test]
fn changes_are_announced() {
    let container = Container::privileged();
    container.inject("late-push", &["--delay", "0.3"]);
    let ended = container.diagnose(&[]);
    let id = container.id;
    assert!(
        ended.stderr.contains(&format!(
            "this will change container {id}: systemctl daemon-reload; systemctl enable -- embedding_server.service\n"
        )),
        "{}",
        ended.stderr
    );
}

#[test]
fn without_a_shell() {
    let container = Container::privileged();
    container.inject("no-sh", &["--delay", "0.3"]);
    let ended = container.diagnose(&[]);
    let id = container.id;
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert_eq!(ended.outcome("pushes"), "passed");
    assert_eq!(ended.outcome("container"), "passed");
    assert_eq!(ended.outcome("stamp"), "errored");
    let reason = ended.reason("stamp");
    let pct = crate::lab::pct();
    let expected = format!(
        "`{} exec {id} -- sh` ended with exit status 127 before it opened a shell in the container",
        pct.display()
    );
    assert!(
        reason.ends_with(&expected) && reason.contains("Failed to exec \"sh\""),
        "{reason}"
    );
    // A container that cannot be examined is not changed.
    assert_eq!(ended.report()["changed"], serde_json::json!([]));
}

#[test]
fn without_systemd() {
    let container = Container::privileged();
    container.inject("no-systemd", &["--delay", "0.3"]);
    let ended = container.diagnose(&[]);
    assert_eq!(ended.verdict().id, "not-systemd");
    assert_eq!(
        ended.verdict().summary,
        "The container does not run systemd: confirmed. PID 1 is sleep."
    );
    assert_eq!(ended.status, 2);
}

#[test]
fn without_stat_or_timeout() {
    for scenario in ["no-stat", "no-timeout"] {
        let container = Container::privileged();
        let injected = container.inject(scenario, &["--delay", "0.3"]);
        let failed_at = injected.failed_at.unwrap();
        let ended = container.diagnose(&["--failed-at", &failed_at]);
        // Without stat there is no birth time.
        let level = if scenario == "no-stat" {
            "likely"
        } else {
            "confirmed"
        };
        assert_eq!(
            ended.verdict().in_short(),
            format!("race-condition {level}, race {level}"),
            "{scenario}"
        );
        assert_eq!(ended.outcome("stamp"), "passed");
        assert_eq!(ended.row("stamp")["facts"]["size"], 155);
        assert_eq!(ended.outcome("enable"), "passed");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_anything_runs() {
    let container = Container::privileged();
    container.inject("absent", &[]);
    let calls = container.pct_calls();
    assert_refused(
        &container.diagnose(&["--output", "/nonexistent/report.json"]),
        "cannot write /nonexistent/report.json: No such file or directory\nhint: create the directory /nonexistent first",
        73,
    );
    assert_eq!(container.pct_calls(), calls, "nothing ran");
}

/// The evidence is saved before the container is changed; if that fails, nothing is changed.
#[test]
fn a_recording_that_cannot_be_kept() {
    let container = Container::privileged();
    container.inject("late-push", &["--delay", "0.3"]);
    let ended = run(container
        .lxcdiag("race-condition")
        .args(crate::lxcdiag::JSON)
        .arg("--allow-changes")
        .env("XDG_STATE_HOME", "/proc/none"));
    assert_eq!(ended.outcome("reload"), "skipped", "{}", ended.stderr);
    assert!(
        ended.reason("reload").starts_with(
            "it changes the container: cannot save the recording in /proc/none/lxcdiag"
        ),
        "{}",
        ended.reason("reload")
    );
    assert_eq!(ended.verdict().id, "race-condition");
    assert_eq!(ended.report()["changed"], serde_json::json!([]));
    assert!(!container.has("/etc/systemd/system/multi-user.target.wants/embedding_server.service"));
}
