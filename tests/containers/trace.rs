//! Traced provisioning of real containers.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::lab::{self, Container};
use crate::lxcdiag::{Ended, bare, run};

const UNIT: &str = "/etc/systemd/system/embedding_server.service";
const GOOD: &str = "/var/lib/lxcdiag-lab/src/embedding_server.service";

/// `lxcdiag trace` of a script, with the lab's `pct` on the PATH.
fn traced(container: &Container, options: &[&str], script: &str) -> Ended {
    let bin = container.directory.path().join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        symlink(lab::pct(), bin.join("pct")).unwrap();
    }
    let mut command: Command = bare();
    command
        .args(["trace", "--output"])
        .arg(trace_of(container))
        .args(options)
        .args(["--", "bash", "-ec", script])
        .current_dir(container.directory.path())
        .env(
            "PATH",
            format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display()),
        )
        .env("CT", container.id.to_string());
    run(&mut command)
}

fn trace_of(container: &Container) -> std::path::PathBuf {
    container.directory.path().join("trace.json")
}

/// The push waits for its source until the failure, or for eight seconds.
#[test]
fn a_push_in_the_background_is_confirmed_as_a_race_and_a_delay_helps() {
    let container = Container::pristine();
    let script = format!(
        "mkfifo unit; {{ for i in $(seq 160); do [ -e failed ] && break; sleep 0.05; done; cat {GOOD} >unit; }} &
         pct push $CT unit {UNIT} &
         sleep 0.2
         trap 'touch failed; wait; rm -f unit failed' EXIT
         pct exec $CT -- systemctl daemon-reload
         pct exec $CT -- systemctl enable embedding_server.service"
    );
    let failed = traced(&container, &[], &script);
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    let trace = trace_of(&container);
    let report = container.diagnose(&["--read-only", "--trace", trace.to_str().unwrap()]);
    let verdict = &report.report()["verdict"];
    assert_eq!(verdict["id"], "race-condition", "{verdict}");
    assert_eq!(verdict["level"], "confirmed", "{verdict}");

    container.reset();
    let settled = traced(&container, &["--settle", "10s"], &script);
    assert_eq!(settled.status, 0, "{}", settled.stderr);
}

#[test]
fn a_delay_does_not_help_a_push_of_a_directory() {
    let container = Container::pristine();
    let script = "pct push $CT /var/lib/lxcdiag-lab/src/ /etc/systemd/system/
        sleep 2
        pct exec $CT -- systemctl daemon-reload
        pct exec $CT -- systemctl enable embedding_server.service";
    let ended = traced(&container, &["--settle", "2s", "--repeat", "1"], script);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("The delay does not help: a push fails in every run with it"),
        "{}",
        ended.stderr
    );
}
