//! Runbook files. A path can also lead to a FIFO or a device.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::LookupError;
use crate::input_file::{self, check_owner};
use crate::runbook::source::{MAX_BYTES, Source};
use crate::trusted_path;

/// The endings of runbook files; the first takes precedence.
pub(super) const ENDINGS: &[&str] = &["yaml", "yml"];

/// Reads a runbook's text from a file.
///
/// # Errors
/// The file cannot be read, is not text, or is larger than [`MAX_BYTES`].
pub fn read_file(path: &Path) -> Result<Source, LookupError> {
    let unreadable = |reason: String| LookupError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let mut bytes = Vec::new();
    input_file::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(in_words(&error)))?;
    Ok(Source::from_bytes(&path.display().to_string(), &bytes)?)
}

/// Checks that only this user and root can have written a runbook in a directory: it runs as root in a container, and
/// can replace a built-in one.
///
/// # Errors
/// Somebody else can.
pub(super) fn check_owners(directory: &Path, path: &Path) -> Result<(), LookupError> {
    for path in [directory, path] {
        let checked = trusted_path::check(path)
            .and_then(|()| fs::metadata(path))
            .and_then(|metadata| check_owner(&metadata));
        checked.map_err(|error| LookupError::Unreadable {
            path: path.to_owned(),
            reason: in_words(&error),
        })?;
    }
    Ok(())
}

/// Whether a path exists, even as a dangling symlink or an unreadable file.
pub(super) fn exists(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// The names of the runbooks in a directory, in order, each with its file.
pub(super) fn names_in(
    directory: &Path,
    required: bool,
) -> Result<Vec<(String, PathBuf)>, LookupError> {
    let unreadable = |error: std::io::Error| LookupError::Unreadable {
        path: directory.to_owned(),
        reason: in_words(&error),
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound && !required => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let rank = ENDINGS.iter().position(|known| Some(*known) == ending);
        let name = path.file_stem().and_then(|name| name.to_str());
        // Editors write hidden swap files.
        if let (Some(rank), Some(name)) = (rank, name)
            && !name.starts_with('.')
        {
            names.push((name.to_owned(), rank, path));
        }
    }
    names.sort_unstable();
    Ok(names
        .into_iter()
        .map(|(name, _, path)| (name, path))
        .collect())
}

/// The reason, without the error number of the standard library.
fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => String::from("no such file or directory"),
        ErrorKind::PermissionDenied => String::from("permission denied\nhint: run lxcdiag as root"),
        _ => {
            let text = error.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            text.get(..end).unwrap_or(&text).to_owned()
        }
    }
}
