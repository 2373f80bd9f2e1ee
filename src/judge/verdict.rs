//! The overall verdict: the strongest hypothesis, healthy, inconclusive or not applicable.

use indexmap::IndexSet;

use super::results::{CheckResult, CheckResults, Outcome};
use super::{HypothesisResult, Level, Verdict, VerdictKind, hypothesis};
use crate::expression::{Missing, Reason, Unknown};
use crate::runbook::Runbook;

/// The verdict on a container.
pub(super) fn verdict(
    runbook: &Runbook,
    results: &CheckResults,
    hypotheses: &[HypothesisResult],
    not_applicable: Option<String>,
) -> Verdict {
    let race = hypotheses
        .iter()
        .filter(|hypothesis| hypothesis.race)
        .map(|hypothesis| hypothesis.level)
        .max();
    let severity = results
        .checks
        .iter()
        .filter_map(|result| result.severity)
        .max();
    if let Some(says) = not_applicable {
        return Verdict {
            kind: VerdictKind::NotApplicable,
            race: None,
            summary: sentence(&says),
            remedy: String::new(),
            remedies: Vec::new(),
            severity,
        };
    }
    if let Some(strongest) = strongest(runbook, hypotheses) {
        return Verdict {
            kind: VerdictKind::Hypothesis {
                id: strongest.id.clone(),
                level: strongest.level,
            },
            race,
            summary: strongest.summary(),
            remedy: strongest.remedy.clone(),
            remedies: strongest.remedies.clone(),
            severity,
        };
    }
    let health = health(runbook, results);
    if health.is_healthy && severity.is_none() {
        return Verdict {
            kind: VerdictKind::Healthy,
            race,
            summary: health.says,
            remedy: String::new(),
            remedies: Vec::new(),
            severity,
        };
    }
    Verdict {
        kind: VerdictKind::Inconclusive,
        race,
        summary: inconclusive(results, hypotheses, &health.missing),
        remedy: String::new(),
        remedies: Vec::new(),
        severity,
    }
}

/// The strongest hypothesis that is at least likely, or a likely cause that explains it. Among equals, a cause
/// precedes the symptoms that it explains; then the runbook's order counts.
fn strongest<'a>(
    runbook: &Runbook,
    hypotheses: &'a [HypothesisResult],
) -> Option<&'a HypothesisResult> {
    let level = hypotheses
        .iter()
        .map(|hypothesis| hypothesis.level)
        .filter(|level| *level >= Level::Likely)
        .max()?;
    let strongest = first_cause(runbook, hypotheses.iter().filter(|it| it.level == level))?;
    let causes = hypotheses.iter().filter(|it| {
        it.level == Level::Likely && hypothesis::explains(runbook, &it.id, &strongest.id)
    });
    Some(first_cause(runbook, causes).unwrap_or(strongest))
}

/// The first of some hypotheses that none of the others explains.
fn first_cause<'a>(
    runbook: &Runbook,
    rivals: impl Iterator<Item = &'a HypothesisResult>,
) -> Option<&'a HypothesisResult> {
    let rivals: Vec<_> = rivals.collect();
    let is_symptom = |id: &str| {
        rivals
            .iter()
            .any(|rival| rival.id != id && hypothesis::explains(runbook, &rival.id, id))
    };
    rivals
        .iter()
        .find(|rival| !is_symptom(&rival.id))
        .or(rivals.first())
        .copied()
}

/// Whether nothing is wrong.
struct Health {
    is_healthy: bool,
    /// What the report says if so.
    says: String,
    /// The values that are missing to determine it.
    missing: Vec<Missing>,
}

