//! What systemd finds of a unit on disk when it looks.

use super::World;
use crate::simulator::NOBODY;
use crate::simulator::files::{Errno, Kind};
use crate::simulator::unit_text::{Content, content};

/// The directories in which systemd looks, the strongest first.
const SEARCH_PATH: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
];

/// A unit's file, as far as systemd can use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Found {
    Absent,
    /// A dangling symbolic link.
    Dangling,
    /// A directory has its name.
    Directory,
    /// It cannot be read inside an unprivileged container.
    Unreadable,
    /// A symbolic link to `/dev/null`.
    Masked,
    File(Content),
}

/// What systemd finds at one moment.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Look {
    pub(in crate::simulator) found: Found,
    /// Where.
    pub(in crate::simulator) path: Option<String>,
    /// Whether it is a symbolic link.
    pub(in crate::simulator) is_link: bool,
    /// The inode, links followed.
    pub(in crate::simulator) inode: Option<usize>,
    /// The delivery that has not finished writing it.
    pub(in crate::simulator) writer: Option<usize>,
    /// Whether all of the text is there.
    pub(in crate::simulator) is_whole: bool,
    /// Whether an init script of the same name keeps any file from being enabled.
    pub(in crate::simulator) is_blocked: bool,
    /// The delivery that made it so.
    pub(in crate::simulator) by: Option<usize>,
}

impl PartialEq for Look {
    fn eq(&self, other: &Self) -> bool {
        let same_file = (self.inode, self.writer) == (other.inode, other.writer);
        let state = |look: &Self| (look.found, look.is_blocked, look.is_whole);
        let same_state = state(self) == state(other);
        same_file && same_state && self.path == other.path
    }
}

impl Look {
    /// Whether `systemctl enable` works with it.
    pub(in crate::simulator) fn is_good(&self) -> bool {
        self.found == Found::File(Content::Enableable) && !self.is_blocked
    }
}

impl World {
    /// What systemd would find of a unit now.
    pub(in crate::simulator) fn look_for(&self, unit: &str) -> Look {
        let paths = SEARCH_PATH.map(|directory| format!("{directory}/{unit}"));
        let absent = Look {
            found: Found::Absent,
            path: None,
            is_link: false,
            inode: None,
            writer: None,
            is_whole: true,
            is_blocked: self.has_init_script(unit),
            by: None,
        };
        let Some((path, entry)) = paths
            .into_iter()
            .find_map(|path| Some((path.clone(), self.files.lookup(&path, false).ok()?)))
        else {
            return absent;
        };
        let entry = self.files.inode(entry);
        let is_link = matches!(entry.kind, Kind::Link(_));
        let resolved = match &entry.kind {
            Kind::Link(target) if target == "/dev/null" => {
                return Look {
                    found: Found::Masked,
                    path: Some(path),
                    is_link,
                    ..absent
                };
            }
            _ => self.files.lookup(&path, true),
        };
        let found = match resolved {
            Err(Errno::NotFound | Errno::NotDirectory) => Found::Dangling,
            Err(_) => Found::Dangling,
            Ok(id) => {
                let inode = self.files.inode(id);
                match inode.kind {
                    Kind::Directory(_) => Found::Directory,
                    _ if self.is_unreadable(id) => Found::Unreadable,
                    _ => Found::File(content(inode.bytes())),
                }
            }
        };
        let inode = resolved.ok();
        let file = inode.map(|id| self.files.inode(id));
        Look {
            found,
            path: Some(path),
            is_link,
            inode,
            writer: file.and_then(|file| file.writer),
            is_whole: file.is_none_or(|file| match file.kind {
                Kind::File { text, length } => length == text.bytes().len(),
                _ => true,
            }),
            is_blocked: absent.is_blocked,
            by: None,
        }
    }

    /// Whether there is an init script of a unit's name.
    pub(in crate::simulator) fn has_init_script(&self, unit: &str) -> bool {
        let name = unit.trim_end_matches(".service");
        self.files
            .lookup(&format!("/etc/init.d/{name}"), true)
            .is_ok()
    }

    /// Whether the container's root cannot read a file.
    pub(in crate::simulator) fn is_unreadable(&self, id: usize) -> bool {
        let inode = self.files.inode(id);
        self.setup.unprivileged && inode.owner == NOBODY && inode.mode & 0o004 == 0
    }

    /// Whether the container's root cannot write a file.
    pub(in crate::simulator) fn is_unwritable(&self, id: usize) -> bool {
        let inode = self.files.inode(id);
        let is_file = matches!(inode.kind, Kind::File { .. });
        is_file && self.setup.unprivileged && inode.owner == NOBODY && inode.mode & 0o002 == 0
    }

    /// What systemd would have found of the unit at a time.
    pub(in crate::simulator) fn look_at(&self, at: super::Nanos) -> Option<&Look> {
        let looks = self.looks.iter().rev();
        looks
            .map(|(since, look)| (*since, look))
            .find(|(since, _)| *since <= at)
            .map(|(_, look)| look)
    }
}
