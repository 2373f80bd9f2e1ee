//! `run --log`: the provisioning log.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::CliError;
use super::file::name_of;
use crate::cli::exit_code::ExitCode;
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::provision_log::{
    Log, LoggedFailure, LoggedTask, NoFailure, failed_command, proven_zone,
};
use crate::host::Host;
use crate::input_file;
use crate::terminal_text::visible_path;

/// How many bytes are read from the end of a log, where the failure is.
const MAX_BYTES: u64 = 16 << 20;

/// Reads the failures from a log. Its zone is the given one, or the one that the log and the host's tasks prove, or the
/// host's, which is an assumption.
pub(super) fn read(
    path: &Path,
    ct: ContainerId,
    zone: Option<&TimeZone>,
    host: Option<&Host>,
) -> Result<Vec<LoggedFailure>, CliError> {
    let (text, whole, written) = read_end(path).map_err(|error| {
        let message = format!("cannot read the log {}: {error}", visible_path(path));
        CliError::new(ExitCode::Usage, message)
    })?;
    let known = zone
        .cloned()
        .or_else(|| proven_zone(&text, written, ct, &tasks(host, ct)));
    let file = name_of(path);
    let log = Log {
        file: &file,
        text: &text,
        whole,
        written,
        zone_is_assumed: known.is_none(),
        zone: &known.unwrap_or_else(TimeZone::system),
    };
    Ok(log.failures(ct))
}

/// The container's tasks, as far as the host's log can be read.
fn tasks(host: Option<&Host>, ct: ContainerId) -> Vec<LoggedTask> {
    let tasks = host.map(|host| host.tasks(ct, &[]));
    let tasks = tasks.and_then(Result::ok).unwrap_or_default();
    let task = |facts: &Facts| match (facts.get("type"), facts.get("begin")) {
        (Some(Fact::Text(kind)), Some(Fact::Time(begin))) => Some(LoggedTask {
            kind: kind.clone(),
            begin: begin.start,
        }),
        _ => None,
    };
    tasks.iter().filter_map(task).collect()
}

/// Warns if a log does not show the time of this unit's failure, or not for sure.
pub(super) fn warn(path: &Path, failures: &[LoggedFailure], unit: Option<&str>) {
    let path = visible_path(path);
    match failed_command(failures, unit) {
        Ok(failed) if failed.failure.zone_assumed => tracing::warn!(
            "{path}: the timestamps have no time zone: assuming that of this host; give it with --log-zone"
        ),
        Ok(failed) if failed.at.is_some() => {}
        Ok(_) => tracing::warn!(
            "{path}: no timestamp with a known time zone before the failure: its time is unknown"
        ),
        Err(NoFailure::None) => tracing::warn!("{path}: no known systemctl failure found"),
        Err(reason) => tracing::warn!("{path}: {reason}: the time of the failure is unknown"),
    }
}

/// The end of a regular file, whether that is the whole file, and when it was last written.
fn read_end(path: &Path) -> std::io::Result<(String, bool, Timestamp)> {
    let mut file = input_file::open(path)?;
    let metadata = file.metadata()?;
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
