//! Time stamps as provisioning logs write them.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use regex::{Captures, Regex};

use crate::evidence::time::{Interval, SECOND};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `2026-01-02T03:04:05.678+01:00`, `[2026-01-02 03:04:05]`, `2026-01-02 03:04:05,678`.
#[allow(
    clippy::unwrap_used,
    reason = "a constant pattern, compiled by every test"
)]
static ISO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T\ ](?<time>\d\d:\d\d:\d\d)
          ([.,](?<fraction>\d{1,9}))?\ ?(?<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b)?",
    )
    .unwrap()
});

/// syslog's `Jan  2 03:04:05`, and date's `Fri Jan  2 03:04:05 UTC 2026`.
#[allow(
    clippy::unwrap_used,
    reason = "a constant pattern, compiled by every test"
)]
static MONTH_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?<month>[A-Z][a-z]{2})\ {1,2}(?<day>\d{1,2})\ (?<time>\d\d:\d\d:\d\d)
          (\.(?<fraction>\d{1,9}))?(\ (?<half>AM|PM))?(\ (?<zone>UTC|GMT|[A-Z]{3,5})\ (?<year>\d{4})\b|\ (?<year_only>\d{4})\b)?",
    )
    .unwrap()
});

/// date's `Fri  2 Jan 2026 03:04:05 AM UTC` of other locales.
#[allow(
    clippy::unwrap_used,
    reason = "a constant pattern, compiled by every test"
)]
static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?<day>\d{1,2})\ (?<month>[A-Z][a-z]{2})\ (?<year>\d{4})\ (?<time>\d\d:\d\d:\d\d)
          (\.(?<fraction>\d{1,9}))?(\ (?<half>AM|PM))?(\ (?<zone>UTC|GMT))?",
    )
    .unwrap()
});

/// The first time stamp in a line, as precise as it is written.
pub(super) fn find(line: &str, end: Timestamp, zone: &TimeZone) -> Option<Interval> {
    let found = [&*ISO, &*DAY_FIRST, &*MONTH_FIRST]
        .into_iter()
        .find_map(|pattern| pattern.captures(line))?;
    let part = |name| found.name(name).map(|part| part.as_str());
    let written = part("year").or(part("year_only"));
    let stamp = match written {
        Some(year) => stamp(&found, year.parse().ok()?, zone)?,
        None => without_year(&found, end, zone)?,
    };
    let fraction = part("fraction").unwrap_or_default();
    let start = i64::try_from(stamp.as_nanosecond()).ok()?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    let start = start.checked_add(nanos)?;
    Some(Interval::new(
        start,
        start.checked_add(SECOND / 10_i64.pow(digits))?,
    ))
}

/// syslog writes no year: the latest that does not lie after the log's end, give or take a day.
fn without_year(found: &Captures<'_>, end: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let latest = end.checked_add(24.hours()).ok()?;
    let year = latest.to_zoned(zone.clone()).year();
    [year, year - 1]
        .into_iter()
        .filter_map(|year| stamp(found, year, zone))
        .find(|stamp| *stamp <= latest)
}

fn stamp(found: &Captures<'_>, year: i16, zone: &TimeZone) -> Option<Timestamp> {
    let part = |name| found.name(name).map(|part| part.as_str());
    let month = part("month")?;
    let month = match MONTHS.iter().position(|name| *name == month) {
        Some(index) => i8::try_from(index + 1).ok()?,
        None => month.parse().ok()?,
    };
    let mut clock = part("time")?.split(':').map(str::parse::<i8>);
    let mut next = || clock.next()?.ok();
    let (hour, minute, second) = (next()?, next()?, next()?);
    let hour = match part("half") {
        Some("AM") if hour == 12 => 0,
        Some("PM") if hour < 12 => hour + 12,
        _ => hour,
    };
    let civil = DateTime::new(
        year,
        month,
        part("day")?.parse().ok()?,
        hour,
        minute,
        second,
        0,
    );
    let zone = match part("zone") {
        Some("Z" | "UTC" | "GMT") => TimeZone::UTC,
        Some(offset) if offset.starts_with(['+', '-']) => TimeZone::fixed(offset_of(offset)?),
        _ => zone.clone(),
    };
    zone.to_timestamp(civil.ok()?).ok()
}

fn offset_of(text: &str) -> Option<jiff::tz::Offset> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..4)?.parse().ok()?;
    let seconds = hours * 3_600 + minutes * 60;
    let signed = if text.starts_with('-') {
        -seconds
    } else {
        seconds
    };
    jiff::tz::Offset::from_seconds(signed).ok()
}
