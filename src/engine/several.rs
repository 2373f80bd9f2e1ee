//! The conclusion from several runs in one container. Pure.

use std::sync::Arc;

use super::conclude::Conclusion;
use super::settle::{Look, settle};
use crate::evidence::explored::{Explored, NotLookedAt, Origin, OtherRun};
use crate::judge::results::Outcome;
use crate::redact::Redactor;
use crate::runbook::Runbook;

/// A run, and why it was made.
pub struct Run {
    pub runbook: Arc<Runbook>,
    pub conclusion: Conclusion,
    pub origin: Origin,
}

/// Settles on one of the runs, and returns its number and its conclusion, whose recording keeps the others; none if there are
/// no runs. `options` are those of commands that reach the container. The runs are redacted here, unless `keep_secrets`.
pub fn conclude_several(
    mut runs: Vec<Run>,
    mut not_run: Vec<NotLookedAt>,
    options: Vec<String>,
    keep_secrets: bool,
) -> Option<(usize, Conclusion)> {
    if !keep_secrets {
        runs = redacted(runs, &mut not_run);
    }
    let looks = runs.iter().map(|run| Look {
        runbook: &run.runbook,
        report: &run.conclusion.report,
        origin: &run.origin,
    });
    let verdict = settle(&looks.collect::<Vec<_>>(), &options)?;
    let mut settled = verdict.settled;
    settled.not_looked_at.splice(0..0, not_run.iter().cloned());
    settled.not_looked_at.extend(errored(&runs));
    let mut chosen = None;
    let mut others = Vec::new();
    for (number, run) in runs.into_iter().enumerate() {
        match number == verdict.look {
            true => chosen = Some(run),
            false => others.push(OtherRun {
                origin: run.origin,
                recording: run.conclusion.recording,
            }),
        }
    }
    let Run {
        runbook,
        mut conclusion,
        origin,
    } = chosen?;
    let report = &mut conclusion.report;
    if let Some(hypothesis) = &verdict.hypothesis {
        report.settle_on(&runbook, hypothesis);
    }
    report
        .explained
        .retain(|id| !verdict.not_explained.contains(id));
    report.settled = Some(settled);
    conclusion.recording.explored = Some(Box::new(Explored {
        number: verdict.look,
        origin,
        others,
        not_run,
        options,
    }));
    Some((verdict.look, conclusion))
}

/// Without the secrets of any run: one is removed from all, and has the same token in all.
fn redacted(mut runs: Vec<Run>, not_run: &mut [NotLookedAt]) -> Vec<Run> {
    let mut redactor = Redactor::default();
    for run in &runs {
        redactor.add_runbook(&run.runbook);
    }
    for run in &mut runs {
        run.conclusion.teach(&mut redactor);
    }
    let redacted = runs.into_iter().map(|run| Run {
        conclusion: run.conclusion.redacted_by(&mut redactor, &run.runbook),
        ..run
    });
    let runs = redacted.collect();
    for it in not_run {
        it.why = redactor.without_secrets(None, &it.why);
    }
    runs
}

/// The checks that could not be run, each once.
fn errored(runs: &[Run]) -> Vec<NotLookedAt> {
    let mut found = Vec::new();
    for check in runs.iter().flat_map(|run| &run.conclusion.report.checks) {
        let one = NotLookedAt {
            what: check.title.clone(),
            why: check.reason.clone(),
        };
        if check.outcome == Outcome::Errored && !found.contains(&one) {
            found.push(one);
        }
    }
    found
}
