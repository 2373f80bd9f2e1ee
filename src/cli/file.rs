//! A file that a user names: a path, a link, a device, a pipe.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Result, Write as _};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::atomic_file::{PRIVATE, PUBLIC, replace_as};

/// Writes a file whole or not at all, readable by its owner only. What a link leads to is replaced,
/// not the link. A device, a pipe, and what stdout or stderr go to, is written into.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, PRIVATE)
}

/// The same, readable by everybody.
pub(super) fn write_public(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, PUBLIC)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    // Opened, so that the kernel says whether a link may be followed: not somebody else's in /tmp.
    let mut options = File::options();
    options.append(true).create(path.is_symlink());
    match options.open(path) {
        Ok(file) if is_stream(&file.metadata()?) => (&file).write_all(bytes),
        Ok(file) => replace_as(&path_of(&file)?, bytes, mode),
        Err(error) if error.kind() == ErrorKind::NotFound => replace_as(path, bytes, mode),
        Err(error) => Err(error),
    }
}

/// Where what was opened is; the path that led to it may lead elsewhere by now.
fn path_of(file: &File) -> Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Whether it cannot be replaced: a file of the same name would not be what is meant.
fn is_stream(file: &Metadata) -> bool {
    let same = |stream: Option<Metadata>| {
        stream.is_some_and(|stream| (stream.dev(), stream.ino()) == (file.dev(), file.ino()))
    };
    !file.is_file() || same(metadata(std::io::stdout())) || same(metadata(std::io::stderr()))
}

fn metadata(stream: impl AsFd) -> Option<Metadata> {
    let copy = stream.as_fd().try_clone_to_owned().ok()?;
    File::from(copy).metadata().ok()
}
