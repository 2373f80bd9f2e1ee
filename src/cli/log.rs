//! `run --log`: the provisioning log.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::evidence::container_id::ContainerId;
use crate::evidence::provision_log::{Log, LoggedFailure, NoFailure, failed_command};

/// How many bytes are read from the end of a log, where the failure is.
const MAX_BYTES: u64 = 16 << 20;

/// Reads the failures from a log, and warns if it does not show the time of this unit's failure.
pub(super) fn read(
    path: &Path,
    ct: ContainerId,
    unit: Option<&str>,
) -> Result<Vec<LoggedFailure>, CliError> {
    let failures = failures(path, ct).map_err(|error| {
        let message = format!("cannot read the log {}: {error}", path.display());
        CliError::new(ExitCode::Usage, message)
    })?;
    let path = path.display();
    match failed_command(&failures, unit) {
        Ok(failed) if failed.at.is_some() => {}
        Ok(_) => tracing::warn!(
            "{path}: no timestamp with a known time zone before the failure: its time is unknown"
        ),
        Err(NoFailure::None) => tracing::warn!("{path}: no known systemctl failure found"),
        Err(reason) => tracing::warn!("{path}: {reason}: the time of the failure is unknown"),
    }
    Ok(failures)
}

fn failures(path: &Path, ct: ContainerId) -> std::io::Result<Vec<LoggedFailure>> {
    let (text, whole, written) = read_end(path)?;
    let log = Log {
        text: &text,
        whole,
        written,
        zone: &TimeZone::system(),
    };
    Ok(log.failures(ct))
}

/// The end of a regular file, whether that is the whole file, and when it was last written.
fn read_end(path: &Path) -> std::io::Result<(String, bool, Timestamp)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    let mut file = std::fs::File::open(path)?;
    let whole = metadata.len() <= MAX_BYTES;
    if !whole {
        file.seek(SeekFrom::Start(metadata.len() - MAX_BYTES))?;
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let written = Timestamp::try_from(metadata.modified()?).map_err(std::io::Error::other)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((text, whole, written))
}
