//! Weighs a recording: for each hypothesis what speaks for and against it, then the verdict.
//!
//! Pure: the same recording and runbook give the same diagnosis, byte for byte. No clock, no I/O.

pub mod expectation;
mod hypothesis;
pub mod results;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::evidence::provision_log::Owner;
use crate::evidence::recording::Recording;
use crate::evidence::time::Interval;
use crate::expression::moment_of;
use crate::judge::results::{CheckResult, CheckResults, Event, EventSource, Outcome, Severity};
use crate::runbook::{Effect, EventSpec, Runbook};

/// How far a hypothesis is believed, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something that holds excludes it.
    RuledOut,
    /// More speaks against it than for it, or nothing speaks for it and nothing was missing.
    Unlikely,
    /// Too little is known, or the evidence conflicts.
    Unknown,
    /// More speaks for it than against it.
    Likely,
    /// Something that holds settles it.
    Confirmed,
}

impl Level {
    /// The level in words.
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

/// Everything that follows from a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// What each attempt at a check came to, in the order they were run.
    pub results: Vec<CheckResult>,
    /// What happened, earliest first.
    pub timeline: Vec<Event>,
    /// The hypotheses, in the runbook's order.
    pub hypotheses: Vec<HypothesisResult>,
    /// The overall verdict.
    pub verdict: Verdict,
}

/// A hypothesis with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct HypothesisResult {
    /// Its name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What would have happened.
    pub about: String,
    /// Whether it is a race.
    pub race: bool,
    /// How far it is believed.
    pub level: Level,
    /// Something that holds settles it, and something else that holds excludes it.
    pub conflicting: bool,
    /// What was weighed, in the runbook's order.
    pub evidence: Vec<EvidenceResult>,
    /// What to do if it is so.
    pub remedy: String,
    /// What would overturn it.
    pub overturned_by: Option<String>,
}

impl HypothesisResult {
    /// What could not be had, each thing once.
    pub fn missing(&self) -> Vec<&str> {
        let mut missing = Vec::new();
        for name in self.evidence.iter().flat_map(|evidence| &evidence.missing) {
            if !missing.contains(&name.as_str()) {
                missing.push(name);
            }
        }
        missing
    }

    /// The evidence that its level rests on: what settles it, else what holds with its direction.
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

/// One piece of evidence, evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceResult {
    /// What it does where it holds.
    pub effect: Effect,
    /// Whether it holds; `None` where that is not known.
    pub holds: Option<bool>,
    /// It in words.
    pub says: String,
    /// What was missing, where it is not known whether it holds.
    pub missing: Vec<String>,
    /// The checks it rests on.
    pub checks: Vec<String>,
}

/// The overall verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Which hypothesis it is, or what else.
    pub kind: VerdictKind,
    /// How far the strongest of the races is believed; none where the runbook has no race.
    pub race: Option<Level>,
    /// It in a sentence or two.
    pub summary: String,
    /// What to do.
    pub remedy: String,
    /// The worst limit that a check exceeded.
    pub severity: Option<Severity>,
}

/// What the verdict is. In JSON, its `id`, and its `level` where it is a hypothesis.
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
}

