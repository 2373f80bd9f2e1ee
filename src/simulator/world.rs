//! The state of a container and its host, and how it goes on in time.
//!
//! Times are true times, in nanoseconds after [`EPOCH`](super::EPOCH); [`World::wall`] and [`World::stamp`] say
//! what a clock shows then.

mod boot;
mod commands;
mod look;
mod tasks;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

pub(super) use boot::{Boot, Record, UNIT_DIR_MOUNT};
pub(super) use commands::{Ran, Refusal, Said, Verb};
pub(super) use look::{Found, Look};
pub(super) use tasks::Task;

use super::event::{Delivery, Failure, Origin, Place, Who};
use super::files::{Files, Kind};
use super::{EPOCH, HOST_UPTIME, MILLI, Nanos, UNIT};
use crate::evidence::recording::OwnChange;

/// Where units are linked that multi-user.target wants.
pub(super) const WANTS: &str = "/etc/systemd/system/multi-user.target.wants";
/// The unit directory.
pub(super) const UNIT_DIR: &str = "/etc/systemd/system";
/// How old the files of an image are when the container is made from it.
const IMAGE_AGE: Nanos = 30 * 86_400 * super::SECOND;

/// What does not change during a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Setup {
    /// The version of systemd: 247, 252, 255, 257 or 262.
    pub(super) systemd: u32,
    pub(super) unprivileged: bool,
    /// Whether systemd is PID 1.
    pub(super) is_init: bool,
    /// Whether the journal outlives a boot.
    pub(super) persistent_journal: bool,
    /// Whether there is a journal at all.
    pub(super) has_journal: bool,
    /// One tick of the kernel's coarse clock, at most 10 ms.
    pub(super) tick: Nanos,
    /// Whether the file system keeps birth times.
    pub(super) has_births: bool,
}

/// A delivery as it went.
#[derive(Debug, Clone)]
pub(super) struct Delivered {
    pub(super) who: Who,
    pub(super) began: Nanos,
    /// When what it delivers was whole and at its place.
    pub(super) finished: Option<Nanos>,
    /// When it was over, whether it worked or not.
    pub(super) ended: Option<Nanos>,
    pub(super) failure: Option<Failure>,
    /// Whether it is `pct push`.
    pub(super) is_push: bool,
    /// Whether it was meant to be the unit's file, wherever it went.
    pub(super) of_unit: bool,
    pub(super) path: String,
    /// What it said.
    pub(super) message: Option<String>,
}

/// What systemd keeps of the unit in memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Service {
    pub(super) active: bool,
    /// The modification time of the file that it was loaded from.
    pub(super) loaded: Option<Nanos>,
}

type Step = Box<dyn FnOnce(&mut World)>;

/// A container and its host.
pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) now: Nanos,
    /// When the host booted, in true time.
    pub(super) host_booted: Nanos,
    /// By how much the clock is ahead of the true time.
    ahead: Nanos,
    created: Option<Nanos>,
    /// When lxcdiag began; what happens later is not asked about.
    pub(super) asked_at: Nanos,
    pub(super) files: Files,
    saved: Option<(Files, Vec<Record>)>,
    pub(super) boots: Vec<Boot>,
    journal: Vec<Record>,
    pub(super) tasks: Vec<Task>,
    pub(super) deliveries: BTreeMap<usize, Delivered>,
    /// The push that holds the container's lock, and those that wait for it, the first first.
    pub(super) lock: Option<usize>,
    pub(super) waiting: VecDeque<(usize, Delivery)>,
    pub(super) commands: Vec<Ran>,
    /// What systemd would have found of the unit, since when.
    pub(super) looks: Vec<(Nanos, Look)>,
    pub(super) service: Service,
    pub(super) is_read_only: bool,
    pub(super) is_full: bool,
    /// The times at which the clock was set, in true time, and how far it was ahead from then on.
    clock_steps: Vec<(Nanos, Nanos)>,
    /// What earlier runs of lxcdiag changed.
    pub(super) own_changes: Vec<OwnChange>,
    /// The count of changes of the files when they were looked at last.
    observed: u64,
    /// The wrong places at which the unit's file is, since when.
    pub(super) strays: Vec<(Nanos, Vec<Place>)>,
    /// The event that acts.
    acting: Option<usize>,
    steps: BTreeMap<(Nanos, usize), Step>,
    scheduled: usize,
}

