//! The verdict in words: what it was, whether it was a race, what speaks for and against it, and
//! what would overturn it.

use std::fmt::Write as _;

use super::rows::some_of;
use super::wrap::{labelled, paragraph, wrap};
use super::{Look, style};
use crate::judge::findings::Severity;
use crate::judge::{Level, VerdictKind};
use crate::report::model::{HypothesisRow, Report};
use crate::runbook::Effect;
use crate::terminal_text::{clipped, visible};

/// Names of what is missing that are shown.
const MISSING: usize = 4;
/// Characters of a piece of evidence.
const EVIDENCE: usize = 400;

pub(super) fn banner(text: &mut String, report: &Report, look: Look) {
    let inner = Look {
        width: look.width.saturating_sub(2),
        ..look
    };
    let mut body = String::new();
    for line in wrap(&visible(&report.headline()), inner.columns()) {
        let _ = writeln!(body, "{}", look.paint(&line, colour(report)));
    }
    if let Some(words) = report.race_sentence() {
        let _ = writeln!(body, "{words}");
    }
    body.push('\n');
    reasons(&mut body, report, inner);
    barred(text, &body, report, look);
}

/// The verdict once more, in a line or two.
pub(super) fn closing(text: &mut String, report: &Report, look: Look) {
    let mut words = report.headline();
    if let Some(race) = report.race_sentence() {
        let _ = write!(words, ". {race}");
    }
    let mut body = String::new();
    for line in wrap(&visible(&words), look.columns().saturating_sub(2)) {
        let _ = writeln!(body, "{}", look.paint(&line, colour(report)));
    }
    barred(text, &body, report, look);
}

fn barred(text: &mut String, body: &str, report: &Report, look: Look) {
    let bar = look.paint("▌", colour(report));
    for line in body.trim_end().lines() {
        let _ = writeln!(text, "{}", format!("{bar} {line}").trim_end());
    }
}

fn colour(report: &Report) -> &'static str {
    match (&report.verdict.kind, report.worst()) {
        (VerdictKind::Healthy, _) => style::GREEN,
        (_, Some(Severity::Critical)) => style::RED,
        (kind, _) if kind.level() == Some(Level::Confirmed) => style::RED,
        _ => style::YELLOW,
    }
}

fn reasons(body: &mut String, report: &Report, look: Look) {
    let judged = report.judged();
    paragraph(body, "", &visible(report.nature()), look);
    let mut tell = |label: &str, says: &str| {
        let says = clipped(&visible(says), EVIDENCE);
        labelled(body, &format!("{label:<15}"), &says, look);
    };
    for row in &report.checks {
        match row.severity {
            Some(Severity::Critical) => {
                tell("Critical:", &format!("{}: {}", row.title, row.observed))
            }
            Some(Severity::Warning) => {
                tell("Warning:", &format!("{}: {}", row.title, row.observed))
            }
            None => {}
        }
    }
    if let Some(row) = judged {
        weighed(row, &mut tell);
    }
    if report.verdict.kind == VerdictKind::Healthy {
        return;
    }
    if let Some(race) = report.leading_race()
        && judged.is_none_or(|row| row.id != race.id)
    {
        tell("", "");
        let title = format!("{} ({}): {}", race.title, race.id, race.verdict.words());
        tell("As to a race:", &title);
        weighed(race, &mut tell);
    }
}

/// What speaks for a hypothesis, what against it, what is not known, what would overturn it.
fn weighed(row: &HypothesisRow, tell: &mut impl FnMut(&str, &str)) {
    let mut list = |label: &str, effects: &[Effect]| {
        let mut label = label;
        for says in row.holding(effects) {
            tell(label, says);
            label = "";
        }
        if !label.is_empty() {
            tell(label, "nothing");
        }
    };
    list("For it:", &[Effect::Confirms, Effect::Supports]);
    list("Against it:", &[Effect::RulesOut, Effect::Weakens]);
    // What is settled is settled whatever else was not to be had.
    let settled = matches!(row.verdict, Level::Confirmed | Level::RuledOut);
    if !row.missing.is_empty() && !settled {
        tell("Not known:", &some_of(&row.missing, MISSING));
    }
    if let Some(overturned) = &row.overturned_by {
        tell("Overturned by:", overturned);
    }
}