impl VerdictKind {
    /// The hypothesis's id, `healthy` or `inconclusive`.
    pub fn id(&self) -> &str {
        match self {
            Self::Hypothesis { id, .. } => id,
            Self::Healthy => "healthy",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The level of the hypothesis.
    pub const fn level(&self) -> Option<Level> {
        match self {
            Self::Hypothesis { level, .. } => Some(*level),
            Self::Healthy | Self::Inconclusive => None,
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

/// Weighs a recording by a runbook.
pub fn judge(runbook: &Runbook, recording: &Recording) -> Diagnosis {
    evaluate(
        runbook,
        recording,
        CheckResults::of_recording(runbook, recording),
    )
}

/// The same, where what the recording holds has been found already: while it was made.
pub fn evaluate(runbook: &Runbook, recording: &Recording, results: CheckResults) -> Diagnosis {
    let hypotheses: Vec<_> = runbook
        .hypotheses
        .iter()
        .map(|hypothesis| hypothesis::evaluate(hypothesis, &results))
        .collect();
    let verdict = verdict(runbook, &results, &hypotheses);
    Diagnosis {
        timeline: timeline(runbook, recording, &results),
        results: results.checks,
        hypotheses,
        verdict,
    }
}

fn verdict(runbook: &Runbook, results: &CheckResults, hypotheses: &[HypothesisResult]) -> Verdict {
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
    if let Some(strongest) = strongest(runbook, hypotheses) {
        return Verdict {
            kind: VerdictKind::Hypothesis {
                id: strongest.id.clone(),
                level: strongest.level,
            },
            race,
            summary: summary(strongest),
            remedy: strongest.remedy.clone(),
            severity,
        };
    }
    let (healthy, says, missing) = hypothesis::healthy(runbook, results);
    if healthy && severity.is_none() {
        return Verdict {
            kind: VerdictKind::Healthy,
            race,
            summary: says,
            remedy: String::new(),
            severity,
        };
    }
    Verdict {
        kind: VerdictKind::Inconclusive,
        race,
        summary: inconclusive(results, hypotheses, &missing),
        remedy: String::new(),
        severity,
    }
}

/// The strongest hypothesis that is at least likely; among equals a cause before the symptoms it
/// explains, then the first.
fn strongest<'a>(
    runbook: &Runbook,
    hypotheses: &'a [HypothesisResult],
) -> Option<&'a HypothesisResult> {
    let level = hypotheses
        .iter()
        .map(|hypothesis| hypothesis.level)
        .filter(|level| *level >= Level::Likely)
        .max()?;
    let rivals: Vec<_> = hypotheses
        .iter()
        .filter(|hypothesis| hypothesis.level == level)
        .collect();
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

fn summary(hypothesis: &HypothesisResult) -> String {
    let mut text = format!("{}: {}.", hypothesis.title, hypothesis.level.words());
    for evidence in hypothesis.grounds().take(2) {
        text.push(' ');
        text.push_str(&sentence(&evidence.says));
    }
    text
}

fn sentence(says: &str) -> String {
    let says = says.trim();
    if says.ends_with(['.', '!', '?']) {
        says.to_owned()
    } else {
        format!("{says}.")
    }
}

/// What is not right, and what was missing.
fn inconclusive(
    results: &CheckResults,
    hypotheses: &[HypothesisResult],
    healthy_missing: &[String],
) -> String {
    let mut text = "No explanation stands out, and not everything is right.".to_owned();
    let failed = results
        .checks
        .iter()
        .filter(|result| result.outcome == Outcome::Failed)
        .map(|result| format!("{} ({})", result.key, result.observed));
    append_list(&mut text, "Not right", failed.collect());
    let unknown = hypotheses
        .iter()
        .filter(|hypothesis| hypothesis.level == Level::Unknown);
    let mut missing: Vec<String> = Vec::new();
    for name in unknown
        .flat_map(HypothesisResult::missing)
        .chain(healthy_missing.iter().map(String::as_str))
    {
        if !missing.iter().any(|known| known == name) {
            missing.push(name.to_owned());
        }
    }
    append_list(&mut text, "Missing", missing);
    text
}

/// The first few of a list, and how many more there are.
fn append_list(text: &mut String, label: &str, mut items: Vec<String>) {
    const SHOWN: usize = 3;
    if items.is_empty() {
        return;
    }
    let more = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    text.push_str(&format!(" {label}: {}", items.join("; ")));
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text.push('.');
}

/// What happened, from every source, earliest first.
fn timeline(runbook: &Runbook, recording: &Recording, results: &CheckResults) -> Vec<Event> {
    let mut events: Vec<Event> = results
        .checks
        .iter()
        .flat_map(|result| result.events.iter().cloned())
        .collect();
    for failure in recording.log.iter().flatten() {
        if let Some(at) = failure.at
            && failure.owner == Owner::ThisContainer
        {
            events.push(Event {
                at,
                what: failure.text.clone(),
                source: EventSource::Log,
                decisive: false,
            });
        }
    }
    if let Some(at) = recording.stated_failure_time()
        && !events
            .iter()
            .any(|event| event.source == EventSource::Log && event.at == at)
    {
        events.push(Event {
            at,
            what: "provisioning failed".to_owned(),
            source: EventSource::FailedAt,
            decisive: false,
        });
    }
    for change in &recording.earlier_changes {
        events.push(own_event(
            change.during,
            &change.argv,
            EventSource::EarlierRun,
        ));
    }
    for change in recording.changes() {
        events.push(own_event(change.during, &change.argv, EventSource::Lxcdiag));
    }
    events.extend(decisive_moments(runbook, results));
    // What is of the same moment stays in the runbook's order: a birth before the change it brings.
    events.sort_by_key(|event| (event.at.start, event.at.end));
    events
}

/// The runbook's own events: what its derived values make of all that was found.
fn decisive_moments(runbook: &Runbook, results: &CheckResults) -> Vec<Event> {
    let (evaluator, scope) = (results.evaluator(), results.scope());
    let holds = |spec: &EventSpec| {
        spec.condition
            .as_ref()
            .is_none_or(|condition| evaluator.judge(condition, scope).holds == Some(true))
    };
    runbook
        .events
        .iter()
        .filter(|spec| holds(spec))
        .filter_map(|spec| {
            let value = evaluator.value(&spec.at, scope).ok()?;
            Some(Event {
                at: moment_of(&value)?,
                what: evaluator.describe(&spec.what, scope),
                source: EventSource::Derived,
                decisive: true,
            })
        })
        .collect()
}

fn own_event(at: Interval, argv: &[String], source: EventSource) -> Event {
    let who = match source {
        EventSource::EarlierRun => "an earlier run of lxcdiag",
        _ => "lxcdiag",
    };
    Event {
        at,
        what: format!("{who} ran: {}", argv.join(" ")),
        source,
        decisive: false,
    }
}

#[cfg(test)]
mod tests;
