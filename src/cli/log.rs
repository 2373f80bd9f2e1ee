//! `run --log`: the provisioning log.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::evidence::provision_log::{failures, moment_of_failure};
use crate::judge::findings::Setting;

/// How much of a log is read, from its end: the failure is there.
const MAX_BYTES: u64 = 16 << 20;

/// Takes the failures from a log, and the moment of the first where the user gave none.
pub(super) fn read(path: &Path, setting: &mut Setting) -> Result<(), CliError> {
    let (text, written) = read_end(path).map_err(|error| {
        let message = format!("cannot read the log {}: {error}", path.display());
        CliError::new(ExitCode::Usage, message)
    })?;
    let failures = failures(&text, written, &TimeZone::system());
    let unit = setting.vars.get("unit").map(String::as_str);
    match moment_of_failure(&failures, unit) {
        Some(failure) => {
            setting.failed_at = setting.failed_at.or(failure.at);
            if failure.at.is_none() {
                tracing::warn!(
                    "{} has no time stamp before \"{}\": its moment is not known",
                    path.display(),
                    crate::terminal_text::visible(&failure.text)
                );
            }
        }
        None => tracing::warn!(
            "{} has no failure of systemctl that lxcdiag knows",
            path.display()
        ),
    }
    setting.log = Some(failures);
    Ok(())
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
