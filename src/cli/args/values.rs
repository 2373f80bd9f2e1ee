//! Values of options, as the user writes them.

use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::tz::TimeZone;

use crate::engine::demo::INCIDENTS;
use crate::evidence::container_id::{ContainerId, InvalidContainerId};
use crate::evidence::fact::parse_duration;
use crate::evidence::provision_log::parse_zone;
use crate::evidence::time::{Interval, StampSource, parse_time};

/// A container as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Named {
    Id(ContainerId),
    HostName(String),
}

pub(in crate::cli) fn container(text: &str) -> Result<Named, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_name = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(is_part)
        && text.contains(|c: char| c.is_ascii_alphabetic());
    match text.parse() {
        Ok(id) => Ok(Named::Id(id)),
        Err(_) if is_name => Ok(Named::HostName(text.to_owned())),
        Err(error) => Err(InvalidContainerId::to_string(&error)),
    }
}

/// A program and its arguments.
#[derive(Debug, Clone)]
pub(in crate::cli) struct NotifyCommand(pub(in crate::cli) Vec<String>);

pub(in crate::cli) fn notify_command(text: &str) -> Result<NotifyCommand, String> {
    match shell_words::split(text) {
        Ok(words) if words.is_empty() => Err("expected a program and its arguments".to_owned()),
        Ok(words) => Ok(NotifyCommand(words)),
        Err(_) => Err("a quotation mark is missing".to_owned()),
    }
}

pub(in crate::cli) fn incidents() -> PossibleValuesParser {
    PossibleValuesParser::new(
        INCIDENTS
            .iter()
            .map(|incident| PossibleValue::new(incident.name).help(incident.about)),
    )
}

pub(in crate::cli) fn moment(text: &str) -> Result<Interval, String> {
    parse_time(text, StampSource::User).ok_or_else(|| {
        "expected a timestamp with a time zone, such as 2026-01-02T03:04:05.678Z or \
         2026-01-02T03:04:05+01:00 (see `date --rfc-3339=ns`)"
            .to_owned()
    })
}

pub(in crate::cli) fn zone(text: &str) -> Result<TimeZone, String> {
    parse_zone(text).ok_or_else(|| {
        "expected an IANA time zone or an offset from UTC, such as Europe/Berlin or +02:00"
            .to_owned()
    })
}

pub(in crate::cli) fn duration(text: &str) -> Result<std::time::Duration, String> {
    parse_duration(text)
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a duration, such as 60s, 500ms or 1min 30s".to_owned())
}
