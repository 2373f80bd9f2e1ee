//! Evaluates a recording: the evidence for and against each hypothesis, then the verdict.
//!
//! Pure: the same recording and runbook give the same diagnosis, byte for byte. No clock, no I/O.

pub(crate) mod coverage;
pub(crate) mod expectation;
mod history;
mod hypothesis;
mod next;
mod remedies;
pub mod results;
mod timeline;
mod verdict;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

#[cfg(test)]
pub(crate) use hypothesis::{evaluated, level};
pub(crate) use hypothesis::{explains, symptoms};
pub use next::NextRun;
pub(crate) use next::reaching;
pub use remedies::{Remedy, Required};

use crate::evidence::recording::Recording;
use crate::expression::Missing;
use crate::judge::results::{CheckResult, CheckResults, Event, Severity};
use crate::runbook::{Effect, Runbook};

/// How strongly a hypothesis is supported, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Evidence rules it out.
    RuledOut,
    /// More evidence against it than for it; or no evidence at all, and none is missing.
    Unlikely,
    /// Balanced, conflicting or missing evidence.
    Unknown,
    /// More evidence for it than against it.
    Likely,
    /// Evidence confirms it.
    Confirmed,
}

impl Level {
    /// The level as reports show it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::RuledOut => "ruled out",
            Self::Unlikely => "unlikely",
            Self::Unknown => "unknown",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What a recording shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The result of each attempt at a check, in the order of the run.
    pub results: Vec<CheckResult>,
    /// The events, earliest first.
    pub timeline: Vec<Event>,
    /// The hypotheses, in the runbook's order.
    pub hypotheses: Vec<HypothesisResult>,
    /// The overall verdict.
    pub verdict: Verdict,
    /// The runbooks that answer the question instead.
    pub next: Vec<NextRun>,
}

/// A hypothesis after evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HypothesisResult {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What happened, if it is true.
    pub about: String,
    /// Whether it is a race.
    pub race: bool,
    /// How strongly it is supported.
    #[serde(rename = "verdict")]
    pub level: Level,
    /// Some evidence confirms it, and other evidence rules it out.
    pub conflicting: bool,
    /// The evidence, in the runbook's order.
    pub evidence: Vec<EvidenceResult>,
    /// What is missing to evaluate the evidence, each once.
    pub missing: Vec<Missing>,
    /// What would change its level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overturned_by: Option<String>,
    /// What to do if it is true.
    pub remedy: String,
    /// The same in parts, if the runbook has them.
    #[serde(skip)]
    pub remedies: Vec<Remedy>,
    /// The runbooks that find its cause, if it is true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<NextRun>,
}

impl HypothesisResult {
    /// The evidence that its level is based on.
    pub fn grounds(&self) -> impl Iterator<Item = &EvidenceResult> {
        let effect = match self.level {
            Level::Confirmed => Some(Effect::Confirms),
            Level::Likely => Some(Effect::Supports),
            Level::Unlikely => Some(Effect::Weakens),
            Level::RuledOut => Some(Effect::RulesOut),
            Level::Unknown => None,
        };
        self.evidence
            .iter()
            .filter(move |evidence| evidence.holds == Some(true) && Some(evidence.effect) == effect)
    }
}

/// One piece of evidence after evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceResult {
    /// Its effect on the hypothesis if it holds; weaker than in the runbook if it may not have held at the failure.
    pub effect: Effect,
    /// Whether it holds; `None` if that is unknown.
    pub holds: Option<bool>,
    /// The evidence in words.
    pub says: String,
    /// The missing values, if it is unknown whether it holds, or whether it held at the failure.
    pub missing: Vec<Missing>,
    /// The checks that it depends on.
    #[serde(skip)]
    pub checks: Vec<String>,
}

/// The overall verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The hypothesis, or what else it is.
    #[serde(flatten)]
    pub kind: VerdictKind,
    /// The level of the strongest race; absent if the runbook has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub race: Option<Level>,
    /// The severity of the worst limit that a check exceeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The verdict in a few sentences.
    pub summary: String,
    /// What to do.
    pub remedy: String,
    /// The same in parts, if the runbook has them.
    pub remedies: Vec<Remedy>,
}

/// The kind of a verdict. In JSON: `id`, and for a hypothesis `level`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictKind {
    /// A hypothesis that is at least likely.
    Hypothesis {
        /// Its id.
        id: String,
        /// How strongly it is supported.
        level: Level,
    },
    /// Nothing is wrong.
    Healthy,
    /// The cause could not be determined.
    Inconclusive,
    /// There is nothing to diagnose.
    NotApplicable,
}

impl VerdictKind {
    /// The hypothesis's id, `healthy`, `inconclusive` or `not-applicable`.
    pub fn id(&self) -> &str {
        match self {
            Self::Hypothesis { id, .. } => id,
            Self::Healthy => "healthy",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// The level of the hypothesis.
    pub const fn level(&self) -> Option<Level> {
        match self {
            Self::Hypothesis { level, .. } => Some(*level),
            Self::Healthy | Self::Inconclusive | Self::NotApplicable => None,
        }
    }
}

impl Serialize for VerdictKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("id", self.id())?;
        if let Some(level) = self.level() {
            fields.serialize_entry("level", &level)?;
        }
        fields.end()
    }
}

/// Evaluates a recording with a runbook.
pub fn judge(runbook: &Runbook, recording: &Recording) -> Diagnosis {
    let results = CheckResults::of_recording(runbook, recording);
    evaluate(runbook, recording, results)
}

/// Evaluates a recording whose check results are known already.
pub fn evaluate(runbook: &Runbook, recording: &Recording, results: CheckResults) -> Diagnosis {
    let not_applicable = results.not_applicable(runbook);
    // Where there is nothing to diagnose, nothing explains a failure.
    let asked = runbook
        .hypotheses
        .iter()
        .filter(|_| not_applicable.is_none());
    let hypotheses: Vec<_> = asked
        .map(|hypothesis| hypothesis::evaluate(hypothesis, &results))
        .collect();
    Diagnosis {
        next: next::next_runs(&runbook.next, &results),
        verdict: verdict::verdict(runbook, &results, &hypotheses, not_applicable),
        timeline: timeline::timeline(runbook, recording, &results),
        results: results.checks,
        hypotheses,
    }
}

#[cfg(test)]
mod tests;
