//! The names of time zones.

use jiff::tz::{Offset, TimeZone};

/// Abbreviations with one meaning, and their offsets from UTC in minutes.
const KNOWN: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("MET", 60),
    ("WAT", 60),
    ("CEST", 120),
    ("MEST", 120),
    ("EET", 120),
    ("CAT", 120),
    ("SAST", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("EAT", 180),
    ("PKT", 300),
    ("WIB", 420),
    ("WITA", 480),
    ("HKT", 480),
    ("AWST", 480),
    ("JST", 540),
    ("KST", 540),
    ("WIT", 540),
    ("ACST", 570),
    ("AEST", 600),
    ("ACDT", 630),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("HST", -600),
    ("AKST", -540),
    ("AKDT", -480),
];

/// Abbreviations with several meanings, such as US Eastern or Australian time; India, Israel or Ireland.
const AMBIGUOUS: &[&str] = &[
    "ADT", "AMT", "AST", "BST", "CDT", "CST", "ECT", "EDT", "EST", "GST", "IST", "MDT", "MST",
    "PDT", "PST", "SGT", "SST", "WST",
];

/// The zone of an IANA name or of an offset from UTC.
pub fn parse_zone(text: &str) -> Option<TimeZone> {
    if !text.starts_with(['+', '-']) {
        return TimeZone::get(text).ok();
    }
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let is_offset = matches!(form.get(1..), Some("00" | "0000" | "00:00"));
    numeric(text).filter(|_| is_offset).map(TimeZone::fixed)
}

/// An offset such as `+01:00`, `-0500` or `+01`.
pub(super) fn numeric(text: &str) -> Option<Offset> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|minutes| !minutes.is_empty())
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

/// The offset of an abbreviation with one meaning.
pub(super) fn offset_of(word: &str) -> Option<Offset> {
    let (_, minutes) = KNOWN.iter().find(|(known, _)| *known == word)?;
    Offset::from_seconds(minutes * 60).ok()
}

/// Whether a word is an abbreviation of a time zone, and not of something else.
pub(super) fn is_zone(word: &str) -> bool {
    AMBIGUOUS.contains(&word) || offset_of(word).is_some()
}
