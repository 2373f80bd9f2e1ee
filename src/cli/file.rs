//! A file written whole or not at all.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Result, Write as _};
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Writes a file whole or not at all, readable by its owner only. What a link leads to is replaced,
/// not the link. A device, a pipe, and what stdout or stderr go to, is written into.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    // Opened, so that the kernel says whether a link may be followed: not somebody else's in /tmp.
    let mut options = File::options();
    options.append(true).create(path.is_symlink());
    match options.open(path) {
        Ok(file) if is_stream(&file.metadata()?) => (&file).write_all(bytes),
        Ok(file) => replace(&path_of(&file)?, bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(path, bytes),
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

fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = directory_of(path);
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(without_its_path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // So that the name, too, outlives a power cut. Not every file system can, and the file is there.
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What the system said: tempfile adds the temporary file's name, which means nothing to anyone.
fn without_its_path(error: std::io::Error) -> std::io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) => std::io::Error::new(error.kind(), said.to_owned()),
        None => error,
    }
}
