//! What may happen in a history, and how each event unfolds in the world.

mod delivery;

use serde::{Deserialize, Serialize};

use super::files::Kind;
use super::unit_text::{Cut, Text};
use super::world::{UNIT_DIR, Verb, World};
use super::{Nanos, UNIT};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Who {
    /// The provisioning script, in its n-th run, one command after the other.
    Script(u8),
    /// What that run started in the background.
    Background(u8),
    /// A second provisioner: an agent, cloud-init, a package script.
    Second,
    /// The container's boot.
    Boot,
    /// A person, at the earliest 2 s after a failure.
    Human,
    /// Somebody who has nothing to do with the unit.
    Unrelated,
    /// lxcdiag itself.
    Lxcdiag,
}

impl Who {
    /// Whether it acts without having seen a failure.
    pub(super) const fn is_automatic(self) -> bool {
        matches!(
            self,
            Self::Script(_) | Self::Background(_) | Self::Second | Self::Boot
        )
    }

    /// The run of the script that it belongs to.
    pub(super) const fn run(self) -> Option<u8> {
        match self {
            Self::Script(run) | Self::Background(run) => Some(run),
            _ => None,
        }
    }
}

/// Where the container comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Origin {
    Created,
    Restored,
    /// With the stamps of the files that it was cloned from.
    Cloned,
}

/// A place for the unit's file, right or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// `/etc/systemd/system/UNIT`.
    Unit,
    /// `/usr/lib/systemd/system/UNIT`, as a package has it.
    Vendor,
    /// `/run/systemd/system/UNIT`.
    Run,
    /// The unit directory itself, with its slash.
    Directory,
    /// The same with two slashes.
    DoubleSlash,
    /// In a directory that does not exist.
    NoDirectory,
    /// The unit directory, under a name that is nearly right.
    OtherName,
    /// `/etc/systemd/system/systemd/UNIT`.
    Nested,
    /// `/etc/systemd/UNIT`.
    Above,
    /// `/etc/systemd/user/UNIT`.
    User,
    /// `/root/UNIT`.
    Home,
    /// `/tmp/UNIT`.
    Temporary,
    /// `/opt/app/UNIT`, where a symbolic link may lead.
    Target,
    /// Another unit in the unit directory.
    Neighbour,
}

impl Place {
    pub(super) fn path(self) -> String {
        match self {
            Self::Unit => format!("{UNIT_DIR}/{UNIT}"),
            Self::Vendor => format!("/usr/lib/systemd/system/{UNIT}"),
            Self::Run => format!("/run/systemd/system/{UNIT}"),
            Self::Directory => format!("{UNIT_DIR}/"),
            Self::DoubleSlash => format!("{UNIT_DIR}//"),
            Self::NoDirectory => format!("/etc/systemd/sytem/{UNIT}"),
            Self::OtherName => format!("{UNIT_DIR}/embedding-server.service"),
            Self::Nested => format!("{UNIT_DIR}/systemd/{UNIT}"),
            Self::Above => format!("/etc/systemd/{UNIT}"),
            Self::User => format!("/etc/systemd/user/{UNIT}"),
            Self::Home => format!("/root/{UNIT}"),
            Self::Temporary => format!("/tmp/{UNIT}"),
            Self::Target => format!("/opt/app/{UNIT}"),
            Self::Neighbour => format!("{UNIT_DIR}/worker.service"),
        }
    }

    /// Those at which the unit's file is of no use.
    pub(super) const WRONG: [Self; 6] = [
        Self::OtherName,
        Self::Nested,
        Self::Above,
        Self::User,
        Self::Home,
        Self::Temporary,
    ];
}

/// The way in which a file is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum How {
    /// `pct push`: a task of the host; the file is opened and written in place.
    Push,
    /// Written in place without a task: `pct exec … tee`, scp, cloud-init.
    Write,
    /// Written in place, then given its source's times: tar, `cp -p`.
    Archive,
    /// Written beside, given its source's times, then renamed: rsync.
    Rsync,
    /// Written elsewhere, then renamed.
    Move,
    /// Written beside with old times, then renamed, by dpkg.
    Package,
    /// Copied from the host with the host's owner and mode 0600.
    HostCopy,
    /// A file system that has it is mounted over its directory.
    Bind,
    /// A symbolic link to [`Place::Target`].
    Link,
}

/// What makes a push fail beside its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fault {
    SourceMissing,
    /// The source is a directory: an empty file, and no message.
    SourceIsDirectory,
    NoSuchUser,
    BadMode,
    /// The container's lock was not free; no task.
    Locked,
}

/// How a delivery failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// With a message.
    Reported,
    /// The same, as the file system is read-only.
    ReadOnly,
    /// Without one: a part of the file, or an empty one.
    Silent,
    /// The same, as the file system is full.
    NoSpace,
}

/// A delivery of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) who: Who,
    pub(super) how: How,
    pub(super) to: Place,
    pub(super) text: Text,
    /// From its beginning to the opening of the file.
    pub(super) opens_after: Nanos,
    /// From the opening of the file to its end.
    pub(super) takes: Nanos,
    /// The content in the meantime, if it takes more than 5 ms; the final content, if the disk is full.
    pub(super) cut: Cut,
    pub(super) fault: Option<Fault>,
}

