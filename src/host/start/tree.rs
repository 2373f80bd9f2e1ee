//! The root file system of a stopped container: a directory, or an ext4 image that is read without mounting it.
//!
//! Its content is hostile. Links are resolved below its root, and every read has a limit.

use std::io;

use ext4_view::{Ext4, Ext4Error};
use rustix::fs::FileType;

use super::super::directory::Directory;
use super::superblock::Volume;

/// A root file system.
pub(super) enum Tree {
    Directory(Directory),
    Image(Box<(Ext4, Volume)>),
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File { executable: bool },
    Link,
    Other,
}

impl Tree {
    /// The tree of a volume with an ext4 file system.
    pub(super) fn of_image(volume: Volume) -> io::Result<Self> {
        let flags = volume.clone();
        let ext4 = Ext4::load(Box::new(volume)).map_err(unreadable)?;
        Ok(Self::Image(Box::new((ext4, flags))))
    }

    /// What is at an absolute path. The last component is followed if `follow`; others always are.
    pub(super) fn kind(&self, path: &str, follow: bool) -> io::Result<Kind> {
        match self {
            Self::Directory(root) => {
                let found = root.metadata(path, follow)?;
                Ok(match found.kind {
                    FileType::Directory => Kind::Directory,
                    FileType::RegularFile => Kind::File {
                        executable: found.mode & 0o111 != 0,
                    },
                    FileType::Symlink => Kind::Link,
                    _ => Kind::Other,
                })
            }
            Self::Image(image) => {
                let ext4 = &image.0;
                let found = if follow {
                    ext4.metadata(path)
                } else {
                    ext4.symlink_metadata(path)
                };
                let found = found.map_err(unreadable)?;
                let kind = found.file_type();
                Ok(if kind.is_dir() {
                    Kind::Directory
                } else if kind.is_regular_file() {
                    Kind::File {
                        executable: found.mode() & 0o111 != 0,
                    }
                } else if kind.is_symlink() {
                    Kind::Link
                } else {
                    Kind::Other
                })
            }
        }
    }

    /// The first `limit` bytes of a regular file.
    pub(super) fn read(&self, path: &str, limit: usize) -> io::Result<Vec<u8>> {
        if !matches!(self.kind(path, true)?, Kind::File { .. }) {
            return Err(io::Error::other("not a regular file"));
        }
        match self {
            Self::Directory(root) => root.read(path, limit as u64),
            Self::Image(image) => {
                let ext4 = &image.0;
                let mut file = ext4.open(path).map_err(unreadable)?;
                let mut bytes = vec![0; limit];
                let mut read = 0;
                while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
                    match file.read_bytes(rest).map_err(unreadable)? {
                        0 => break,
                        count => read += count,
                    }
                }
                bytes.truncate(read);
                Ok(bytes)
            }
        }
    }

    /// Whether it has no files at all; a file system has `lost+found`.
    pub(super) fn is_empty(&self) -> io::Result<bool> {
        match self {
            Self::Directory(root) => {
                Ok(root.names("/", 2)?.iter().all(|name| name == "lost+found"))
            }
            Self::Image(image) => {
                let ext4 = &image.0;
                for entry in ext4.read_dir("/").map_err(unreadable)?.take(8) {
                    let entry = entry.map_err(unreadable)?;
                    let name = entry.file_name();
                    if !matches!(name.as_ref(), b"." | b".." | b"lost+found") {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// Whether a file has the attribute that prevents all changes; `None` if unknown.
    pub(super) fn is_immutable(&self, path: &str) -> Option<bool> {
        match self {
            Self::Directory(root) => root.is_immutable(path),
            Self::Image(image) => image.1.is_immutable(path),
        }
    }

    /// The first component of `path` that is a link or a file, as Proxmox VE refuses it for a mount.
    pub(super) fn obstacle(&self, path: &str) -> io::Result<Option<String>> {
        let mut walked = String::new();
        for name in path
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
        {
            walked.push('/');
            walked.push_str(name);
            match self.kind(&walked, false) {
                Ok(Kind::Directory) => {}
                Ok(_) => return Ok(Some(walked)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn unreadable(error: Ext4Error) -> io::Error {
    match error {
        Ext4Error::NotFound => io::ErrorKind::NotFound.into(),
        Ext4Error::NotADirectory => io::ErrorKind::NotADirectory.into(),
        error => io::Error::other(error),
    }
}
