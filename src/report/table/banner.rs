//! The verdict in words: what it was, whether it was a race, what speaks for and against it, and
//! what would overturn it.

use std::fmt::Write as _;

use super::rows::some_of;
use super::wrap::{labelled, paragraph, wrap};
use super::{Look, clipped, style};
use crate::findings::Severity;
use crate::judge::{HEALTHY, INCONCLUSIVE, Level};
use crate::report::model::{HypothesisRow, Report};
use crate::report::race_in_words;
use crate::report::visible::visible;
use crate::runbook::Effect;

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
    for line in wrap(&visible(&headline(report)), inner.columns()) {
        let _ = writeln!(body, "{}", look.paint(&line, colour(report)));
    }
    if let Some(words) = race_sentence(report) {
        let _ = writeln!(body, "{words}");
    }
    body.push('\n');
    reasons(&mut body, report, inner);
    barred(text, &body, report, look);
}

/// The verdict once more, in a line or two.
pub(super) fn closing(text: &mut String, report: &Report, look: Look) {
    let mut words = headline(report);
    if let Some(race) = race_sentence(report) {
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
    match (report.verdict.id.as_str(), report.verdict.level) {
        (HEALTHY, _) => style::GREEN,
        (_, Some(Level::Confirmed)) => style::RED,
        _ if worst(report) == Some(Severity::Critical) => style::RED,
        _ => style::YELLOW,
    }
}

fn worst(report: &Report) -> Option<Severity> {
    report.checks.iter().filter_map(|row| row.severity).max()
}

fn headline(report: &Report) -> String {
    let id = report.verdict.id.as_str();
    match (report.verdict.level, judged(report)) {
        (Some(level), Some(row)) => {
            format!("{}: {} ({id})", level.words().to_uppercase(), row.title)
        }
        _ if id == HEALTHY => "HEALTHY".to_owned(),
        _ if worst(report) == Some(Severity::Critical) => format!("CRITICAL ({id})"),
        _ if worst(report) == Some(Severity::Warning) => format!("WARNING ({id})"),
        _ => format!("CANNOT TELL ({INCONCLUSIVE})"),
    }
}

/// Whether it looks like a race; nothing where the runbook knows none, or nothing is wrong.
fn race_sentence(report: &Report) -> Option<&'static str> {
    (report.verdict.id != HEALTHY)
        .then_some(report.verdict.race)
        .flatten()
        .map(race_in_words)
}

/// The hypothesis that is the verdict.
fn judged(report: &Report) -> Option<&HypothesisRow> {
    let id = &report.verdict.id;
    report.hypotheses.iter().find(|row| row.id == *id)
}

/// The race hypothesis whose level is the verdict on races.
fn leading_race(report: &Report) -> Option<&HypothesisRow> {
    let level = report.verdict.race?;
    report
        .hypotheses
        .iter()
        .find(|row| row.race && row.verdict == level)
}

fn reasons(body: &mut String, report: &Report, look: Look) {
    let judged = judged(report);
    let nature = judged.map_or(&report.verdict.summary, |row| &row.about);
    paragraph(body, "", &visible(nature), look);
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
    if report.verdict.id == HEALTHY {
        return;
    }
    if let Some(race) = leading_race(report)
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
