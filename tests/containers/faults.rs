//! What can happen while a check runs: to its command, to the container, to the client, and to lxcdiag itself. Each time
//! there is a report that says so, the other checks have their results where that is possible, and nothing is left running.
//!
//! `--nocapture` prints the table.

mod client;
mod container;
mod signals;

use crate::lab::Container;
use crate::lxcdiag::{Ended, JSON, Running, check, start};

/// A fault, and what is expected: the exit status, and the outcomes of the three checks.
struct Fault {
    name: &'static str,
    expected: &'static str,
    play: fn(&Container) -> Ended,
}

const fn fault(name: &'static str, expected: &'static str, play: fn(&Container) -> Ended) -> Fault {
    Fault {
        name,
        expected,
        play,
    }
}

/// A runbook whose second check runs this script.
fn three_checks(script: &str) -> String {
    let checks = [
        check("first", "60s", "echo first"),
        check("second", "4s", script),
        check("third", "60s", "echo third"),
    ];
    checks.concat()
}

fn plays(container: &Container, script: &str) -> Ended {
    container.check(&three_checks(script))
}

/// A run whose second check hangs.
fn hangs(container: &Container) -> Running {
    let path = container.runbook(&three_checks("echo half; sleep 31415.9"));
    let mut command = container.lxcdiag(&path);
    let running = start(command.arg("--allow-changes").args(JSON));
    container.wait_for("sleep 31415.9");
    running
}

/// Something happens while the second check of a run hangs.
fn while_it_hangs(container: &Container, happens: impl FnOnce(&Running)) -> Ended {
    let running = hangs(container);
    happens(&running);
    running.ended()
}

fn got(ended: &Ended) -> String {
    if ended.stdout.is_empty() {
        return format!("{}, no report", ended.status);
    }
    let outcomes = ["first", "second", "third"].map(|id| ended.outcome(id));
    format!("{}: {}", ended.status, outcomes.join(" "))
}

/// Plays the faults, one after the other, and prints the table.
#[track_caller]
fn assert_all(faults: &[Fault]) {
    let container = Container::privileged();
    let mut wrong = Vec::new();
    println!("{:<46} {:<36} got", "fault", "expected");
    for Fault {
        name,
        expected,
        play,
    } in faults
    {
        container.reset();
        let ended = play(&container);
        let got = got(&ended);
        println!("{name:<46} {expected:<36} {got}");
        container.assert_nothing_left();
        if got != *expected {
            wrong.push(format!("{name}: {got}\n{}{}", ended.stdout, ended.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The command of a check, and its streams.
#[test]
fn of_a_command() {
    const GONE: &str = "3: passed errored errored";
    assert_all(&[
        fault("exits 1", "3: passed failed passed", |it| {
            plays(it, "exit 1")
        }),
        fault("does not exist", "3: passed errored passed", |it| {
            let checks = three_checks("true")
                .replace("[sh, -c, 'eval \"$1\"', sh, \"true\"]", "[no-such-program]");
            assert!(checks.contains("[no-such-program]"), "{checks}");
            it.check(&checks)
        }),
        fault("is killed by a signal", "3: passed failed passed", |it| {
            plays(it, "exec sh -c 'kill -9 $$'")
        }),
        fault("hangs", "3: passed errored passed", |it| {
            plays(it, "exec sleep 31415.9")
        }),
        fault(
            "hangs, and ignores SIGTERM",
            "3: passed errored passed",
            |it| plays(it, "trap '' TERM; while :; do sleep 31415.9; done"),
        ),
        fault("stops itself", "3: passed errored passed", |it| {
            plays(it, "kill -STOP $$")
        }),
        fault(
            "closes its streams, and hangs",
            "3: passed errored passed",
            |it| plays(it, "exec >&- 2>&- <&-; sleep 31415.9"),
        ),
        fault("leaves a daemon behind", "0: passed passed passed", |it| {
            plays(it, "setsid sleep 31415.9 >/dev/null 2>&1 <&- &")
        }),
        fault(
            "leaves a daemon that holds its streams",
            "0: passed passed passed",
            |it| plays(it, "env -i setsid /bin/sleep 31415.9 &"),
        ),
        fault("floods both streams", "3: passed errored passed", |it| {
            plays(it, "yes 31415.9 >&2 & exec yes 31415.9")
        }),
        fault("prints 100 MB of zeros", "0: passed passed passed", |it| {
            plays(it, "head -c 100000000 /dev/zero")
        }),
        fault("reads its input", "0: passed passed passed", |it| {
            plays(it, "cat; cat")
        }),
        fault("opens the terminal", "3: passed failed passed", |it| {
            plays(it, "cat </dev/tty")
        }),
        fault(
            "starts 300 processes in sessions of their own",
            "3: passed errored passed",
            |it| {
                plays(
                    it,
                    "for i in $(seq 300); do setsid sleep 31415.9 & done; sleep 31415.9",
                )
            },
        ),
        fault("kills the shell that started it", GONE, |it| {
            plays(it, "kill -9 $PPID; sleep 31415.9")
        }),
        fault("kills all that it can", GONE, |it| plays(it, "kill -9 -1")),
    ]);
}
