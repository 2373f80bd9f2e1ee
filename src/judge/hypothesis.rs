//! Weighing one hypothesis.

use std::collections::BTreeSet;

use super::{EvidenceResult, HypothesisResult, Level};
use crate::judge::results::{CheckResults, Outcome};
use crate::runbook::{Effect, Hypothesis, Runbook};

/// A hypothesis with its verdict.
pub(super) fn evaluate(hypothesis: &Hypothesis, results: &CheckResults) -> HypothesisResult {
    let (evaluator, scope) = (results.evaluator(), results.scope());
    let evidence: Vec<_> = hypothesis
        .evidence
        .iter()
        .map(|evidence| {
            let judgement = evaluator.judge(&evidence.condition, scope);
            EvidenceResult {
                effect: evidence.effect,
                holds: judgement.holds,
                says: evaluator.describe(&evidence.says, scope),
                missing: judgement.missing,
                checks: results
                    .dependencies()
                    .of_condition(&evidence.condition)
                    .into_iter()
                    .collect(),
            }
        })
        .collect();
    let (level, conflicting) = level(&evidence);
    HypothesisResult {
        id: hypothesis.id.clone(),
        title: hypothesis.title.clone(),
        about: evaluator.describe(&hypothesis.about, scope),
        race: hypothesis.race,
        level,
        conflicting,
        evidence,
        remedy: evaluator.describe(&hypothesis.remedy, scope),
        overturned_by: hypothesis
            .overturned_by
            .as_ref()
            .map(|template| evaluator.describe(template, scope)),
    }
}

/// How far weighed evidence carries, and whether it conflicts.
pub(super) fn level(evidence: &[EvidenceResult]) -> (Level, bool) {
    let holding = |effect| {
        evidence
            .iter()
            .filter(|evidence| evidence.effect == effect && evidence.holds == Some(true))
            .count()
    };
    let settled = (holding(Effect::Confirms) > 0, holding(Effect::RulesOut) > 0);
    let (supports, weakens) = (holding(Effect::Supports), holding(Effect::Weakens));
    let missing = evidence.iter().any(|evidence| evidence.holds.is_none());
    match settled {
        (true, true) => (Level::Unknown, true),
        (true, false) => (Level::Confirmed, false),
        (false, true) => (Level::RuledOut, false),
        (false, false) => {
            let level = match supports.cmp(&weakens) {
                std::cmp::Ordering::Greater => Level::Likely,
                std::cmp::Ordering::Less => Level::Unlikely,
                std::cmp::Ordering::Equal if supports > 0 || missing => Level::Unknown,
                std::cmp::Ordering::Equal => Level::Unlikely,
            };
            (level, false)
        }
    }
}

/// Whether all is well, in what words, and what was missing to tell. A runbook that does not say
/// what healthy means asks that every check has passed.
pub(super) fn healthy(runbook: &Runbook, results: &CheckResults) -> (bool, String, Vec<String>) {
    let (evaluator, scope) = (results.evaluator(), results.scope());
    match &runbook.healthy {
        Some(healthy) => {
            let judgement = evaluator.judge(&healthy.condition, scope);
            (
                judgement.holds == Some(true),
                evaluator.describe(&healthy.says, scope),
                judgement.missing,
            )
        }
        None => {
            // By the runbook's checks, not by the results: one that was never tried has none.
            let unmet: Vec<_> = runbook
                .checks
                .iter()
                .filter(|check| !results.passed(&check.id))
                .map(|check| unmet(&check.id, results))
                .collect();
            (unmet.is_empty(), "Every check passed.".to_owned(), unmet)
        }
    }
}

/// A check that has not passed, with the reason of the first attempt that did not.
fn unmet(check: &str, results: &CheckResults) -> String {
    let attempt = results
        .checks
        .iter()
        .find(|result| result.key.check == check && result.outcome != Outcome::Passed);
    match attempt {
        Some(result) => format!("{} ({})", result.key, result.reason),
        None => format!("{check} (it is not in the recording)"),
    }
}

/// Whether `symptom` is explained by `cause`, through however many steps.
pub(super) fn explains(runbook: &Runbook, cause: &str, symptom: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![cause];
    while let Some(id) = open.pop() {
        let hypothesis = runbook.hypotheses.iter().find(|known| known.id == id);
        for explained in hypothesis.iter().flat_map(|known| &known.explains) {
            if explained == symptom {
                return true;
            }
            if seen.insert(explained) {
                open.push(explained);
            }
        }
    }
    false
}
