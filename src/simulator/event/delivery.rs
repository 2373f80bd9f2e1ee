//! How a delivery unfolds: what is on disk at each moment, and what the host's log says.

use super::{Delivery, Failure, Fault, How, Place, Who};
use crate::simulator::files::Kind;
use crate::simulator::unit_text::Text;
use crate::simulator::world::{Delivered, World};
use crate::simulator::{EPOCH, MILLI, NOBODY, Nanos, SECOND, UNIT};

/// How old the source of a file is.
const SOURCE_AGE: Nanos = 3 * 86_400 * SECOND;
/// How long a push waits for the container's lock.
const LOCK_TIMEOUT: Nanos = 10 * SECOND;
/// A delivery that takes longer writes in two parts.
const AT_ONCE: Nanos = 5 * MILLI;

impl Delivery {
    /// Whether it is meant to be the unit's file.
    const fn is_of_unit(self) -> bool {
        !matches!(self.to, Place::Neighbour)
    }

    /// Where it writes first.
    fn writes_to(self) -> String {
        let path = self.to.path();
        let (directory, name) = path.rsplit_once('/').unwrap_or_default();
        match self.how {
            How::Rsync => format!("{directory}/.{name}.Xa1b2C"),
            How::Package => format!("{path}.dpkg-new"),
            How::Move => "/etc/.provision.tmp".to_owned(),
            _ => path,
        }
    }

    /// Adds its steps to what will happen.
    pub(super) fn schedule(self, id: usize, at: Nanos, world: &mut World) {
        world.schedule_of(id, at, move |world| self.begin(id, world));
    }

    fn begin(self, id: usize, world: &mut World) {
        world.deliveries.insert(
            id,
            Delivered {
                who: self.who,
                began: world.now,
                finished: None,
                ended: None,
                failure: None,
                is_push: self.how == How::Push,
                of_unit: self.is_of_unit(),
                path: self.to.path(),
                message: None,
            },
        );
        if self.how == How::Push && (self.fault == Some(Fault::Locked) || world.lock.is_some()) {
            world.waiting.push_back((id, self));
            return world.schedule_of(id, world.now + LOCK_TIMEOUT, move |world| {
                give_up(id, world)
            });
        }
        self.start(id, world);
    }

    /// Starts it, with the container's lock.
    fn start(self, id: usize, world: &mut World) {
        if world.running().is_none() {
            let text = "can only push files to a running CT";
            return fail(id, None, Failure::Reported, text, world);
        }
        let task = (self.how == How::Push).then(|| {
            world.lock = Some(id);
            world.begin_task("push_file")
        });
        match self.how {
            How::Bind => {
                world.schedule_of(
                    id,
                    world.now + self.opens_after + self.takes,
                    move |world| {
                        self.mount(id, world);
                    },
                );
            }
            How::Link => self.link(id, world),
            _ => world.schedule_of(id, world.now + self.opens_after, move |world| {
                self.open(id, task, world);
            }),
        }
    }

    fn open(self, id: usize, task: Option<usize>, world: &mut World) {
        let source = format!("/srv/provision/{UNIT}");
        let refused = match self.fault {
            Some(Fault::SourceMissing) => Some(format!("failed to open {source} for reading")),
            Some(Fault::NoSuchUser) => Some("failed to get uid for: nosuch".to_owned()),
            Some(Fault::BadMode) => Some("invalid mode: '0zz'".to_owned()),
            _ => None,
        };
        if let Some(text) = refused {
            return fail(id, task, Failure::Reported, &text, world);
        }
        let path = self.writes_to();
        let refuse = |errno: &str| format!("failed to create file: {path}: {errno}");
        if world.is_read_only {
            let text = refuse("Read-only file system");
            return fail(id, task, Failure::ReadOnly, &text, world);
        }
        if self.how != How::Push {
            let (directory, _) = path.rsplit_once('/').unwrap_or_default();
            let stamp = world.stamp();
            world.files.make_directories(directory, stamp);
        }
        let is_closed = |id| self.how != How::HostCopy && world.is_unwritable(id);
        if world.files.lookup(&path, true).is_ok_and(is_closed) {
            let text = refuse("Permission denied");
            return fail(id, task, Failure::Reported, &text, world);
        }
        let stamp = world.stamp();
        let inode = match world.files.open(&path, self.text, stamp) {
            Ok(inode) => inode,
            Err(errno) => {
                let text = refuse(errno.text());
                return fail(id, task, Failure::Reported, &text, world);
            }
        };
        if self.how == How::HostCopy {
            let file = world.files.inode_mut(inode);
            (file.mode, file.owner) = (0o600, NOBODY);
        }
        if self.fault == Some(Fault::SourceIsDirectory) || world.is_full {
            let (failure, length) = match self.fault {
                Some(Fault::SourceIsDirectory) => (Failure::Silent, 0),
                _ => (Failure::NoSpace, self.cut.length(self.text)),
            };
            world.files.write(inode, length, stamp);
            return fail(id, task, failure, "OK", world);
        }
        world.files.inode_mut(inode).writer = Some(id);
        if self.takes > AT_ONCE {
            world.files.write(inode, self.cut.length(self.text), stamp);
        }
        world.schedule_of(id, world.now + self.takes, move |world| {
            self.close(id, inode, task, world);
        });
    }

