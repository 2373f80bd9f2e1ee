//! The history: the reports of past runs and sweeps, in a directory for each container.
//!
//! Of consecutive reports of a runbook with the same result, only the first and the last are kept, so that the history
//! reaches back to when something changed. A sweep with the same result as the last report is kept once an hour, because
//! a sweep every few minutes would write far more than there is to say.

mod entry;

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::atomic_file::replace;
use crate::clock::now;
use crate::evidence::container_id::ContainerId;
use crate::evidence::time::SECOND;
use crate::private_directory;
use crate::report::{Format, Layout, Report, render};
use entry::command;
pub use entry::{Entry, Finding};

/// The reports of each runbook that are kept of a container.
pub const MOST: usize = 20;

/// How long the reports of a container are kept after its last one.
const VANISHED: i64 = 90 * 24 * 3600 * SECOND;

/// How long after the last report a sweep with the same result is not kept.
const SAME: Duration = Duration::from_secs(3600);

/// Every terminal shows it without breaking its lines.
const LAYOUT: Layout = Layout {
    width: 80,
    colour: false,
};

const ENDING: &str = ".json";

/// The reports that lxcdiag keeps for itself.
#[derive(Debug, Clone)]
pub struct History {
    directory: PathBuf,
}

/// A kept report, as a file.
#[derive(Serialize)]
struct Kept<'a> {
    /// The report as text.
    text: String,
    report: &'a Report,
}

impl History {
    /// In the state directory of lxcdiag.
    pub fn new(state_directory: &Path) -> Self {
        Self {
            directory: state_directory.join("history"),
        }
    }

    /// Whether the report of a run is kept: not one with secrets or of a demonstration.
    pub fn keeps(report: &Report) -> bool {
        report.redacted.is_some() && report.demonstration.is_none()
    }

    /// Keeps a report, readable by its owner only.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, report: &Report) -> Result<()> {
        if !Self::keeps(report) {
            return Ok(());
        }
        let directory = self.of_container(report.target.ct);
        if !directory.exists() {
            self.remove_vanished();
        }
        private_directory::create(&directory)?;
        let runbook = &report.runbook.id;
        let earlier = of_runbook(&directory, runbook)?;
        let finding = Finding::of(report);
        if command(&report.command_line) == "sweep"
            && let Some(last) = earlier.last()
            && is_recent(last)
            && Entry::read(last).is_ok_and(|entry| entry.finding == finding)
        {
            return Ok(());
        }
        let kept = Kept {
            text: render(report, Format::Table, LAYOUT),
            report,
        };
        let json = crate::json::compact(&kept)?;
        let path = directory.join(file_name(&report.started_at, runbook));
        replace(&path, json.as_bytes())?;
        remove_excess(&earlier, &path, &finding);
        Ok(())
    }

    /// The containers with kept reports.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn containers(&self) -> Result<BTreeSet<ContainerId>> {
        Ok(names_in(&self.directory)?
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect())
    }

    /// The kept reports of a container, the latest first, and the files that could not be read.
    ///
    /// # Errors
    /// The directory cannot be read, or others can write to it.
    pub fn of(&self, ct: ContainerId) -> Result<(Vec<Entry>, Vec<PathBuf>)> {
        let directory = self.of_container(ct);
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        let mut names = names_in(&directory)?;
        if names.is_empty() {
            return Ok((entries, unreadable));
        }
        private_directory::check(&directory)?;
        names.sort_unstable();
        for name in names.iter().rev().filter(|name| is_ours(name)) {
            let path = directory.join(name);
            match Entry::read(&path) {
                Ok(entry) => entries.push(entry),
                Err(_) => unreadable.push(path),
            }
        }
        Ok((entries, unreadable))
    }

    /// Removes the history of containers that had no report for a long time. Errors are ignored: the next one tries again.
    fn remove_vanished(&self) {
        let names = names_in(&self.directory).unwrap_or_default();
        for ct in names.iter().filter_map(|name| name.parse().ok()) {
            let directory = self.of_container(ct);
            let changed = std::fs::metadata(&directory).map(|it| it.mtime().saturating_mul(SECOND));
            if changed.is_ok_and(|changed| changed < now() - VANISHED) {
                for name in names_in(&directory).unwrap_or_default() {
                    if is_ours(&name) {
                        let _ = std::fs::remove_file(directory.join(name));
                    }
                }
                let _ = std::fs::remove_dir(directory);
            }
        }
    }

    fn of_container(&self, ct: ContainerId) -> PathBuf {
        self.directory.join(ct.to_string())
    }
}

/// Whether a report was written within the time of [`SAME`]. A time in the future is not recent: the clock was set.
fn is_recent(path: &Path) -> bool {
    let written = std::fs::metadata(path).and_then(|found| found.modified());
    written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age < SAME))
}

/// Removes a report between two others with the same result, and those beyond [`MOST`]. Errors are ignored: the next
/// report tries again.
fn remove_excess(earlier: &[PathBuf], latest: &Path, finding: &Finding) {
    let mut earlier: Vec<_> = earlier.iter().filter(|path| *path != latest).collect();
    if let [.., first, between] = earlier.as_slice() {
        let same = |path: &Path| Entry::read(path).is_ok_and(|entry| entry.finding == *finding);
        if same(between) && same(first) {
            let _ = std::fs::remove_file(between);
            earlier.pop();
        }
    }
    let excess = (earlier.len() + 1).saturating_sub(MOST);
    for path in earlier.iter().take(excess) {
        let _ = std::fs::remove_file(path);
    }
}

/// The reports of a runbook in a directory, the oldest first.
fn of_runbook(directory: &Path, runbook: &str) -> Result<Vec<PathBuf>> {
    let ending = file_name("", runbook);
    let mut names = names_in(directory)?;
    names.retain(|name| is_ours(name) && name.ends_with(&ending));
    names.sort_unstable();
    Ok(names.iter().map(|name| directory.join(name)).collect())
}

/// Sorted by name, files are in the order of their runs.
fn file_name(started_at: &str, runbook: &str) -> String {
    format!("{started_at}_{runbook}{ENDING}")
}

/// Not a temporary file.
fn is_ours(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit()) && name.ends_with(ENDING)
}

/// The names in a directory; none if it does not exist.
fn names_in(directory: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
    let names: Result<Vec<_>> = names.collect();
    Ok(names?
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .collect())
}

fn read(path: &Path) -> Result<serde_json::Value> {
    let text = private_directory::read(path)?;
    serde_json::from_slice(&text).map_err(Error::from)
}

#[cfg(test)]
mod tests;
