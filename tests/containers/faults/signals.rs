//! lxcdiag is signalled at any moment.

use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::lab::{self, Container};
use crate::lxcdiag::{JSON, bare, check, run, start};

/// As many moments as `LXCDIAG_SIGNALS` says, spread over a whole run of the command: there is a report, except after
/// SIGKILL, and nothing is left.
fn at_any_moment(
    container: &Container,
    command: impl Fn() -> Command,
    is_whole: fn(&Value) -> bool,
) {
    let moments: u32 = std::env::var("LXCDIAG_SIGNALS").map_or(50, |count| count.parse().unwrap());
    let whole = run(&mut command());
    for number in 0..moments {
        let (signal, status) = match number % 3 {
            0 => (Signal::INT, 130),
            1 => (Signal::TERM, 143),
            _ => (Signal::KILL, 137),
        };
        let share = (f64::from(number) * 0.618_034).fract();
        let moment = whole.taken.mul_f64(share);
        let running = start(&mut command());
        std::thread::sleep(moment);
        running.signal(signal);
        let ended = running.ended();
        container.assert_nothing_left();
        // It may have ended before.
        let expected = [status, whole.status];
        assert!(
            expected.contains(&ended.status),
            "{moment:?}: {}",
            ended.stderr
        );
        // Until it listens to signals, one ends it like every program.
        if !ended.stdout.is_empty() {
            assert!(is_whole(&ended.report()), "{moment:?}: {}", ended.stdout);
        }
    }
}

fn runbook(container: &Container) -> String {
    let checks = (0..6).map(|number| check(&format!("c{number}"), "60s", "sleep 0.03; echo ended"));
    container.runbook(&checks.collect::<String>())
}

#[test]
fn of_a_run() {
    let container = Container::pristine();
    let runbook = runbook(&container);
    let command = || {
        let mut command = container.lxcdiag(&runbook);
        command.arg("--allow-changes").args(JSON);
        command
    };
    at_any_moment(&container, command, |report| {
        report["checks"].as_array().unwrap().len() == 6
    });
}

#[test]
fn of_a_sweep() {
    let container = Container::pristine();
    let runbook = runbook(&container);
    let command = || {
        let mut command = bare();
        command
            .args([
                "sweep",
                &runbook,
                "--ct",
                &container.id.to_string(),
                "--pct",
            ])
            .arg(lab::pct())
            .args(JSON)
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("XDG_STATE_HOME", container.directory.path());
        command
    };
    at_any_moment(&container, command, |report| {
        report["containers"].as_array().unwrap().len() == 1
    });
}