    fn close(self, id: usize, inode: usize, task: Option<usize>, world: &mut World) {
        if world.files.inode(inode).writer == Some(id) {
            self.write_rest(id, inode, world);
        } // Otherwise the container was rolled back, or somebody else writes the file.
        end(id, world);
        if let Some(task) = task {
            end_task(task, "OK", world);
        }
    }

    fn write_rest(self, id: usize, inode: usize, world: &mut World) {
        let stamp = world.stamp();
        world.files.write(inode, self.text.bytes().len(), stamp);
        let file = world.files.inode_mut(inode);
        file.writer = None;
        if matches!(self.how, How::Archive | How::Rsync | How::Package) {
            file.modified = EPOCH - SOURCE_AGE;
        }
        let path = self.to.path();
        let from = self.writes_to();
        let is_there = from == path || world.files.rename(&from, &path, stamp).is_ok();
        if let Some(delivered) = world.deliveries.get_mut(&id)
            && is_there
        {
            delivered.finished = Some(world.now);
        }
    }

    fn mount(self, id: usize, world: &mut World) {
        let old = EPOCH - SOURCE_AGE;
        let path = self.to.path();
        let (directory, name) = path.rsplit_once('/').unwrap_or_default();
        if world.running().is_none() || world.files.lookup(directory, true).is_err() {
            return end(id, world);
        }
        let root = world.files.volume(id as u32 + 10, old);
        world.files.add_in(root, name, Kind::whole(self.text), old);
        if self.to == Place::Unit {
            let wants = Kind::Directory(Default::default());
            world
                .files
                .add_in(root, "multi-user.target.wants", wants, old);
        }
        world.files.mount(directory, root);
        finish(id, world);
    }

    fn link(self, id: usize, world: &mut World) {
        let (path, stamp) = (self.to.path(), world.stamp());
        if world.is_read_only || world.files.lookup(&path, false).is_ok() {
            return end(id, world);
        }
        let link = Kind::Link(Place::Target.path());
        if world.files.add_at(&path, link, 0o777, stamp).is_some() {
            finish(id, world);
        }
    }
}

fn finish(id: usize, world: &mut World) {
    let now = world.now;
    if let Some(delivered) = world.deliveries.get_mut(&id) {
        delivered.finished = Some(now);
    }
    end(id, world);
}

fn end(id: usize, world: &mut World) {
    let now = world.now;
    if let Some(delivered) = world.deliveries.get_mut(&id) {
        delivered.ended = Some(now);
    }
}

/// Ends the task of a push, which gives the lock to the next one that waits for it.
fn end_task(task: usize, status: &str, world: &mut World) {
    let status = status.to_owned();
    world.schedule(world.now + MILLI / 2, move |world| {
        world.end_task(task, &status);
        world.lock = None;
        let gets_it = |(_, push): &(usize, Delivery)| push.fault != Some(Fault::Locked);
        if let Some(next) = world.waiting.iter().position(gets_it)
            && let Some((id, push)) = world.waiting.remove(next)
        {
            world.schedule_of(id, world.now, move |world| push.start(id, world));
        }
    });
}

/// Ends a push that could not get the lock in time.
fn give_up(id: usize, world: &mut World) {
    let waits = |(waiting, _): &(usize, Delivery)| *waiting == id;
    if let Some(at) = world.waiting.iter().position(waits) {
        world.waiting.remove(at);
        let text = "can't lock file '/run/lock/lxc/pve-config-958.lock' - got timeout";
        fail(id, None, Failure::Reported, text, world);
    }
}

/// Ends a delivery that failed; its task has a status.
fn fail(id: usize, task: Option<usize>, failure: Failure, status: &str, world: &mut World) {
    if let Some(delivered) = world.deliveries.get_mut(&id) {
        delivered.failure = Some(failure);
        delivered.message = (status != "OK").then(|| status.to_owned());
    }
    end(id, world);
    if let Some(task) = task {
        end_task(task, status, world);
    }
}

/// A file that is moved from place to place.
pub(super) fn schedule_move(
    id: usize,
    at: Nanos,
    who: Who,
    from: Place,
    to: Place,
    world: &mut World,
) {
    world.schedule_of(id, at, move |world| {
        let stamp = world.stamp();
        let is_file = world.files.lookup(&from.path(), true).is_ok();
        if world.is_read_only || !is_file {
            return;
        }
        let path = to.path();
        let (directory, _) = path.rsplit_once('/').unwrap_or_default();
        world.files.make_directories(directory, stamp);
        if world.files.rename(&from.path(), &path, stamp).is_ok() {
            note(id, who, to, world);
        }
    });
}

/// An edit of the unit's file.
pub(super) fn schedule_edit(id: usize, at: Nanos, who: Who, text: Text, world: &mut World) {
    world.schedule_of(id, at, move |world| {
        let (path, stamp) = (Place::Unit.path(), world.stamp());
        let Ok(old) = world.files.lookup(&path, true) else {
            return;
        };
        if world.is_read_only || world.files.inode(old).is_directory() {
            return;
        }
        world.files.add_at(&path, Kind::whole(text), 0o644, stamp);
        note(id, who, Place::Unit, world);
    });
}

/// Notes a delivery that took no time.
fn note(id: usize, who: Who, to: Place, world: &mut World) {
    world.deliveries.insert(
        id,
        Delivered {
            who,
            began: world.now,
            finished: Some(world.now),
            ended: Some(world.now),
            failure: None,
            is_push: false,
            of_unit: true,
            path: to.path(),
            message: None,
        },
    );
}
