//! The meaning of lxcdiag's exit status. docs/usage.md documents it for users.

use std::process::ExitCode as Code;

use crate::judge::results::Severity;
use crate::judge::{Level, Verdict, VerdictKind};
use crate::sweep::problem::Status;

/// The exit status of a command: 0 to 3 as for monitoring plugins, from 64 as in BSD's `sysexits.h`, above 128
/// as shells report a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Healthy; for a command that does not diagnose, success.
    Healthy = 0,
    /// A warning, or a fault that is only likely; for `diff`, a difference.
    Warning = 1,
    /// A fault confirmed, or critical.
    Critical = 2,
    /// It could not be determined.
    Inconclusive = 3,
    /// The command line is wrong.
    Usage = 64,
    /// A runbook or recording is not valid.
    BadInput = 65,
    /// pct, the container or the node is unavailable.
    Unavailable = 69,
    /// The report could not be written.
    CannotWrite = 73,
    /// The user is not root.
    NotAllowed = 77,
    /// Interrupted by SIGINT; what was collected is reported.
    Interrupted = 130,
    /// Ended by SIGTERM; what was collected is reported.
    Terminated = 143,
}

impl ExitCode {
    /// The worst of several exit statuses; [`Self::Healthy`] if there are none.
    pub fn worst(codes: impl IntoIterator<Item = Self>) -> Self {
        codes
            .into_iter()
            .max_by_key(|code| code.rank())
            .unwrap_or(Self::Healthy)
    }

    /// A known fault is worse than an unknown state, and a command that failed is worse than any verdict.
    const fn rank(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Inconclusive => 1,
            Self::Warning => 2,
            Self::Critical => 3,
            error => error as u8,
        }
    }

    /// The exit status for a verdict.
    pub fn of_verdict(verdict: &Verdict) -> Self {
        let level = verdict.kind.level();
        match (verdict.severity, &verdict.kind) {
            (Some(Severity::Critical), _) => Self::Critical,
            _ if level == Some(Level::Confirmed) => Self::Critical,
            (Some(Severity::Warning), _) | (_, VerdictKind::Hypothesis { .. }) => Self::Warning,
            (None, VerdictKind::Healthy | VerdictKind::NotApplicable) => Self::Healthy,
            (None, VerdictKind::Inconclusive) => Self::Inconclusive,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Healthy,
            Status::Unknown => Self::Inconclusive,
            Status::Warning => Self::Warning,
            Status::Critical => Self::Critical,
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

    #[test]
    fn every_verdict_has_its_code() {
        let (warning, critical) = (Some(Severity::Warning), Some(Severity::Critical));
        let fault = |level| VerdictKind::Hypothesis {
            id: "fault".to_owned(),
            level,
        };
        let cases = [
            (VerdictKind::Healthy, None, 0),
            (VerdictKind::NotApplicable, None, 0),
            (VerdictKind::Inconclusive, None, 3),
            (fault(Level::Likely), None, 1),
            (fault(Level::Confirmed), None, 2),
            // The worse of the two counts.
            (VerdictKind::Inconclusive, warning, 1),
            (VerdictKind::Inconclusive, critical, 2),
            (fault(Level::Likely), critical, 2),
            (fault(Level::Likely), warning, 1),
            (fault(Level::Confirmed), warning, 2),
        ];
        for (kind, severity, code) in cases {
            let verdict = Verdict {
                kind,
                race: None,
                summary: String::new(),
                remedy: String::new(),
                remedies: Vec::new(),
                severity,
            };
            let found = ExitCode::of_verdict(&verdict);
            assert_eq!(found as u8, code, "{verdict:?}");
        }
    }

    #[test]
    fn the_worst_is_a_failed_command_then_a_fault_then_the_unknown() {
        use ExitCode::{
            BadInput, CannotWrite, Critical, Healthy, Inconclusive, Interrupted, Warning,
        };
        assert_eq!(ExitCode::worst([]), Healthy);
        let ascending = [
            Healthy,
            Inconclusive,
            Warning,
            Critical,
            BadInput,
            CannotWrite,
            Interrupted,
        ];
        for (place, worst) in ascending.into_iter().enumerate() {
            let better = ascending[..place].iter().copied();
            assert_eq!(ExitCode::worst(better.clone().chain([worst])), worst);
            assert_eq!(ExitCode::worst([worst].into_iter().chain(better)), worst);
        }
    }

    /// A sweep takes the worst of its containers before it becomes an exit status.
    #[test]
    fn statuses_of_a_sweep_are_in_the_same_order() {
        let ascending = [
            Status::Ok,
            Status::Unknown,
            Status::Warning,
            Status::Critical,
        ];
        assert!(ascending.is_sorted());
        assert!(ascending.is_sorted_by_key(|status| ExitCode::from(*status).rank()));
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
