//! The checks and the time line, a row each.

use std::fmt::Write as _;

use super::escape::inline;
use super::{Room, some_of, tell_rest};
use crate::evidence::fact::duration_in_words;
use crate::judge::findings::Severity;
use crate::report::model::{CheckRow, Report};
use crate::report::moments::{clock, later};

/// Characters of an observation that a cell has room for.
const OBSERVED: usize = 240;

pub(super) fn checks(text: &mut String, report: &Report, room: Room) {
    text.push_str("## Checks\n\n");
    text.push_str("| Step | Check | Outcome | Observed | Began (UTC) | Took | Race? |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for row in some_of(&report.checks, room) {
        let began = row.started_at.as_deref().map(time_of_day);
        let took = row.duration_ms.map(|ms| duration_in_words(ms / 1e3));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            inline(row.step.as_deref().unwrap_or_default(), room.line),
            inline(&row.title, room.line),
            outcome(row),
            inline(&row.observed, room.line.min(OBSERVED)),
            began.unwrap_or_default(),
            took.unwrap_or_default(),
            row.race.words(),
        );
    }
    tell_rest(text, report.checks.len(), room);
    text.push('\n');
}

fn outcome(row: &CheckRow) -> &'static str {
    match row.severity {
        None => row.outcome.name(),
        Some(Severity::Warning) => "WARNING",
        Some(Severity::Critical) => "CRITICAL",
    }
}

/// `03:04:05.123` of a time in RFC 3339.
fn time_of_day(time: &str) -> &str {
    let time = time.split_once('T').map_or(time, |(_, time)| time);
    time.get(..12).unwrap_or(time)
}

pub(super) fn timeline(text: &mut String, report: &Report, room: Room) {
    if report.timeline.is_empty() {
        return;
    }
    text.push_str("## Time line\n\n");
    let hidden = report.timeline.len().saturating_sub(room.items);
    if hidden > 0 {
        let _ = writeln!(text, "… {hidden} earlier, in the JSON report.\n");
    }
    text.push_str("| Time (UTC) | After the one before | What | Known from |\n");
    text.push_str("| --- | --- | --- | --- |\n");
    let mut before = None;
    for moment in report.timeline.iter().skip(hidden) {
        let day = moment.at.split('T').next().unwrap_or_default();
        let gap = before.map(|before| later(before, moment.interval));
        let mark = if moment.decisive { "**◆** " } else { "" };
        let _ = writeln!(
            text,
            "| {day} {} | {} | {mark}{} | {} |",
            clock(moment),
            gap.unwrap_or_default(),
            inline(&moment.what, room.line.min(OBSERVED)),
            inline(&moment.source.to_string(), room.line),
        );
        before = Some(moment.interval);
    }
    text.push('\n');
}
