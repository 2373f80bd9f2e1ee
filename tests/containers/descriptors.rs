//! The caller's open file descriptors stay on the host.

use std::path::Path;
use std::process::Command;

use crate::lab::{Container, quiet};
use crate::lxcdiag::{JSON, bare, run, start};

/// The same command, started by a program with these arguments, such as `flock LOCK`.
fn below(program: &str, arguments: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(program);
    outer
        .args(arguments)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear();
    for (name, value) in command.get_envs() {
        outer.env(name, value.unwrap());
    }
    outer
}

impl Container {
    /// `lxcdiag sweep RUNBOOK --ct ID` on the lab's host.
    fn sweep(&self, runbook: &str) -> Command {
        let state = self.directory.path().join("sweep");
        let mut command = bare();
        command
            .args(["sweep", runbook, "--ct"])
            .arg(self.id.to_string())
            .arg("--pct")
            .arg(crate::lab::pct())
            .arg("--state")
            .arg(state)
            .env("LXCDIAG_HOST_ROOT", crate::lab::host_root())
            .env("XDG_STATE_HOME", self.directory.path());
        command
    }
}

/// `ls` itself opens the next free one to read the directory.
const ONLY_STREAMS: &str = "  - { id: open, title: open, run: [ls, /proc/self/fd], pass: \"stdout == '0\\n1\\n2\\n3\\n'\" }\n";

/// With a directory of the host a hostile program could climb to the host's root.
#[test]
fn only_the_standard_streams_enter_the_container() {
    let container = Container::pristine();
    let runbook = container.runbook(ONLY_STREAMS);
    for via in ["pct", "lxc-attach"] {
        for mut command in [container.lxcdiag(&runbook), container.sweep(&runbook)] {
            command.args(JSON).args(["--via", via]);
            // The numbers that bash, perl and lxc-attach like to use themselves are among them.
            let holding = ["-c", "exec 3</ 9</etc 10<.; exec \"$@\"", "sh"];
            let ended = run(&mut below("bash", &holding, &command));
            assert_eq!(ended.status, 0, "{command:?}: {}", ended.stdout);
        }
    }
}

/// `sh` as a hostile container has it: leaves a process behind that has shed all that lxcdiag could know it by.
const LEAVES_A_PROCESS: &str = "#!/usr/bin/dash\n\
    ( exec </dev/null >/dev/null 2>&1; exec setsid -f env -i sleep 271828 )\nexec /usr/bin/dash\n";

/// As in a line for cron: flock hands its lock to the program that it starts.
#[test]
fn a_process_left_in_a_container_does_not_keep_the_caller_s_lock() {
    let container = Container::pristine();
    let hostile = format!("/proc/{}/root/usr/local/sbin/sh", container.init());
    std::fs::write(&hostile, LEAVES_A_PROCESS).unwrap();
    container.sh("chmod 755 /usr/local/sbin/sh");
    let lock = container.directory.path().join("lock");
    let mut sweep = container.sweep(&container.runbook(ONLY_STREAMS));
    sweep.args(["--via", "lxc-attach"]);
    let locked = ["--nonblock", lock.to_str().unwrap()];
    let ended = start(&mut below("flock", &locked, &sweep)).ended();
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    container.wait_for("sleep 271828");
    assert!(is_free(&lock), "the lock is held from within the container");
}

fn is_free(lock: &Path) -> bool {
    let mut flock = Command::new("flock");
    flock.arg("--nonblock").arg(lock).arg("true");
    quiet(&mut flock).status.success()
}
