//! The container, or the shell in it, goes away in the middle of a run.

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::Container;
use crate::lxcdiag::{Ended, JSON, Running, check, start};

fn start_a_run(container: &Container, timeout: &str) -> Running {
    let checks = [
        check("first", "60s", "echo first"),
        check("under_way", timeout, "echo half; sleep 31415.9"),
        check("third", "60s", "echo third"),
        check("fourth", "60s", "echo fourth"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    let running = start(command.args(JSON));
    container.wait_for("sleep 31415.9");
    running
}

#[track_caller]
fn assert_the_rest_errored(ended: &Ended, under_way: &str) {
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    ended.assert_printed("first", "first\n");
    assert_eq!(ended.outcome(under_way), "errored");
    let reason = ended.reason(under_way);
    assert!(
        reason.starts_with("the shell in the container ended during this command"),
        "{reason}"
    );
    for id in ["third", "fourth"] {
        assert_eq!(ended.outcome(id), "errored");
        let reason = ended.reason(id);
        assert!(
            reason.starts_with("not run: the shell in the container has ended"),
            "{reason}"
        );
    }
}

#[test]
fn stopped_meanwhile() {
    let container = Container::pristine();
    let running = start_a_run(&container, "500s");
    container.pct("stop");
    let ended = running.ended();
    assert_the_rest_errored(&ended, "under_way");
    assert_eq!(ended.row("under_way")["stdout"], "half\n");
    assert_eq!(container.clients(), Vec::<String>::new());
}

#[test]
fn shut_down_meanwhile() {
    let container = Container::pristine();
    let running = start_a_run(&container, "500s");
    container.pct("shutdown");
    assert_the_rest_errored(&running.ended(), "under_way");
    assert_eq!(container.clients(), Vec::<String>::new());
}

#[test]
fn killed_meanwhile() {
    let container = Container::pristine();
    let running = start_a_run(&container, "500s");
    let init = i32::try_from(container.init()).unwrap();
    kill_process(Pid::from_raw(init).unwrap(), Signal::KILL).unwrap();
    assert_the_rest_errored(&running.ended(), "under_way");
    assert_eq!(container.clients(), Vec::<String>::new());
}

/// The race-condition runbook reports what it had collected.
#[test]
fn stopped_while_it_is_diagnosed() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    // One of the first checks hangs.
    container.sh("printf '#!/bin/sh\\nexec sleep 31415.9\\n' >/usr/bin/journalctl");
    let mut command = container.lxcdiag("race-condition");
    let running = start(command.args(JSON).arg("--read-only"));
    container.wait_for("sleep 31415.9");
    container.pct("stop");
    let ended = running.ended();
    assert_eq!(ended.outcome("stamp"), "failed", "{}", ended.stderr);
    assert_eq!(ended.outcome("pushes"), "passed");
    assert_eq!(ended.outcome("enable"), "skipped");
    assert_eq!(container.clients(), Vec::<String>::new());
}

#[test]
fn a_check_that_kills_the_shell() {
    // The other shell ends it.
    the_rest_errors_after("kill -9 $PPID; sleep 31415.9");
}

#[test]
fn a_check_that_kills_all_it_can() {
    the_rest_errors_after("kill -9 -1");
}

fn the_rest_errors_after(killer: &str) {
    let container = Container::pristine();
    let checks = [
        check("first", "60s", "echo first"),
        check("killer", "2s", killer),
        check("third", "60s", "echo third"),
        check("fourth", "60s", "echo fourth"),
    ];
    let ended = container.check(&checks.concat());
    assert_the_rest_errored(&ended, "killer");
    container.assert_nothing_left();
}

/// The client on the host is killed, as by an administrator. The command's timeout still ends it.
#[test]
fn the_client_is_killed() {
    let container = Container::pristine();
    let running = start_a_run(&container, "10s");
    for client in clients_of(&container) {
        kill_process(client, Signal::KILL).unwrap();
    }
    let ended = running.ended();
    assert_the_rest_errored(&ended, "under_way");
    container.assert_nothing_left();
}

fn clients_of(container: &Container) -> Vec<Pid> {
    let id = container.id.to_string();
    let clients: Vec<_> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.starts_with(format!("lxc-attach\0-n\0{id}\0").as_bytes())
        })
        .filter_map(Pid::from_raw)
        .collect();
    assert!(!clients.is_empty());
    clients
}
