//! A directory whose content is hostile: links in it are resolved below it, and only regular files are read.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{Dir, FileType, IFlags, Mode, OFlags, ResolveFlags};

use super::elsewhere::Elsewhere;
use super::files::Metadata;

/// A directory of this node or of another one.
pub(super) enum Directory {
    Here(OwnedFd),
    Elsewhere(Elsewhere),
}

impl Directory {
    /// What is at a path. The last component is followed if `follow`; others always are.
    pub(super) fn metadata(&self, path: &str, follow: bool) -> io::Result<Metadata> {
        let root = match self {
            Self::Here(root) => root,
            Self::Elsewhere(root) => return root.metadata(Path::new(path), follow),
        };
        let flags = if follow {
            OFlags::PATH
        } else {
            OFlags::PATH | OFlags::NOFOLLOW
        };
        Ok(rustix::fs::fstat(open(root, path, flags)?)?.into())
    }

    /// The first `limit` bytes of a file that is known to be regular.
    pub(super) fn read(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let root = match self {
            Self::Here(root) => root,
            Self::Elsewhere(root) => return root.read(Path::new(path), 0, limit),
        };
        let file = open(root, path, OFlags::RDONLY | OFlags::NONBLOCK)?;
        let mut bytes = Vec::new();
        File::from(file).take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The first names in it.
    pub(super) fn names(&self, limit: usize) -> io::Result<Vec<String>> {
        let root = match self {
            Self::Here(root) => root,
            Self::Elsewhere(root) => return root.names(Path::new("/")),
        };
        let root = open(root, "/", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut names = Vec::new();
        // The directory itself and its parent are listed as well.
        for entry in Dir::new(root)?.take(limit.saturating_add(2)) {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Whether a file has the attribute that prevents all changes; `None` if unknown.
    pub(super) fn is_immutable(&self, path: &str) -> Option<bool> {
        if self.metadata(path, false).ok()?.kind != FileType::RegularFile {
            return Some(false);
        }
        let root = match self {
            Self::Here(root) => root,
            Self::Elsewhere(root) => return root.is_immutable(Path::new(path)).ok(),
        };
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let file = open(root, path, flags).ok()?;
        let flags = rustix::fs::ioctl_getflags(&file).ok()?;
        Some(flags.contains(IFlags::IMMUTABLE))
    }
}

/// Opens a path below a root; links and `..` stay below it.
fn open(root: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    Ok(rustix::fs::openat2(
        root.as_fd(),
        path,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )?)
}
