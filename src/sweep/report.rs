//! What a sweep found, as people, cron and monitoring read it: one file for each format. Pure.

mod html;
mod junit;
mod nagios;
mod prometheus;
mod table;

use serde::Serialize;

use super::problem::Status;
use super::row::{Row, Visited};
use super::selection::SkipReason;
use super::state::Change;
use crate::evidence::check_key::CheckKey;
use crate::report::Look;

/// The format of a JSON report on a sweep.
pub const SCHEMA: &str = "lxcdiag.sweep/1";

/// A sweep. Times are RFC 3339 in UTC with microseconds; durations say their unit.
#[derive(Debug, Clone, Serialize)]
pub struct Sweep {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of lxcdiag that swept.
    pub lxcdiag: &'static str,
    /// The command line.
    pub command_line: Vec<String>,
    /// The runbook's name.
    pub runbook: String,
    /// The question it answers.
    pub title: String,
    /// When it began.
    pub started_at: String,
    /// When it ended, in seconds since the Unix epoch.
    #[serde(skip)]
    pub finished_at: f64,
    /// How long it took, in seconds.
    pub duration_s: f64,
    /// Why it ended before its end, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// The runbook's checks, in the order they are run.
    pub checks: Vec<CheckTitle>,
    /// The containers, in the order asked for.
    pub containers: Vec<Row>,
    /// What differs from the last sweep; absent where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
}

/// A check of the runbook.
#[derive(Debug, Clone, Serialize)]
pub struct CheckTitle {
    /// Its id.
    pub id: String,
    /// What it looks at.
    pub title: String,
}

/// A format of a report on a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal, and for mail from cron.
    Table,
    /// For programs: one object, schema [`SCHEMA`].
    Json,
    /// For programs: one object per line for each container.
    Jsonl,
    /// For monitoring plugins: a status line, performance data and long output.
    Nagios,
    /// For the textfile collector of node_exporter.
    Prometheus,
    /// For the test reports of a CI system.
    Junit,
    /// For a browser: one file, which loads nothing.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Table,
        Self::Json,
        Self::Jsonl,
        Self::Nagios,
        Self::Prometheus,
        Self::Junit,
        Self::Html,
    ];

    /// The extension of its files, without the dot; what a monitoring system reads is no file.
    pub const fn extension(self) -> Option<&'static str> {
        match self {
            Self::Table => Some("txt"),
            Self::Json => Some("json"),
            Self::Jsonl => Some("jsonl"),
            Self::Nagios => None,
            Self::Prometheus => Some("prom"),
            Self::Junit => Some("xml"),
            Self::Html => Some("html"),
        }
    }
}

/// A sweep in one of the formats.
pub fn render(sweep: &Sweep, format: Format, look: Look) -> String {
    match format {
        Format::Table => table::render(sweep, look),
        Format::Json => json(sweep) + "\n",
        Format::Jsonl => sweep
            .containers
            .iter()
            .map(|row| json(row) + "\n")
            .collect(),
        Format::Nagios => nagios::render(sweep),
        Format::Prometheus => prometheus::render(sweep),
        Format::Junit => junit::render(sweep),
        Format::Html => page(sweep, |_| None),
    }
}

/// A sweep as HTML. `report` says where a container's own report is, as a link on the page leads there.
pub fn page(sweep: &Sweep, report: impl Fn(u32) -> Option<String>) -> String {
    html::render(sweep, report)
}

/// Serialization of plain data to a string has no way to fail.
fn json(value: &impl Serialize) -> String {
    crate::json::compact(value).unwrap_or_default()
}

impl Sweep {
    /// The worst that was found; unknown where nothing was to be had at all.
    pub fn status(&self) -> Status {
        let worst = self.containers.iter().filter_map(Row::status).max();
        match (worst, &self.cut_short) {
            (Some(worst), Some(_)) => worst.max(Status::Unknown),
            (Some(worst), None) => worst,
            (None, _) => Status::Unknown,
        }
    }

    /// What a check looks at.
    fn title_of(&self, key: &CheckKey) -> &str {
        let check = self.checks.iter().find(|check| check.id == key.check);
        check.map_or("", |check| &check.title)
    }

    /// How many containers are in this state.
    fn count(&self, status: Status) -> usize {
        let mut states = self.containers.iter().map(Row::status);
        states
            .by_ref()
            .filter(|state| *state == Some(status))
            .count()
    }

    /// The containers that were skipped, with the reason.
    fn skipped(&self) -> impl Iterator<Item = (&Row, &SkipReason)> {
        self.containers.iter().filter_map(|row| match &row.visit {
            Visited::Skipped(reason) => Some((row, reason)),
            Visited::Visited(_) => None,
        })
    }

    /// `1 critical, 2 warning, 9 ok, 1 skipped`: what there is none of is not named, save ok.
    fn counts(&self) -> String {
        let mut parts = Vec::new();
        for (status, word) in [
            (Status::Critical, "critical"),
            (Status::Warning, "warning"),
            (Status::Unknown, "unknown"),
        ] {
            let count = self.count(status);
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        parts.push(format!("{} ok", self.count(Status::Ok)));
        let skipped = self.skipped().count();
        if skipped > 0 {
            parts.push(format!("{skipped} skipped"));
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests;
