//! The timeline in words: when each event happened, how long after the one before, and what it was.

use serde::Serialize;

use super::model::EventRow;
use crate::evidence::fact::duration_in_words;
use crate::evidence::time::{Interval, SECOND};
use crate::terminal_text::{clipped, visible};

/// Characters of an event's description.
const WHAT: usize = 240;
/// The uncertainty of a gap, as a part of it, up to which it is shown as exact.
const EXACT: f64 = 0.05;

/// An event in words, safe to print.
#[derive(Serialize)]
pub(super) struct Described<'a> {
    pub(super) event: &'a EventRow,
    /// The date, if it is not that of the event before.
    pub(super) new_day: Option<&'a str>,
    /// The time of day; empty if it is that of the event before.
    pub(super) clock: String,
    /// How long after the event before; empty for the first event, and if the times are the same.
    pub(super) later: String,
    /// What happened, with its source or its distance from the decisive event before.
    pub(super) what: String,
}

/// Describes events in their order.
pub(super) fn describe<'a>(events: &[&'a EventRow]) -> Vec<Described<'a>> {
    let mut before: Option<&EventRow> = None;
    let mut decisive: Option<&EventRow> = None;
    events
        .iter()
        .map(|&event| {
            let same = before.is_some_and(|before| before.interval == event.interval);
            let follows = before.is_some_and(|before| before.decisive);
            let described = Described {
                event,
                new_day: Some(day(event)).filter(|day| before.is_none_or(|b| self::day(b) != *day)),
                clock: if same { String::new() } else { clock(event) },
                later: match before {
                    Some(before) if !same => later(before.interval, event.interval),
                    _ => String::new(),
                },
                what: what(event, decisive, follows),
            };
            before = Some(event);
            decisive = if event.decisive { before } else { decisive };
            described
        })
        .collect()
}

/// The date of an event: ten characters in every RFC 3339.
fn day(event: &EventRow) -> &str {
    event.at.get(..10).unwrap_or_default()
}

/// What happened; of a decisive event also how long after the one before, which is just above it if it `follows`.
fn what(event: &EventRow, decisive: Option<&EventRow>, follows: bool) -> String {
    let what = match decisive.filter(|_| event.decisive) {
        Some(decisive) if follows => {
            format!(
                "{}, {}",
                event.what,
                later(decisive.interval, event.interval)
            )
        }
        Some(decisive) => {
            let since = match gap(decisive.interval, event.interval) {
                Some(gap) => format!("{gap} after"),
                None => "about the same time as".to_owned(),
            };
            format!("{}, {since} {}", event.what, decisive.what)
        }
        None if event.decisive => event.what.clone(),
        None => format!("{} ({})", event.what, event.source),
    };
    clipped(&visible(&what), WHAT)
}

/// The time of day, with as many decimals as are known.
pub(super) fn clock(event: &EventRow) -> String {
    let decimals = decimals(event.interval);
    let time = event.at.split_once('T').map_or("", |(_, time)| time);
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    match fraction.get(..decimals) {
        Some(digits) if !digits.is_empty() => format!("{whole}.{digits}"),
        _ => whole.to_owned(),
    }
}

/// The known decimals of a second.
const fn decimals(Interval { start, end }: Interval) -> usize {
    match end.saturating_sub(start) {
        0..=1_000 => 6,
        1_001..=10_000_000 => 3,
        10_000_001..=100_000_000 => 2,
        100_000_001..=999_999_999 => 1,
        _ => 0,
    }
}

/// A time as [`clock`] shows it, in nanoseconds.
fn as_shown(time: Interval) -> i64 {
    let unit = (decimals(time)..9).fold(1, |unit: i64, _| unit.saturating_mul(10));
    time.start.saturating_sub(time.start.rem_euclid(unit))
}

/// How long after `earlier` an event happened, in words.
pub(super) fn later(earlier: Interval, event: Interval) -> String {
    match gap(earlier, event) {
        Some(gap) => format!("{gap} later"),
        None => "about the same time".to_owned(),
    }
}

/// The time between two events, or the most it can be if one of them is not exact; `None` if their order is
/// unknown.
fn gap(earlier: Interval, event: Interval) -> Option<String> {
    if earlier.before(event) != Some(true) {
        return None;
    }
    let (least, most) = earlier.gap(event);
    Some(match most - least <= least * EXACT {
        // Readers subtract the times that they see.
        true => {
            let shown = as_shown(event).saturating_sub(as_shown(earlier)) as f64 / SECOND as f64;
            duration_in_words(shown.clamp(least, most))
        }
        false => {
            let hidden = earlier.start.saturating_sub(as_shown(earlier));
            format!(
                "≤ {}",
                duration_in_words(most + hidden as f64 / SECOND as f64)
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `01.27` and `01.330979` are 61 ms apart for a reader, although `01.27` may stand for 01.278.
    #[test]
    fn the_time_between_two_events_is_that_between_the_times_shown() {
        let earlier = Interval::new(1_277_900_000, 1_291_000_000);
        let event = Interval::at(1_330_979_000);
        assert_eq!(later(earlier, event), "≤ 61 ms later");
        assert_eq!(later(Interval::at(1_277_900_000), event), "53 ms later");
    }
}
