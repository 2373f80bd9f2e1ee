//! Reads regular files below a root, with limits. The only module here that opens files.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, StatFs, makedev};

use super::Host;
use super::directory::{Directory, Here};
use super::disk::Disk;
use crate::evidence::recording::Output;
use crate::evidence::time::SECOND;

/// Most names to read of one directory.
const MAX_NAMES: usize = 100_000;

/// The type of a file system in user space, as in statfs(2).
const FUSE: i64 = 0x6573_5546;

/// Smallest buffer for a file.
const LEAST_BUFFER: u64 = 4096;

/// A regular file, open for reading.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) size: u64,
    /// Its modification time, in nanoseconds since the Unix epoch.
    pub(super) modified: i64,
}

/// What is at a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metadata {
    pub(super) kind: FileType,
    pub(super) mode: u32,
    pub(super) inode: u64,
}

impl From<Stat> for Metadata {
    fn from(stat: Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            mode: stat.st_mode,
            inode: stat.st_ino,
        }
    }
}

/// The use of a file system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    /// Its type, as in statfs(2).
    pub(super) kind: i64,
    pub(super) blocks: u64,
    pub(super) free: u64,
    pub(super) inodes: u64,
    pub(super) free_inodes: u64,
}

impl From<StatFs> for Usage {
    fn from(found: StatFs) -> Self {
        Self {
            kind: found.f_type,
            blocks: found.f_blocks,
            free: found.f_bfree,
            inodes: found.f_files,
            free_inodes: found.f_ffree,
        }
    }
}

/// Why a file was not opened.
#[derive(Debug)]
pub(super) enum OpenError {
    NotRegular(&'static str),
    Io(io::Error),
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NotRegular(kind) => Self::other(format!("not a regular file, but {kind}")),
            OpenError::Io(error) => error,
        }
    }
}

impl Host {
    /// `path` as error messages show it.
    pub(super) fn shown(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Opens a regular file for reading. Anything else is not touched.
    pub(super) fn open(&self, path: impl AsRef<Path>) -> Result<Opened, OpenError> {
        let io = |errno| OpenError::Io(io::Error::from(errno));
        // O_PATH has no effect on the file: opening a FIFO could block, opening a device could do anything.
        let handle = self
            .locate(path.as_ref(), OFlags::PATH)
            .map_err(OpenError::Io)?;
        let stat = rustix::fs::fstat(&handle).map_err(io)?;
        if let Some(kind) = irregular(FileType::from_raw_mode(stat.st_mode)) {
            return Err(OpenError::NotRegular(kind));
        }
        let file =
            File::open(format!("/proc/self/fd/{}", handle.as_raw_fd())).map_err(OpenError::Io)?;
        let stat = rustix::fs::fstat(&file).map_err(io)?;
        Ok(Opened {
            file,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        })
    }

    /// The first `limit` bytes of a regular file.
    pub(super) fn read(&self, path: impl AsRef<Path>, limit: u64) -> io::Result<Vec<u8>> {
        if let Some(node) = &self.elsewhere {
            return node.read(path.as_ref(), 0, limit);
        }
        let Opened { file, size, .. } = self.open(path)?;
        // Files in /proc and /sys have a size of 0.
        let capacity = size.min(limit).max(LEAST_BUFFER);
        let mut bytes = Vec::with_capacity(usize::try_from(capacity).unwrap_or_default() + 1);
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// As [`Self::read`], as text, invalid UTF-8 replaced.
    pub(super) fn read_text(&self, path: impl AsRef<Path>, limit: u64) -> io::Result<String> {
        let bytes = self.read(path, limit)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text of a file, and when it was last modified.
    pub(super) fn dated_text(
        &self,
        path: impl AsRef<Path>,
        limit: u64,
    ) -> io::Result<(String, i64)> {
        let opened = self.open(path)?;
        let modified = opened.modified;
        let mut bytes = Vec::new();
        opened.file.take(limit).read_to_end(&mut bytes)?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), modified))
    }

