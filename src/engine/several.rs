//! The conclusion from several runs in one container. Pure.

use std::sync::Arc;

use super::conclude::Conclusion;
use super::settle::{Look, settle};
use crate::evidence::explored::{Explored, NotLookedAt, Origin, OtherRun};
use crate::judge::results::Outcome;
use crate::runbook::Runbook;

/// A run, and why it was made.
pub struct Run {
    pub runbook: Arc<Runbook>,
    pub conclusion: Conclusion,
    pub origin: Origin,
}

/// Settles on one of the runs, and returns its number and its conclusion, whose recording keeps the others; none if there are
/// no runs. `options` are those of commands that reach the container.
pub fn conclude_several(
    runs: Vec<Run>,
    not_run: Vec<NotLookedAt>,
    options: Vec<String>,
) -> Option<(usize, Conclusion)> {
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
