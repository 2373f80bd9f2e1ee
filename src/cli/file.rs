//! A file on the command line: a regular file, a symbolic link, a device or a pipe.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::atomic_file::{PRIVATE, PUBLIC, create_as, replace_as};
use crate::trusted_path;

/// How often a pipe without a reader is tried: 5 s in total.
const READER_ROUNDS: u32 = 50;
const READER_WAIT: Duration = Duration::from_millis(100);

/// Writes a file completely or not at all, readable by its owner only. The target of a symbolic link is
/// replaced, not the link. Devices, pipes, and the files of stdout and stderr are written to directly.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, PRIVATE)
}

/// The same, readable by everybody.
pub(super) fn write_public(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, PUBLIC)
}

/// Writes a file completely or not at all, readable by everybody, if nothing has this name.
pub(super) fn create_public(path: &Path, bytes: &[u8]) -> Result<()> {
    trusted_path::check_links(path)?;
    create_as(path, bytes, PUBLIC)
}

/// The name of a file, without its directory.
pub(super) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Checks whether a file can be written, as far as that is known in advance. Changes nothing.
///
/// # Errors
/// It cannot be written.
pub(super) fn check_writable(path: &Path) -> Result<()> {
    let directory_of = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    trusted_path::check_links(path)?;
    if is_pipe(path) {
        // Opening and closing it would end its reader.
        return Ok(());
    }
    let directory = match open(path, false) {
        Ok(file) if is_stream(&file.metadata()?) => return Ok(()),
        Ok(file) => directory_of(&path_of(&file)?),
        Err(error) if error.kind() == ErrorKind::NotFound => directory_of(path),
        Err(error) => return Err(error),
    };
    tempfile::tempfile_in(directory).map(drop)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    trusted_path::check_links(path)?;
    match open(path, path.is_symlink()) {
        Ok(file) if is_stream(&file.metadata()?) => {
            rustix::fs::fcntl_setfl(&file, OFlags::APPEND)?;
            (&file).write_all(bytes)
        }
        Ok(file) => replace_as(&path_of(&file)?, bytes, mode),
        Err(error) if error.kind() == ErrorKind::NotFound => replace_as(path, bytes, mode),
        Err(error) => Err(error),
    }
}

/// Opens an existing file, so that the kernel decides whether to follow a symbolic link: not another
/// user's in /tmp. A pipe without a reader is an error after some time.
fn open(path: &Path, create: bool) -> Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = File::options();
    options.append(true).create(create);
    options.custom_flags(flags.bits() as i32);
    for _ in 0..READER_ROUNDS {
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
                std::thread::sleep(READER_WAIT);
            }
            opened => return opened,
        }
    }
    Err(Error::other("no process reads from this pipe"))
}

fn is_pipe(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// The path of an open file. The path that was given may refer to another file by now.
fn path_of(file: &File) -> Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Whether it must be written to directly, because a new file with its name would not be the same thing.
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