    /// The names in a directory, sorted.
    pub(super) fn names(&self, path: impl AsRef<Path>) -> io::Result<Vec<String>> {
        if let Some(node) = &self.elsewhere {
            return node.names(path.as_ref());
        }
        let fd = self.locate(path.as_ref(), OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut names = Vec::new();
        for entry in Dir::new(fd)?.take(MAX_NAMES) {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether anything exists at `path`, including a dangling symbolic link.
    pub(super) fn exists(&self, path: impl AsRef<Path>) -> io::Result<bool> {
        use io::ErrorKind::{NotADirectory, NotFound};
        let found = match &self.elsewhere {
            Some(node) => node.metadata(path.as_ref(), false).map(drop),
            None => self
                .locate(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW)
                .map(drop),
        };
        match found {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is at `path`; links are followed.
    pub(super) fn metadata(&self, path: impl AsRef<Path>) -> io::Result<Metadata> {
        if let Some(node) = &self.elsewhere {
            return node.metadata(path.as_ref(), true);
        }
        let fd = self.locate(path.as_ref(), OFlags::PATH)?;
        Ok(rustix::fs::fstat(&fd)?.into())
    }

    /// The use of the file system that has `path`.
    pub(super) fn usage(&self, path: impl AsRef<Path>) -> io::Result<Usage> {
        if let Some(node) = &self.elsewhere {
            return node.usage(path.as_ref());
        }
        let fd = self.locate(path.as_ref(), OFlags::PATH)?;
        Ok(rustix::fs::fstatfs(&fd)?.into())
    }

    /// A directory, to resolve paths below it.
    pub(super) fn directory(&self, path: impl AsRef<Path>) -> io::Result<Directory> {
        let path = path.as_ref();
        if let Some(node) = &self.elsewhere {
            return node.below(path).map(Directory::Elsewhere);
        }
        let fd = self.locate(path, OFlags::PATH | OFlags::DIRECTORY)?;
        Ok(Directory::Here(Here::new(fd)))
    }

    /// The root directory of a process of this node.
    pub(super) fn root_of_process(&self, process: &str) -> io::Result<Here> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let process = self.locate(Path::new(&format!("proc/{process}")), flags)?;
        let root = rustix::fs::openat(process, "root", flags, Mode::empty())?;
        if rustix::fs::fstatfs(&root)?.f_type == FUSE {
            return Err(io::Error::other("a process answers for its files"));
        }
        Ok(Here::new(root))
    }

    /// A block device or an image of one, for reading.
    pub(super) fn disk(&self, path: impl AsRef<Path>) -> io::Result<Disk> {
        if let Some(node) = &self.elsewhere {
            return Ok(Disk::elsewhere(node.clone(), path.as_ref().to_owned()));
        }
        let handle = self.locate(path.as_ref(), OFlags::PATH)?;
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&handle)?.st_mode);
        match kind {
            FileType::RegularFile | FileType::BlockDevice => {
                let file = File::open(format!("/proc/self/fd/{}", handle.as_raw_fd()))?;
                Ok(Disk::Here(file.into()))
            }
            _ => Err(io::Error::other("neither a file nor a block device")),
        }
    }

    /// The kernel's log. Reading it changes nothing, and never waits for a new record.
    pub(super) fn open_kernel_log(&self) -> io::Result<File> {
        let handle = self.locate(Path::new("dev/kmsg"), OFlags::PATH)?;
        let stat = rustix::fs::fstat(&handle)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let is_log = kind == FileType::CharacterDevice && stat.st_rdev == makedev(1, 11);
        if !is_log && kind != FileType::RegularFile {
            return Err(io::Error::other("not the kernel's log"));
        }
        let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
    }

    /// The target of a symbolic link, as it is stored.
    pub(super) fn link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        let fd = self.locate(path.as_ref(), OFlags::PATH | OFlags::NOFOLLOW)?;
        let target = rustix::fs::readlinkat(fd, "", Vec::new())?;
        Ok(PathBuf::from(target.to_string_lossy().into_owned()))
    }

    fn locate(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        if self.root == Path::new("/") {
            // Not openat2: Linux 5.4 of Proxmox VE 6 does not have it.
            let path = Path::new("/").join(path);
            return Ok(rustix::fs::openat(CWD, &path, flags, Mode::empty())?);
        }
        let root = match self.opened.get() {
            Some(root) => root,
            None => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let root = rustix::fs::openat(CWD, &self.root, flags, Mode::empty())?;
                self.opened.get_or_init(|| root)
            }
        };
        // Absolute links and `..` stay below `root`, as for a process with that root directory.
        let found = rustix::fs::openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT)?;
        Ok(found)
    }
}

impl Opened {
    /// The last `limit` bytes, and whether the file has more before them.
    pub(super) fn tail(mut self, limit: u64) -> io::Result<(Vec<u8>, bool)> {
        let cut = self.size > limit;
        if cut {
            self.file.seek(SeekFrom::Start(self.size - limit))?;
        }
        let mut bytes = Vec::new();
        self.file.take(limit).read_to_end(&mut bytes)?;
        Ok((bytes, cut))
    }

    /// The first `head` and the last `tail` bytes, or all if there are no more.
    pub(super) fn ends(mut self, head: u64, tail: u64) -> io::Result<Output> {
        let mut output = Output::default();
        let whole = self.size <= head + tail;
        let first = if whole { head + tail } else { head };
        self.file
            .by_ref()
            .take(first)
            .read_to_end(&mut output.head)?;
        if !whole {
            self.file.seek(SeekFrom::Start(self.size - tail))?;
            self.file.take(tail).read_to_end(&mut output.tail)?;
            output.dropped = self.size - head - tail;
        }
        Ok(output)
    }
}

/// A timestamp of the kernel in nanoseconds since the Unix epoch.
pub(super) fn nanos(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(SECOND).saturating_add(nanoseconds)
}

fn irregular(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile => None,
        FileType::Directory => Some("a directory"),
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        _ => Some("a special file"),
    }
}
