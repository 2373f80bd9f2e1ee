//! The canary of race-probe in real containers: what it finds, and that nothing of it stays.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::lab::{self, Container};
use crate::lxcdiag::{bare, run, start};
use crate::wait::{wait_until, wait_until_none};

const CANARY: &str = "/etc/systemd/system/lxcdiag-canary.service";

/// What the canary leaves in the container.
fn left(container: &Container) -> Vec<String> {
    let left = container.sh(
        "find /etc/systemd/system -name '*canary*'; systemctl list-units --all --no-legend '*canary*'",
    );
    left.lines().map(str::to_owned).collect()
}

fn probe(container: &Container, times: &str) -> std::process::Command {
    let mut command = container.lxcdiag("race-probe");
    let times = format!("times={times}");
    command.args(["--format", "json", "--allow-changes", "--var", &times]);
    command
}

#[test]
fn a_race_probe_counts_and_measures_pushes_and_leaves_nothing_behind() {
    for container in [Container::pristine(), Container::unprivileged()] {
        let ended = run(&mut probe(&container, "3"));
        assert_eq!(ended.verdict().id, "healthy", "{}", ended.stderr);
        let canary = ended.row("canary");
        let facts = &canary["facts"];
        assert_eq!(facts["round"], serde_json::json!([1, 2, 3]), "{canary}");
        for late in facts["late"].as_array().unwrap() {
            assert!(late.as_f64().unwrap() <= 0.0, "{canary}");
        }
        assert_eq!(left(&container), [""; 0]);
    }
}

#[test]
fn a_push_that_ends_before_the_file_is_there_is_a_lost_race() {
    let container = Container::pristine();
    let directory = container.directory.path();
    let client = directory.join("late-pct");
    // Copies the file, which is gone when lxcdiag ends, and pushes it once systemd has looked.
    let script = format!(
        "#!/bin/bash
         if [ $1 = push ]; then
           cp $3 {copy}
           (until [ -e {looked} ]; do sleep 0.1; done; {pct} push $2 {copy} $4) >/dev/null 2>&1 &
           exit
         fi
         {pct} \"$@\"
         touch {looked}",
        copy = directory.join("copy").display(),
        looked = directory.join("looked").display(),
        pct = lab::pct().display(),
    );
    std::fs::write(&client, script).unwrap();
    std::fs::set_permissions(&client, Permissions::from_mode(0o755)).unwrap();
    let mut command = bare();
    command.args([
        "run",
        "race-probe",
        "--ct",
        &container.id.to_string(),
        "--format",
        "json",
    ]);
    command
        .args(["--allow-changes", "--var", "times=1", "--pct"])
        .arg(client);
    command
        .env("LXCDIAG_HOST_ROOT", lab::host_root())
        .env("XDG_STATE_HOME", directory);
    let ended = run(&mut command);
    let verdict = ended.verdict();
    assert_eq!(verdict.in_short(), "race-lost confirmed, race confirmed");
    // The service ended with the run, so this test removes what arrives late.
    wait_until("the late push", || container.has(CANARY));
    container.sh(&format!("rm {CANARY}; systemctl daemon-reload"));
}

#[test]
fn a_race_probe_that_is_interrupted_or_killed_leaves_nothing_behind() {
    let container = Container::pristine();
    for signal in [Signal::TERM, Signal::KILL] {
        let running = start(&mut probe(&container, "100"));
        wait_until("the canary", || container.has(CANARY));
        running.signal(signal);
        running.ended();
        wait_until_none(|| left(&container));
    }
}
