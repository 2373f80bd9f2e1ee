//! What happened, drawn as a line: a moment each, with how long after the one before it was.

use std::fmt::Write as _;

use super::wrap::wrap;
use super::{Look, section, style};
use crate::judge::findings::EventSource;
use crate::report::model::Report;
use crate::report::moments::{Told, told};

/// Points shown; the JSON report has them all.
const MOST: usize = 40;
/// `03:04:05.123456`.
const TIME: usize = 15;
/// `≤ 12 min 34 s later`.
const LATER: usize = 19;

pub(super) fn timeline(text: &mut String, report: &Report, look: Look) {
    let hidden = report.timeline.len().saturating_sub(MOST);
    let shown: Vec<_> = report.timeline.iter().skip(hidden).collect();
    for (number, told) in told(&shown).iter().enumerate() {
        match told.new_day {
            Some(day) if number == 0 => {
                section(text, &format!("Time line ({day}, UTC)"), look);
                if hidden > 0 {
                    let _ = writeln!(text, "  … {hidden} earlier, in the JSON report");
                }
            }
            Some(day) => {
                let _ = writeln!(text, "  {day}");
            }
            None => {}
        }
        line(text, told, look);
    }
}

fn line(text: &mut String, told: &Told<'_>, look: Look) {
    let lead = TIME + LATER + 6;
    let point = if told.moment.decisive { '◆' } else { '●' };
    let (clock, later) = (&told.clock, &told.later);
    let width = look.columns().saturating_sub(lead);
    for (number, piece) in wrap(&told.what, width).into_iter().enumerate() {
        let piece = match &told.moment.source {
            _ if told.moment.decisive => look.paint(&piece, style::BOLD),
            source if source.is_lxcdiag() => look.paint(&piece, style::DIM),
            EventSource::FailedAt => look.paint(&piece, style::BOLD),
            _ => piece,
        };
        let _ = if number == 0 {
            writeln!(text, "  {clock:<TIME$} {later:>LATER$} {point} {piece}")
        } else {
            writeln!(text, "  {:TIME$} {:LATER$} │ {piece}", "", "")
        };
    }
}
