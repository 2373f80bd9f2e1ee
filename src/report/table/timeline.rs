//! The timeline: a line for each event, with the time since the event before.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::wrap::wrap;
use super::{Layout, section, style};
use crate::judge::results::EventSource;
use crate::report::events::{Described, describe};
use crate::report::model::{EventRow, Report};

/// Events shown; the JSON report has them all.
const MOST: usize = 40;
/// `03:04:05.123456`.
const TIME: usize = 15;
/// `≤ 12 min 34 s later`.
const LATER: usize = 19;

pub(super) fn timeline(text: &mut String, report: &Report, layout: Layout) {
    let hidden = report.timeline.len().saturating_sub(MOST);
    let shown: Vec<_> = report.timeline.iter().skip(hidden).collect();
    for (number, event) in describe(&shown).iter().enumerate() {
        match event.new_day {
            Some(day) if number == 0 => {
                section(text, &format!("Timeline ({day}, UTC)"), layout);
                if hidden > 0 {
                    let _ = writeln!(text, "  … {hidden} earlier events are in the JSON report");
                }
            }
            Some(day) => {
                let _ = writeln!(text, "  {day}");
            }
            None => {}
        }
        line(text, event, LATER, layout);
    }
}

/// Some events, without the time between them.
pub(super) fn moments(text: &mut String, shown: &[&EventRow], layout: Layout) {
    for (number, event) in describe(shown).iter().enumerate() {
        match event.new_day {
            Some(day) if number == 0 => {
                section(text, &format!("Deciding moments ({day}, UTC)"), layout);
            }
            Some(day) => {
                let _ = writeln!(text, "  {day}");
            }
            None => {}
        }
        line(text, event, 0, layout);
    }
}

/// An event, with this many columns for the time since the one before.
fn line(text: &mut String, described: &Described<'_>, since: usize, layout: Layout) {
    let Described {
        event,
        clock,
        later,
        what,
        ..
    } = described;
    let point = if event.decisive { '◆' } else { '●' };
    let later = match since {
        0 => String::new(),
        _ => format!(" {later:>since$}"),
    };
    let blank = later.width();
    let width = layout.columns().saturating_sub(TIME + blank + 5);
    for (number, piece) in wrap(what, width).into_iter().enumerate() {
        let piece = match &event.source {
            EventSource::FailedAt => layout.paint(&piece, style::BOLD),
            _ if event.decisive => layout.paint(&piece, style::BOLD),
            source if source.is_lxcdiag() => layout.paint(&piece, style::DIM),
            _ => piece,
        };
        let _ = if number == 0 {
            writeln!(text, "  {clock:<TIME$}{later} {point} {piece}")
        } else {
            writeln!(text, "  {:TIME$}{:blank$} │ {piece}", "", "")
        };
    }
}
