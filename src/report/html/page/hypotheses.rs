//! The hypotheses, with all that was weighed for and against each.

use std::cmp::Reverse;

use serde::Serialize;

use super::short;
use crate::judge::{Level, VerdictKind};
use crate::report::model::{EvidenceRow, HypothesisRow, Report};
use crate::report::table::rows::because;
use crate::runbook::Effect;

/// Names of what is missing that are shown: at the top, and where a hypothesis is unfolded.
const MISSING_FIRST: usize = 4;
const MISSING: usize = 40;

/// A hypothesis.
#[derive(Serialize)]
pub(super) struct HypothesisView {
    id: String,
    title: String,
    about: String,
    race: bool,
    verdict: &'static str,
    /// Its class in the style sheet.
    tone: &'static str,
    because: String,
    /// What holds, for it and against it.
    supporting: Vec<String>,
    opposing: Vec<String>,
    missing: Vec<String>,
    more_missing: usize,
    overturned_by: Option<String>,
    evidence: Vec<EvidenceView>,
}

/// One piece of evidence.
#[derive(Serialize)]
struct EvidenceView {
    effect: &'static str,
    holds: &'static str,
    /// Its class in the style sheet.
    class: &'static str,
    says: String,
}

/// A hypothesis that is told first.
#[derive(Serialize)]
pub(super) struct Leading {
    /// Where it is not the verdict itself.
    heading: Option<String>,
    hypothesis: HypothesisView,
}

/// The hypothesis that is the verdict; and as to a race, the leading one, where something is wrong.
pub(super) fn leading(report: &Report) -> Vec<Leading> {
    let judged = report.judged();
    let race = report.leading_race().filter(|race| {
        report.verdict.kind != VerdictKind::Healthy
            && judged.is_none_or(|judged| judged.id != race.id)
    });
    let judged = judged.map(|row| Leading {
        heading: None,
        hypothesis: view(row, MISSING_FIRST),
    });
    let race = race.map(|row| Leading {
        heading: Some(format!(
            "As to a race: {}, {}",
            short(&row.title),
            row.verdict.words()
        )),
        hypothesis: view(row, MISSING_FIRST),
    });
    judged.into_iter().chain(race).collect()
}

/// All, the strongest first.
pub(super) fn views(report: &Report) -> Vec<HypothesisView> {
    let mut rows: Vec<_> = report.hypotheses.iter().collect();
    rows.sort_by_key(|row| {
        (
            Reverse(row.verdict),
            row.id != report.verdict.kind.id(),
            row.is_idle(),
        )
    });
    rows.into_iter().map(|row| view(row, MISSING)).collect()
}

fn view(row: &HypothesisRow, most_missing: usize) -> HypothesisView {
    let texts = |effects: &[Effect]| row.holding(effects).map(short).collect();
    // What is settled is settled whatever else was not to be had.
    let settled = matches!(row.verdict, Level::Confirmed | Level::RuledOut);
    let missing: &[String] = if settled { &[] } else { &row.missing };
    HypothesisView {
        id: short(&row.id),
        title: short(&row.title),
        about: short(&row.about),
        race: row.race,
        verdict: match row.conflicting {
            true => "conflict",
            false => row.verdict.words(),
        },
        tone: match row.verdict {
            Level::Confirmed => "bad",
            Level::Likely | Level::Unknown => "doubt",
            Level::Unlikely | Level::RuledOut => "idle",
        },
        because: match row.is_idle() {
            true => "nothing speaks for it".to_owned(),
            false => short(&because(row)),
        },
        supporting: texts(&[Effect::Confirms, Effect::Supports]),
        opposing: texts(&[Effect::RulesOut, Effect::Weakens]),
        missing: missing
            .iter()
            .take(most_missing)
            .map(|name| short(name))
            .collect(),
        more_missing: missing.len().saturating_sub(most_missing),
        overturned_by: row.overturned_by.as_deref().map(short),
        evidence: row.evidence.iter().map(evidence).collect(),
    }
}

fn evidence(row: &EvidenceRow) -> EvidenceView {
    let (holds, class) = match row.holds {
        Some(true) => ("holds", "holds"),
        Some(false) => ("does not hold", "fails"),
        None => ("not known", "unknown"),
    };
    EvidenceView {
        effect: match row.effect {
            Effect::Confirms => "confirms it",
            Effect::Supports => "supports it",
            Effect::Weakens => "weakens it",
            Effect::RulesOut => "rules it out",
        },
        holds,
        class,
        says: short(&row.says),
    }
}
