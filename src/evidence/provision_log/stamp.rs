//! The timestamp at the beginning of a log line.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use regex::{Captures, Regex};

use super::start_of;
use super::zone::{is_zone, numeric, offset_of};
use crate::constant_pattern::constant_pattern;
use crate::evidence::time::{Interval, SECOND};

/// A timestamp must begin within this many bytes of its line.
const REACH: usize = 256;
/// Bytes of the longest date before a time of day: `Wednesday 30 September 2026  `.
const DATE: usize = 29;
/// How many times of day at the beginning of a line are examined.
const CLOCKS: usize = 4;
const DAY: i64 = 86_400 * SECOND;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// One way to write a timestamp: what precedes the time of day, and that with what follows it.
struct Form {
    date: Regex,
    time: Regex,
}

/// The time of day, to the minute or finer.
const CLOCK: &str = r"^(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9})\d*)?)?(?: (?<half>AM|PM))?";

static FORMS: LazyLock<[Form; 5]> = LazyLock::new(|| {
    [
        // `2026-01-02T03:04:05.678+01:00`, `2026-01-02 03:04:05,678`, `2026-01-02 03:04 CET`; journalctl's
        // `Fri 2026-01-02 03:04:05 UTC`, and Go's `2026/01/02 03:04:05`.
        (
            r"(?:\b[A-Z][a-z]{2} )?(?<year>\d{4})[-/](?<month>\d\d)[-/](?<day>\d\d)[T ]$",
            r"(?: ?(?<offset>[+-]\d\d:?\d\d\b)|(?<hours>[+-]\d\d\b)| ?\(?(?<zone>Z|[A-Z]{3,4})\b)?",
        ),
        // date's `Fri  2 Jan 2026 03:04:05 AM UTC`, mail's `Fri, 2 Jan 2026 03:04:05 +0000`, and
        // Ansible's `Friday 02 January 2026  03:04:05 +0000`.
        (
            r"(?:[A-Z][a-z]{2,8},? {1,2})?\b(?<day>\d{1,2}) (?<month>[A-Z][a-z]{2,8}) (?<year>\d{4}) {1,2}$",
            r"(?: (?:(?<offset>[+-]\d{4}\b)|(?<hours>[+-]\d\d\b)|(?<zone>[A-Z]{3,4})\b))?",
        ),
        // date's `Fri Jan  2 03:04:05 AM UTC 2026`, and syslog's `Jan  2 03:04:05`.
        (
            r"(?:[A-Z][a-z]{2},? )?\b(?<month>[A-Z][a-z]{2}) {1,2}(?<day>\d{1,2}) $",
            r"(?:(?: (?:(?<offset>[+-]\d{4})|(?<hours>[+-]\d\d)|(?<zone>[A-Z]{3,5})))? (?<year>\d{4})\b)?",
        ),
        // `02.01.2026 03:04:05`. With slashes, the day and the month could be either way round.
        (r"\b(?<day>\d\d)\.(?<month>\d\d)\.(?<year>\d{4}) $", ""),
        // klog's `E0102 03:04:05.678901`.
        (r"\b[IWEF](?<month>\d\d)(?<day>\d\d) $", ""),
    ]
    .map(|(date, zone)| Form {
        date: constant_pattern(date),
        time: constant_pattern(&format!("{CLOCK}{zone}")),
    })
});

/// Whole numbers are process IDs, sizes and the like, more often than times.
static EPOCH: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r"\b(?<seconds>[1-9]\d{9})[.,](?<fraction>\d{3,9})\b"));

/// What may precede a line's timestamp: a name in brackets or before a bar, colours, marks, a level, the
/// container, the key of the field. A timestamp after other words belongs to the message.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r#"(?x)^(?: \[[^\[\]]{1,40}\] | \x1b\[[\d;]*m | <\d{1,3}> | [\s\u{feff}(\[<"'+*\#=|{-]+
          | (?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal)\b[\s:|\])]*
          | (?i:ct|container|vmid)[\s:=\#-]?\d+\b[\s:|\])]* | [\w.-]{1,40}\s*\|
          | cloud-init\[\d+\]:\s | Cloud-init\sv\.\s\S{1,40}\srunning\s'[\w:-]{1,40}'\sat\s
          | level="?\w+"?\s | (?:time(?:stamp)?|ts|date|asctime)\b\s*[=:]\s* )"#,
    )
});

/// The same for a JSON line: everything up to the field's value.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(r#"^\s*\{(?:.*[,\s])?"(?:@?timestamp|time|ts|date|asctime)"\s*:\s*"$"#)
});

/// What follows a timestamp of cloud-init, which is in UTC.
static CLOUD_INIT: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r"^ - [\w./-]{1,60}\.py\[[A-Z]+\]: "));

/// A line's timestamp.
pub(super) struct Stamp {
    /// The time, as precise as it is written; absent if its time zone is unknown.
    pub(super) at: Option<Interval>,
    /// Whether its time zone is written there, or is that of the program that wrote it.
    pub(super) states_zone: bool,
    /// Where the rest of the line begins.
    pub(super) end: usize,
}

/// The parts of a written time.
struct Written<'a> {
    date: Captures<'a>,
    time: Captures<'a>,
    /// The word after the time, if it is a zone.
    zone: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn part(&self, name: &str) -> Option<&'a str> {
        let part = self.date.name(name).or_else(|| self.time.name(name))?;
        Some(part.as_str())
    }
}

