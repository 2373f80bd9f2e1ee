//! The hypotheses that may be true besides the verdict.

use super::model::Report;
use crate::judge::{HypothesisResult, Level, VerdictKind};

/// Hypotheses with the same relation to the verdict.
pub(super) struct Rivals<'a> {
    pub(super) relation: Relation,
    pub(super) rows: Vec<&'a HypothesisResult>,
}

/// How hypotheses are related to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// They are true as well.
    Confirmed,
    /// The verdict explains why they are true.
    Explained,
    /// They have as much evidence.
    AsLikely,
    /// They are likely, while the verdict is confirmed.
    LessLikely,
    /// It could not be determined whether they are true.
    Unknown,
}

impl Relation {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Confirmed => "Also confirmed",
            Self::Explained => "Consequences",
            Self::AsLikely => "Equally likely",
            Self::LessLikely => "Less certain",
            Self::Unknown => "Undetermined",
        }
    }

    fn of(row: &HypothesisResult, report: &Report, verdict: Option<Level>) -> Option<Self> {
        Some(match (row.level, verdict) {
            (Level::Confirmed | Level::Likely, _) if report.explained.contains(&row.id) => {
                Self::Explained
            }
            (Level::Confirmed, _) => Self::Confirmed,
            (Level::Likely, Some(Level::Confirmed)) => Self::LessLikely,
            (Level::Likely, _) => Self::AsLikely,
            (Level::Unknown, Some(Level::Confirmed)) => return None,
            // The verdict says that it looks like a race: of which kind makes no difference to the reader.
            (Level::Unknown, Some(_))
                if row.race && report.main_hypothesis().is_some_and(|main| main.race) =>
            {
                return None;
            }
            (Level::Unknown, _) => Self::Unknown,
            (Level::Unlikely | Level::RuledOut, _) => return None,
        })
    }
}

impl Report {
    /// The hypotheses that are true besides the verdict, those that are as likely, and those that may be true without one.
    pub(super) fn rivals(&self) -> Vec<Rivals<'_>> {
        let verdict = match &self.verdict.kind {
            VerdictKind::Hypothesis { level, .. } => Some(*level),
            VerdictKind::Inconclusive => None,
            VerdictKind::Healthy | VerdictKind::NotApplicable => return Vec::new(),
        };
        let others = self.hypotheses.iter();
        let others: Vec<_> = others
            .filter(|row| row.id != self.verdict.kind.id())
            .filter_map(|row| Some((Relation::of(row, self, verdict)?, row)))
            .collect();
        let relations = [
            Relation::Confirmed,
            Relation::Explained,
            Relation::AsLikely,
            Relation::LessLikely,
            Relation::Unknown,
        ];
        let related = relations.into_iter().map(|relation| Rivals {
            relation,
            rows: others
                .iter()
                .filter(|(of, _)| *of == relation)
                .map(|(_, row)| *row)
                .collect(),
        });
        related.filter(|rivals| !rivals.rows.is_empty()).collect()
    }
}
