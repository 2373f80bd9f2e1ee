//! Random histories.
//!
//! The weights are in the tables below, and were fixed before the judge was tuned against them. A number is
//! a share of the sum in its table, or per cent.

mod attempt;
mod inputs;
mod noise;

use super::event::{Event, Origin, Who};
use super::files::Kind;
use super::history::{History, Inputs};
use super::random::Random;
use super::world::{Setup, World};
use super::{MILLI, Nanos, SECOND};

/// systemd's versions.
const VERSIONS: [(usize, u32); 5] = [(20, 247), (30, 252), (10, 255), (25, 257), (15, 262)];

/// Where the container comes from.
const ORIGINS: [(usize, Origin); 3] = [
    (70, Origin::Created),
    (10, Origin::Restored),
    (20, Origin::Cloned),
];

/// When the script begins, after the container's start.
#[derive(Debug, Clone, Copy)]
enum Begins {
    /// At once: systemd may not answer yet.
    AtOnce,
    /// Before or about when systemd is up.
    Soon,
    Later,
    MuchLater,
}

const BEGINS: [(usize, Begins); 4] = [
    (12, Begins::AtOnce),
    (25, Begins::Soon),
    (48, Begins::Later),
    (15, Begins::MuchLater),
];

/// Per cent of containers that are unprivileged.
const UNPRIVILEGED: usize = 35;
/// Whose PID 1 is something else.
const NO_SYSTEMD: usize = 2;
/// Whose journal is gone at a reboot.
const VOLATILE_JOURNAL: usize = 25;
/// That have no journal.
const NO_JOURNAL: usize = 4;
/// Whose file system keeps no birth times.
const NO_BIRTHS: usize = 8;
/// Per cent of histories in which lxcdiag runs before all is over.
const EARLY_RUNS: usize = 8;
/// Histories with a second run of the script.
const SECOND_RUN: usize = 20;

/// A history in the making.
struct Making {
    random: Random,
    history: History,
    /// Up to when there are events.
    now: Nanos,
    booted_at: Nanos,
    /// When the attempt began.
    attempt_began: Nanos,
}

/// The history of a seed.
pub(super) fn generate(seed: u64) -> History {
    // A few of the seed's histories could not have happened; the first that could is its history.
    (0..100)
        .map(|attempt| make(Random::new(seed.wrapping_mul(101).wrapping_add(attempt))))
        .find(History::is_possible)
        .expect("a possible history")
}

fn make(mut random: Random) -> History {
    let setup = Setup {
        systemd: random.weighted(&VERSIONS),
        unprivileged: random.percent(UNPRIVILEGED),
        is_init: !random.percent(NO_SYSTEMD),
        persistent_journal: !random.percent(VOLATILE_JOURNAL),
        has_journal: !random.percent(NO_JOURNAL),
        tick: random.pick(&[MILLI, 4 * MILLI, 10 * MILLI]),
        has_births: !random.percent(NO_BIRTHS),
    };
    let mut making = Making {
        random,
        history: History {
            setup,
            events: Vec::new(),
            run_at: 0,
            inputs: Inputs::NONE,
        },
        now: SECOND,
        booted_at: SECOND,
        attempt_began: SECOND,
    };
    making.beginning();
    making.attempt(1);
    if making.random.percent(SECOND_RUN) {
        making.wait(2 * SECOND, 3_600 * SECOND);
        making.attempt(2);
    }
    making.noise();
    making.history.events.sort_by_key(|(at, _)| *at);
    making.run_lxcdiag();
    making.inputs();
    making.history
}

impl Making {
    /// Adds an event.
    fn at(&mut self, at: Nanos, event: Event) {
        self.history.events.push((at, event));
        self.now = self.now.max(at);
    }

    /// Adds an event now.
    fn add(&mut self, event: Event) {
        self.at(self.now, event);
    }

    /// Lets time pass, of a random order of magnitude.
    fn wait(&mut self, low: Nanos, high: Nanos) {
        self.now += self.random.magnitude(low, high);
    }

    /// The world as far as the history goes.
    fn world(&mut self) -> World {
        self.history.events.sort_by_key(|(at, _)| *at);
        self.history.run_at = self.now;
        self.history.play()
    }

    /// The container is made and started.
    fn beginning(&mut self) {
        let origin = self.random.weighted(&ORIGINS);
        self.add(Event::Made(origin));
        self.wait(100 * MILLI, 2 * SECOND);
        self.boot();
        match self.random.weighted(&BEGINS) {
            Begins::AtOnce => self.wait(25 * MILLI, 400 * MILLI),
            Begins::Soon => self.wait(400 * MILLI, 4 * SECOND),
            Begins::Later => self.wait(3 * SECOND, 120 * SECOND),
            Begins::MuchLater => self.wait(120 * SECOND, 90_000 * SECOND),
        }
    }

    fn boot(&mut self) {
        // Facts: everything is refused until 0.25 to 0.4 s after the start.
        let answers_after = self.random.between(200 * MILLI, 450 * MILLI);
        let up_after = match self.random.percent(10) {
            true => self.random.magnitude(2 * SECOND, 60 * SECOND),
            false => self.random.between(300 * MILLI, 2 * SECOND),
        };
        self.booted_at = self.now;
        self.add(Event::Boot {
            answers_after,
            up_after,
        });
    }

    /// lxcdiag runs some time after the last event, or while things still go on. It needs a container that runs.
    fn run_lxcdiag(&mut self) {
        let end = self.now;
        if self.random.percent(EARLY_RUNS) {
            let failed_at = self.world().commands.last().map_or(0, |ran| ran.at);
            self.now = self.random.between(failed_at, end + 2 * SECOND);
            let run_at = self.now;
            self.history.events.retain(|(at, _)| *at < run_at);
        } else {
            self.wait(3 * SECOND, 200_000 * SECOND);
        }
        if self.world().running().is_none() {
            self.boot();
            self.now += 70 * SECOND;
        }
        self.history.run_at = self.now;
    }

    /// A person acts after a failure, at the earliest 2 s later.
    fn human_comes(&mut self) -> Who {
        self.wait(2 * SECOND, 7_200 * SECOND);
        Who::Human
    }

    /// Whether the unit's entry in its directory is a symbolic link.
    fn is_link(world: &World) -> bool {
        let path = super::event::Place::Unit.path();
        let entry = world.files.lookup(&path, false);
        entry.is_ok_and(|id| matches!(world.files.inode(id).kind, Kind::Link(_)))
    }
}
