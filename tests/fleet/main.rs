//! Sweeps over forty real containers, most of them well, some broken, each in a way of its own.
//!
//! Wants root on a Debian machine, as `--test containers` does, and forty containers of its own.

// Written to be read, not reused: what goes wrong in a test is to stop it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod ills;

// What the tests in containers have, and these need not all of.
#[allow(dead_code)]
#[path = "../containers/lab.rs"]
mod lab;
#[allow(dead_code)]
#[path = "../containers/lxcdiag.rs"]
mod lxcdiag;
#[allow(dead_code)]
#[path = "../containers/processes.rs"]
mod processes;

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use ills::{FROZEN, HANGS, ILLS, KILLED};
use lab::{Container, lab, succeed};
use lxcdiag::{Ended, JSON, check, run, start};
use processes::{command_lines, words_of};
use serde_json::Value;

const MANY: u32 = 40;

/// A moment for what has been killed to be gone from /proc.
const AT_ONCE: Duration = Duration::from_millis(200);

/// The tests take the whole fleet, one after the other.
static TURN: Mutex<()> = Mutex::new(());

struct Fleet {
    /// In the order of their IDs.
    containers: Vec<Container>,
    /// What lxcdiag keeps, and the runbooks of these tests.
    directory: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Fleet {
    /// All run; whoever was left stopped is pristine.
    fn up() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let first = lab::ids("LXCDIAG_TEST_FLEET_FROM", "1000")[0];
        let ids: Vec<_> = (first..first + MANY).collect();
        let words: Vec<_> = ids.iter().map(u32::to_string).collect();
        succeed(lab().args(["up", "--ct", &words.join(",")]));
        Self {
            containers: ids
                .iter()
                .map(|id| Container::free_one_of(&[*id]))
                .collect(),
            directory: tempfile::tempdir().unwrap(),
            _turn: turn,
        }
    }

    /// By what it is called in these tests: its place among the forty.
    fn container(&self, place: usize) -> &Container {
        &self.containers[place]
    }

    fn id(&self, place: usize) -> u32 {
        self.containers[place].id
    }

    /// Breaks what is to be broken, all at once. In what state an earlier test left those is not known.
    fn fall_ill(&self) {
        std::thread::scope(|scope| {
            for ill in &ILLS {
                scope.spawn(|| {
                    let container = self.container(ill.place);
                    container.reset();
                    container.sh(&format!("set -e\n{}", ill.script));
                });
            }
        });
    }

    /// `lxcdiag sweep RUNBOOK` of all, the second half first.
    fn sweep(&self, runbook: &str) -> Command {
        let id = |place| self.id(place);
        let which = format!("{}-{},{},{}-{}", id(20), id(39), id(7), id(0), id(19));
        let mut command = lxcdiag::bare();
        command
            .args(["sweep", runbook, "--ct", &which, "--deadline", "60s"])
            .env("LXCDIAG_PCT", lab::pct())
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("XDG_STATE_HOME", self.directory.path());
        command
    }

    /// The places in that order.
    fn order() -> impl Iterator<Item = usize> {
        (20..40).chain([7]).chain(0..7).chain(8..20)
    }

    /// That nothing is left that a sweep started, in any container or on the host.
    #[track_caller]
    fn assert_nothing_left_within(&self, limit: Duration) {
        let begun = Instant::now();
        let sockets = std::fs::read_to_string("/proc/net/unix").unwrap();
        for container in &self.containers {
            if sockets.contains(&format!("@/var/lib/lxc/{}/command", container.id)) {
                // To look into forty takes longer than a moment, and what systemd has just forked is in no group yet.
                let rest = limit.saturating_sub(begun.elapsed());
                container.assert_nothing_left_within(rest.max(AT_ONCE));
            } else {
                assert_eq!(container.clients(), Vec::<String>::new());
            }
        }
    }
}

/// A container that is thawed whatever becomes of the test.
struct Frozen<'a>(&'a Container);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.0.pct("resume");
    }
}

