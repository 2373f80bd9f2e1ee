//! The container's file system: inodes with their stamps, symbolic links, and mounts that hide or reveal.

use std::collections::BTreeMap;

use super::Nanos;
use super::unit_text::Text;

/// The inode of the root directory.
const ROOT: usize = 0;
/// Symbolic links that are followed in one path.
const MOST_LINKS: usize = 16;

/// Why an operation on a file failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errno {
    NotFound,
    NotDirectory,
    IsDirectory,
    TooManyLinks,
}

impl Errno {
    /// The text of the C library.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "No such file or directory",
            Self::NotDirectory => "Not a directory",
            Self::IsDirectory => "Is a directory",
            Self::TooManyLinks => "Too many levels of symbolic links",
        }
    }
}

/// What an inode is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A regular file with the first `length` bytes of a text.
    File { text: Text, length: usize },
    /// A symbolic link.
    Link(String),
    /// A directory.
    Directory(BTreeMap<String, usize>),
    /// `/dev/null`.
    Null,
}

impl Kind {
    /// A regular file with all of a text.
    pub(super) const fn whole(text: Text) -> Self {
        let length = text.bytes().len();
        Self::File { text, length }
    }
}

/// An inode. Its stamps are wall-clock times as the kernel's coarse clock has them.
#[derive(Debug, Clone)]
pub(super) struct Inode {
    pub(super) kind: Kind,
    pub(super) born: Nanos,
    pub(super) modified: Nanos,
    pub(super) changed: Nanos,
    pub(super) mode: u32,
    pub(super) owner: u32,
    /// The delivery that has not finished writing it.
    pub(super) writer: Option<usize>,
    /// Which file system it is on.
    pub(super) device: u32,
}

impl Inode {
    /// The bytes of a regular file.
    pub(super) fn bytes(&self) -> &'static [u8] {
        match self.kind {
            Kind::File { text, length } => &text.bytes()[..length],
            _ => b"",
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }
}

#[derive(Debug, Clone)]
struct Mount {
    point: String,
    root: usize,
}

/// All inodes, and what is mounted where.
#[derive(Debug, Clone)]
pub(super) struct Files {
    inodes: Vec<Inode>,
    mounts: Vec<Mount>,
    /// Counts what may have changed anything.
    changes: u64,
}

impl Files {
    /// An empty root directory.
    pub(super) fn new(stamp: Nanos) -> Self {
        let mut files = Self {
            inodes: Vec::new(),
            mounts: Vec::new(),
            changes: 0,
        };
        files.add(Kind::Directory(BTreeMap::new()), 0o755, stamp, 0);
        files
    }

    pub(super) fn inode(&self, id: usize) -> &Inode {
        &self.inodes[id]
    }

