//! Scripts of which the audit says that they fail, or does not, each run in a container: a line `#? COMMAND` at its end must
//! succeed afterwards.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
timeout 60 sh -c 'until systemctl list-units >/dev/null 2>&1; do sleep 0.1; done'
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

/// A container as before each script, and a directory with what the scripts push.
struct Stage<'a> {
    container: &'a Container,
    directory: PathBuf,
}

impl<'a> Stage<'a> {
    fn new(container: &'a Container) -> Self {
        let directory = container.directory.path().join("proven");
        Self {
            container,
            directory,
        }
    }

    /// Prepares everything for a script. Returns its text.
    fn prepare(&self, script: &Path) -> String {
        let _ = std::fs::remove_dir_all(&self.directory);
        let bin = self.directory.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::create_dir(self.directory.join("units")).unwrap();
        symlink(lab::pct(), bin.join("pct")).unwrap();
        write_program(&bin.join("systemctl"), SYSTEMCTL);
        write_program(&bin.join("ssh"), SSH);
        for (name, text) in FILES {
            std::fs::write(self.directory.join("units").join(name), text).unwrap();
        }
        self.container.sh(CLEAN);
        let text = std::fs::read_to_string(script).unwrap();
        let text = text.replace("958", &self.container.id.to_string());
        std::fs::write(self.directory.join("script.sh"), &text).unwrap();
        text
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let bin = self.directory.join("bin");
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory);
        command.env_clear().env("PATH", &path).env("HOME", "/root");
        command.output().unwrap()
    }

    fn run_script(&self) -> Output {
        self.run("unshare", &["--mount", "sh", "-c", AROUND])
    }
}

/// Runs a script in a container; what is wrong, if its claim does not hold.
fn prove(stage: &Stage, script: &Path) -> Option<String> {
    let text = stage.prepare(script);
    let ran = stage.run_script();
    let proof = text.lines().find_map(|line| line.strip_prefix("#? "));
    let proven = stage.run("bash", &["-c", proof.expect("a line `#? COMMAND`")]);
    (!proven.status.success()).then(|| format!("{}: {ran:?}\n{proven:?}", script.display()))
}

/// Runs a script with an error after its patch; what is wrong, if a command of it still fails.
fn play_patched(stage: &Stage, script: &Path) -> Option<String> {
    let text = stage.prepare(script);
    if !text.contains("#= error ") {
        return None;
    }
    let patch = stage.run(
        env!("CARGO_BIN_EXE_lxcdiag"),
        &["audit", "--patch", "script.sh"],
    );
    if patch.stdout.is_empty() {
        let warned = String::from_utf8_lossy(&patch.stderr).contains("no patch for");
        return (!warned).then(|| format!("{}: {patch:?}", script.display()));
    }
    std::fs::write(stage.directory.join("a.patch"), &patch.stdout).unwrap();
    let applied = stage.run("patch", &["-p1", "-i", "a.patch"]);
    let ran = stage.run_script();
    let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
    const FAILURES: [&str; 5] = [
        "Is a directory",
        "No such file",
        "does not exist",
        "Invalid argument",
        "unable to parse",
    ];
    let failed = FAILURES.iter().any(|failure| stderr.contains(failure));
    (!applied.status.success() || failed || !ran.status.success()).then(|| {
        let patch = String::from_utf8_lossy(&patch.stdout).into_owned();
        format!("{}: {ran:?}\n{applied:?}\n{patch}", script.display())
    })
}

/// Tries scripts in several containers at the same time; what is wrong with them.
fn try_all(attempt: fn(&Stage, &Path) -> Option<String>) -> Vec<String> {
    let scripts = scripts();
    let groups = scripts.chunks(scripts.len().div_ceil(GROUPS));
    std::thread::scope(|scope| {
        let threads: Vec<_> = groups
            .map(|group| {
                scope.spawn(move || {
                    let container = Container::pristine();
                    let stage = Stage::new(&container);
                    let wrong = group.iter().filter_map(|script| attempt(&stage, script));
                    wrong.collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.flatten().collect()
    })
}

#[test]
fn what_the_audit_says_of_a_script_is_what_happens() {
    let wrong = try_all(prove);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_patched_script_runs_without_a_failure() {
    let wrong = try_all(play_patched);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
