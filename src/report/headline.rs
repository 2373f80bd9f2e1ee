//! The verdict in a line, and what it rests on: the same words in every format.

use super::model::{HypothesisRow, Report};
use super::race_in_words;
use crate::judge::VerdictKind;
use crate::judge::findings::Severity;

impl Report {
    /// The verdict in a line: `LIKELY: Race condition (race-condition)`.
    pub(super) fn headline(&self) -> String {
        let kind = &self.verdict.kind;
        let word = match (kind, self.judged(), self.worst()) {
            (VerdictKind::Hypothesis { id, level }, Some(row), _) => {
                return format!("{}: {} ({id})", level.words().to_uppercase(), row.title);
            }
            (VerdictKind::Healthy, ..) => return "HEALTHY".to_owned(),
            (_, _, Some(Severity::Critical)) => "CRITICAL",
            (_, _, Some(Severity::Warning)) => "WARNING",
            (_, _, None) => "CANNOT TELL",
        };
        format!("{word} ({})", kind.id())
    }

    /// The worst limit that a check exceeded.
    pub(super) fn worst(&self) -> Option<Severity> {
        self.checks.iter().filter_map(|row| row.severity).max()
    }

    /// Whether it looks like a race; nothing where the runbook knows none, or nothing is wrong.
    pub(super) fn race_sentence(&self) -> Option<&'static str> {
        (self.verdict.kind != VerdictKind::Healthy)
            .then_some(self.verdict.race)
            .flatten()
            .map(race_in_words)
    }

    /// The hypothesis that is the verdict.
    pub(super) fn judged(&self) -> Option<&HypothesisRow> {
        let id = self.verdict.kind.id();
        self.hypotheses.iter().find(|row| row.id == id)
    }

    /// The race hypothesis whose level is the verdict on races.
    pub(super) fn leading_race(&self) -> Option<&HypothesisRow> {
        let level = self.verdict.race?;
        self.hypotheses
            .iter()
            .find(|row| row.race && row.verdict == level)
    }

    /// What happened, in a sentence: the explanation that is the verdict, else why there is none.
    pub(super) fn nature(&self) -> &str {
        self.judged()
            .map_or(&self.verdict.summary, |row| &row.about)
    }
}