    /// How often something may have changed.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn inode_mut(&mut self, id: usize) -> &mut Inode {
        self.changes += 1;
        &mut self.inodes[id]
    }

    pub(super) fn inodes_mut(&mut self) -> impl Iterator<Item = &mut Inode> {
        self.changes += 1;
        self.inodes.iter_mut()
    }

    /// Becomes what was saved. The numbers of inodes made since are not used again, and nobody writes any.
    pub(super) fn restore(&mut self, saved: Self) {
        let later = self.inodes.split_off(saved.inodes.len());
        let changes = self.changes + 1;
        *self = Self { changes, ..saved };
        self.inodes.extend(later);
        for inode in &mut self.inodes {
            inode.writer = None;
        }
    }

    fn add(&mut self, kind: Kind, mode: u32, stamp: Nanos, device: u32) -> usize {
        self.inodes.push(Inode {
            kind,
            born: stamp,
            modified: stamp,
            changed: stamp,
            mode,
            owner: 0,
            writer: None,
            device,
        });
        self.inodes.len() - 1
    }

    /// The inode of a path, as `lstat` or `stat` would see it.
    pub(super) fn lookup(&self, path: &str, follow: bool) -> Result<usize, Errno> {
        Ok(self.walk(path, follow, MOST_LINKS)?.0)
    }

    /// What a path leads to, and where that is.
    pub(super) fn resolve(&self, path: &str) -> Result<(usize, String), Errno> {
        self.walk(path, true, MOST_LINKS)
    }

    /// The inode of a path and the path without its symbolic links.
    fn walk(&self, path: &str, follow: bool, links: usize) -> Result<(usize, String), Errno> {
        let mut found = (self.mounted("").unwrap_or(ROOT), String::new());
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let Kind::Directory(entries) = &self.inodes[found.0].kind else {
                return Err(Errno::NotDirectory);
            };
            let child = *entries.get(part).ok_or(Errno::NotFound)?;
            let here = format!("{}/{part}", found.1);
            found = match &self.inodes[child].kind {
                Kind::Link(target) if follow || parts.peek().is_some() => {
                    let left = links.checked_sub(1).ok_or(Errno::TooManyLinks)?;
                    self.walk(&beside(&found.1, target), true, left)?
                }
                _ => (self.mounted(&here).unwrap_or(child), here),
            };
        }
        Ok(found)
    }

    fn mounted(&self, point: &str) -> Option<usize> {
        let mut mounts = self.mounts.iter().rev();
        mounts.find(|it| it.point == point).map(|it| it.root)
    }

    /// The inode of the directory that a path is in, and the name there.
    fn parent<'a>(&self, path: &'a str) -> Result<(usize, &'a str), Errno> {
        let (directory, name) = path.rsplit_once('/').ok_or(Errno::NotFound)?;
        let id = self.lookup(directory, true)?;
        match self.inodes[id].is_directory() {
            true => Ok((id, name)),
            false => Err(Errno::NotDirectory),
        }
    }

    /// Names and inodes in a directory; nothing if it is none.
    pub(super) fn entries(&self, id: usize) -> Vec<(&str, usize)> {
        match &self.inodes[id].kind {
            Kind::Directory(entries) => entries.iter().map(|(name, id)| (&**name, *id)).collect(),
            _ => Vec::new(),
        }
    }

    /// The paths below a directory down to a depth, without other file systems, each with its inode.
    pub(super) fn below(&self, directory: &str, depth: usize) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        if let Ok(id) = self.lookup(directory, false) {
            self.collect(directory, id, depth, &mut found);
        }
        found
    }

    fn collect(&self, at: &str, id: usize, depth: usize, found: &mut Vec<(String, usize)>) {
        if depth == 0 {
            return;
        }
        for (name, child) in self.entries(id) {
            let path = format!("{at}/{name}");
            let seen = self.mounted(&path).unwrap_or(child);
            found.push((path.clone(), seen));
            if self.inodes[seen].device == self.inodes[id].device {
                self.collect(&path, seen, depth - 1, found);
            }
        }
    }

    fn enter(&mut self, directory: usize, name: &str, id: Option<usize>, stamp: Nanos) {
        let directory = self.inode_mut(directory);
        if let Kind::Directory(entries) = &mut directory.kind {
            match id {
                Some(id) => entries.insert(name.to_owned(), id),
                None => entries.remove(name),
            };
            (directory.modified, directory.changed) = (stamp, stamp);
        }
    }

    /// Makes a directory and those above it.
    pub(super) fn make_directories(&mut self, path: &str, stamp: Nanos) {
        if path.is_empty() || self.lookup(path, true).is_ok() {
            return;
        }
        let (above, _) = path.rsplit_once('/').unwrap_or_default();
        self.make_directories(above, stamp);
        self.add_at(path, Kind::Directory(BTreeMap::new()), 0o755, stamp);
    }

    /// Adds an inode at a path in place of what is there; none where there is no such directory.
    pub(super) fn add_at(
        &mut self,
        path: &str,
        kind: Kind,
        mode: u32,
        stamp: Nanos,
    ) -> Option<usize> {
        let (directory, name) = self.parent(path).ok()?;
        let id = self.add(kind, mode, stamp, self.inodes[directory].device);
        self.enter(directory, name, Some(id), stamp);
        Some(id)
    }

    /// Opens a file for writing as `O_CREAT | O_TRUNC` does: an old one keeps its inode.
    pub(super) fn open(&mut self, path: &str, text: Text, stamp: Nanos) -> Result<usize, Errno> {
        if path.ends_with('/') {
            return Err(match self.lookup(path, true) {
                Ok(_) => Errno::IsDirectory,
                Err(errno) => errno,
            });
        }
        match self.lookup(path, true) {
            Ok(id) => {
                let inode = self.inode_mut(id);
                match &mut inode.kind {
                    Kind::Directory(_) => return Err(Errno::IsDirectory),
                    Kind::Null => {}
                    kind => {
                        *kind = Kind::File { text, length: 0 };
                        (inode.modified, inode.changed) = (stamp, stamp);
                    }
                }
                Ok(id)
            }
            Err(Errno::NotFound) => {
                match self.lookup(path, false).map(|id| &self.inodes[id].kind) {
                    // Through a dangling link, the target is made.
                    Ok(Kind::Link(target)) => {
                        let target = target.clone();
                        let (directory, _) = path.rsplit_once('/').unwrap_or_default();
                        self.open(&beside(directory, &target), text, stamp)
                    }
                    _ => {
                        let kind = Kind::File { text, length: 0 };
                        self.add_at(path, kind, 0o644, stamp).ok_or(Errno::NotFound)
                    }
                }
            }
            Err(errno) => Err(errno),
        }
    }

    /// Sets how many bytes of its text a file has.
    pub(super) fn write(&mut self, id: usize, bytes: usize, stamp: Nanos) {
        let inode = self.inode_mut(id);
        if let Kind::File { text, length } = &mut inode.kind {
            *length = bytes.min(text.bytes().len());
            (inode.modified, inode.changed) = (stamp, stamp);
        }
    }

    /// Removes a name.
    pub(super) fn remove(&mut self, path: &str, stamp: Nanos) {
        let Ok(id) = self.lookup(path, false) else {
            return;
        };
        if let Ok((directory, name)) = self.parent(path) {
            self.enter(directory, name, None, stamp);
            self.inodes[id].changed = stamp;
        }
    }

    /// Moves a name to another, in place of what is there.
    pub(super) fn rename(&mut self, from: &str, to: &str, stamp: Nanos) -> Result<usize, Errno> {
        let id = self.lookup(from, false)?;
        let (old, old_name) = self.parent(from)?;
        let (new, new_name) = self.parent(to)?;
        self.enter(old, old_name, None, stamp);
        self.enter(new, new_name, Some(id), stamp);
        self.inodes[id].changed = stamp;
        Ok(id)
    }

    /// A new file system that is nowhere yet; its root directory.
    pub(super) fn volume(&mut self, device: u32, stamp: Nanos) -> usize {
        self.add(Kind::Directory(BTreeMap::new()), 0o755, stamp, device)
    }

    /// Adds an inode to a directory that no path may lead to.
    pub(super) fn add_in(&mut self, directory: usize, name: &str, kind: Kind, stamp: Nanos) {
        let mode = match kind {
            Kind::Directory(_) => 0o755,
            _ => 0o644,
        };
        let id = self.add(kind, mode, stamp, self.inodes[directory].device);
        self.enter(directory, name, Some(id), stamp);
    }

    /// Mounts a file system over a directory.
    pub(super) fn mount(&mut self, point: &str, root: usize) {
        self.changes += 1;
        self.mounts.push(Mount {
            point: point.to_owned(),
            root,
        });
    }

    /// Takes away what was mounted last over a directory.
    pub(super) fn unmount(&mut self, point: &str) {
        self.changes += 1;
        if let Some(at) = self.mounts.iter().rposition(|it| it.point == point) {
            self.mounts.remove(at);
        }
    }

    /// Where something is mounted.
    pub(super) fn mount_points(&self) -> impl Iterator<Item = &str> {
        self.mounts.iter().map(|mount| &*mount.point)
    }

    /// Forgets all mounts, as a stop does.
    pub(super) fn unmount_all(&mut self) {
        self.changes += 1;
        self.mounts.clear();
    }
}

/// A link's target, seen from the link's directory.
fn beside(directory: &str, target: &str) -> String {
    match target.starts_with('/') {
        true => target.to_owned(),
        false => format!("{directory}/{target}"),
    }
}
