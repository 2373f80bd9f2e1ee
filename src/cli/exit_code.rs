//! What lxcdiag's exit status means. README.md says the same for users.

use std::process::ExitCode as Code;

use crate::judge::findings::Severity;
use crate::judge::{HEALTHY, Level, Verdict};
use crate::sweep::row::Status;

/// The exit status of a command. 0 to 3 are the monitoring plugins' codes, those from 64 on are
/// the codes of BSD's `sysexits.h`, those above 128 the shells' for an end by signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Healthy; for commands that diagnose nothing, success.
    Healthy = 0,
    /// A warning, or a fault that is only likely; for `diff`, a difference.
    Warning = 1,
    /// A fault confirmed, or critical.
    Critical = 2,
    /// It could not be told.
    Inconclusive = 3,
    /// The command line is wrong.
    Usage = 64,
    /// A runbook or recording is not valid.
    BadInput = 65,
    /// pct, the container or the node is not to be had.
    Unavailable = 69,
    /// The report could not be written.
    CannotWrite = 73,
    /// Not allowed: not root.
    NotAllowed = 77,
    /// Interrupted by SIGINT, reported what was collected.
    Interrupted = 130,
    /// Ended by SIGTERM, reported what was collected.
    Terminated = 143,
}

impl ExitCode {
    /// The code that the worst of a sweep comes to.
    pub const fn of_status(status: Status) -> Self {
        match status {
            Status::Ok => Self::Healthy,
            Status::Warning => Self::Warning,
            Status::Critical => Self::Critical,
            Status::Unknown => Self::Inconclusive,
        }
    }

    /// The code that a verdict comes to.
    pub fn of_verdict(verdict: &Verdict) -> Self {
        match (verdict.severity, verdict.level, verdict.id.as_str()) {
            (Some(Severity::Critical), ..) | (_, Some(Level::Confirmed), _) => Self::Critical,
            (Some(Severity::Warning), ..) | (_, Some(_), _) => Self::Warning,
            (None, None, HEALTHY) => Self::Healthy,
            (None, None, _) => Self::Inconclusive,
        }
    }
}

impl From<ExitCode> for Code {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::INCONCLUSIVE;

    #[test]
    fn every_verdict_has_its_code() {
        let (warning, critical) = (Some(Severity::Warning), Some(Severity::Critical));
        let cases = [
            (HEALTHY, None, None, 0),
            (INCONCLUSIVE, None, None, 3),
            ("fault", Some(Level::Likely), None, 1),
            ("fault", Some(Level::Confirmed), None, 2),
            // The worse of the two counts.
            (INCONCLUSIVE, None, warning, 1),
            (INCONCLUSIVE, None, critical, 2),
            ("fault", Some(Level::Likely), critical, 2),
            ("fault", Some(Level::Likely), warning, 1),
            ("fault", Some(Level::Confirmed), warning, 2),
        ];
        for (id, level, severity, code) in cases {
            let verdict = Verdict {
                id: id.to_owned(),
                level,
                race: None,
                summary: String::new(),
                remedy: String::new(),
                severity,
            };
            let found = ExitCode::of_verdict(&verdict);
            assert_eq!(found as u8, code, "{id} {level:?} {severity:?}");
        }
    }

    #[test]
    fn the_codes_are_the_documented_ones() {
        use ExitCode::{
            BadInput, CannotWrite, Critical, Healthy, Inconclusive, Interrupted, NotAllowed,
            Terminated, Unavailable, Usage, Warning,
        };
        let codes = [
            (Healthy, 0),
            (Warning, 1),
            (Critical, 2),
            (Inconclusive, 3),
            (Usage, 64),
            (BadInput, 65),
            (Unavailable, 69),
            (CannotWrite, 73),
            (NotAllowed, 77),
            (Interrupted, 130),
            (Terminated, 143),
        ];
        for (code, number) in codes {
            assert_eq!(code as u8, number, "{code:?}");
        }
    }
}