impl World {
    /// A host without the container.
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            now: 0,
            host_booted: -HOST_UPTIME,
            ahead: 0,
            created: None,
            asked_at: Nanos::MAX,
            files: Files::new(EPOCH - IMAGE_AGE),
            saved: None,
            boots: Vec::new(),
            journal: Vec::new(),
            tasks: Vec::new(),
            deliveries: BTreeMap::new(),
            lock: None,
            waiting: VecDeque::new(),
            commands: Vec::new(),
            looks: Vec::new(),
            service: Service::default(),
            is_read_only: false,
            is_full: false,
            clock_steps: Vec::new(),
            own_changes: Vec::new(),
            observed: u64::MAX,
            strays: Vec::new(),
            acting: None,
            steps: BTreeMap::new(),
            scheduled: 0,
        }
    }

    /// Adds what will happen at a time.
    pub(super) fn schedule(&mut self, at: Nanos, step: impl FnOnce(&mut Self) + 'static) {
        self.scheduled += 1;
        let key = (at.max(self.now), self.scheduled);
        self.steps.insert(key, Box::new(step));
    }

    /// Adds what an event will do at a time.
    pub(super) fn schedule_of(
        &mut self,
        event: usize,
        at: Nanos,
        step: impl FnOnce(&mut Self) + 'static,
    ) {
        self.schedule(at, move |world| {
            world.acting = Some(event);
            step(world);
            world.observe();
            world.acting = None;
        });
    }

    /// Goes on to a time.
    pub(super) fn advance(&mut self, to: Nanos) {
        while let Some(entry) = self.steps.first_entry()
            && entry.key().0 <= to
        {
            let ((at, _), step) = entry.remove_entry();
            self.now = at;
            step(self);
            self.observe();
        }
        self.now = self.now.max(to);
    }

    /// Notes what systemd would find now, if that has changed.
    fn observe(&mut self) {
        if self.created.is_none() || self.observed == self.files.changes() {
            return;
        }
        self.observed = self.files.changes();
        let look = Look {
            by: self.acting,
            ..self.look_for(UNIT)
        };
        if self.looks.last().is_none_or(|(_, last)| *last != look) {
            self.looks.push((self.now, look));
        }
        let is_there = |place: &Place| self.files.lookup(&place.path(), false).is_ok();
        let strays: Vec<_> = Place::WRONG.into_iter().filter(is_there).collect();
        if self.strays.last().is_none_or(|(_, last)| *last != strays) {
            self.strays.push((self.now, strays));
        }
    }

    /// What the clock shows, in nanoseconds since the Unix epoch.
    pub(super) const fn wall(&self) -> Nanos {
        EPOCH + self.now + self.ahead
    }

    /// What the clock showed at a true time.
    pub(super) fn wall_at(&self, at: Nanos) -> Nanos {
        let steps = self.clock_steps.iter().rev();
        let ahead = steps.copied().find(|(from, _)| *from <= at);
        EPOCH + at + ahead.map_or(0, |(_, ahead)| ahead)
    }

    /// What a file's stamp is now: the last tick of the coarse clock.
    pub(super) const fn stamp(&self) -> Nanos {
        let wall = self.wall();
        wall - wall.rem_euclid(self.setup.tick)
    }

    /// Sets the clock forward or back.
    pub(super) fn step_clock(&mut self, by: Nanos) {
        self.ahead += by;
        self.clock_steps.push((self.now, self.ahead));
    }

    /// Makes the container: its files have the stamps of the image, or of now.
    pub(super) fn create(&mut self, origin: Origin) {
        self.created = Some(self.now);
        self.base_tree();
        match origin {
            Origin::Created => self.task_of("vzcreate"),
            Origin::Restored => self.task_of("vzrestore"),
            // A clone is logged under the container that it was made from.
            Origin::Cloned => {}
        }
        if origin != Origin::Cloned {
            self.rewrite_stamps();
        }
    }

    fn base_tree(&mut self) {
        let old = EPOCH - IMAGE_AGE;
        let directories = [
            WANTS,
            "/etc/systemd/system/getty.target.wants",
            "/etc/systemd/system/sysinit.target.wants",
            "/etc/systemd/user",
            "/run/systemd/system",
            "/usr/lib/systemd/system",
            "/usr/local/lib",
            "/opt/app",
            "/root",
            "/tmp",
            "/dev",
        ];
        for directory in directories {
            self.files.make_directories(directory, old);
        }
        self.files.add_at("/dev/null", Kind::Null, 0o666, old);
    }

    /// Gives every file a birth and a change of now, as a restore from an archive does.
    pub(super) fn rewrite_stamps(&mut self) {
        let stamp = self.stamp();
        for inode in self.files.inodes_mut() {
            (inode.born, inode.changed) = (stamp, stamp);
        }
    }

    /// The same below the unit directory, as after `cp -a` and an exchange of the two.
    pub(super) fn exchange_unit_dir(&mut self) {
        let stamp = self.stamp();
        let mut inodes: Vec<_> = self.files.below(UNIT_DIR, 3);
        inodes.extend(
            self.files
                .lookup(UNIT_DIR, true)
                .map(|id| (String::new(), id)),
        );
        for (_, id) in inodes {
            let inode = self.files.inode_mut(id);
            (inode.born, inode.changed) = (stamp, stamp);
        }
        if let Ok(above) = self.files.lookup("/etc/systemd", true) {
            let above = self.files.inode_mut(above);
            (above.modified, above.changed) = (stamp, stamp);
        }
    }

    /// Keeps the files for a rollback.
    pub(super) fn save(&mut self) {
        self.saved = Some((self.files.clone(), self.journal.clone()));
    }

    /// Gives the container its saved files again, its journal among them. A rollback keeps the stamps that they
    /// had; a restore from an archive gives them new births.
    pub(super) fn roll_back(&mut self, task: &'static str) {
        let Some((saved, journal)) = self.saved.clone() else {
            return;
        };
        self.stop();
        self.files.restore(saved);
        self.files.unmount_all();
        if task == "vzrestore" {
            self.rewrite_stamps();
        }
        if self.setup.persistent_journal {
            self.journal = journal;
        }
        self.task_of(task);
    }

    /// Boots the host, and with it ends the container.
    pub(super) fn reboot_host(&mut self) {
        self.stop();
        self.host_booted = self.now;
    }

    /// lxcdiag reloads and enables, and keeps in its ledger that it did.
    pub(super) fn run_lxcdiag(&mut self) {
        if self.running().is_none() {
            return;
        }
        self.run_own(Verb::Reload, "daemon-reload");
        self.schedule(self.now + 130 * MILLI, |world| {
            world.run_own(Verb::Enable, "enable -- embedding_server.service");
        });
    }

    fn run_own(&mut self, verb: Verb, words: &str) {
        let argv = format!("systemctl {words}");
        let argv = argv.split(' ').map(str::to_owned).collect();
        let started_at = self.wall() - MILLI;
        let change = OwnChange::new(argv, started_at, Some(120 * MILLI), 0);
        self.own_changes.push(change);
        self.run(Who::Lxcdiag, verb);
    }

    /// Whether the unit is linked below the target that wants it.
    pub(super) fn is_linked(&self) -> bool {
        self.files.lookup(&format!("{WANTS}/{UNIT}"), false).is_ok()
    }
}
