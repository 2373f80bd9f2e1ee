//! What `race-risk` reports about unit files that arrive at several moments.

use std::process::Command;

use crate::lab::{Container, pct, succeed};
use crate::lxcdiag::{JSON, run};

const FILE: &str = "/etc/systemd/system/embedding_server.service";

fn push(container: &Container) {
    let source = "/var/lib/lxcdiag-lab/src/embedding_server.service";
    succeed(Command::new(pct()).args(["push", &container.id.to_string(), source, FILE]));
}

#[track_caller]
fn assert_verdict(container: &Container, expected: &str) {
    let ended = run(container.lxcdiag("race-risk").args(JSON));
    let verdict = ended.verdict();
    assert_eq!(
        verdict.id, expected,
        "{}\n{}",
        verdict.summary, ended.stderr
    );
}

/// systemd has loaded its units long before a boot is finished.
#[test]
fn the_end_of_a_boot_is_no_look_at_unit_files() {
    let container = Container::pristine();
    container.sh(
        "cd /etc/systemd/system
        printf '[Service]\\nType=oneshot\\nExecStart=/bin/sh -c \"until [ -e /run/go-on ]; do sleep 0.1; done\"\\n' >slow.service
        mkdir -p multi-user.target.wants
        ln -s ../slow.service multi-user.target.wants/",
    );
    container.pct("stop");
    container.pct("start");
    let until = |condition: &str| {
        container.sh(&format!(
            "for i in $(seq 600); do {condition} && exit; sleep 0.1; done; exit 1"
        ))
    };
    until("[ \"$(systemctl is-active slow)\" = activating ]");
    push(&container);
    container.sh(": >/run/go-on");
    until("systemctl is-system-running | grep -Eqx 'running|degraded'");
    assert_verdict(&container, "not-looked-for");
}

#[test]
fn a_restart_of_systemd_itself_looks_for_unit_files() {
    let container = Container::pristine();
    push(&container);
    container.sh("sleep 2; systemctl daemon-reexec");
    assert_verdict(&container, "healthy");
}

#[test]
fn a_boot_looks_for_unit_files() {
    let container = Container::pristine();
    push(&container);
    container.sh("sleep 2");
    container.pct("stop");
    container.pct("start");
    container.sh("for i in $(seq 600); do systemctl is-system-running | grep -Eqx 'running|degraded' && exit; sleep 0.1; done; exit 1");
    assert_verdict(&container, "healthy");
}

/// It changes the same timestamp as an arrival.
#[test]
fn a_chmod_of_a_file_in_use_is_no_arrival() {
    let container = Container::pristine();
    push(&container);
    container.sh("sleep 2; systemctl daemon-reload; systemctl start embedding_server; sleep 2.5");
    container.sh("chmod 600 /etc/systemd/system/embedding_server.service");
    assert_verdict(&container, "healthy");
    container.sh("echo '# changed' >>/etc/systemd/system/embedding_server.service");
    assert_verdict(&container, "not-looked-for");
}
