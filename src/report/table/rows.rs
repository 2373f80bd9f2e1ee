//! The checks and the hypotheses, a row each.

use comfy_table::Color;
use unicode_width::UnicodeWidthStr as _;

use super::Layout;
use super::grid::{Column, GAP, Least, Text, grid};
use super::wrap::{clipped_lines, paragraph};
use crate::evidence::fact::duration_in_words;
use crate::judge::results::{Outcome, Severity};
use crate::judge::{HypothesisResult, Level};
use crate::report::model::{Bearing, CheckRow, Report};
use crate::terminal_text::{clipped, visible};

/// Characters of an observation.
const OBSERVED: usize = 240;
/// The width from which on the table shows when each check started.
const ROOMY: usize = 110;

pub(super) fn checks(report: &Report, layout: Layout) -> String {
    let column = |head, least| Column { head, least };
    let columns = vec![
        column("Step", Least::Content),
        column("Check", Least::Wrapped(16)),
        column("Outcome", Least::Content),
        // A time in RFC 3339 stays whole.
        column("Observed", Least::Wrapped(27)),
        column("Started", Least::Content),
        column("Duration", Least::Content),
        column("Race", Least::Wrapped(9)),
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
                started(row, layout).into(),
                duration(row).into(),
                bearing(row.race),
            ]
        })
        .collect();
    grid(columns, rows, layout) + &legend(&report.checks.iter().collect::<Vec<_>>(), layout)
}

/// What the column for races means, if it is shown.
fn legend(checks: &[&CheckRow], layout: Layout) -> String {
    let mut text = String::new();
    if checks.iter().any(|row| row.race != Bearing::Nothing) {
        let words = "Race: what the check says about a race condition";
        paragraph(&mut text, "", words, layout);
    }
    text
}

/// Some checks, a line each: their texts are cut to the width.
pub(super) fn brief_checks(checks: &[&CheckRow], layout: Layout) -> String {
    const TITLE: usize = 30;
    let titles = checks.iter().map(|row| visible(&row.title).width());
    let title = titles.max().unwrap_or_default().min(TITLE);
    let race = checks.iter().map(|row| row.race.words().width());
    let race = race.max().filter(|width| *width > 0);
    let outcomes = checks.iter().map(|row| outcome(row).text.width());
    let outcome_width = outcomes.max().unwrap_or_default().max("Outcome".len());
    let others = title + outcome_width + race.map_or(0, |width| width + GAP) + 2 * GAP;
    let observed = layout.columns().saturating_sub(others);
    let cut = |text: &str, width| clipped_lines(&visible(text), width, 1).concat();
    let columns = ["Check", "Outcome", "Observed", "Race"];
    let columns = columns.map(|head| Column {
        head,
        least: Least::Content,
    });
    let rows = checks
        .iter()
        .map(|row| {
            vec![
                cut(&row.title, title).into(),
                outcome(row),
                cut(&row.observed, observed).into(),
                bearing(row.race),
            ]
        })
        .collect();
    grid(columns.into(), rows, layout) + &legend(checks, layout)
}

/// The time of day in UTC, if the terminal is wide enough.
fn started(row: &CheckRow, layout: Layout) -> String {
    let time = row.started_at.as_deref().unwrap_or_default();
    match time.split_once('T') {
        Some((_, time)) if layout.columns() >= ROOMY => time.chars().take(12).collect(),
        _ => String::new(),
    }
}

fn duration(row: &CheckRow) -> String {
    row.duration_ms
        .map(|ms| duration_in_words(ms / 1e3))
        .unwrap_or_default()
}

// The dark half of the sixteen colours: the bright ones are illegible on a light terminal.
fn outcome(row: &CheckRow) -> Text {
    let colour = match row.outcome {
        Outcome::Passed => Color::DarkGreen,
        Outcome::Failed => Color::DarkRed,
        Outcome::Errored => Color::DarkMagenta,
        Outcome::Skipped => Color::DarkGrey,
    };
    match row.severity {
        None => Text::coloured(row.outcome_word(), colour),
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

pub(super) fn hypotheses(text: &mut String, report: &Report, layout: Layout) {
    let mut rows: Vec<_> = report.hypotheses.iter().collect();
    rows.sort_by_key(|row| {
        (
            std::cmp::Reverse(row.level),
            row.id != report.verdict.kind.id(),
        )
    });
    let (lacking, shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.lacks_evidence());
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
            head: "Reason",
            least: Least::Wrapped(30),
        },
    ];
    if !shown.is_empty() {
        let rows = shown.into_iter().map(row).collect();
        text.push_str(&grid(columns, rows, layout));
    }
    if !lacking.is_empty() {
        let names: Vec<_> = lacking.into_iter().map(name).collect();
        let line = format!("Unlikely (no supporting evidence): {}", names.join(", "));
        paragraph(text, "", &line, layout);
    }
}

fn name(row: &HypothesisResult) -> String {
    let race = if row.race { " (race)" } else { "" };
    format!("{}{race}", row.id)
}

fn row(row: &HypothesisResult) -> Vec<Text> {
    let colour = match row.level {
        Level::Confirmed => Color::DarkRed,
        Level::Likely | Level::Unknown => Color::DarkYellow,
        Level::Unlikely | Level::RuledOut => Color::DarkGrey,
    };
    vec![
        name(row).into(),
        Text::coloured(row.verdict_words(), colour),
        clipped(&visible(&row.reason()), OBSERVED).into(),
    ]
}
