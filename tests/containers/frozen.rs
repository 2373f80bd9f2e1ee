//! Containers frozen by `pct suspend`, a snapshot or a backup.

use std::time::Duration;

use rustix::process::Signal;

use crate::lab::{Container, Frozen};
use crate::lxcdiag::{JSON, Running, check, start};
use crate::wait::wait_until;

#[test]
fn refused_before_anything_is_sent() {
    refused(&Container::privileged());
}

#[test]
fn refused_before_anything_is_sent_with_cgroup2() {
    let container = Container::with_cgroup2();
    assert!(container.has_cgroup2());
    refused(&container);
}

fn refused(container: &Container) {
    container.inject("frozen", &["--delay", "0"]);
    let frozen = container.thaw_later();
    let calls = container.pct_calls();
    let ended = container.diagnose(&[]);
    let id = container.id;
    assert_eq!(
        ended.stderr,
        format!(
            "lxcdiag: container {id} is frozen (by a backup, a snapshot or lxc-freeze)\n\
             hint: wait for the backup or snapshot, or thaw it with `lxc-unfreeze -n {id}`\n"
        )
    );
    assert_eq!(ended.status, 69);
    assert_eq!(ended.stdout, "");
    assert_eq!(container.pct_calls(), calls);
    drop(frozen);
    assert!(!container.has("/etc/systemd/system/multi-user.target.wants/embedding_server.service"));
}

