//! What happened, each moment in words: when, how long after the one before, and what.

use serde::Serialize;

use super::model::Moment;
use crate::evidence::fact::duration_in_words;
use crate::evidence::time::Interval;
use crate::terminal_text::{clipped, visible};

/// Characters of what happened.
const WHAT: usize = 240;
/// The part of a gap that it may be unsure of and still be told as it is.
const VAGUE: f64 = 0.05;

/// A moment in words, of a container's where visible.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    pub(super) moment: &'a Moment,
    /// The date, where it is another than the moment's before.
    pub(super) new_day: Option<&'a str>,
    /// The time of day; empty where it is that of the moment before.
    pub(super) clock: String,
    /// How long after the moment before; empty where there is none, or it is the same.
    pub(super) later: String,
    /// What happened, with its source or how long after the one that decides.
    pub(super) what: String,
}

/// Moments in words, in their order.
pub(super) fn told<'a>(moments: &[&'a Moment]) -> Vec<Told<'a>> {
    let mut before: Option<&Moment> = None;
    let mut decisive: Option<&Moment> = None;
    moments
        .iter()
        .map(|&moment| {
            let same = before.is_some_and(|before| before.interval == moment.interval);
            let later = match before {
                Some(before) if !same => later(before.interval, moment.interval),
                _ => String::new(),
            };
            let gap = decisive
                .filter(|_| moment.decisive)
                .map(|decisive| since(decisive, moment));
            let told = Told {
                moment,
                new_day: Some(day(moment))
                    .filter(|day| before.is_none_or(|b| self::day(b) != *day)),
                clock: if same { String::new() } else { clock(moment) },
                later,
                what: what(moment, gap),
            };
            before = Some(moment);
            decisive = if moment.decisive { before } else { decisive };
            told
        })
        .collect()
}

/// The date of a moment: ten characters in every RFC 3339.
fn day(moment: &Moment) -> &str {
    moment.at.get(..10).unwrap_or_default()
}

fn what(moment: &Moment, gap: Option<String>) -> String {
    let what = match gap {
        Some(gap) => format!("{}, {gap}", moment.what),
        None if moment.decisive => moment.what.clone(),
        None => format!("{} ({})", moment.what, moment.source),
    };
    clipped(&visible(&what), WHAT)
}

/// How long a moment that decides was after the one before it that does.
fn since(decisive: &Moment, moment: &Moment) -> String {
    let gap = later(decisive.interval, moment.interval).replace(" later", " after");
    format!("{gap}: {}", visible(&decisive.what))
}

/// The time of day, with as many decimals as it is known to.
pub(super) fn clock(moment: &Moment) -> String {
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
pub(super) fn later(earlier: Interval, moment: Interval) -> String {
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
