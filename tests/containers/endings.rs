//! Runs that are ended from outside: killed, interrupted, timed out.

use std::time::Duration;

use rustix::process::Signal;

use crate::lab::Container;
use crate::lxcdiag::{JSON, Running, check, start};
use crate::wait::wait_until;

/// Two quick checks, one that does all it can to stay until its timeout, and two more.
fn start_a_hanging_run(container: &Container, timeout: &str) -> Running {
    let checks = [
        check("first", "60s", "echo first"),
        check("second", "60s", "sleep 0.2; echo second"),
        check(
            "hang",
            timeout,
            "echo half; trap '' TERM; setsid sleep 31415.9 & env -i setsid /bin/sleep 31415.9 & sleep 31415.9; sleep 31415.9",
        ),
        check("fourth", "60s", "sleep 0.2; echo fourth"),
        check("fifth", "60s", "echo fifth"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    start(command.args(JSON))
}

/// From before pct starts to after the last check.
#[test]
fn killed_at_any_moment() {
    let container = Container::pristine();
    for millis in [5, 40, 80, 120, 250, 400, 900, 1_600, 2_400, 3_000] {
        let mut running = start_a_hanging_run(&container, "2s");
        std::thread::sleep(Duration::from_millis(millis));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        container.assert_nothing_left();
    }
}

#[test]
fn killed_while_a_command_hangs() {
    let container = Container::pristine();
    for _ in 0..3 {
        let mut running = start_a_hanging_run(&container, "2s");
        container.wait_for("sleep 31415.9");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        container.assert_nothing_left();
    }
}

#[test]
fn killed_in_the_middle_of_a_flood() {
    let container = Container::pristine();
    let checks = check(
        "flood",
        "2s",
        "trap '' PIPE TERM; yes 31415.9; while :; do echo 31415.9; done",
    );
    let mut command = container.lxcdiag(&container.runbook(&checks));
    let mut running = start(command.args(JSON));
    container.wait_for("yes 31415.9");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    container.assert_nothing_left();
}

#[test]
fn killed_unprivileged() {
    let container = Container::unprivileged();
    container.reset();
    let mut running = start_a_hanging_run(&container, "2s");
    container.wait_for("sleep 31415.9");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    container.assert_nothing_left();
}

fn interrupted(signal: Signal, name: &str, status: i32) {
    let container = Container::pristine();
    let running = start_a_hanging_run(&container, "500s");
    container.wait_for("sleep 31415.9");
    running.signal(signal);
    let ended = running.ended();
    container.assert_nothing_left();
    assert_eq!(ended.status, status, "{}", ended.stderr);
    ended.assert_printed("first", "first\n");
    ended.assert_printed("second", "second\n");
    let reason = format!("interrupted by {name}");
    assert_eq!(ended.outcome("hang"), "errored");
    assert_eq!(ended.reason("hang"), reason);
    assert_eq!(ended.row("hang")["stdout"], "half\n");
    for id in ["fourth", "fifth"] {
        assert_eq!(ended.outcome(id), "skipped");
        assert_eq!(ended.reason(id), reason);
    }
    assert_eq!(ended.report()["cut_short"], reason);
}

#[test]
fn interrupted_by_sigint() {
    interrupted(Signal::INT, "SIGINT", 130);
}

#[test]
fn interrupted_by_sigterm() {
    interrupted(Signal::TERM, "SIGTERM", 143);
}

/// While pct starts, while a command runs, between commands: a report each time.
#[test]
fn interrupted_at_any_moment() {
    let container = Container::pristine();
    for millis in [0, 20, 50, 100, 250, 2_000] {
        let running = start_a_hanging_run(&container, "500s");
        // Before there is a client there is nothing to report.
        wait_until("client", || !container.clients().is_empty());
        std::thread::sleep(Duration::from_millis(millis));
        running.signal(Signal::INT);
        let ended = running.ended();
        assert_eq!(ended.status, 130, "after {millis} ms: {}", ended.stderr);
        let rows = ended.report()["checks"].as_array().unwrap().len();
        assert_eq!(rows, 5, "after {millis} ms");
        container.assert_nothing_left();
    }
}

#[test]
fn out_of_time() {
    let container = Container::pristine();
    let checks = [
        check("first", "60s", "echo first"),
        check("hang", "500s", "echo half; sleep 31415.9"),
        check("last", "60s", "echo last"),
    ];
    let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
    let ended = start(command.args(JSON).args(["--timeout", "5s"])).ended();
    container.assert_nothing_left();
    assert!(ended.taken > Duration::from_secs(5), "{:?}", ended.taken);
    // There is no hypothesis.
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    let reason = "the run timed out after 5 s";
    ended.assert_printed("first", "first\n");
    assert_eq!(ended.row("hang")["stdout"], "half\n");
    assert_eq!(ended.reason("hang"), reason);
    assert_eq!(ended.outcome("last"), "skipped");
    assert_eq!(ended.reason("last"), reason);
    assert_eq!(ended.report()["cut_short"], reason);
}
