//! What the user hands in, which may be wrong or missing.

use super::Making;
use crate::simulator::history::{
    FailedAt, Inputs, LogAbout, LogGiven, LogZone, NoAnswer, SourceGiven, UnitGiven, first_failure,
};
use crate::simulator::{MILLI, SECOND};

#[derive(Debug, Clone, Copy)]
enum Stated {
    Missing,
    Exact,
    ToSecond,
    Wrong,
}

const STATED: [(usize, Stated); 4] = [
    (42, Stated::Missing),
    (23, Stated::Exact),
    (20, Stated::ToSecond),
    (15, Stated::Wrong),
];

/// Per cent of runs with a log.
const WITH_LOG: usize = 35;

const ZONES: [(usize, LogZone); 8] = [
    (40, LogZone::Written(0)),
    (14, LogZone::Written(1)),
    (4, LogZone::Stated(0)),
    (4, LogZone::Stated(1)),
    (
        15,
        LogZone::Unwritten {
            actual: 0,
            assumed: 0,
        },
    ),
    (
        10,
        LogZone::Unwritten {
            actual: 1,
            assumed: 1,
        },
    ),
    (
        8,
        LogZone::Unwritten {
            actual: 0,
            assumed: 1,
        },
    ),
    (
        5,
        LogZone::Unwritten {
            actual: -5,
            assumed: 0,
        },
    ),
];

const ABOUT: [(usize, LogAbout); 3] = [
    (82, LogAbout::ThisUnit),
    (10, LogAbout::OtherUnit),
    (8, LogAbout::OtherContainer),
];

const UNITS: [(usize, UnitGiven); 3] = [
    (60, UnitGiven::Default),
    (35, UnitGiven::Right),
    (5, UnitGiven::Mistyped),
];

const SOURCES: [(usize, SourceGiven); 3] = [
    (85, SourceGiven::Missing),
    (12, SourceGiven::Delivered),
    (3, SourceGiven::Later),
];

/// Per cent of runs that may change the container.
const WITH_CHANGES: usize = 25;
/// How many checks get no answer.
const UNANSWERED: [(usize, usize); 3] = [(92, 0), (5, 1), (3, 2)];

const NO_ANSWERS: [(usize, NoAnswer); 3] = [
    (50, NoAnswer::TimedOut),
    (30, NoAnswer::NotInstalled),
    (20, NoAnswer::Errored),
];

/// Checks that may get none.
const MAY_FAIL: [&str; 12] = [
    "stamp",
    "dir_stamp",
    "pid1",
    "unit_log",
    "pushes",
    "unit_file",
    "load",
    "is_enabled",
    "elsewhere",
    "filesystem",
    "verify",
    "counterfactual",
];

impl Making {
    /// What is handed in at the end.
    pub(super) fn inputs(&mut self) {
        self.now = self.history.run_at;
        let world = self.world();
        let has_failed = first_failure(&world).is_some();
        let failed_at = match self.random.weighted(&STATED) {
            Stated::Exact if has_failed => FailedAt::Exact,
            Stated::ToSecond if has_failed => FailedAt::ToSecond,
            Stated::Wrong => {
                let by = self.random.magnitude(50 * MILLI, 3_600 * SECOND);
                FailedAt::Wrong {
                    by: self.random.pick(&[-1, 1]) * by,
                    to_second: self.random.percent(50),
                }
            }
            _ => FailedAt::Missing,
        };
        let log = self.random.percent(WITH_LOG).then(|| LogGiven {
            zone: self.random.weighted(&ZONES),
            about: self.random.weighted(&ABOUT),
            lag: match self.random.percent(15) {
                true => self.random.magnitude(20 * MILLI, 900 * MILLI),
                false => self.random.between(0, 20 * MILLI),
            },
            has_millis: self.random.percent(60),
            has_commands: self.random.percent(70),
            has_all_runs: self.random.percent(30),
            is_copied: self.random.percent(40),
        });
        let is_about_other = log.is_some_and(|log| log.about == LogAbout::OtherUnit);
        self.history.inputs = Inputs {
            failed_at,
            log,
            unit: match is_about_other {
                true => UnitGiven::Right,
                false => self.random.weighted(&UNITS),
            },
            source: self.random.weighted(&SOURCES),
            allows_changes: self.random.percent(WITH_CHANGES),
            unanswered: (0..self.random.weighted(&UNANSWERED))
                .map(|_| {
                    let check = self.random.pick(&MAY_FAIL).to_owned();
                    (check, self.random.weighted(&NO_ANSWERS))
                })
                .collect(),
        };
    }
}
