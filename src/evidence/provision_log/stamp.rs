//! The timestamp at the beginning of a log line.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use regex::{Captures, Regex};

use super::start_of;
use super::zone::{is_zone, offset_of};
use crate::evidence::time::{Interval, SECOND};

/// A timestamp begins and ends within so many bytes of its line.
const REACH: usize = 256;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// What may precede a line's timestamp: marks, colours, a level, a name in brackets or before a bar, the
/// container, the key of the field. A timestamp after other words belongs to the message.
const BEFORE: &str = r#"
    (?: \x1b\[[\d;]*m | <\d{1,3}> | [\s(\[<"'+*\#=|{-] | \[[^\]]{1,40}\]
      | (?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal)\b[\s:|\])]*
      | (?i:ct|container|vmid)[\s:=\#-]?\d+\b[\s:|\])]* | [\w.-]{1,40}\s*\|
      | level="?\w+"?\s | (?:time(?:stamp)?|ts|date|asctime)\b\s*[=:]\s* )*?"#;

/// The same of a JSON line: everything up to the field's value.
const FIELD: &str = r#"\s*\{.*?"(?:@?timestamp|time|ts|date|asctime)"\s*:\s*""#;

/// The time of day, to the minute or finer.
const CLOCK: &str = r"
    (?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9})\d*)?)?";

/// `2026-01-02T03:04:05.678+01:00`, `2026-01-02 03:04:05,678`, `2026-01-02 03:04 CET`.
const ISO: &str = r"
    (?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T\ ]CLOCK
    (?: \ ?(?<offset>[+-]\d\d:?\d\d\b) | (?<hours>[+-]\d\d\b) | \ ?\(?(?<zone>Z|[A-Z]{3,4})\b )?";

/// date's `Fri Jan  2 03:04:05 AM UTC 2026`, and syslog's `Jan  2 03:04:05`.
const MONTH_FIRST: &str = r"
    (?: [A-Z][a-z]{2},?\ )? (?<month>[A-Z][a-z]{2})\ {1,2}(?<day>\d{1,2})\ CLOCK
    (?: \ (?<half>AM|PM) )?
    (?: (?: \ (?: (?<offset>[+-]\d{4}) | (?<hours>[+-]\d\d) | (?<zone>[A-Z]{3,5}) ) )? \ (?<year>\d{4})\b )?";

/// date's `Fri  2 Jan 2026 03:04:05 AM UTC` of other locales, and mail's `Fri, 2 Jan 2026 03:04:05 +0000`.
const DAY_FIRST: &str = r"
    (?: [A-Z][a-z]{2},?\ {1,2} )? (?<day>\d{1,2})\ (?<month>[A-Z][a-z]{2})\ (?<year>\d{4})\ CLOCK
    (?: \ (?<half>AM|PM) )?
    (?: \ (?: (?<offset>[+-]\d{4}\b) | (?<hours>[+-]\d\d\b) | (?<zone>[A-Z]{3,4})\b ) )?";

#[allow(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by every test"
)]
static FORMS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [ISO, DAY_FIRST, MONTH_FIRST].map(|form| {
        let form = form.replace("CLOCK", CLOCK);
        Regex::new(&format!("(?x)^(?:{BEFORE}|{FIELD}){form}")).unwrap()
    })
});

/// A line's timestamp.
pub(super) struct Stamp {
    /// The time, as precise as it is written; absent where its time zone is not known.
    pub(super) at: Option<Interval>,
    /// Where the rest of the line begins.
    pub(super) end: usize,
}

/// The timestamp of a line. One without a zone is in `zone`; one without a year lies before `end`.
pub(super) fn find(line: &str, end: Timestamp, zone: &TimeZone) -> Option<Stamp> {
    let line = start_of(line, REACH);
    let found = FORMS.iter().find_map(|form| form.captures(line))?;
    let whole = found.get(0)?;
    // A word that is no zone begins the message.
    let rest = found
        .name("zone")
        .filter(|word| !is_zone_of(&found, word.as_str()));
    Some(Stamp {
        at: time(&found, end, zone),
        end: rest.map_or(whole.end(), |word| word.start()),
    })
}

