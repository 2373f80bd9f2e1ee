//! Judges a recording, redacts it, and makes the report. Pure.

use std::collections::BTreeMap;

use crate::evidence::recording::Recording;
use crate::judge::results::CheckResults;
use crate::judge::{Remedy, VerdictKind, evaluate};
use crate::redact::{self, Redactor};
use crate::report::Report;
use crate::runbook::Runbook;

/// A recording and the conclusions from it.
pub struct Conclusion {
    pub report: Report,
    /// The redacted recording.
    pub recording: Recording,
    /// The remedies of the verdict, not redacted.
    pub remedies: Vec<Remedy>,
}

impl Conclusion {
    /// Whether there is no verdict.
    pub fn is_inconclusive(&self) -> bool {
        self.report.verdict.kind == VerdictKind::Inconclusive
    }
}

/// Judges a recording by a runbook whose text has this SHA-256. The results are those of the
/// recording, if a run has them already.
pub fn conclude(
    runbook: &Runbook,
    sha256: &str,
    mut recording: Recording,
    results: Option<CheckResults>,
    keep_secrets: bool,
) -> Conclusion {
    let results = results.unwrap_or_else(|| CheckResults::of_recording(runbook, &recording));
    let diagnosis = evaluate(runbook, &recording, results);
    let report = match keep_secrets {
        true => Report::new(runbook, sha256, &recording, &diagnosis),
        false => redact::report(runbook, sha256, &mut recording, &diagnosis),
    };
    Conclusion {
        report,
        recording,
        remedies: diagnosis.verdict.remedies,
    }
}

/// Text that quotes the values of vars, without those that are secret.
pub fn without_secrets(runbook: &Runbook, vars: &BTreeMap<String, String>, text: &str) -> String {
    let mut redactor = Redactor::new(runbook);
    redactor.learn_vars(vars);
    redactor.without_secrets(None, text)
}