/// What happens at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Event {
    Made(Origin),
    Boot {
        answers_after: Nanos,
        up_after: Nanos,
    },
    Stop,
    Deliver(Delivery),
    Reload(Who),
    Enable(Who),
    Start(Who),
    Disable(Who),
    /// `mv`.
    Move {
        who: Who,
        from: Place,
        to: Place,
    },
    Remove {
        who: Who,
        at: Place,
    },
    /// Of the unit's file.
    Chmod {
        who: Who,
        mode: u32,
    },
    Chown {
        who: Who,
        owner: u32,
    },
    /// An editor's change: a new file, renamed over the old.
    Edit {
        who: Who,
        text: Text,
    },
    Mask(Who),
    Unmask(Who),
    /// A directory in the unit's place.
    MakeDirectory(Who),
    /// An init script of the unit's name, without a header.
    AddInitScript(Who),
    /// A package's unit of a similar name that has the unit's as an alias, and is not enabled.
    DeclareAlias(Who),
    /// An empty file system over the unit directory, and away again.
    Cover(Who),
    Uncover(Who),
    /// A copy of the unit directory takes its place.
    Exchange(Who),
    ReadOnly(bool),
    Full(bool),
    Snapshot,
    Rollback,
    /// From the archive that the snapshot stands for.
    Restore,
    HostReboot,
    /// lxcdiag ran before, and changed the container.
    LxcdiagRun,
    RotateTasks,
    DeleteTaskOutput,
    RotateJournal,
    StepClock(Nanos),
}

impl Event {
    /// Who acts, where it is somebody who provisions or repairs.
    pub(super) const fn who(&self) -> Option<Who> {
        match self {
            Self::Deliver(delivery) => Some(delivery.who),
            Self::Reload(who)
            | Self::Enable(who)
            | Self::Start(who)
            | Self::Disable(who)
            | Self::Mask(who)
            | Self::Unmask(who)
            | Self::MakeDirectory(who)
            | Self::AddInitScript(who)
            | Self::DeclareAlias(who)
            | Self::Cover(who)
            | Self::Uncover(who)
            | Self::Exchange(who)
            | Self::Move { who, .. }
            | Self::Remove { who, .. }
            | Self::Chmod { who, .. }
            | Self::Chown { who, .. }
            | Self::Edit { who, .. } => Some(*who),
            _ => None,
        }
    }

    /// Whether it takes mounts away.
    pub(super) const fn ends_mounts(&self) -> bool {
        matches!(
            self,
            Self::Uncover(_) | Self::Stop | Self::HostReboot | Self::Rollback | Self::Restore
        )
    }

    /// Adds what the event does, as number `id` of its history, to what will happen.
    pub(super) fn schedule(self, id: usize, at: Nanos, world: &mut World) {
        match self {
            Self::Deliver(delivery) => delivery.schedule(id, at, world),
            Self::Move { who, from, to } => delivery::schedule_move(id, at, who, from, to, world),
            Self::Edit { who, text } => delivery::schedule_edit(id, at, who, text, world),
            event => world.schedule_of(id, at, move |world| event.happen(world)),
        }
    }

    fn happen(self, world: &mut World) {
        let stamp = world.stamp();
        let unit = Place::Unit.path();
        match self {
            Self::Made(origin) => world.create(origin),
            Self::Boot {
                answers_after,
                up_after,
            } => world.boot(answers_after, up_after),
            Self::Stop => world.stop(),
            Self::Reload(who) => drop(world.run(who, Verb::Reload)),
            Self::Enable(who) => drop(world.run(who, Verb::Enable)),
            Self::Start(_) => world.start_service(),
            Self::Disable(_) => world.disable(),
            Self::ReadOnly(is) => world.is_read_only = is,
            Self::Full(is) => world.is_full = is,
            Self::Snapshot => world.save(),
            Self::Rollback => world.roll_back("vzrollback"),
            Self::Restore => world.roll_back("vzrestore"),
            Self::HostReboot => world.reboot_host(),
            Self::LxcdiagRun => world.run_lxcdiag(),
            Self::RotateTasks => world.rotate_tasks(),
            Self::DeleteTaskOutput => world.delete_task_output(),
            Self::RotateJournal => world.rotate_journal(),
            Self::StepClock(by) => world.step_clock(by),
            Self::Cover(_) => {
                let root = world.files.volume(7, stamp);
                world.files.mount(UNIT_DIR, root);
            }
            Self::Uncover(_) => world.uncover(),
            // The rest changes files.
            _ if world.is_read_only => {}
            Self::Remove { at, .. } => world.files.remove(&at.path(), stamp),
            Self::Chmod { mode, .. } => {
                if let Ok(id) = world.files.lookup(&unit, true) {
                    let inode = world.files.inode_mut(id);
                    (inode.mode, inode.changed) = (mode, stamp);
                }
            }
            Self::Chown { owner, .. } => {
                if let Ok(id) = world.files.lookup(&unit, true) {
                    let inode = world.files.inode_mut(id);
                    (inode.owner, inode.changed) = (owner, stamp);
                }
            }
            Self::Mask(_) => world.mask(),
            Self::Unmask(_) => world.unmask(),
            Self::MakeDirectory(_) => {
                if world.files.lookup(&unit, false).is_err() {
                    let kind = Kind::Directory(Default::default());
                    world.files.add_at(&unit, kind, 0o755, stamp);
                }
            }
            Self::AddInitScript(_) => {
                let path = "/etc/init.d/embedding_server";
                world.files.make_directories("/etc/init.d", stamp);
                world
                    .files
                    .add_at(path, Kind::whole(Text::InitScript), 0o755, stamp);
            }
            Self::DeclareAlias(_) => {
                let path = "/usr/lib/systemd/system/embedding-server.service";
                world
                    .files
                    .add_at(path, Kind::whole(Text::Aliased), 0o644, stamp);
            }
            Self::Exchange(_) => world.exchange_unit_dir(),
            Self::Deliver(_) | Self::Move { .. } | Self::Edit { .. } => {}
        }
    }
}
