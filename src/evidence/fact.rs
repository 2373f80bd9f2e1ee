//! Typed values taken from what a check printed. Pure.

use std::collections::BTreeMap;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::time::{Interval, StampSource, parse_time};

/// A typed value. There is no null: a value that could not be determined is absent from its map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Text, invalid UTF-8 replaced.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A point in time, with its precision.
    Time(Interval),
    /// A duration, in seconds.
    Duration(f64),
    /// Several values.
    List(Vec<Fact>),
    /// Named values: one record of a check with `each`.
    Record(Facts),
}

/// Facts by name.
pub type Facts = BTreeMap<String, Fact>;

/// The type to parse a fact as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactType {
    /// As it is printed.
    #[default]
    Text,
    /// A whole number.
    Int,
    /// A decimal number.
    Number,
    /// `yes`, `true`, `1`, `on` or their opposites.
    Bool,
    /// A point in time in one of the forms of [`parse_time`], without a stated source.
    Time,
    /// The timestamp of a file.
    FileTime,
    /// A point in time from the precise clock: one unit of its last digit wide.
    ClockTime,
    /// A duration: `60s`, `1min 30s`, `250ms`, or a plain number of seconds.
    Duration,
}

impl Fact {
    /// Parses `text` as `kind`. `None` if it is not of that type: the fact is then absent.
    pub fn parse(text: &str, kind: FactType) -> Option<Self> {
        let trimmed = text.trim();
        match kind {
            FactType::Text => Some(Self::Text(text.to_owned())),
            FactType::Int => trimmed.parse().ok().map(Self::Int),
            FactType::Number => {
                let number: f64 = trimmed.parse().ok()?;
                number.is_finite().then_some(Self::Number(number))
            }
            FactType::Bool => match trimmed {
                "yes" | "true" | "1" | "on" => Some(Self::Bool(true)),
                "no" | "false" | "0" | "off" => Some(Self::Bool(false)),
                _ => None,
            },
            FactType::Time => parse_time(trimmed, StampSource::Unstated).map(Self::Time),
            FactType::FileTime => parse_time(trimmed, StampSource::File).map(Self::Time),
            FactType::ClockTime => parse_time(trimmed, StampSource::Clock).map(Self::Time),
            FactType::Duration => parse_duration(trimmed).map(Self::Duration),
        }
    }

    /// The fact as a report shows it: times in RFC 3339, durations in seconds.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Int(number) => (*number).into(),
            Self::Number(number) | Self::Duration(number) => (*number).into(),
            Self::Bool(value) => (*value).into(),
            Self::Time(time) => time.to_string().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Record(facts) => facts
                .iter()
                .map(|(name, fact)| (name.clone(), fact.to_json()))
                .collect(),
        }
    }
}

/// Parses a duration, in seconds, as systemd and `sleep` do: `60s`, `1min 30s`, `500ms`, or a plain number of seconds.
pub fn parse_duration(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text
            .parse()
            .ok()
            .filter(|seconds: &f64| seconds.is_finite());
    }
    let span = SpanParser::new().parse_span(text).ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then(|| duration.as_secs_f64())
}

/// A duration in words, as short as it can be without being misleading: `1.41 s`, `3 min 5 s`.
pub fn duration_in_words(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let value = seconds.abs();
    let words = if value < 0.001 {
        format!("{:.0} µs", value * 1e6)
    } else if value < 1.0 {
        format!("{:.0} ms", value * 1e3)
    } else if value < 60.0 {
        format!("{value:.2} s")
    } else {
        let whole = value.round() as u64;
        let parts = [
            (whole / 86_400, "d"),
            (whole / 3_600 % 24, "h"),
            (whole / 60 % 60, "min"),
            (whole % 60, "s"),
        ];
        let shown: Vec<_> = parts
            .iter()
            .skip_while(|(count, _)| *count == 0)
            .take(2)
            .filter(|(count, _)| *count != 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        shown.join(" ")
    };
    format!("{sign}{words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let cases = [
            ("60s", Some(60.0)),
            ("60", Some(60.0)),
            ("1min 30s", Some(90.0)),
            ("1h30m", Some(5_400.0)),
            ("250ms", Some(0.25)),
            ("1.5s", Some(1.5)),
            ("", None),
            ("s", None),
            ("5 parsecs", None),
            ("1min 30", None),
            ("-5s", None),
            ("5s ago", None),
            ("1.1.1", None),
            ("2us", Some(0.000_002)),
            ("1d", Some(86_400.0)),
            ("1month", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_duration(text), expected, "{text:?}");
        }
    }

    #[test]
    fn durations_in_words() {
        let cases = [
            (0.000_2, "200 µs"),
            (0.204, "204 ms"),
            (1.412, "1.41 s"),
            (60.0, "1 min"),
            (185.2, "3 min 5 s"),
            (7_260.0, "2 h 1 min"),
            (90_000.0, "1 d 1 h"),
            (-2.0, "-2.00 s"),
        ];
        for (seconds, words) in cases {
            assert_eq!(duration_in_words(seconds), words);
        }
    }

    #[test]
    fn values_of_another_type_are_absent() {
        assert_eq!(Fact::parse("x", FactType::Int), None);
        assert_eq!(Fact::parse("NaN", FactType::Number), None);
        assert_eq!(Fact::parse("-", FactType::Time), None);
        assert_eq!(Fact::parse("-", FactType::FileTime), None);
        assert_eq!(Fact::parse("maybe", FactType::Bool), None);
    }
}
