//! Runbook tests: recordings with their expected verdicts. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::evidence::fact::parse_duration;
use crate::evidence::recording::Recording;
use crate::evidence::time::{SECOND, StampSource, parse_time};
use crate::judge::{Diagnosis, Level};
use crate::nearest_name::suggestion;

/// What a verdict can be besides a hypothesis.
const OTHER_VERDICTS: [&str; 3] = ["healthy", "inconclusive", "not-applicable"];

/// A file of runbook tests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// The runbook: a name, or a path relative to the file.
    pub runbook: String,
    pub tests: Vec<Expectation>,
}

/// The expected result for a recording.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The path of the recording, relative to the file.
    pub recording: String,
    /// Evaluate as if lxcdiag had run this much later.
    #[serde(default)]
    pub later: Option<String>,
    /// Evaluate as if this `--failed-at` had been given.
    #[serde(default)]
    pub failed_at: Option<String>,
    /// The expected id of the verdict.
    pub verdict: String,
    /// The expected level; absent for `healthy` and `inconclusive`.
    #[serde(default)]
    pub level: Option<Level>,
    /// The expected level of the strongest race.
    #[serde(default)]
    pub race: Option<Level>,
    /// For a hypothesis, texts that evidence that holds must contain.
    #[serde(default)]
    pub holds: BTreeMap<String, Vec<String>>,
    /// For a hypothesis, texts that no evidence that holds may contain.
    #[serde(default)]
    pub holds_not: BTreeMap<String, Vec<String>>,
}

impl Expectation {
    /// The recording with `failed_at` and `later` applied: the times of lxcdiag's own run are moved, what it
    /// found is not.
    ///
    /// # Errors
    /// `failed_at` is not a timestamp, or `later` is not a duration.
    pub fn adapt(&self, mut recording: Recording) -> Result<Recording, String> {
        if let Some(text) = &self.failed_at {
            let moment = parse_time(text, StampSource::User).ok_or_else(|| {
                let example = "2026-01-02T03:04:05Z";
                format!(
                    "invalid `failed_at: {text}`: expected a timestamp with a time zone, such as {example}"
                )
            })?;
            recording.failed_at = Some(moment);
            recording.failed_at_given = true;
        }
        let Some(later) = &self.later else {
            return Ok(recording);
        };
        let by = parse_duration(later).ok_or_else(|| {
            format!("invalid `later: {later}`: expected a duration, such as 5h or 90min")
        })?;
        let by = (by * SECOND as f64) as i64;
        recording.started_at = recording.started_at.saturating_add(by);
        recording.finished_at = recording.finished_at.saturating_add(by);
        for attempt in &mut recording.attempts {
            attempt.started_at = attempt.started_at.map(|at| at.saturating_add(by));
        }
        Ok(recording)
    }

    /// The differences from what is expected, one string each.
    pub fn compare(&self, diagnosis: &Diagnosis) -> Vec<String> {
        let verdict = &diagnosis.verdict;
        let mut problems = Vec::new();
        let id = verdict.kind.id();
        if id != self.verdict {
            problems.push(format!("verdict: {id} (expected {})", self.verdict));
            let is_id = |known: &str| known == self.verdict;
            let ids = || diagnosis.hypotheses.iter().map(|judged| judged.id.as_str());
            if !ids().chain(OTHER_VERDICTS).any(is_id) {
                problems.push(no_hypothesis(&self.verdict, ids().chain(OTHER_VERDICTS)));
            }
        }
        let levels = [
            ("level", self.level, verdict.kind.level()),
            ("race", self.race, verdict.race),
        ];
        for (name, expected, got) in levels {
            // The level of the strongest race is optional.
            if expected != got && !(name == "race" && expected.is_none()) {
                problems.push(format!(
                    "{name}: {} (expected {})",
                    words(got),
                    words(expected)
                ));
            }
        }
        for (wanted, parts) in [(true, &self.holds), (false, &self.holds_not)] {
            for (id, parts) in parts {
                problems.extend(compare_evidence(diagnosis, id, parts, wanted));
            }
        }
        problems
    }
}

fn compare_evidence(
    diagnosis: &Diagnosis,
    id: &str,
    parts: &[String],
    wanted: bool,
) -> Vec<String> {
    let Some(judged) = diagnosis.hypotheses.iter().find(|judged| judged.id == id) else {
        let ids = diagnosis.hypotheses.iter().map(|judged| judged.id.as_str());
        return vec![no_hypothesis(id, ids)];
    };
    let holding: Vec<_> = judged
        .evidence
        .iter()
        .filter(|evidence| evidence.holds == Some(true))
        .collect();
    let mut problems = Vec::new();
    for part in parts {
        if holding.iter().any(|evidence| evidence.says.contains(part)) != wanted {
            let mut problem = if holding.is_empty() {
                format!("{id}: no evidence holds, but some should contain \"{part}\"")
            } else if wanted {
                format!("{id}: no evidence that holds contains \"{part}\"; evidence that holds:")
            } else {
                format!("{id}: evidence that holds contains \"{part}\":")
            };
            for evidence in &holding {
                let _ = write!(problem, "\n      {}", evidence.says);
            }
            problems.push(problem);
        }
    }
    problems
}

fn no_hypothesis<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> String {
    let hint = suggestion(id, known).replace("\nhint: ", "; ");
    format!("no hypothesis `{id}`{hint}")
}

fn words(level: Option<Level>) -> &'static str {
    level.map_or("none", Level::words)
}