/// Whether the word after the time is its zone: in date's form there is nothing else before the year.
fn is_zone_of(found: &Captures<'_>, word: &str) -> bool {
    let before_year = found.name("year").is_some_and(|year| {
        found
            .name("zone")
            .is_some_and(|zone| zone.end() < year.start())
    });
    word == "Z" || before_year || is_zone(word)
}

fn time(found: &Captures<'_>, end: Timestamp, zone: &TimeZone) -> Option<Interval> {
    let part = |name| found.name(name).map(|part| part.as_str());
    let (earliest, latest) = match part("year") {
        Some(year) => instants(found, year.parse().ok()?, zone)?,
        None => without_year(found, end, zone)?,
    };
    let fraction = part("fraction").unwrap_or_default();
    let precision = match part("second") {
        Some(_) => SECOND / 10_i64.pow(u32::try_from(fraction.len()).ok()?),
        None => 60 * SECOND,
    };
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    let at = |instant: Timestamp| {
        let start = i64::try_from(instant.as_nanosecond()).ok()?;
        start.checked_add(nanos)
    };
    Some(Interval::new(
        at(earliest)?,
        at(latest)?.checked_add(precision)?,
    ))
}

/// syslog writes no year: the latest that puts the time before the log's end, give or take a day.
fn without_year(
    found: &Captures<'_>,
    end: Timestamp,
    zone: &TimeZone,
) -> Option<(Timestamp, Timestamp)> {
    let limit = end.checked_add(24.hours()).ok()?;
    let year = limit.to_zoned(zone.clone()).year();
    [year, year - 1]
        .into_iter()
        .filter_map(|year| instants(found, year, zone))
        .find(|(_, latest)| *latest <= limit)
}

/// The first and the last instant that a time can stand for.
fn instants(found: &Captures<'_>, year: i16, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let part = |name| found.name(name).map(|part| part.as_str());
    let month = part("month")?;
    let month = match MONTHS.iter().position(|name| *name == month) {
        Some(index) => i8::try_from(index + 1).ok()?,
        None => month.parse().ok()?,
    };
    let hour: i8 = part("hour")?.parse().ok()?;
    let hour = match part("half") {
        Some("AM") if hour == 12 => 0,
        Some("PM") if hour < 12 => hour + 12,
        _ => hour,
    };
    let minute = part("minute")?.parse().ok()?;
    let second = part("second").unwrap_or("0").parse().ok()?;
    let day = part("day")?.parse().ok()?;
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;

    let word = part("zone").filter(|word| is_zone_of(found, word));
    let offset = match (part("offset").or(part("hours")), word) {
        (Some(digits), _) => Some(numeric(digits)?),
        (None, Some("Z")) => Some(Offset::UTC),
        (None, Some(word)) => offset_of(word),
        (None, None) => None,
    };
    match offset {
        Some(offset) => offset
            .to_timestamp(civil)
            .ok()
            .map(|instant| (instant, instant)),
        None => local(civil, zone, word),
    }
}

/// The instants of a local time: two where the clock is set back. An abbreviation that has several
/// meanings has the one of the local zone, if that is called so; else the time is unknown.
fn local(civil: DateTime, zone: &TimeZone, word: Option<&str>) -> Option<(Timestamp, Timestamp)> {
    let instant = zone.to_ambiguous_timestamp(civil);
    if matches!(instant.offset(), AmbiguousOffset::Gap { .. }) {
        return None;
    }
    let both = [instant.earlier().ok()?, instant.later().ok()?];
    let is_called = |instant: &Timestamp| {
        word.is_none_or(|word| zone.to_offset_info(*instant).abbreviation() == word)
    };
    let mut fitting = both.into_iter().filter(is_called);
    let first = fitting.next()?;
    Some((first, fitting.next().unwrap_or(first)))
}

/// `+01:00`, `-0500` or `+01`.
fn numeric(text: &str) -> Option<Offset> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|it| !it.is_empty())
        .unwrap_or("0")
        .parse()
        .ok()?;
    let seconds = hours * 3_600 + minutes * 60;
    Offset::from_seconds(if text.starts_with('-') {
        -seconds
    } else {
        seconds
    })
    .ok()
}
