//! The report on a sweep, for people, cron and monitoring: one file for each format. Pure.

mod html;
mod junit;
mod nagios;
mod prometheus;
mod table;

use clap::ValueEnum;
use serde::Serialize;

use super::problem::{Problem, Status};
use super::row::{Row, VisitResult};
use super::selection::SkipReason;
use super::state::ProblemChange;
use crate::evidence::check_key::CheckKey;
use crate::evidence::container_id::ContainerId;
use crate::report::Layout;

/// The format of a JSON report on a sweep.
pub const SCHEMA: &str = "lxcdiag.sweep/1";

/// A sweep. Times are RFC 3339 in UTC with microseconds; durations have their unit in the name.
#[derive(Debug, Clone, Serialize)]
pub struct Sweep {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of lxcdiag.
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
    /// Why it ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// The runbook's checks, in the order they are run.
    pub checks: Vec<CheckTitle>,
    /// The containers, in the order of the command line.
    pub containers: Vec<Row>,
    /// What has changed since the last sweep; absent without `--on-change`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<ProblemChange>>,
}

/// A check of the runbook.
#[derive(Debug, Clone, Serialize)]
pub struct CheckTitle {
    /// Its id.
    pub id: String,
    /// What it checks.
    pub title: String,
}

/// A format of a report on a sweep. The descriptions are the help of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal, and for mail from cron
    Table,
    /// For programs, one object, schema lxcdiag.sweep/1
    Json,
    /// For programs, one object per container, one per line
    Jsonl,
    /// For Nagios, Icinga and compatible monitoring
    Nagios,
    /// For the textfile collector of node_exporter
    Prometheus,
    /// For the test reports of a CI system
    Junit,
    /// For a browser; with --output, it links to a report for each container
    Html,
}

impl Format {
    /// The extension of its files, without the dot; Nagios reads no file.
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
pub fn render(sweep: &Sweep, format: Format, layout: Layout) -> String {
    match format {
        Format::Table => table::render(sweep, layout),
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

/// A sweep as HTML. `report` gives the link from the page to the report of a container.
pub fn page(sweep: &Sweep, report: impl Fn(ContainerId) -> Option<String>) -> String {
    html::render(sweep, report)
}

/// Serialization of plain data to a string cannot fail.
fn json(value: &impl Serialize) -> String {
    crate::json::compact(value).unwrap_or_default()
}

impl Sweep {
    /// The worst status of the containers; unknown if none was visited. One that the runbook does not apply to is fine.
    pub fn status(&self) -> Status {
        let worst = self.containers.iter().filter_map(Row::status).max();
        match (worst, &self.cut_short) {
            (Some(worst), Some(_)) => worst.max(Status::Unknown),
            (Some(worst), None) => worst,
            (None, None)
                if self
                    .skipped()
                    .any(|(_, reason)| *reason == SkipReason::NotApplicable) =>
            {
                Status::Ok
            }
            (None, _) => Status::Unknown,
        }
    }

    /// Every problem, those that do not count included, with its container.
    fn problems(&self) -> impl Iterator<Item = (&Row, &Problem)> {
        let rows = self.containers.iter();
        rows.flat_map(|row| row.problems().iter().map(move |problem| (row, problem)))
    }

    /// The title of a check.
    fn title_of(&self, key: &CheckKey) -> &str {
        let check = self.checks.iter().find(|check| check.id == key.check);
        check.map_or("", |check| &check.title)
    }

    /// How many containers have this status.
    fn count(&self, status: Status) -> usize {
        let of_status = |row: &&Row| row.status() == Some(status);
        self.containers.iter().filter(of_status).count()
    }

    /// The number of containers of each status, and of those that were skipped.
    fn tally(&self) -> [(&'static str, usize); 5] {
        let of = |status: Status| (status.name(), self.count(status));
        [
            of(Status::Ok),
            of(Status::Warning),
            of(Status::Critical),
            of(Status::Unknown),
            ("skipped", self.skipped().count()),
        ]
    }

    /// The containers that were skipped, with the reason.
    fn skipped(&self) -> impl Iterator<Item = (&Row, &SkipReason)> {
        self.containers.iter().filter_map(|row| match &row.result {
            VisitResult::Skipped(reason) => Some((row, reason)),
            VisitResult::Visited(_) => None,
        })
    }

    /// `1 critical, 2 warning, 9 ok, 1 skipped`: zeros are omitted, except for ok.
    fn counts(&self) -> String {
        let [ok, warning, critical, unknown, skipped] = self.tally();
        let counts = [critical, warning, unknown, ok, skipped];
        let shown = counts
            .iter()
            .filter(|(name, count)| *count > 0 || *name == ok.0);
        let parts: Vec<_> = shown
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests;
