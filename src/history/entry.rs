//! A kept report, as far as a list of reports needs it.

use std::collections::BTreeSet;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::read;
use crate::judge::Level;
use crate::judge::results::Severity;
use crate::report::Report;
use crate::report::diff::Side;

/// A kept report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its file.
    pub path: PathBuf,
    /// When its run started, in RFC 3339.
    pub started_at: String,
    /// The command that made it: `run`, `sweep` or `fix`.
    pub command: String,
    /// The id of its runbook.
    pub runbook: String,
    /// The verdict in a few sentences.
    pub summary: String,
    /// Its result.
    pub finding: Finding,
}

/// The result of a run, as far as it counts as a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The id of the verdict.
    pub verdict: String,
    /// Its level, if it is a hypothesis.
    pub level: Option<Level>,
    /// The severity of the worst limit that a check exceeds.
    pub severity: Option<Severity>,
    /// The checks that exceed a limit.
    checks: BTreeSet<(String, Severity)>,
}

#[derive(Deserialize)]
struct Stored {
    report: StoredReport,
}

#[derive(Deserialize)]
struct StoredReport {
    command_line: Vec<String>,
    runbook: StoredRunbook,
    started_at: String,
    checks: Vec<StoredCheck>,
    verdict: StoredVerdict,
}

#[derive(Deserialize)]
struct StoredRunbook {
    id: String,
}

#[derive(Deserialize)]
struct StoredCheck {
    id: String,
    #[serde(default)]
    severity: Option<Severity>,
}

#[derive(Deserialize)]
struct StoredVerdict {
    id: String,
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    severity: Option<Severity>,
    summary: String,
}

/// The command of a command line. `lxcdiag 958` is short for a run.
pub(super) fn command(command_line: &[String]) -> &str {
    let command = command_line.get(1).map(String::as_str);
    command
        .filter(|it| ["sweep", "fix"].contains(it))
        .unwrap_or("run")
}

impl Entry {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let Stored { report } = serde_json::from_value(read(path)?)?;
        let checks = report.checks.into_iter();
        Ok(Self {
            path: path.to_owned(),
            started_at: report.started_at,
            command: command(&report.command_line).to_owned(),
            runbook: report.runbook.id,
            finding: Finding {
                verdict: report.verdict.id,
                level: report.verdict.level,
                severity: report.verdict.severity,
                checks: checks
                    .filter_map(|check| Some((check.id, check.severity?)))
                    .collect(),
            },
            summary: report.verdict.summary,
        })
    }

    /// The report in JSON.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn report(&self) -> Result<Value> {
        let mut kept = read(&self.path)?;
        let report = kept.get_mut("report").map(Value::take);
        report.ok_or_else(|| Error::other("it contains no report"))
    }

    /// The report as text.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn text(&self) -> Result<String> {
        let kept = read(&self.path)?;
        let text = kept.get("text").and_then(Value::as_str);
        text.map(str::to_owned)
            .ok_or_else(|| Error::other("it contains no text"))
    }

    /// The report, to compare it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn side(&self) -> Result<Side> {
        Ok(serde_json::from_value(self.report()?)?)
    }
}

impl Finding {
    pub(super) fn of(report: &Report) -> Self {
        let verdict = &report.verdict;
        let checks = report.checks.iter();
        Self {
            verdict: verdict.kind.id().to_owned(),
            level: verdict.kind.level(),
            severity: verdict.severity,
            checks: checks
                .filter_map(|check| Some((check.key.to_string(), check.severity?)))
                .collect(),
        }
    }

    /// The verdict in words: `confirmed file-missing`, `healthy`, `healthy (warning)`.
    pub fn words(&self) -> String {
        let mut words = match self.level {
            Some(level) => format!("{} {}", level.words(), self.verdict),
            None => self.verdict.clone(),
        };
        let severity = self.severity.map(|severity| match severity {
            Severity::Warning => " (warning)",
            Severity::Critical => " (critical)",
        });
        words.push_str(severity.unwrap_or_default());
        words
    }
}
