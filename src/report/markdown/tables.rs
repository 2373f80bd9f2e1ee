//! The checks, the timeline and the findings in the script, a row each.

use std::fmt::Write as _;

use super::escape::inline;
use super::{Limits, note_rest, some_of};
use crate::evidence::fact::duration_in_words;
use crate::judge::results::Severity;
use crate::report::events::{clock, later};
use crate::report::model::{CheckRow, Report};

/// Characters of an observation.
const OBSERVED: usize = 240;

pub(super) fn checks(text: &mut String, report: &Report, limits: Limits) {
    text.push_str("## Checks\n\n");
    let has_steps = report.checks.iter().any(|row| row.step.is_some());
    let step = |cell: &str| match has_steps {
        true => format!("| {cell} "),
        false => String::new(),
    };
    let head = "| Check | Outcome | Observed | Started (UTC) | Duration | Race |";
    let _ = writeln!(text, "{}{head}", step("Step"));
    let _ = writeln!(text, "{}| --- | --- | --- | --- | --- | --- |", step("---"));
    for row in some_of(&report.checks, limits) {
        let started = row.started_at.as_deref().map(time_of_day);
        let took = row.duration_ms.map(|ms| duration_in_words(ms / 1e3));
        let _ = writeln!(
            text,
            "{}| {} | {} | {} | {} | {} | {} |",
            step(&inline(
                row.step.as_deref().unwrap_or_default(),
                limits.line
            )),
            inline(&row.title, limits.line),
            outcome(row),
            inline(&row.observed, limits.line.min(OBSERVED)),
            started.unwrap_or_default(),
            took.unwrap_or_default(),
            row.race.words(),
        );
    }
    note_rest(text, report.checks.len(), limits);
    text.push('\n');
}

fn outcome(row: &CheckRow) -> &'static str {
    match row.severity {
        None => row.outcome_word(),
        Some(Severity::Warning) => "WARNING",
        Some(Severity::Critical) => "CRITICAL",
    }
}

/// `03:04:05.123` of a time in RFC 3339.
fn time_of_day(time: &str) -> &str {
    let time = time.split_once('T').map_or(time, |(_, time)| time);
    time.get(..12).unwrap_or(time)
}

pub(super) fn timeline(text: &mut String, report: &Report, limits: Limits) {
    if report.timeline.is_empty() {
        return;
    }
    text.push_str("## Timeline\n\n");
    let hidden = report.timeline.len().saturating_sub(limits.items);
    if hidden > 0 {
        let _ = writeln!(text, "… {hidden} earlier events are in the JSON report.\n");
    }
    text.push_str("| Time (UTC) | Since previous | Event | Source |\n");
    text.push_str("| --- | --- | --- | --- |\n");
    let mut before = None;
    for event in report.timeline.iter().skip(hidden) {
        let day = event.at.split('T').next().unwrap_or_default();
        let gap = before.map(|before| later(before, event.interval));
        let mark = if event.decisive { "**◆** " } else { "" };
        let _ = writeln!(
            text,
            "| {day} {} | {} | {mark}{} | {} |",
            clock(event),
            gap.unwrap_or_default(),
            inline(&event.what, limits.line.min(OBSERVED)),
            inline(&event.source.to_string(), limits.line),
        );
        before = Some(event.interval);
    }
    text.push('\n');
}

pub(super) fn script(text: &mut String, report: &Report, limits: Limits) {
    let Some(findings) = &report.script else {
        return;
    };
    text.push_str("## Provisioning script\n\n");
    if findings.is_empty() {
        text.push_str("No findings.\n\n");
        return;
    }
    text.push_str("| Line | Severity | Rule | Finding |\n");
    text.push_str("| --- | --- | --- | --- |\n");
    for finding in some_of(findings, limits) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            inline(&finding.at, limits.line),
            finding.severity.name(),
            inline(&finding.rule, limits.line),
            inline(&finding.message, limits.line),
        );
    }
    note_rest(text, findings.len(), limits);
    text.push('\n');
}
