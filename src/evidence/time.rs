//! Points in time with limited precision, and their order. Pure arithmetic, no clock.
//!
//! Every time is an interval `[start, end]` that contains the true moment. The order of two intervals
//! that overlap is unknown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One second, in the nanoseconds that [`Interval`] counts.
pub const SECOND: i64 = 1_000_000_000;

/// How far the kernel's coarse clock, which sets file timestamps, can be behind the true time.
///
/// Measured: 2,000 of 2,000 timestamps were early, by up to 4.7 ms. 10 ms is one tick at `HZ=100`.
pub const FILE_STAMP_SLACK: i64 = 10_000_000;

/// A time within `[start, end]`, both in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The earliest possible time.
    pub start: i64,
    /// The latest possible time; never less than `start`.
    pub end: i64,
}

impl Interval {
    /// An exact time.
    pub const fn at(nanos: i64) -> Self {
        Self {
            start: nanos,
            end: nanos,
        }
    }

    /// The smallest interval that contains both bounds, in either order.
    pub fn new(a: i64, b: i64) -> Self {
        Self {
            start: a.min(b),
            end: a.max(b),
        }
    }

    /// The same time on a clock that is ahead by `offset`, in nanoseconds.
    pub fn shifted(self, offset: Self) -> Self {
        Self {
            start: self.start.saturating_add(offset.start),
            end: self.end.saturating_add(offset.end),
        }
    }

    /// The number of nanoseconds between its bounds.
    pub fn width(self) -> i64 {
        self.end.saturating_sub(self.start)
    }

    /// From the earliest possible `a` to the latest possible `b`.
    pub fn spanning(a: Self, b: Self) -> Self {
        Self::new(a.start.min(b.start), a.end.max(b.end))
    }

    /// The earlier of two times, as an interval: bound by bound.
    pub fn earlier(a: Self, b: Self) -> Self {
        Self {
            start: a.start.min(b.start),
            end: a.end.min(b.end),
        }
    }

    /// The later of two times, as an interval: bound by bound.
    pub fn later(a: Self, b: Self) -> Self {
        Self {
            start: a.start.max(b.start),
            end: a.end.max(b.end),
        }
    }

    /// Whether `self` was before `other`; `None` if the intervals overlap.
    pub fn before(self, other: Self) -> Option<bool> {
        if self.end < other.start {
            Some(true)
        } else if self.start > other.end {
            Some(false)
        } else {
            None
        }
    }

    /// The shortest and the longest possible time from `self` to `other`, in seconds; negative if `other`
    /// came first.
    pub fn gap(self, other: Self) -> (f64, f64) {
        (
            seconds(other.start.saturating_sub(self.end)),
            seconds(other.end.saturating_sub(self.start)),
        )
    }
}

/// The interval's start in RFC 3339, in UTC with microseconds: the format of every time in a report.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc3339(self.start))
    }
}

/// Nanoseconds as seconds.
pub fn seconds(nanos: i64) -> f64 {
    nanos as f64 / SECOND as f64
}

/// RFC 3339 in UTC with microseconds (`2026-01-02T03:04:05.678901Z`).
///
/// Every `i64` of nanoseconds since the epoch (years 1677 to 2262) can be written in this format.
pub fn rfc3339(nanos: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(nanos)) {
        Ok(time) => format!("{time:.6}"),
        Err(_) => String::from("(out of range)"),
    }
}

/// The source of a timestamp. Its precision depends on the source's clock, not only on its number of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampSource {
    /// Not stated: a file, unless its format is one that only the journal or systemd uses.
    Unstated,
    /// A file. The kernel uses its coarse clock for files: the true time is up to [`FILE_STAMP_SLACK`] later.
    File,
    /// The precise clock, as used by the journal, systemd, `date` and programs that log.
    Clock,
    /// A person.
    User,
}

/// Parses a timestamp in one of the formats that Linux tools print. `None` if there is none: `stat` and
/// `systemctl show` print an empty text, `-`, `0` or `n/a` for a time that was never set.
///
/// | form | written by |
/// | --- | --- |
/// | 16 digits | the journal: microseconds since the epoch |
/// | `Mon 2026-01-02 03:04:05[.678901] UTC` | `systemctl show` |
/// | seconds since the epoch, with or without decimals | `stat`, `find`, `date` |
/// | RFC 3339 | logs, people, `date`, `stat` |
///
/// The interval is one unit of the last digit wide, and for a file also as wide as the slack of its clock.
/// The journal's microseconds are exact.
pub fn parse_time(text: &str, source: StampSource) -> Option<Interval> {
    let text = text.trim().trim_start_matches('@');
    if text.is_empty() || text == "-" || text == "n/a" {
        return None;
    }
    let whole = text.split('.').next().unwrap_or_default();
    if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) {
        return parse_epoch(text, whole, source);
    }
    parse_calendar(text, source)
}

