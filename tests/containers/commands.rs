//! Commands that misbehave, in a real container: each costs its timeout at most, and nothing of it is left running.

use std::time::Duration;

use crate::lab::Container;
use crate::lxcdiag::{Ended, check};

/// Longer than any test, and easy to find.
const LONG: &str = "sleep 31415.9";

/// Runs `script` between checks that must pass.
fn between_others(container: &Container, timeout: &str, script: &str) -> Ended {
    let script = script.replace("LONG", LONG);
    let checks = [
        check("one", "60s", "echo one"),
        check("bad", timeout, &script),
        check("two", "60s", "echo two"),
        // A process left behind would write into this one's output.
        check("three", "60s", "sleep 0.5; echo three"),
    ];
    let ended = container.check(&checks.concat());
    container.assert_nothing_left();
    ended.assert_printed("one", "one\n");
    ended.assert_printed("two", "two\n");
    ended.assert_printed("three", "three\n");
    ended
}

#[track_caller]
fn assert_costs_its_timeout(ended: &Ended) {
    let row = ended.row("bad");
    assert_eq!(row["outcome"], "errored", "{row:#}");
    assert_eq!(row["reason"], "timed out after 1 s");
    assert_eq!(row["timed_out"], true);
    let taken = row["duration_ms"].as_f64().unwrap();
    assert!(taken >= 1_000.0, "it took {taken} ms");
}

/// A test for each command that hangs, so that its timeout must end it.
macro_rules! hang {
    ($($name:ident: $script:expr;)*) => {
        $(
            #[test]
            fn $name() {
                assert_costs_its_timeout(&between_others(&Container::pristine(), "1s", $script));
            }
        )*
    };
}

hang! {
    a_hang: "LONG";
    a_flood: "echo begin; yes flood";
    a_flood_on_both_streams: "yes out & yes err >&2";
    one_that_ignores_term: "trap '' TERM INT HUP; LONG & while :; do wait; LONG; done";
    one_that_calls_setsid_and_waits: "setsid -w sh -c \"trap '' TERM; LONG\"";
    all_at_once: "trap '' TERM; (LONG &); setsid LONG & nohup LONG & env -i setsid /bin/LONG & yes & LONG";
}

/// A test for each command that ends at once and leaves something running.
macro_rules! fork_away {
    ($($name:ident: $script:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let ended = between_others(&Container::pristine(), "60s", $script);
                let row = ended.row("bad");
                assert_eq!(row["outcome"], "passed", "{row:#}");
                assert_eq!(row["stdout"], "ended\n", "{row:#}");
            }
        )*
    };
}

fork_away! {
    a_child_in_the_background: "(LONG &); echo ended";
    a_child_that_writes_later: "(sleep 0.3; echo late; echo late >&2; LONG) & echo ended";
    a_double_fork: "( (LONG &) & ); echo ended";
    a_child_that_hangs_up_on_nobody: "nohup LONG >/dev/null 2>&1 & echo ended";
    a_child_in_a_session_of_its_own: "setsid LONG & sleep 0.1; echo ended";
    one_that_sheds_the_environment_too: "env -i setsid /bin/LONG & sleep 0.1; echo ended";
    a_daemon: "setsid sh -c '(LONG </dev/null >/dev/null 2>&1 &) ; exit' & wait; echo ended";
}

/// The container's root is not the host's.
#[test]
fn all_at_once_unprivileged() {
    let container = Container::unprivileged();
    container.reset();
    let script =
        "trap '' TERM; (LONG &); setsid LONG & nohup LONG & env -i setsid /bin/LONG & yes & LONG";
    assert_costs_its_timeout(&between_others(&container, "1s", script));
}

/// The timeout does not depend on the container's `timeout` command.
#[test]
fn a_hang_without_the_timeout_command() {
    let container = Container::privileged();
    container.inject("no-timeout", &["--delay", "0"]);
    assert_costs_its_timeout(&between_others(&container, "1s", "LONG"));
}

/// A gigabyte is read to its end, and needs hardly more memory than a line. (benches/figures prints how much the
/// release build needs in all.)
#[test]
fn a_gigabyte_of_output() {
    let container = Container::pristine();
    let (_, of_a_line) = measured(&container, "echo end");
    let gigabyte = "head -c 1G /dev/zero | tr '\\0' x; echo; echo end";
    let (ended, peak) = measured(&container, gigabyte);
    let row = ended.row("much");
    assert_eq!(row["outcome"], "passed", "{}", row["reason"]);
    assert_eq!(row["stdout_bytes"], 1_073_741_829_u64);
    assert!(row["stdout"].as_str().unwrap().ends_with("x\nend\n"));
    assert!(ended.stdout.len() < 2_000_000);
    assert!(
        of_a_line > 1_000,
        "a peak of {of_a_line} KiB was not measured"
    );
    let more = peak.saturating_sub(of_a_line);
    assert!(more < 8_000, "it took {more} KiB");
}

/// A run with one check, and its peak memory in KiB.
fn measured(container: &Container, command: &str) -> (crate::lxcdiag::Ended, u64) {
    let checks = check("much", "500s", command);
    let mut command = container.lxcdiag(&container.runbook(&checks));
    let mut running = crate::lxcdiag::start(command.args(crate::lxcdiag::JSON));
    let mut peak = 0;
    while running.child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_of(running.child.id()).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(2));
    }
    (running.ended(), peak)
}

/// A process's peak memory in KiB.
pub fn peak_of(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
