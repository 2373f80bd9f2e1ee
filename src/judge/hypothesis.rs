//! Evaluates one hypothesis.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use indexmap::IndexSet;

use super::{EvidenceResult, HypothesisResult, Level, next, remedies};
use crate::expression::Unknown;
use crate::judge::results::CheckResults;
use crate::runbook::{Effect, Evidence, Hypothesis, Runbook};

/// A hypothesis with its evidence and its level.
pub(super) fn evaluate(hypothesis: &Hypothesis, results: &CheckResults) -> HypothesisResult {
    let scope = results.scope();
    let evidence: Vec<_> = hypothesis
        .evidence
        .iter()
        .map(|evidence| evaluated(evidence, results))
        .collect();
    let (level, conflicting) = level(&evidence);
    let missing: IndexSet<_> = evidence
        .iter()
        .flat_map(|it| &it.missing)
        .cloned()
        .collect();
    let remedies = remedies::remedies(hypothesis, results);
    HypothesisResult {
        id: hypothesis.id.clone(),
        title: hypothesis.title.clone(),
        about: scope.describe(&hypothesis.about),
        race: hypothesis.race,
        level,
        conflicting,
        missing: missing.into_iter().collect(),
        evidence,
        remedy: match &hypothesis.remedy {
            Some(template) => scope.describe(template),
            None => remedies::text(&remedies),
        },
        remedies,
        next: match level >= Level::Likely {
            true => next::next_runs(&hypothesis.next, results),
            false => Vec::new(),
        },
        overturned_by: hypothesis
            .overturned_by
            .as_ref()
            .map(|template| scope.describe(template)),
    }
}

/// Evidence of the current state has its full effect only if that was the state at the failure.
pub(crate) fn evaluated(evidence: &Evidence, results: &CheckResults) -> EvidenceResult {
    let holds = results.scope().judge(&evidence.condition);
    let counts = evidence
        .now
        .map_or(Ok(true), |observed| results.is_state_at_failure(observed));
    let (holds, effect, missing) = match (holds, counts) {
        (Ok(false), _) | (_, Ok(false)) => (Some(false), evidence.effect, Vec::new()),
        (Ok(true), Ok(true)) => (Some(true), evidence.effect, Vec::new()),
        (Ok(true), Err(Unknown(missing))) => (Some(true), evidence.effect.uncertain(), missing),
        (Err(Unknown(missing)), _) => (None, evidence.effect, missing),
    };
    EvidenceResult {
        effect,
        holds,
        says: results.scope().describe(&evidence.says),
        missing,
        checks: results.dependencies().of_evidence(evidence),
    }
}

/// The level that evidence leads to, and whether the evidence conflicts.
pub(crate) fn level(evidence: &[EvidenceResult]) -> (Level, bool) {
    let holding = |effect| {
        evidence
            .iter()
            .filter(|evidence| evidence.effect == effect && evidence.holds == Some(true))
            .count()
    };
    let settled = (holding(Effect::Confirms) > 0, holding(Effect::RulesOut) > 0);
    let (supports, weakens) = (holding(Effect::Supports), holding(Effect::Weakens));
    let missing = evidence.iter().any(|evidence| evidence.holds.is_none());
    let level = match (settled, supports.cmp(&weakens)) {
        ((true, true), _) => Level::Unknown,
        ((true, false), _) => Level::Confirmed,
        ((false, true), _) => Level::RuledOut,
        (_, Ordering::Greater) => Level::Likely,
        (_, Ordering::Less) => Level::Unlikely,
        (_, Ordering::Equal) if supports > 0 || missing => Level::Unknown,
        (_, Ordering::Equal) => Level::Unlikely,
    };
    (level, settled == (true, true))
}

/// Whether `cause` explains `symptom`, directly or through other hypotheses.
pub(crate) fn explains(runbook: &Runbook, cause: &str, symptom: &str) -> bool {
    symptoms(runbook, cause).contains(symptom)
}

/// What a hypothesis explains, directly or through other hypotheses.
pub(crate) fn symptoms<'a>(runbook: &'a Runbook, cause: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![cause];
    while let Some(id) = open.pop() {
        let hypothesis = runbook.hypotheses.iter().find(|known| known.id == id);
        for explained in hypothesis.iter().flat_map(|known| &known.explains) {
            if found.insert(explained.as_str()) {
                open.push(explained);
            }
        }
    }
    found
}
