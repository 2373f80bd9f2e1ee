//! The source file on the host: size, time and SHA-256.

use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::files::{OpenError, Opened};
use super::{Host, HostError};
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::time::{FILE_STAMP_SLACK, Interval};
use crate::input_file::is_of_the_kernel;

/// Largest file to hash, which takes a few seconds.
const MAX_SUMMED: u64 = 1024 * 1024 * 1024;

impl Host {
    /// A regular file on the host: `path`, `size`, `modified`, and `sha256` in hexadecimal unless it is
    /// larger than 1 GiB or was written to in the meantime.
    ///
    /// # Errors
    /// [`HostError::RelativePath`], [`HostError::NoFile`], [`HostError::NotAFile`] and
    /// [`HostError::Unreadable`]; [`HostError::NotCopied`] on another node.
    pub fn source(&self, path: impl AsRef<Path>) -> Result<Facts, HostError> {
        let path = path.as_ref();
        let given = path.to_path_buf();
        if !path.is_absolute() {
            return Err(HostError::RelativePath(given));
        }
        if let Some(other) = &self.other {
            let node = other.node.clone();
            return Err(HostError::NotCopied { path: given, node });
        }
        let opened = match self.open(path) {
            Ok(opened) => opened,
            Err(OpenError::NotRegular(kind)) => {
                return Err(HostError::NotAFile { path: given, kind });
            }
            Err(OpenError::Io(source)) => return Err(refused(path, source)),
        };
        if is_of_the_kernel(&opened.file).map_err(|source| refused(path, source))? {
            return Err(HostError::NotAFile {
                path: given,
                kind: "a file that the kernel makes",
            });
        }
        let modified = opened.modified;
        let mut facts = Facts::from([
            (
                String::from("path"),
                Fact::Text(path.to_string_lossy().into_owned()),
            ),
            (
                String::from("modified"),
                Fact::Time(Interval::new(
                    modified,
                    modified.saturating_add(FILE_STAMP_SLACK),
                )),
            ),
        ]);
        if let Ok(size) = i64::try_from(opened.size) {
            facts.insert(String::from("size"), Fact::Int(size));
        }
        if let Some(sum) = sum(opened).map_err(|source| refused(path, source))? {
            facts.insert(String::from("sha256"), Fact::Text(sum));
        }
        Ok(facts)
    }
}

fn refused(path: &Path, source: io::Error) -> HostError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => HostError::NoFile(path),
        io::ErrorKind::IsADirectory => HostError::NotAFile {
            path,
            kind: "a directory",
        },
        _ => HostError::Unreadable { path, source },
    }
}

fn sum(opened: Opened) -> io::Result<Option<String>> {
    if opened.size > MAX_SUMMED {
        return Ok(None);
    }
    let modified = opened.modified;
    let mut file = opened.file;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut left = opened.size;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if read == 0 {
            break;
        }
        let Some(rest) = left.checked_sub(read as u64) else {
            return Ok(None);
        };
        left = rest;
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    let after = rustix::fs::fstat(&file)?;
    let after = super::files::nanos(after.st_mtime as i64, after.st_mtime_nsec as i64);
    if left > 0 || after != modified {
        return Ok(None);
    }
    Ok(Some(base16ct::lower::encode_string(&hash.finalize())))
}