/// What each container's row says is wrong, in the order of the rows.
#[track_caller]
fn rows(ended: &Ended) -> Vec<(u32, Vec<String>)> {
    let report = ended.report();
    let text = |problem: &Value, key| problem[key].as_str().unwrap().to_owned();
    let rows = report["containers"].as_array().unwrap().iter();
    rows.map(|row| {
        let problems = row["visited"]["problems"].as_array().unwrap().iter();
        let problems = problems.map(|problem| {
            let [id, status, says] = ["id", "status", "says"].map(|key| text(problem, key));
            format!("{id} {status}: {says}")
        });
        (
            row["ct"].as_u64().unwrap().try_into().unwrap(),
            problems.collect(),
        )
    })
    .collect()
}

#[test]
fn each_of_forty_gets_the_row_it_should() {
    let fleet = Fleet::up();
    fleet.fall_ill();
    let frozen = fleet.container(FROZEN);
    frozen.pct("suspend");
    let _thawed_at_the_end = Frozen(frozen);
    let calls = frozen.pct_calls();

    let mut command = fleet.sweep("health");
    let running = start(command.args(["--jobs", "4", "--timeout", "20s"]).args(JSON));
    let killed = fleet.container(KILLED);
    killed.wait_for(HANGS);
    succeed(Command::new("lxc-stop").args(["-k", "-n", &killed.id.to_string()]));
    let ended = running.ended();

    assert!(ended.report()["cut_short"].is_null(), "{}", ended.stdout);
    let rows = rows(&ended);
    let order: Vec<_> = rows.iter().map(|(ct, _)| *ct).collect();
    let asked: Vec<_> = Fleet::order().map(|place| fleet.id(place)).collect();
    assert_eq!(order, asked);
    for (place, (ct, problems)) in Fleet::order().zip(&rows) {
        let ill = ILLS.iter().find(|ill| ill.place == place);
        let expected = ill.map_or(&[][..], |ill| ill.problems);
        let as_expected = problems.len() == expected.len()
            && problems
                .iter()
                .zip(expected)
                .all(|(says, begins)| says.starts_with(begins));
        assert!(
            as_expected,
            "{ct}: {problems:#?}, where {expected:#?} were expected"
        );
    }
    assert_eq!(ended.status, 2, "{}", ended.stderr);
    assert_eq!(
        frozen.pct_calls(),
        calls,
        "something was sent to the frozen one"
    );
    fleet.assert_nothing_left_within(AT_ONCE);

    // Nothing has changed since.
    let again = run(fleet.sweep("health").arg("--on-change"));
    assert_eq!((again.stdout.as_str(), again.stderr.as_str()), ("", ""));
    assert_eq!(again.status, 2);
    fleet.assert_nothing_left_within(AT_ONCE);
}

/// Whether lxcdiag can still do something about it or not.
#[test]
fn however_a_sweep_is_ended_nothing_stays() {
    let fleet = Fleet::up();
    let hang = check("hang", "4s", HANGS);
    let runbook = fleet.container(0).runbook(&hang);
    for (signal, jobs, limit) in [
        (Signal::INT, "8", AT_ONCE),
        (Signal::TERM, "8", AT_ONCE),
        // The time-out, 1 s between TERM and KILL, a second of sweeping, and forty of them on a busy machine.
        (Signal::KILL, "40", Duration::from_secs(4 + 1 + 1 + 6)),
    ] {
        let running = start(fleet.sweep(&runbook).args(["--jobs", jobs]).args(JSON));
        let begun = Instant::now();
        let hanging = || command_lines(|pid| words_of(pid).join(" ") == HANGS).len();
        while hanging() < 8 {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "it does not come to hang"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        running.signal(signal);
        let ended = running.ended();
        let status = match signal {
            Signal::INT => 130,
            Signal::TERM => 143,
            _ => 137,
        };
        assert_eq!(ended.status, status, "{}", ended.stderr);
        if signal != Signal::KILL {
            assert_eq!(rows(&ended).len(), 40);
        }
        fleet.assert_nothing_left_within(limit);
    }
}
