//! Runbook tests: a recording, and the verdict it must get. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::evidence::fact::parse_duration;
use crate::evidence::recording::Recording;
use crate::evidence::time::{SECOND, StampSource, parse_time};
use crate::judge::{Diagnosis, Level};

/// A file of runbook tests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// The runbook that judges: a name, or a path as seen from the file.
    pub runbook: String,
    /// The tests.
    pub tests: Vec<Expectation>,
}

/// What a recording must come to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The recording's path, as seen from the file.
    pub recording: String,
    /// Judge as if lxcdiag had been run this much later.
    #[serde(default)]
    pub later: Option<String>,
    /// Judge as if the user had said that provisioning failed then (`--failed-at`).
    #[serde(default)]
    pub failed_at: Option<String>,
    /// The verdict's id.
    pub verdict: String,
    /// How far it is believed; absent for `healthy` and `inconclusive`.
    #[serde(default)]
    pub level: Option<Level>,
    /// How far the strongest race is believed.
    #[serde(default)]
    pub race: Option<Level>,
    /// For a hypothesis, parts of what evidence that holds says.
    #[serde(default)]
    pub holds: BTreeMap<String, Vec<String>>,
    /// For a hypothesis, parts of what no evidence that holds may say.
    #[serde(default)]
    pub holds_not: BTreeMap<String, Vec<String>>,
}

impl Expectation {
    /// The recording as the test wants it judged: the failure's moment set, and lxcdiag's own times
    /// moved as if it had been run later; what it found does not move.
    ///
    /// # Errors
    /// `failed_at` is no time, or `later` no length of time.
    pub fn adapt(&self, mut recording: Recording) -> Result<Recording, String> {
        if let Some(text) = &self.failed_at {
            let moment = parse_time(text, StampSource::User)
                .ok_or_else(|| format!("`failed_at: {text}` is no time: write RFC 3339"))?;
            recording.failed_at = Some(moment);
            recording.failed_at_given = true;
        }
        let Some(later) = &self.later else {
            return Ok(recording);
        };
        let by = parse_duration(later)
            .ok_or_else(|| format!("`later: {later}` is no length of time: write 5h or 90min"))?;
        let by = (by * SECOND as f64) as i64;
        recording.started_at = recording.started_at.saturating_add(by);
        recording.finished_at = recording.finished_at.saturating_add(by);
        for attempt in &mut recording.attempts {
            attempt.started_at = attempt.started_at.map(|at| at.saturating_add(by));
        }
        Ok(recording)
    }

    /// What is not as expected, a line each; empty where all is.
    pub fn compare(&self, diagnosis: &Diagnosis) -> Vec<String> {
        let verdict = &diagnosis.verdict;
        let mut problems = Vec::new();
        let id = verdict.kind.id();
        if id != self.verdict {
            problems.push(format!("verdict: {id} (expected {})", self.verdict));
        }
        let levels = [
            ("level", self.level, verdict.kind.level()),
            ("race", self.race, verdict.race),
        ];
        for (name, expected, got) in levels {
            // A level need not be asked for, except that of a hypothesis.
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
        return vec![format!("there is no hypothesis {id}")];
    };
    let holding: Vec<_> = judged
        .evidence
        .iter()
        .filter(|evidence| evidence.holds == Some(true))
        .collect();
    let mut problems = Vec::new();
    for part in parts {
        if holding.iter().any(|evidence| evidence.says.contains(part)) != wanted {
            let mut problem = if wanted {
                format!("{id}: nothing that holds says \"{part}\"; what holds:")
            } else {
                format!("{id}: something that holds says \"{part}\":")
            };
            for evidence in &holding {
                let _ = write!(problem, "\n      {}", evidence.says);
            }
            problems.push(problem);
        }
    }
    problems
}

fn words(level: Option<Level>) -> &'static str {
    level.map_or("none", Level::words)
}
