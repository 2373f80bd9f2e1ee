//! The verdict: what it is, whether it was a race, the evidence for and against it, and what would change it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::wrap::{labelled, paragraph, wrap};
use super::{Layout, style};
use crate::judge::results::Severity;
use crate::judge::{HypothesisResult, Level, VerdictKind};
use crate::report::model::Report;
use crate::terminal_text::{clipped, visible};

/// Names of what is missing that are shown.
const MISSING: usize = 4;
/// Characters of a piece of evidence.
const EVIDENCE: usize = 400;
/// Columns of the labels: `Would change this: `.
const LABEL: usize = 19;

pub(super) fn banner(text: &mut String, report: &Report, layout: Layout) {
    let inner = layout.narrowed(2);
    let mut body = String::new();
    for line in wrap(&visible(&report.headline()), inner.columns()) {
        let _ = writeln!(body, "{}", layout.paint(&line, colour(report)));
    }
    if let Some(words) = report.race_sentence() {
        let _ = writeln!(body, "{words}");
    }
    body.push('\n');
    reasons(&mut body, report, inner);
    with_bar(text, &body, report, layout);
}

/// The verdict once more, in a line or two.
pub(super) fn closing(text: &mut String, report: &Report, layout: Layout) {
    let mut words = report.headline();
    if let Some(race) = report.race_sentence() {
        let _ = write!(words, ". {race}");
    }
    let mut body = String::new();
    for line in wrap(&visible(&words), layout.columns().saturating_sub(2)) {
        let _ = writeln!(body, "{}", layout.paint(&line, colour(report)));
    }
    with_bar(text, &body, report, layout);
}

pub(super) fn with_bar(text: &mut String, body: &str, report: &Report, layout: Layout) {
    let bar = layout.paint("▌", colour(report));
    for line in body.trim_end().lines() {
        let _ = writeln!(text, "{}", format!("{bar} {line}").trim_end());
    }
}

pub(super) fn colour(report: &Report) -> &'static str {
    match (&report.verdict.kind, report.worst()) {
        (VerdictKind::Healthy, _) => style::GREEN,
        (_, Some(Severity::Critical)) => style::RED,
        (kind, _) if kind.level() == Some(Level::Confirmed) => style::RED,
        _ => style::YELLOW,
    }
}

fn reasons(body: &mut String, report: &Report, layout: Layout) {
    paragraph(body, "", &visible(report.explanation()), layout);
    for (severity, check) in report.exceeded() {
        let label = match severity {
            Severity::Critical => "Critical",
            Severity::Warning => "Warning",
        };
        line(
            body,
            label,
            &format!("{}: {}", check.title, check.observed),
            layout,
        );
    }
    if let Some(row) = report.main_hypothesis() {
        grounds(body, row, layout);
    }
    for (label, texts) in report.besides() {
        for (number, says) in texts.iter().enumerate() {
            line(body, if number == 0 { label } else { "" }, says, layout);
        }
    }
    if let Some(race) = report.other_race() {
        body.push('\n');
        let verdict = format!("{} ({})", race.level.words(), race.id);
        line(body, "Race condition", &verdict, layout);
        grounds(body, race, layout);
    }
}

/// The evidence for and against a hypothesis, what is missing, and what would change its verdict.
fn grounds(body: &mut String, row: &HypothesisResult, layout: Layout) {
    for (label, texts) in row.basis(MISSING) {
        let none = [Cow::from("none")];
        let texts = if texts.is_empty() {
            &none
        } else {
            texts.as_slice()
        };
        for (number, says) in texts.iter().enumerate() {
            line(body, if number == 0 { label } else { "" }, says, layout);
        }
    }
}

fn line(body: &mut String, label: &str, says: &str, layout: Layout) {
    let label = match label {
        "" => String::new(),
        label => format!("{label}:"),
    };
    let says = clipped(&visible(says), EVIDENCE);
    labelled(body, &format!("{label:<LABEL$}"), &says, layout);
}
