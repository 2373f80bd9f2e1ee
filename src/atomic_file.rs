//! Files that are written completely or not at all, even if this process is killed.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Readable by its owner only.
pub const PRIVATE: u32 = 0o600;
/// Readable by everybody, regardless of the umask.
pub const PUBLIC: u32 = 0o644;

/// Writes a file, readable by its owner only, or replaces it. The file and its name are on disk when
/// this returns.
///
/// # Errors
/// It was not written, or its name may not survive a power failure.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    replace_as(path, bytes, PRIVATE)
}

/// The same, with these permissions.
///
/// # Errors
/// The same.
pub fn replace_as(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let file = temporary_file(path, bytes, mode)?;
    file.persist(path).map_err(|error| error.error)?;
    sync_name(path)
}

/// Writes a file with these permissions, if there is none with this name.
///
/// # Errors
/// The same, or there is one.
pub fn create_as(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let file = temporary_file(path, bytes, mode)?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync_name(path)
}

fn temporary_file(path: &Path, bytes: &[u8], mode: u32) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(directory_of(path)).map_err(without_its_path)?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn sync_name(path: &Path) -> Result<()> {
    // The name must survive a power failure, too. Not every file system supports this, and the file is written.
    match File::open(directory_of(path)).and_then(|directory| directory.sync_all()) {
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

/// The system's error without the name of the temporary file, which tempfile adds.
fn without_its_path(error: std::io::Error) -> std::io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) => std::io::Error::new(error.kind(), said.to_owned()),
        None => error,
    }
}
