//! Judges a recording, redacts it, and makes the report. Pure.

use std::collections::BTreeMap;

use crate::evidence::recording::Recording;
use crate::judge::results::CheckResults;
use crate::judge::{Diagnosis, NextRun, Remedy, VerdictKind, evaluate};
use crate::redact::{self, Redactor};
use crate::report::Report;
use crate::runbook::Runbook;

/// A recording and the conclusions from it.
pub struct Conclusion {
    pub report: Report,
    /// The recording. Like the report, it is redacted, unless secrets are to be kept.
    pub recording: Recording,
    /// Not redacted.
    diagnosis: Diagnosis,
}

/// A runbook to run next, and why.
pub struct Lead {
    /// The hypothesis whose cause it finds; none if it answers the question of the whole runbook.
    pub hypothesis: Option<String>,
    /// Its place among the hypotheses.
    pub place: usize,
    pub run: NextRun,
}

impl Conclusion {
    /// Whether there is no verdict.
    pub fn is_inconclusive(&self) -> bool {
        self.report.verdict.kind == VerdictKind::Inconclusive
    }

    /// The remedies of the verdict, not redacted.
    pub fn remedies(&self) -> &[Remedy] {
        &self.diagnosis.verdict.remedies
    }

    /// The runbooks to run next, not redacted.
    pub fn leads(&self) -> Vec<Lead> {
        leads(&self.diagnosis)
    }

    /// Teaches a redactor the secrets in it.
    pub(super) fn teach(&mut self, redactor: &mut Redactor) {
        redactor.learn_run(&mut self.recording, &mut self.report);
    }

    /// The same without the secrets that a redactor has learned.
    pub(super) fn redacted_by(mut self, redactor: &mut Redactor, runbook: &Runbook) -> Self {
        let (recording, diagnosis) = (&mut self.recording, &self.diagnosis);
        self.report = redactor.redact_run(runbook, recording, diagnosis, self.report);
        self
    }

    /// The same without its secrets.
    pub fn redacted(mut self, runbook: &Runbook) -> Self {
        let sha256 = &self.report.runbook.sha256;
        self.report = redact::report(runbook, sha256, &mut self.recording, &self.diagnosis);
        self
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
        diagnosis,
    }
}

fn leads(diagnosis: &Diagnosis) -> Vec<Lead> {
    let lead = |hypothesis: Option<&String>, place: usize, run: &NextRun| Lead {
        hypothesis: hypothesis.cloned(),
        place,
        run: run.clone(),
    };
    let whole = diagnosis.next.iter().map(|run| lead(None, 0, run));
    let hypotheses = diagnosis.hypotheses.iter().enumerate();
    let theirs = hypotheses.flat_map(|(place, it)| {
        let runs = it.next.iter();
        runs.map(move |run| lead(Some(&it.id), place, run))
    });
    whole.chain(theirs).collect()
}

/// Text that quotes the values of vars, without those that are secret.
pub fn without_secrets(runbook: &Runbook, vars: &BTreeMap<String, String>, text: &str) -> String {
    let mut redactor = Redactor::new(runbook);
    redactor.learn_vars(vars);
    redactor.without_secrets(None, text)
}