fn parse_epoch(text: &str, whole: &str, source: StampSource) -> Option<Interval> {
    let decimals = text.get(whole.len()..).unwrap_or_default();
    let decimals = decimals.strip_prefix('.').unwrap_or(decimals);
    if !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let decimals = decimals.get(..9).unwrap_or(decimals);
    let whole: i64 = whole.parse().ok()?;
    if decimals.is_empty() && whole >= 1_000_000_000_000_000 {
        let micros = Interval::at(whole.checked_mul(1_000)?);
        return Some(match source {
            StampSource::File => with_precision(micros.start, 6, source),
            StampSource::Unstated | StampSource::Clock | StampSource::User => micros,
        });
    }
    let fraction: i64 = format!("{decimals:0<9}").parse().ok()?;
    let start = whole.checked_mul(SECOND)?.checked_add(fraction)?;
    (start != 0).then(|| with_precision(start, decimals.len(), source))
}

fn parse_calendar(text: &str, source: StampSource) -> Option<Interval> {
    let decimals = text.split_once('.').map_or(0, |(_, rest)| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    // systemd writes "Mon 2026-01-02 03:04:05 UTC": drop the weekday, and write the rest in RFC 3339.
    let (text, source) = match text.split_once(' ') {
        Some((day, rest)) if day.len() == 3 && day.bytes().all(|b| b.is_ascii_alphabetic()) => {
            let of_systemd = source == StampSource::Unstated;
            (
                rest,
                if of_systemd {
                    StampSource::Clock
                } else {
                    source
                },
            )
        }
        _ => (text, source),
    };
    let text = text
        .strip_suffix(" UTC")
        .map_or_else(|| text.to_owned(), |t| format!("{t}Z"));
    let time: jiff::Timestamp = text.parse().ok()?;
    let start = i64::try_from(time.as_nanosecond()).ok()?;
    Some(with_precision(start, decimals, source))
}

fn with_precision(start: i64, decimals: usize, source: StampSource) -> Interval {
    let unit = match decimals {
        0..=8 => SECOND / 10_i64.pow(decimals as u32),
        _ => 0,
    };
    let slack = match source {
        StampSource::Unstated | StampSource::File => FILE_STAMP_SLACK,
        StampSource::Clock | StampSource::User => 0,
    };
    Interval::new(start, start.saturating_add(unit + slack))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_700_000_000 * SECOND;

    #[test]
    fn precision_is_that_of_the_source() {
        const MS: i64 = SECOND / 1_000;
        // The text, and its width as a timestamp without a stated source, of a file, and of a clock.
        let cases = [
            ("1700000000123456", T + 123_456_000, [0, 10 * MS + 1_000, 0]),
            (
                "1700000000.123456789",
                T + 123_456_789,
                [10 * MS, 10 * MS, 0],
            ),
            (
                "1700000000.1234567891",
                T + 123_456_789,
                [10 * MS, 10 * MS, 0],
            ),
            ("1700000000.123", T + 123 * MS, [11 * MS, 11 * MS, MS]),
            ("1700000000.5", T + 500 * MS, [110 * MS, 110 * MS, 100 * MS]),
            ("1700000000", T, [1_010 * MS, 1_010 * MS, SECOND]),
            ("@1700000000", T, [1_010 * MS, 1_010 * MS, SECOND]),
            ("2023-11-14T22:13:20Z", T, [1_010 * MS, 1_010 * MS, SECOND]),
            (
                "2023-11-14T23:13:20.25+01:00",
                T + 250 * MS,
                [20 * MS, 20 * MS, 10 * MS],
            ),
            (
                "Tue 2023-11-14 22:13:20 UTC",
                T,
                [SECOND, 1_010 * MS, SECOND],
            ),
            (
                "Tue 2023-11-14 22:13:20.000001 UTC",
                T + 1_000,
                [1_000, 10 * MS + 1_000, 1_000],
            ),
        ];
        for (text, start, widths) in cases {
            let sources = [StampSource::Unstated, StampSource::File, StampSource::Clock];
            for (source, width) in sources.into_iter().zip(widths) {
                assert_eq!(
                    parse_time(text, source),
                    Some(Interval::new(start, start + width)),
                    "{text} as {source:?}"
                );
            }
            assert_eq!(
                parse_time(text, StampSource::User),
                parse_time(text, StampSource::Clock)
            );
        }
    }

    #[test]
    fn a_stamp_that_was_never_taken_is_absent() {
        for text in ["", "-", "0", "0.000000000", "n/a", "soon", "1.2.3", "٣"] {
            assert_eq!(parse_time(text, StampSource::Unstated), None, "{text:?}");
        }
    }

    #[test]
    fn overlapping_intervals_have_no_order() {
        let a = Interval::new(0, 10);
        assert_eq!(a.before(Interval::new(11, 20)), Some(true));
        assert_eq!(a.before(Interval::new(10, 20)), None);
        assert_eq!(Interval::new(11, 20).before(a), Some(false));
    }

    #[test]
    fn a_gap_has_two_ends() {
        let a = Interval::new(0, SECOND);
        let b = Interval::new(3 * SECOND, 5 * SECOND);
        assert_eq!(a.gap(b), (2.0, 5.0));
    }
}
