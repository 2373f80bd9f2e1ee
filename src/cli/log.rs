//! `run --log`: the provisioning log.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::evidence::provision_log::{LoggedFailure, failures, moment_of_failure};
use crate::evidence::time::Interval;

/// How much of a log is read, from its end: the failure is there.
const MAX_BYTES: u64 = 16 << 20;

/// What a provisioning log says.
pub(super) struct ProvisionLog {
    /// Its failures.
    pub(super) failures: Vec<LoggedFailure>,
    /// When the one that counts happened.
    pub(super) failed_at: Option<Interval>,
}

/// Reads the failures from a log, and the time of the one that is this unit's.
pub(super) fn read(path: &Path, unit: Option<&str>) -> Result<ProvisionLog, CliError> {
    let (text, written) = read_end(path).map_err(|error| {
        let message = format!("cannot read the log {}: {error}", path.display());
        CliError::new(ExitCode::Usage, message)
    })?;
    let failures = failures(&text, written, &TimeZone::system());
    let failed_at = match moment_of_failure(&failures, unit) {
        Some(failure) => {
            if failure.at.is_none() {
                tracing::warn!(
                    "{} has no timestamp before the failure: its time is unknown",
                    path.display(),
                );
            }
            failure.at
        }
        None => {
            tracing::warn!("{}: no known systemctl failure found", path.display());
            None
        }
    };
    Ok(ProvisionLog {
        failures,
        failed_at,
    })
}

/// The end of a regular file, and when it was last written.
fn read_end(path: &Path) -> std::io::Result<(String, Timestamp)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut file = std::fs::File::open(path)?;
    if metadata.len() > MAX_BYTES {
        file.seek(SeekFrom::Start(metadata.len() - MAX_BYTES))?;
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let written = Timestamp::try_from(metadata.modified()?).map_err(std::io::Error::other)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), written))
}
