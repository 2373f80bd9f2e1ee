//! Boots, what systemd logs, and what it loads.

use super::{Found, Service, UNIT_DIR, World};
use crate::simulator::unit_text::Content;
use crate::simulator::{MILLI, Nanos, UNIT};

/// The mount unit of the unit directory.
pub(in crate::simulator) const UNIT_DIR_MOUNT: &str = "etc-systemd-system.mount";

/// One boot of the container.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Boot {
    pub(in crate::simulator) began: Nanos,
    /// From when on systemd answers.
    pub(in crate::simulator) answers_at: Nanos,
    pub(in crate::simulator) up_at: Nanos,
    pub(in crate::simulator) ended: Option<Nanos>,
}

/// A message of PID 1 in the journal.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Record {
    /// In true time.
    pub(in crate::simulator) at: Nanos,
    /// In nanoseconds since the Unix epoch.
    pub(in crate::simulator) wall: Nanos,
    /// Since the host's boot.
    pub(in crate::simulator) monotonic: Nanos,
    pub(in crate::simulator) boot: usize,
    pub(in crate::simulator) message: String,
    pub(in crate::simulator) unit: Option<&'static str>,
}

impl World {
    /// The boot that lasts.
    pub(in crate::simulator) fn running(&self) -> Option<&Boot> {
        self.boots.last().filter(|boot| boot.ended.is_none())
    }

    /// The boot that a time lies in.
    pub(in crate::simulator) fn boot_at(&self, at: Nanos) -> Option<&Boot> {
        let mut boots = self.boots.iter().rev();
        boots
            .find(|boot| boot.began <= at)
            .filter(|boot| boot.ended.is_none_or(|end| at < end))
    }

    /// Starts the container; systemd answers and is up so long after that.
    pub(in crate::simulator) fn boot(&mut self, answers_after: Nanos, up_after: Nanos) {
        if self.created.is_none() || self.running().is_some() {
            return;
        }
        self.task_of("vzstart");
        let began = self.now + 20 * MILLI;
        self.boots.push(Boot {
            began,
            answers_at: began + answers_after,
            up_at: began + up_after.max(answers_after),
            ended: None,
        });
        self.empty("/tmp");
        self.empty("/run/systemd/system");
        self.service = Service::default();
        let number = self.boots.len();
        if !self.setup.is_init {
            return;
        }
        self.schedule(began + 60 * MILLI, move |world| world.load(number));
        self.schedule(began + up_after.max(answers_after), move |world| {
            if world.boots.len() == number && world.running().is_some() {
                let time = match up_after / MILLI {
                    short @ ..1_000 => format!("{short}ms"),
                    long => format!("{}.{:03}s", long / 1_000, long % 1_000),
                };
                world.log(format!("Startup finished in {time}."), None);
                if world.service.active {
                    world.log_started();
                }
            }
        });
    }

    /// Loads the unit at a boot, if it is linked.
    fn load(&mut self, boot: usize) {
        if self.boots.len() != boot || !self.is_linked() {
            return;
        }
        let look = self.look_for(UNIT);
        if let Found::File(Content::Enableable | Content::NoInstall) = look.found {
            self.service = Service {
                active: true,
                loaded: look.inode.map(|id| self.files.inode(id).modified),
            };
        }
    }

    fn empty(&mut self, directory: &str) {
        let stamp = self.stamp();
        let names: Vec<_> = self.files.below(directory, 1);
        for (path, _) in names {
            self.files.remove(&path, stamp);
        }
    }

    /// Stops the container.
    pub(in crate::simulator) fn stop(&mut self) {
        let now = self.now;
        if self.running().is_none() {
            return;
        }
        if let Some(boot) = self.boots.last_mut() {
            boot.ended = Some(now);
        }
        self.files.unmount_all();
        // What writes inside the container ends with it.
        let deliveries = &self.deliveries;
        let is_inside = |id: usize| deliveries.get(&id).is_some_and(|it| !it.is_push);
        for inode in self.files.inodes_mut() {
            inode.writer = inode.writer.filter(|id| !is_inside(*id));
        }
        self.service = Service::default();
        if !self.setup.persistent_journal {
            self.journal.clear();
        }
    }

    /// Logs a message of PID 1.
    pub(in crate::simulator) fn log(&mut self, message: String, unit: Option<&'static str>) {
        if self.setup.is_init && self.setup.has_journal && self.running().is_some() {
            self.journal.push(Record {
                at: self.now,
                wall: self.wall(),
                monotonic: self.now - self.host_booted,
                boot: self.boots.len(),
                message,
                unit,
            });
        }
    }

    /// Logs that the unit was started.
    pub(in crate::simulator) fn log_started(&mut self) {
        let message = match self.setup.systemd {
            ..=247 => "Started Embedding server.".to_owned(),
            _ => format!("Started {UNIT} - Embedding server."),
        };
        self.log(message, Some(UNIT));
    }

    /// Takes away what covers the unit directory; systemd notices that a mount is gone.
    pub(in crate::simulator) fn uncover(&mut self) {
        self.files.unmount(UNIT_DIR);
        let outcome = match self.setup.systemd {
            ..=247 => "Succeeded",
            _ => "Deactivated successfully",
        };
        self.log(
            format!("{UNIT_DIR_MOUNT}: {outcome}."),
            Some(UNIT_DIR_MOUNT),
        );
    }

    /// The messages of PID 1 that are still there, the oldest first.
    pub(in crate::simulator) fn journal(&self) -> &[Record] {
        &self.journal
    }

    /// Drops all messages so far.
    pub(in crate::simulator) fn rotate_journal(&mut self) {
        self.journal.clear();
    }

    /// A reload: it is logged, and loaded units are read again.
    pub(in crate::simulator) fn reload(&mut self) {
        let requested = match self.setup.systemd {
            ..=253 => {
                self.log("Reloading.".to_owned(), None);
                None
            }
            254..=256 => Some("Reloading requested from client PID 73 ('systemctl')..."),
            _ => Some("Reload requested from client PID 73 ('systemctl')..."),
        };
        if let Some(requested) = requested {
            self.log(requested.to_owned(), None);
            self.log("Reloading...".to_owned(), None);
            self.schedule(self.now + 97 * MILLI, |world| {
                world.log("Reloading finished in 97 ms.".to_owned(), None);
            });
        }
        let look = self.look_for(UNIT);
        self.service.loaded = match look.found {
            Found::File(_) => look.inode.map(|id| self.files.inode(id).modified),
            _ => None,
        };
    }

    /// Whether the unit is loaded from another text than the one on disk.
    pub(in crate::simulator) fn needs_reload(&self) -> bool {
        let file = self.files.lookup(&format!("{UNIT_DIR}/{UNIT}"), true);
        let modified = file.ok().map(|id| self.files.inode(id).modified);
        self.service.active && modified != self.service.loaded
    }
}
