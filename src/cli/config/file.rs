//! What the configuration file can set. The values of options stay text: the command line reads them.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum as _;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::args::{Via, duration, notify_command};
use crate::runbook::pattern::redact_pattern;
use crate::sweep::selection::Ids;
use crate::terminal_text::visible_path;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// `--via`
    #[serde(deserialize_with = "via")]
    pub(super) via: Option<String>,
    /// `--pct`
    #[serde(deserialize_with = "program")]
    pub(super) pct: Option<String>,
    /// Searched after the directory of `--runbooks`.
    #[serde(deserialize_with = "directories")]
    pub(super) runbooks: Vec<PathBuf>,
    #[serde(deserialize_with = "directory")]
    pub(super) state: Option<PathBuf>,
    /// Patterns of secrets, as in a runbook.
    #[serde(deserialize_with = "patterns")]
    pub(super) redact: Vec<String>,
    /// `--notify`
    #[serde(deserialize_with = "command")]
    pub(super) notify: Option<String>,
    pub(super) sweep: Sweep,
}

/// The options of `lxcdiag sweep`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sweep {
    #[serde(deserialize_with = "jobs")]
    pub(super) jobs: Option<String>,
    #[serde(deserialize_with = "limit")]
    pub(super) timeout: Option<String>,
    #[serde(deserialize_with = "limit")]
    pub(super) deadline: Option<String>,
    #[serde(deserialize_with = "count")]
    pub(super) confirm: Option<String>,
    #[serde(deserialize_with = "ids")]
    pub(super) exclude: Option<String>,
    #[serde(deserialize_with = "path")]
    pub(super) waivers: Option<String>,
}

fn via<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "`pct` or `lxc-attach`", |text| {
        Via::from_str(text, false)
            .map_err(|_| format!("expected `pct` or `lxc-attach`, found `{text}`"))
    })
}

fn path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "an absolute path", absolute)
}

fn program<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "a program", |text| match text.contains('/') {
        true => absolute(text),
        false => Ok(()),
    })
}

fn directory<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(path(from)?.map(PathBuf::from))
}

fn command<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "a command", notify_command)
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "a duration, such as 60s", duration)
}

fn ids<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "container IDs, such as `958` or `100-199`", |text| {
        text.parse::<Ids>().map_err(|error| error.to_string())
    })
}

fn jobs<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "a number", |text| at_least_one(text, u16::MAX.into()))
}

fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "a number", |text| at_least_one(text, u32::MAX))
}

fn at_least_one(text: &str, most: u32) -> Result<(), String> {
    match text.parse::<u32>() {
        Ok(number) if (1..=most).contains(&number) => Ok(()),
        _ => Err(format!(
            "expected a number from 1 to {most}, found `{text}`"
        )),
    }
}

fn absolute(text: &str) -> Result<(), String> {
    match text.starts_with('/') {
        true => Ok(()),
        false => Err(format!("expected an absolute path, found `{text}`")),
    }
}

fn directories<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    let paths = Vec::<PathBuf>::deserialize(from)?;
    match paths.iter().find(|path| !path.is_absolute()) {
        None => Ok(paths),
        Some(path) => Err(D::Error::custom(format_args!(
            "expected absolute paths, found `{}`",
            visible_path(path)
        ))),
    }
}

fn patterns<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let patterns = Vec::<String>::deserialize(from)?;
    match patterns.iter().find_map(|it| redact_pattern(it).err()) {
        None => Ok(patterns),
        Some(error) => Err(D::Error::custom(error)),
    }
}

/// The text of a scalar that `check` accepts.
fn checked<'de, D: Deserializer<'de>, T>(
    from: D,
    expected: &'static str,
    check: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<String>, D::Error> {
    let text = from.deserialize_str(Scalar(expected))?;
    match check(&text) {
        Ok(_) => Ok(Some(text)),
        Err(message) => Err(D::Error::custom(message)),
    }
}

/// A scalar; a number is one.
struct Scalar(&'static str);

impl Visitor<'_> for Scalar {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}
