//! The checks and the hypotheses, a row each.

use comfy_table::Color;

use super::Look;
use super::grid::{Column, Least, Text, grid};
use super::wrap::paragraph;
use crate::evidence::fact::duration_in_words;
use crate::judge::Level;
use crate::judge::findings::{Outcome, Severity};
use crate::report::model::{Bearing, CheckRow, HypothesisRow, Report};
use crate::runbook::Effect;
use crate::terminal_text::{clipped, visible};

/// Characters of an observation that the table has room for.
const OBSERVED: usize = 240;
/// Columns of a terminal from which on there is room for when each check began.
const ROOMY: usize = 110;
/// Names of what is missing that are shown.
const MISSING: usize = 3;

pub(super) fn checks(report: &Report, look: Look) -> String {
    let column = |head, least| Column { head, least };
    let columns = vec![
        column("Step", Least::Content),
        column("Check", Least::Wrapped(16)),
        column("Outcome", Least::Content),
        // A time in RFC 3339 stays whole.
        column("Observed", Least::Wrapped(27)),
        column("Began", Least::Content),
        column("Time", Least::Content),
        column("Race?", Least::Wrapped(9)),
    ];
    let rows = report
        .checks
        .iter()
        .map(|row| {
            vec![
                visible(row.step.as_deref().unwrap_or_default()).into(),
                visible(&row.title).into(),
                outcome(row),
                clipped(&visible(&row.observed), OBSERVED).into(),
                began(row, look).into(),
                time(row).into(),
                bearing(row.race),
            ]
        })
        .collect();
    grid(columns, rows, look)
}

/// The time of day, in UTC, where there is room for it.
fn began(row: &CheckRow, look: Look) -> String {
    let time = row.started_at.as_deref().unwrap_or_default();
    match time.split_once('T') {
        Some((_, time)) if look.columns() >= ROOMY => time.chars().take(12).collect(),
        _ => String::new(),
    }
}

fn time(row: &CheckRow) -> String {
    row.duration_ms
        .map(|ms| duration_in_words(ms / 1e3))
        .unwrap_or_default()
}

// The dark half of the sixteen colours: the bright ones cannot be read on a light terminal.
fn outcome(row: &CheckRow) -> Text {
    let colour = match row.outcome {
        Outcome::Passed => Color::DarkGreen,
        Outcome::Failed => Color::DarkRed,
        Outcome::Errored => Color::DarkMagenta,
        Outcome::Skipped => Color::DarkGrey,
    };
    match row.severity {
        None => Text::coloured(row.outcome.name(), colour),
        Some(Severity::Warning) => Text::coloured("WARNING", Color::DarkYellow),
        Some(Severity::Critical) => Text::coloured("CRITICAL", Color::DarkRed),
    }
}

fn bearing(bearing: Bearing) -> Text {
    Text {
        bold: matches!(bearing, Bearing::DecisiveFor | Bearing::DecisiveAgainst),
        ..Text::from(bearing.words())
    }
}

pub(super) fn hypotheses(text: &mut String, report: &Report, look: Look) {
    let mut rows: Vec<_> = report.hypotheses.iter().collect();
    rows.sort_by_key(|row| {
        (
            std::cmp::Reverse(row.verdict),
            row.id != report.verdict.kind.id(),
        )
    });
    let (idle, told): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_idle());
    let columns = vec![
        Column {
            head: "Hypothesis",
            least: Least::Wrapped(18),
        },
        Column {
            head: "Verdict",
            least: Least::Content,
        },
        Column {
            head: "Because",
            least: Least::Wrapped(30),
        },
    ];
    if !told.is_empty() {
        let rows = told.into_iter().map(row).collect();
        text.push_str(&grid(columns, rows, look));
    }
    if !idle.is_empty() {
        let names: Vec<_> = idle.into_iter().map(name).collect();
        let line = format!("Unlikely, as nothing speaks for them: {}", names.join(", "));
        paragraph(text, "", &line, look);
    }
}

fn name(row: &HypothesisRow) -> String {
    let race = if row.race { " (race)" } else { "" };
    format!("{}{race}", row.id)
}

fn row(row: &HypothesisRow) -> Vec<Text> {
    let colour = match row.verdict {
        Level::Confirmed => Color::DarkRed,
        Level::Likely | Level::Unknown => Color::DarkYellow,
        Level::Unlikely | Level::RuledOut => Color::DarkGrey,
    };
    let verdict = if row.conflicting {
        "conflict"
    } else {
        row.verdict.words()
    };
    vec![
        name(row).into(),
        Text::coloured(verdict, colour),
        clipped(&visible(&because(row)), OBSERVED).into(),
    ]
}

/// What a row's level rests on, in a line.
pub(in crate::report) fn because(row: &HypothesisRow) -> String {
    if row.conflicting {
        let first = |effect| row.holding(&[effect]).next().unwrap_or_default();
        return format!(
            "{}; yet {}",
            first(Effect::Confirms),
            first(Effect::RulesOut)
        );
    }
    if let Some(first) = row.grounds().next() {
        return first.to_owned();
    }
    if row.missing.is_empty() {
        return "as much speaks for it as against it".to_owned();
    }
    // The reasons are in the banner where they matter, and all of them in the JSON report.
    let names = row.missing.iter().map(|name| {
        let bare = name.split(" (").next().unwrap_or(name);
        bare.to_owned()
    });
    format!("missing: {}", some_of(&names.collect::<Vec<_>>(), MISSING))
}

/// The first of several names, and how many more there are.
pub(super) fn some_of(names: &[String], most: usize) -> String {
    let shown: Vec<_> = names.iter().take(most).map(String::as_str).collect();
    match names.len().saturating_sub(most) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}
