//! Runbook files. A path can also lead to a FIFO or a device.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::LookupError;
use crate::runbook::source::{MAX_BYTES, Source};

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
    // Opening some devices already has an effect: a tape rewinds.
    let metadata = fs::metadata(path).map_err(|error| unreadable(in_words(&error)))?;
    refuse_all_but_files(&metadata).map_err(unreadable)?;
    let mut bytes = Vec::new();
    open(path)
        .and_then(|file| {
            // A FIFO may have replaced the file in the meantime.
            if let Err(reason) = refuse_all_but_files(&file.metadata()?) {
                return Err(std::io::Error::other(reason));
            }
            file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)
        })
        .map_err(|error| unreadable(in_words(&error)))?;
    Ok(Source::from_bytes(&path.display().to_string(), &bytes)?)
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

fn open(path: &Path) -> std::io::Result<File> {
    // Opening a FIFO without a writer would block.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn refuse_all_but_files(metadata: &Metadata) -> Result<(), String> {
    let kind = metadata.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(format!("it is {what}, not a file"))
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
