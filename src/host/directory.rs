//! A directory whose content is hostile: links in it are resolved below it, and only regular files are read.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::{Dir, FileType, IFlags, Mode, OFlags, ResolveFlags, StatFs};

use super::elsewhere::Elsewhere;
use super::files::Metadata;

/// A directory of this node or of another one.
pub(super) enum Directory {
    Here(Here),
    Elsewhere(Elsewhere),
}

/// A directory of this node.
pub(super) struct Here {
    root: OwnedFd,
    resolve: ResolveFlags,
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
        Ok(rustix::fs::fstat(root.open(path, flags)?)?.into())
    }

    /// The first `limit` bytes of a regular file. Anything else is not touched: a running container may put a FIFO or a
    /// device in its place at any time.
    pub(super) fn read(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let root = match self {
            Self::Here(root) => root,
            Self::Elsewhere(root) => return root.read(Path::new(path), 0, limit),
        };
        let handle = root.open(path, OFlags::PATH)?;
        if FileType::from_raw_mode(rustix::fs::fstat(&handle)?.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("not a regular file"));
        }
        // Without NONBLOCK, the container could hold up the open with a lease on its file.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::options()
            .read(true)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
            .open(format!("/proc/self/fd/{}", handle.as_raw_fd()))?;
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The first names in a directory.
    pub(super) fn names(&self, path: &str, limit: usize) -> io::Result<Vec<String>> {
        let root = match self {
            Self::Here(root) => root,
            Self::Elsewhere(root) => return root.names(Path::new(path)),
        };
        let directory = root.open(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut names = Vec::new();
        // The directory itself and its parent are listed as well.
        for entry in Dir::new(directory)?.take(limit.saturating_add(2)) {
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
        let file = root.open(path, flags).ok()?;
        let flags = rustix::fs::ioctl_getflags(&file).ok()?;
        Some(flags.contains(IFlags::IMMUTABLE))
    }
}

impl Here {
    pub(super) fn new(root: OwnedFd) -> Self {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        Self { root, resolve }
    }

    /// The same directory, without what is mounted below it, which may hang.
    pub(super) fn on_one_file_system(self) -> Self {
        let resolve = self.resolve | ResolveFlags::NO_XDEV;
        Self { resolve, ..self }
    }

    /// The use of the file system that has a path.
    pub(super) fn file_system(&self, path: &str) -> io::Result<StatFs> {
        Ok(rustix::fs::fstatfs(self.open(path, OFlags::PATH)?)?)
    }

    /// Opens a path below it; links and `..` stay below it.
    fn open(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        let root = self.root.as_fd();
        Ok(rustix::fs::openat2(
            root,
            path,
            flags,
            Mode::empty(),
            self.resolve,
        )?)
    }
}
