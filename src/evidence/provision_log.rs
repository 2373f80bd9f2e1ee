//! A provisioning log: when the failure was, and what it said. Pure.
//!
//! Only the known failure texts of `systemctl` and `pct` are taken from it, in the wordings of systemd
//! 247 to 257; nothing else of the log is kept.

mod stamp;
mod zone;

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::evidence::time::Interval;

/// A failure that a provisioning log tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedFailure {
    /// When, as well as the log's time stamps tell; absent where it has none before it.
    pub at: Option<Interval>,
    /// What failed.
    pub kind: FailureKind,
    /// The message, without what stands before it in its line.
    pub text: String,
}

/// What a logged failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// systemd did not take the unit: it looked, and found nothing or nothing good.
    Unit,
    /// systemd could not be asked.
    NotReady,
    /// A push failed.
    Push,
}

impl FailureKind {
    /// Its name in expressions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::NotReady => "not_ready",
            Self::Push => "push",
        }
    }
}

#[allow(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by every test"
)]
static FAILURES: LazyLock<[(FailureKind, Regex); 3]> = LazyLock::new(|| {
    [
        (
            FailureKind::NotReady,
            Regex::new(r"(Failed to [^:]*: )?(Failed to connect to (system scope )?bus\b.*|System has not been booted with systemd.*|Transport endpoint is not connected.*)").unwrap(),
        ),
        (
            FailureKind::Unit,
            Regex::new(r"(Failed to (enable|start|restart|look up)\b.*|Unit (file )?\S+ (does not exist|is masked|could not be found|not found)\b.*|File \S+: (Bad message|Invalid argument)\b.*)").unwrap(),
        ),
        (
            FailureKind::Push,
            Regex::new(r"(failed to create file: .*|failed to open \S+ for (reading|writing).*|can only push files to a running CT.*|can't lock file '.*)").unwrap(),
        ),
    ]
});

/// The failures in a log, in its order.
///
/// A line without a time stamp of its own is placed between those around it; after the last, up to
/// `end`, when the log was last written. Stamps without a zone are in `zone`, those without a year in
/// the year that puts them before `end`.
pub fn failures(text: &str, end: Timestamp, zone: &TimeZone) -> Vec<LoggedFailure> {
    let mut failures: Vec<LoggedFailure> = Vec::new();
    let mut last: Option<Interval> = None;
    let mut open = 0;
    for line in text.lines() {
        let own = stamp::find(line, end, zone);
        if let Some(own) = own {
            for failure in failures.iter_mut().skip(open) {
                failure.at = failure.at.map(|at| Interval::spanning(at, own));
            }
            open = failures.len();
            last = Some(own);
        }
        if let Some((kind, text)) = failure_in(line) {
            failures.push(LoggedFailure {
                at: last,
                kind,
                text,
            });
            if own.is_some() {
                open = failures.len();
            }
        }
    }
    let end = i64::try_from(end.as_nanosecond()).unwrap_or(i64::MAX);
    for failure in failures.iter_mut().skip(open) {
        failure.at = failure
            .at
            .map(|at| Interval::spanning(at, Interval::at(end)));
    }
    failures
}

/// The first failure that says when systemd looked: one of the unit's, else one of systemd's own.
pub fn moment_of_failure<'a>(
    failures: &'a [LoggedFailure],
    unit: Option<&str>,
) -> Option<&'a LoggedFailure> {
    let of_unit = |failure: &&LoggedFailure| unit.is_some_and(|unit| failure.text.contains(unit));
    let looks = || {
        failures
            .iter()
            .filter(|failure| failure.kind != FailureKind::Push)
    };
    looks().find(of_unit).or_else(|| looks().next())
}

/// The beginning of a text, of at most so many bytes.
fn start_of(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rfind(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

fn failure_in(line: &str) -> Option<(FailureKind, String)> {
    FAILURES.iter().find_map(|(kind, pattern)| {
        let found = pattern.find(line)?;
        Some((*kind, found.as_str().trim_end().to_owned()))
    })
}

#[cfg(test)]
mod tests;
