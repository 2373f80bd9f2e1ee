//! Scripts of which the audit says that they fail, or does not, each run in a container: a line `#? COMMAND` at its end must
//! succeed afterwards.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lab::{self, Container, succeed};

/// Containers at the same time.
const GROUPS: usize = 4;

/// What the scripts push.
const FILES: [(&str, &str); 4] = [
    (
        "app.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n",
    ),
    (
        "worker@.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n",
    ),
    (
        "app.timer",
        "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
    ),
    ("app.conf", "setting = 1\n"),
];

/// The host has none of the units.
const SYSTEMCTL: &str = "#!/bin/sh
echo 'Failed to enable unit: Unit file app.service does not exist.' >&2
exit 1
";

/// The other node of the cluster is this one.
const SSH: &str = "#!/bin/sh
shift
[ $# -gt 0 ] || exec bash -s
exec bash -c \"$*\"
";

/// The unit directory of the host is another one, and the container is as before the script.
const AROUND: &str = "
set -e
mount -t tmpfs none /etc/systemd/system
exec bash ./script.sh
";
const CLEAN: &str = "
cd /etc/systemd/system
systemctl stop app.service app.timer 'worker@*' 2>/dev/null
rm -rf app* my-app* worker@* */app.service */app.timer */worker@*
rm -rf /etc/app.conf /opt/* /srv/* /root/* /usr/local/bin/app* /tmp/app*
systemctl daemon-reload
";

fn scripts() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/proven");
    let entries = std::fs::read_dir(directory).unwrap();
    let mut scripts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    scripts.sort();
    scripts
}

fn write_program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    succeed(Command::new("chmod").arg("+x").arg(path));
}

/// Runs a script in a container; what is wrong, if its claim does not hold.
fn prove(container: &Container, script: &Path) -> Option<String> {
    let directory = container.directory.path().join("proven");
    let _ = std::fs::remove_dir_all(&directory);
    let bin = directory.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir(directory.join("units")).unwrap();
    symlink(lab::pct(), bin.join("pct")).unwrap();
    write_program(&bin.join("systemctl"), SYSTEMCTL);
    write_program(&bin.join("ssh"), SSH);
    for (name, text) in FILES {
        std::fs::write(directory.join("units").join(name), text).unwrap();
    }
    container.sh(CLEAN);
    let text = std::fs::read_to_string(script).unwrap();
    let text = text.replace("958", &container.id.to_string());
    std::fs::write(directory.join("script.sh"), &text).unwrap();
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display());
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&directory);
        command.env_clear().env("PATH", &path).env("HOME", "/root");
        command.output().unwrap()
    };
    let ran = run("unshare", &["--mount", "sh", "-c", AROUND]);
    let proof = text.lines().find_map(|line| line.strip_prefix("#? "));
    let proven = run("bash", &["-c", proof.expect("a line `#? COMMAND`")]);
    (!proven.status.success()).then(|| format!("{}: {ran:?}\n{proven:?}", script.display()))
}

#[test]
fn what_the_audit_says_of_a_script_is_what_happens() {
    let scripts = scripts();
    let groups = scripts.chunks(scripts.len().div_ceil(GROUPS));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = groups
            .map(|group| {
                scope.spawn(|| {
                    let container = Container::pristine();
                    let wrong = group.iter().filter_map(|script| prove(&container, script));
                    wrong.collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.flatten().collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
