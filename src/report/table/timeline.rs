//! What happened, drawn as a line: a moment each, with how long after the one before it was.

use std::fmt::Write as _;

use super::wrap::wrap;
use super::{Look, clipped, section, style};
use crate::fact::duration_in_words;
use crate::interval::Interval;
use crate::report::model::{Moment, Report};
use crate::report::visible::visible;

/// Points shown; the JSON report has them all.
const MOST: usize = 40;
/// Characters of what happened.
const WHAT: usize = 240;
/// `03:04:05.123456`.
const TIME: usize = 15;
/// `≤ 12 min 34 s later`.
const LATER: usize = 19;
/// The part of a gap that it may be unsure of and still be told as it is.
const VAGUE: f64 = 0.05;

pub(super) fn timeline(text: &mut String, report: &Report, look: Look) {
    let hidden = report.timeline.len().saturating_sub(MOST);
    let shown: Vec<_> = report.timeline.iter().skip(hidden).collect();
    let date = |moment: &Moment| moment.at.split('T').next().unwrap_or_default().to_owned();
    let mut day = shown.first().map(|moment| date(moment)).unwrap_or_default();
    section(text, &format!("Time line ({day}, UTC)"), look);
    if hidden > 0 {
        let _ = writeln!(text, "  … {hidden} earlier, in the JSON report");
    }
    let mut before: Option<&Moment> = None;
    let mut decisive: Option<&Moment> = None;
    for moment in shown {
        if date(moment) != day {
            day = date(moment);
            let _ = writeln!(text, "  {day}");
        }
        let same = before.is_some_and(|before| before.interval == moment.interval);
        let clock = if same { String::new() } else { clock(moment) };
        let later = match before {
            Some(before) if !same => later(before.interval, moment.interval),
            _ => String::new(),
        };
        let gap = decisive
            .filter(|_| moment.decisive)
            .map(|decisive| since(decisive, moment));
        line(text, &clock, &later, moment, gap, look);
        before = Some(moment);
        decisive = if moment.decisive { before } else { decisive };
    }
}

/// How long a moment that decides was after the one before it that does.
fn since(decisive: &Moment, moment: &Moment) -> String {
    let gap = later(decisive.interval, moment.interval).replace(" later", " after");
    format!("{gap}: {}", visible(&decisive.what))
}

fn line(
    text: &mut String,
    clock: &str,
    later: &str,
    moment: &Moment,
    gap: Option<String>,
    look: Look,
) {
    let lead = TIME + LATER + 6;
    let what = match gap {
        Some(gap) => format!("{}, {gap}", moment.what),
        None if moment.decisive => moment.what.clone(),
        None => format!("{} ({})", moment.what, moment.source),
    };
    let what = clipped(&visible(&what), WHAT);
    let point = if moment.decisive { '◆' } else { '●' };
    let width = look.columns().saturating_sub(lead);
    for (number, piece) in wrap(&what, width).into_iter().enumerate() {
        let piece = match moment.source.as_str() {
            _ if moment.decisive => look.paint(&piece, style::BOLD),
            "lxcdiag" => look.paint(&piece, style::DIM),
            "--failed-at" => look.paint(&piece, style::BOLD),
            _ => piece,
        };
        let _ = if number == 0 {
            writeln!(text, "  {clock:<TIME$} {later:>LATER$} {point} {piece}")
        } else {
            writeln!(text, "  {:TIME$} {:LATER$} │ {piece}", "", "")
        };
    }
}

/// The time of day, with as many decimals as it is known to.
pub(in crate::report) fn clock(moment: &Moment) -> String {
    let Interval { start, end } = moment.interval;
    let decimals = match end.saturating_sub(start) {
        0..=1_000 => 6,
        1_001..=10_000_000 => 3,
        10_000_001..=100_000_000 => 2,
        100_000_001..=999_999_999 => 1,
        _ => 0,
    };
    let time = moment.at.split_once('T').map_or("", |(_, time)| time);
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    match fraction.get(..decimals) {
        Some(digits) if !digits.is_empty() => format!("{whole}.{digits}"),
        _ => whole.to_owned(),
    }
}

/// How long after `earlier` it was, or at the most, where one of the two is not known well.
pub(in crate::report) fn later(earlier: Interval, moment: Interval) -> String {
    if earlier.before(moment) != Some(true) {
        return "about then".to_owned();
    }
    let (least, most) = earlier.gap(moment);
    if most - least <= least * VAGUE {
        format!("{} later", duration_in_words(least))
    } else {
        format!("≤ {} later", duration_in_words(most))
    }
}