/// The timestamp of a line. Without a zone it is in `zone`; without a year it is before `end`.
pub(super) fn find(line: &str, end: Timestamp, zone: &TimeZone) -> Option<Stamp> {
    let clocks = clocks(start_of(line, REACH)).take(CLOCKS);
    clocks
        .into_iter()
        .find_map(|clock| stamp(line, clock, end, zone))
        .or_else(|| epoch(line, end))
}

/// Seconds since the epoch, as bash's `$EPOCHREALTIME` and `date +%s.%N` write them, in the year before the log's end.
fn epoch(line: &str, end: Timestamp) -> Option<Stamp> {
    let found = EPOCH.captures(start_of(line, REACH))?;
    let whole = found.get(0)?;
    if !may_precede(line.get(..whole.start())?) {
        return None;
    }
    let fraction = &found["fraction"];
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    let instant = Timestamp::new(found["seconds"].parse().ok()?, nanos).ok()?;
    let start = i64::try_from(instant.as_nanosecond()).ok()?;
    let latest = i64::try_from(end.as_nanosecond()).ok()?.checked_add(DAY)?;
    let precision = SECOND / 10_i64.pow(u32::try_from(fraction.len()).ok()?);
    (latest.saturating_sub(366 * DAY) < start && start < latest).then_some(Stamp {
        at: Some(Interval::new(start, start.saturating_add(precision))),
        states_zone: true,
        end: whole.end(),
    })
}

/// Where a time of day begins: after a date, which ends in a digit and a space, two spaces or a `T`.
fn clocks(line: &str) -> impl Iterator<Item = usize> {
    let is_clock = |bytes: &[u8]| match bytes {
        [before, b' ' | b'T', a, b, b':', c, d] => {
            let digits = [a, b, c, d].iter().all(|byte| byte.is_ascii_digit());
            digits && matches!(before, b'0'..=b'9' | b' ')
        }
        _ => false,
    };
    let windows = line.as_bytes().windows(7).enumerate();
    windows.filter_map(move |(at, bytes)| is_clock(bytes).then_some(at + 2))
}

fn stamp(line: &str, clock: usize, end: Timestamp, zone: &TimeZone) -> Option<Stamp> {
    let (before, after) = line.split_at_checked(clock)?;
    let near = before.len().saturating_sub(DATE)..;
    let near = before.get(near).unwrap_or(before);
    let (date, time) = FORMS
        .iter()
        .find_map(|form| form.date.captures(near).zip(form.time.captures(after)))?;
    let date_begins = clock - near.len() + date.get(0)?.start();
    if !may_precede(line.get(..date_begins)?) {
        return None;
    }
    let mut time_ends = clock + time.get(0)?.end();
    let word = time.name("zone");
    // In the format of `date`, only the zone is before the year.
    let is_certain = time.name("year").is_some();
    let zone_word =
        word.filter(|word| is_certain || word.as_str() == "Z" || is_zone(word.as_str()));
    if let (Some(word), None) = (word, zone_word) {
        // The word belongs to the message.
        time_ends = clock + word.start();
    }
    let written = Written {
        zone: zone_word.map(|word| word.as_str()),
        date,
        time,
    };
    let is_local = written.part("offset").is_none() && written.part("hours").is_none();
    let is_utc = is_local
        && line
            .get(time_ends..)
            .is_some_and(|rest| CLOUD_INIT.is_match(rest));
    let states_zone = is_utc || !is_local || written.zone.is_some();
    let zone = if is_utc { &TimeZone::UTC } else { zone };
    Some(Stamp {
        at: interval(&written, end, zone),
        states_zone,
        end: time_ends,
    })
}

fn may_precede(text: &str) -> bool {
    let mut rest = text;
    while let Some(piece) = BEFORE.find(rest) {
        rest = rest.get(piece.end()..).unwrap_or_default();
    }
    rest.is_empty() || FIELD.is_match(text)
}

fn interval(written: &Written<'_>, end: Timestamp, zone: &TimeZone) -> Option<Interval> {
    let (earliest, latest) = match written.part("year") {
        Some(year) => instants(written, year.parse().ok()?, zone)?,
        None => without_year(written, end, zone)?,
    };
    let fraction = written.part("fraction").unwrap_or_default();
    let precision = match written.part("second") {
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
/// The year, which syslog does not write: the latest one that puts the time before the log's end, within a day.
fn without_year(
    written: &Written<'_>,
    end: Timestamp,
    zone: &TimeZone,
) -> Option<(Timestamp, Timestamp)> {
    let limit = end.checked_add(24.hours()).ok()?;
    let year = limit.to_zoned(zone.clone()).year();
    [year, year - 1]
        .into_iter()
        .filter_map(|year| instants(written, year, zone))
        .find(|(_, latest)| *latest <= limit)
}

/// The first and the last instant that a written time can mean.
fn instants(written: &Written<'_>, year: i16, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let part = |name| written.part(name);
    let month = part("month")?;
    let month = match MONTHS.iter().position(|name| month.starts_with(name)) {
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

    let offset = match (part("offset").or(part("hours")), written.zone) {
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
        None => local(civil, zone, written.zone),
    }
}

/// The instants of a local time: two if the clock is set back then. An abbreviation with several meanings
/// is that of the local zone, if that has this name; otherwise the time is unknown.
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