/// A check that takes a while, then two that leave a trace.
fn start_a_run(container: &Container) -> Running {
    let checks = [
        check("first", "60s", "echo first"),
        check("under_way", "5s", "echo half; sleep 2.7; sleep 31415.9"),
        check("stale", "60s", "touch /stale"),
        check("stale_too", "60s", "touch /stale"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    let running = start(command.args(JSON));
    container.wait_for("sleep 2.7");
    running
}

#[track_caller]
fn assert_nothing_stale(container: &Container) {
    container.assert_nothing_left();
    assert!(!container.has("/stale"), "a stale command has run");
}

#[test]
fn frozen_in_the_middle() {
    nothing_runs_after_a_freeze_in_the_middle(&Container::privileged());
}

#[test]
fn frozen_in_the_middle_with_cgroup2() {
    nothing_runs_after_a_freeze_in_the_middle(&Container::with_cgroup2());
}

fn nothing_runs_after_a_freeze_in_the_middle(container: &Container) {
    container.reset();
    let running = start_a_run(container);
    let frozen = container.freeze();
    let ended = running.ended();
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    ended.assert_printed("first", "first\n");
    let row = ended.row("under_way");
    assert_eq!(row["outcome"], "errored");
    assert_eq!(row["stdout"], "half\n");
    assert_eq!(
        row["reason"],
        "the container did not answer for 11 s past the timeout; it may be frozen (snapshot, backup), or the host overloaded"
    );
    for id in ["stale", "stale_too"] {
        assert_eq!(ended.outcome(id), "errored");
        assert!(
            ended.reason(id).starts_with("not run: "),
            "{}",
            ended.reason(id)
        );
    }
    drop(frozen);
    assert_nothing_stale(container);
}

#[test]
fn killed_while_it_is_frozen() {
    let container = Container::pristine();
    let mut running = start_a_run(&container);
    let frozen = container.freeze();
    std::thread::sleep(Duration::from_millis(500));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    drop(frozen);
    assert_nothing_stale(&container);
}

#[test]
fn interrupted_while_it_is_frozen() {
    let container = Container::pristine();
    let running = start_a_run(&container);
    let frozen = container.freeze();
    running.signal(Signal::INT);
    let ended = running.ended();
    assert_eq!(ended.status, 130, "{}", ended.stderr);
    ended.assert_printed("first", "first\n");
    drop(frozen);
    assert_nothing_stale(&container);
}

/// A run that is about to send a command, in a container that is frozen already.
fn start_and_freeze_before_a_command(container: &Container) -> (Running, Frozen<'_>) {
    let checks = [
        check("first", "60s", "echo first; sleep 2.7"),
        check("stale", "60s", "touch /stale"),
        check("stale_too", "60s", "touch /stale"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    let running = start(command.args(JSON));
    container.wait_for("sleep 2.7");
    running.signal(Signal::STOP);
    let is_idle = |line: &String| line == "sh" || line.ends_with("/sleep 1");
    wait_until("only the idle shells run", || {
        container.strays().iter().all(is_idle)
    });
    let frozen = container.freeze();
    running.signal(Signal::CONT);
    (running, frozen)
}

#[test]
fn frozen_when_a_command_is_sent() {
    let container = Container::pristine();
    let (running, frozen) = start_and_freeze_before_a_command(&container);
    let ended = running.ended();
    ended.assert_printed("first", "first\n");
    assert_eq!(ended.outcome("stale"), "errored");
    assert_eq!(
        ended.reason("stale"),
        "the container did not answer for 10 s after a command was sent; it may be frozen (snapshot, backup), or the host overloaded"
    );
    drop(frozen);
    assert_nothing_stale(&container);
}

#[test]
fn killed_when_a_command_was_sent() {
    let container = Container::pristine();
    let (mut running, frozen) = start_and_freeze_before_a_command(&container);
    std::thread::sleep(Duration::from_millis(500));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    drop(frozen);
    assert_nothing_stale(&container);
}

/// Wherever between and in commands the container is frozen and lxcdiag killed: after the thaw no more runs than the one
/// command that had been told to start.
#[test]
fn frozen_between_many_commands() {
    const COMMANDS: usize = 60;
    let container = Container::pristine();
    let trace = |number: usize| format!("/trace-{number}");
    let touch = |number| {
        let (id, script) = (
            format!("touch_{number}"),
            format!("touch {}", trace(number)),
        );
        check(&id, "60s", &script)
    };
    let runbook = container.runbook(&(0..COMMANDS).map(touch).collect::<String>());
    let traces = || {
        let numbers = 0..COMMANDS;
        numbers
            .filter(|number| container.has(&trace(*number)))
            .count()
    };
    let mut in_the_middle = 0;
    let moments = [0, 1, 2, 5, 10, 15, 20, 30];
    // On a busy machine, all commands may have run before the container is frozen.
    for (round, last) in moments.into_iter().cycle().take(80).enumerate() {
        if round >= moments.len() && in_the_middle >= 3 {
            break;
        }
        container.sh("rm -f /trace-*");
        let mut running = start(container.lxcdiag(&runbook).args(JSON));
        wait_until("command", || container.has(&trace(last)));
        let frozen = container.freeze();
        let before = traces();
        in_the_middle += usize::from(before < COMMANDS);
        std::thread::sleep(Duration::from_millis(200));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        drop(frozen);
        container.assert_nothing_left();
        let after = traces();
        assert!(
            after <= before + 1,
            "{before} commands had run when it was frozen, {after} at the end"
        );
    }
    assert!(
        in_the_middle >= 3,
        "{in_the_middle} of 80 runs were frozen in the middle"
    );
}

/// The client waits for a frozen container, the run does not.
#[test]
fn frozen_unnoticed_before_the_start() {
    let container = Container::pristine();
    let checks = [check("stale", "60s", "touch /stale")];
    let runbook = container.runbook(&checks.concat());
    let frozen = container.freeze();
    // A host root without control groups: lxcdiag cannot see that the container is frozen.
    let host = tempfile::tempdir().unwrap();
    let running = start(
        container
            .lxcdiag(&runbook)
            .args(JSON)
            .args(["--timeout", "2s"])
            .env("LXCDIAG_HOST_ROOT", host.path()),
    );
    let ended = running.ended();
    assert_eq!(ended.report()["cut_short"], "the run timed out after 2 s");
    drop(frozen);
    assert_nothing_stale(&container);
}
