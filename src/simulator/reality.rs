//! The model against reality: histories of the generator are played in the lab's containers, the built lxcdiag is run
//! against each, and what the judge reads of the recording must be what the simulator records.
//!
//! A history is played as far as it can be ([`stage::as_playable`]), in its order, with gaps that commands of a real
//! machine fit into. The simulator then plays what happened, at the times at which it did.
//!
//! | not played | because |
//! | --- | --- |
//! | steps of the clock, reboots of the host | there is one host for all containers |
//! | rollbacks, restores, clones | the lab has no storage with snapshots; a copy would get births of its own |
//! | a full or read-only file system | the container's journal would have to be elsewhere |
//! | earlier runs of lxcdiag | their own times are lxcdiag's, not the script's |
//! | pushes that wait too long for another | the gaps between actions are shorter than 10 s |
//! | no systemd, no journal, a volatile one, no births | states of an image; `recorded` compares those that are recorded |
//! | commands before systemd answers | it is ready before a command can be timed |
//! | `--failed-at`, `--log`, `--var source` | they are files and words of the user, not of the container |

mod commands;
mod compare;
mod play;
mod stage;

use std::sync::Mutex;

use super::backend::{record, runbook};
use super::generator::generate;
use super::history::History;
use super::property::number;
use crate::judge::results::CheckResults;
use compare::Difference;
use stage::{Played, Stage, every_push_gets_the_lock};

/// How many histories are played; `LXCDIAG_HISTORIES` sets another number, `LXCDIAG_FIRST_SEED` where they begin.
const HISTORIES: u64 = 20;

/// systemd's versions in the lab, each in a privileged and an unprivileged container.
const SUITES: [(&str, u32); 3] = [("bullseye", 247), ("bookworm", 252), ("trixie", 257)];
/// The number of the first of these containers, counted from `LXCDIAG_TEST_FIRST_CT`: those of the matrix of incidents.
const PRIVILEGED: u64 = 4;
const UNPRIVILEGED: u64 = 8;

/// What differs in one history.
fn differences(stage: &Stage, history: &History) -> Vec<Difference> {
    let played = stage.play(history);
    let mut world = played.history.play();
    let runbook = runbook();
    let simulated = record(&runbook, &played.history, &mut world);
    let real = CheckResults::of_recording(&runbook, &played.recording);
    compare::differences(&played, &simulated, &real)
}

#[test]
#[ignore = "needs the lab's containers: `tests/run` runs it"]
fn the_simulator_records_what_real_containers_record() {
    let first = number("LXCDIAG_FIRST_SEED", 1);
    let count = number("LXCDIAG_HISTORIES", HISTORIES);
    let stages = Stage::all();
    let seeds = Mutex::new(first..first + count);
    let found = Mutex::new(Vec::new());
    let (seeds, found_here) = (&seeds, &found);
    std::thread::scope(|scope| {
        for stage in &stages {
            scope.spawn(move || {
                loop {
                    let Some(seed) = seeds.lock().unwrap().next() else {
                        return;
                    };
                    let history = generate(seed);
                    if !every_push_gets_the_lock(&history) {
                        println!("seed {seed} is not played: a push waits too long for another");
                        continue;
                    }
                    let differences = differences(stage, &history);
                    println!("seed {seed} on {stage}: {} differences", differences.len());
                    for difference in &differences {
                        println!("  {difference}");
                    }
                    if !differences.is_empty() {
                        found_here.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "seeds {found:?} differ, see above");
}
