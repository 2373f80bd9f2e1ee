//! Directories of lxcdiag's own state: private, and never those of another user.

use std::fs::{DirBuilder, File};
use std::io::Result;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use crate::atomic_file::PRIVATE;
use crate::input_file::check_owner;
use crate::trusted_path;

/// The largest file of the state that is read: 64 MiB.
pub const MAX_BYTES: u64 = 64 << 20;

/// Creates a directory and what is missing above it, for its owner only. An existing directory is used if no other user
/// can write to it or lead it elsewhere: its files are believed.
///
/// # Errors
/// It cannot be created, or somebody else can write to it.
pub fn create(directory: &Path) -> Result<()> {
    trusted_path::check(directory)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    check_owner(&std::fs::metadata(directory)?)
}

/// Checks that no other user can write to a directory, or lead it elsewhere.
///
/// # Errors
/// Somebody else can, or it cannot be read.
pub fn check(directory: &Path) -> Result<()> {
    trusted_path::check(directory)?;
    check_owner(&std::fs::metadata(directory)?)
}

/// The content of a file of the state, which is believed only if no other user can have written it.
///
/// # Errors
/// Somebody else can, it cannot be read, or it is larger than [`MAX_BYTES`].
pub fn read(path: &Path) -> Result<Vec<u8>> {
    trusted_path::read(path, MAX_BYTES)
}

/// Opens a file to lock it.
///
/// # Errors
/// It cannot be opened.
pub fn open_lock(path: &Path) -> Result<File> {
    // A FIFO would block, and a link could lead anywhere.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(PRIVATE)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
}