/// The runbook's condition for a healthy container; without one, every check must have passed.
fn health(runbook: &Runbook, results: &CheckResults) -> Health {
    let scope = results.scope();
    match &runbook.healthy {
        Some(healthy) => {
            let holds = scope.judge(&healthy.condition);
            Health {
                is_healthy: holds == Ok(true),
                says: scope.describe(&healthy.says),
                missing: holds.err().map_or(Vec::new(), |Unknown(missing)| missing),
            }
        }
        None => {
            // A check that never ran has no result.
            let checks = runbook.checks.iter();
            let not_passed = checks.filter(|check| !results.passed(&check.id));
            let not_passed: Vec<_> = not_passed.map(|check| &*check.id).collect();
            Health {
                is_healthy: not_passed.is_empty(),
                says: "Every check passed.".to_owned(),
                missing: not_passed
                    .into_iter()
                    .filter_map(|check| missing_result(check, results))
                    .collect(),
            }
        }
    }
}

/// A check without a result, with the reason; `None` if it failed, which is a result.
fn missing_result(check: &str, results: &CheckResults) -> Option<Missing> {
    let attempt = results
        .checks
        .iter()
        .find(|result| result.key.check == check && result.outcome != Outcome::Passed);
    let (name, reason) = match attempt {
        Some(result) if result.outcome == Outcome::Failed => return None,
        Some(result) => (
            result.key.to_string(),
            Reason::NoResult(result.reason.clone()),
        ),
        None => (check.to_owned(), Reason::NotRecorded),
    };
    Some(Missing::Value { name, reason })
}

impl HypothesisResult {
    /// What it is, its level, and the evidence that this is based on.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!("{}: {}.", self.title, self.level.words());
        for evidence in self.grounds().take(2) {
            text.push(' ');
            text.push_str(&sentence(&evidence.says));
        }
        text
    }
}

fn sentence(says: &str) -> String {
    let says = says.trim();
    if says.ends_with(['.', '!', '?']) {
        says.to_owned()
    } else {
        format!("{says}.")
    }
}

/// Why there is no verdict: what is not as it should be, and which evidence is missing.
fn inconclusive(
    results: &CheckResults,
    hypotheses: &[HypothesisResult],
    healthy_missing: &[Missing],
) -> String {
    let named = |wanted: &dyn Fn(&&CheckResult) -> bool| {
        let checks = results.checks.iter().filter(wanted);
        list(checks.map(|result| format!("{} ({})", result.key, result.observed)))
    };
    let failed = named(&|result| result.outcome == Outcome::Failed);
    let exceeding = named(&|result| result.severity.is_some());
    let wrong = match (failed, exceeding) {
        (Some(failed), _) => format!("but some checks failed: {failed}"),
        (None, Some(exceeding)) => format!("but some checks exceed a limit: {exceeding}"),
        (None, None) if healthy_missing.is_empty() => {
            "but the runbook's condition for a healthy container does not hold".to_owned()
        }
        (None, None) => "and it is unknown whether the container is healthy".to_owned(),
    };
    let mut text = format!("No hypothesis is supported, {wrong}.");
    let unknown = hypotheses
        .iter()
        .filter(|hypothesis| hypothesis.level == Level::Unknown);
    let missing: IndexSet<_> = unknown
        .flat_map(|hypothesis| &hypothesis.missing)
        .chain(healthy_missing)
        .flat_map(Missing::reasons)
        .collect();
    // A check that failed is listed above, with its reason.
    let is_listed = |reason: &String| {
        results.checks.iter().any(|result| {
            result.outcome == Outcome::Failed
                && reason.starts_with(&format!("check {} failed: ", result.key))
        })
    };
    if let Some(missing) = list(missing.into_iter().filter(|reason| !is_listed(reason))) {
        text.push_str(" Missing evidence: ");
        text.push_str(&sentence(&missing));
    }
    text
}

/// The first few items, and how many more there are; `None` without any.
fn list(items: impl Iterator<Item = String>) -> Option<String> {
    const SHOWN: usize = 3;
    let mut items: Vec<_> = items.collect();
    let more = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    if more > 0 {
        items.push(format!("and {more} more"));
    }
    (!items.is_empty()).then(|| items.join("; "))
}
