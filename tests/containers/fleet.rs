//! Sweeps over forty real containers: most are healthy, each of the others is broken in a way of its own.

mod ills;

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{self, Container, lab, succeed};
use crate::lxcdiag::{self, Ended, JSON, check, run, start};
use crate::processes::{command_lines, words_of};
use crate::wait::wait_until;
use ills::{FROZEN, HANGS, ILLS, KILLED};

/// Each test takes the whole fleet.
static TURN: Mutex<()> = Mutex::new(());

struct Fleet {
    /// In the order of their IDs.
    containers: Vec<Container>,
    /// lxcdiag's state, and the runbooks of these tests.
    directory: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Fleet {
    /// All run; one that was stopped is pristine.
    fn up() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = lab::ids(lab::FLEET);
        succeed(lab().args(["up", "--ct", &lab::list(&ids)]));
        Self {
            containers: ids
                .iter()
                .map(|id| Container::free_one_of(&[*id]))
                .collect(),
            directory: tempfile::tempdir().unwrap(),
            _turn: turn,
        }
    }

    /// A container by its place among the forty.
    fn container(&self, place: usize) -> &Container {
        &self.containers[place]
    }

    fn id(&self, place: usize) -> u32 {
        self.containers[place].id
    }

    /// Resets and breaks the containers that are to be broken.
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
            .args(["sweep", runbook, "--ct", &which, "--deadline", "500s"])
            .env("LXCDIAG_PCT", lab::pct())
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("XDG_STATE_HOME", self.directory.path());
        command
    }

    /// The places, in that order.
    fn order() -> impl Iterator<Item = usize> {
        (20..40).chain([7]).chain(0..7).chain(8..20)
    }

    /// Waits until nothing runs any more that a sweep started, in any container or on the host.
    #[track_caller]
    fn assert_nothing_left(&self) {
        let sockets = std::fs::read_to_string("/proc/net/unix").unwrap();
        for container in &self.containers {
            if sockets.contains(&format!("@/var/lib/lxc/{}/command", container.id)) {
                container.assert_nothing_left();
            } else {
                assert_eq!(container.clients(), Vec::<String>::new());
            }
        }
    }
}

/// The problems of each container's row, in the order of the rows.
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
    let _frozen = frozen.freeze();
    let calls = frozen.pct_calls();

    let mut command = fleet.sweep("health");
    let running = start(
        command
            .args(["--jobs", "4", "--timeout", "60s", "--on-change"])
            .args(JSON),
    );
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
        "something was sent to the frozen container"
    );
    fleet.assert_nothing_left();

    // The container that was killed is reported as stopped, and nothing else.
    let again = run(fleet.sweep("health").arg("--on-change").args(JSON));
    let changes = again.report()["changes"].clone();
    let changes: Vec<_> = changes
        .as_array()
        .unwrap()
        .iter()
        .map(|change| ["ct", "change", "id"].map(|key| change[key].to_string()))
        .collect();
    let stopped = [
        killed.id.to_string(),
        "\"new\"".to_owned(),
        "\"stopped\"".to_owned(),
    ];
    assert_eq!(changes, [stopped]);
    assert_eq!(again.stderr, "");
    assert_eq!(again.status, 2);
    fleet.assert_nothing_left();
}

/// Killed, lxcdiag can do nothing: the commands' own timeout ends them.
#[test]
fn nothing_is_left_running_however_a_sweep_is_ended() {
    let fleet = Fleet::up();
    let hanging = format!("sleep 31415.{}", fleet.id(0));
    for (signal, status, jobs, timeout) in [
        (Signal::INT, 130, "8", "500s"),
        (Signal::TERM, 143, "8", "500s"),
        (Signal::KILL, 137, "40", "4s"),
    ] {
        let runbook = fleet
            .container(0)
            .runbook(&check("hang", timeout, &hanging));
        let running = start(fleet.sweep(&runbook).args(["--jobs", jobs]).args(JSON));
        wait_until("eight commands hang", || {
            command_lines(|pid| words_of(pid).join(" ") == hanging).len() >= 8
        });
        running.signal(signal);
        let ended = running.ended();
        assert_eq!(ended.status, status, "{}", ended.stderr);
        if signal != Signal::KILL {
            assert_eq!(rows(&ended).len(), 40);
        }
        fleet.assert_nothing_left();
    }
}
