//! The recordings that lxcdiag keeps of itself: of every run that changes a container.
//!
//! Their evidence cannot be had twice, and a later run must know what lxcdiag itself did. The newest
//! are kept whole, of older ones the changes.

mod prune;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic_file::replace;
use crate::evidence::recording::{Change, Recording};

/// Where such recordings are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    directory: PathBuf,
}

/// Where lxcdiag keeps what outlives a run: `$XDG_STATE_HOME/lxcdiag` where that is set, else
/// `/var/lib/lxcdiag`.
pub fn state_directory(state_home: Option<PathBuf>) -> PathBuf {
    match state_home {
        Some(home) if home.is_absolute() => home.join("lxcdiag"),
        _ => PathBuf::from("/var/lib/lxcdiag"),
    }
}

/// A recording could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("the recording could not be kept in {}; make it writable, or set XDG_STATE_HOME", directory.display())]
pub struct NotKept {
    directory: PathBuf,
    source: std::io::Error,
}

impl Ledger {
    /// In the [`state_directory`].
    pub fn new(state_home: Option<PathBuf>) -> Self {
        let directory = state_directory(state_home);
        Self { directory }
    }

    /// The file that a run's recording is kept in.
    pub fn file_of(&self, recording: &Recording) -> PathBuf {
        let name = format!("{}.json", recording.started_at);
        self.of_container(recording.target.ct).join(name)
    }

    /// Keeps a recording, over an earlier state of the same run's. Readable by root only. Of the
    /// container's runs that are long past, less is kept from then on.
    pub fn keep(&self, recording: &Recording) -> Result<(), NotKept> {
        let path = self.file_of(recording);
        write_private(&path, recording).map_err(|source| NotKept {
            directory: self.directory.clone(),
            source,
        })?;
        prune::prune(&self.of_container(recording.target.ct), &path);
        Ok(())
    }

    /// Replaces what was kept before the changes by the recording of what happened, and gives its
    /// file. If nothing was changed after all, nothing stays.
    pub fn finish(&self, recording: &Recording) -> Result<Option<PathBuf>, NotKept> {
        let path = self.file_of(recording);
        if !recording.changes().is_empty() {
            self.keep(recording)?;
            return Ok(Some(path));
        }
        match std::fs::remove_file(path) {
            Ok(()) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(source) => Err(NotKept {
                directory: self.directory.clone(),
                source,
            }),
        }
    }

    /// What earlier runs changed in a container, oldest first, and the files, or the
    /// directory, that could not be read.
    pub fn changes(&self, ct: u32) -> (Vec<Change>, Vec<PathBuf>) {
        let mut changes = Vec::new();
        let mut unreadable = Vec::new();
        let directory = self.of_container(ct);
        let entries = match std::fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return (changes, unreadable);
            }
            Err(_) => return (changes, vec![directory]),
        };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if !is_ours(&path) {
                continue;
            }
            match read(&path) {
                Some(kept) => changes.extend(kept.changes()),
                None => unreadable.push(path),
            }
        }
        changes.sort_by_key(|change| (change.during.start, change.during.end));
        (changes, unreadable)
    }

    fn of_container(&self, ct: u32) -> PathBuf {
        self.directory.join("runs").join(ct.to_string())
    }
}

/// What is read of a recording: each run reads all that there are.
#[derive(Deserialize, Serialize)]
struct Kept {
    attempts: Vec<Tried>,
    #[serde(default)]
    clock_uncertainty: i64,
}

#[derive(Deserialize, Serialize)]
struct Tried {
    argv: Vec<String>,
    changes: bool,
    started_at: Option<i64>,
    duration: Option<i64>,
}

impl Kept {
    fn changes(self) -> impl Iterator<Item = Change> {
        let changing = self.attempts.into_iter().filter(|tried| tried.changes);
        let uncertainty = self.clock_uncertainty;
        changing.filter_map(move |tried| {
            let started_at = tried.started_at?;
            Some(Change::new(
                tried.argv,
                started_at,
                tried.duration,
                uncertainty,
            ))
        })
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

fn read(path: &Path) -> Option<Kept> {
    let text = std::fs::read(path).ok()?;
    serde_json::from_slice(&text).ok()
}

fn write_private(path: &Path, recording: &Recording) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    replace(path, crate::json::compact(recording)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::evidence::time::Interval;
    use crate::fixture::{Run, at, runbook};
    use crate::runbook::Runbook;

    pub(super) fn changing() -> Runbook {
        runbook(
            "runbook: test
title: A test
checks:
  - { id: look, title: x, run: [look], pass: exit == 0 }
  - { id: set, title: x, run: [systemctl, daemon-reload], changes: true, pass: exit == 0 }
",
        )
    }

    pub(super) fn history() -> (tempfile::TempDir, Ledger) {
        let directory = tempfile::tempdir().unwrap();
        let history = Ledger::new(Some(directory.path().to_owned()));
        (directory, history)
    }

    /// A run that began so many seconds later than others.
    pub(super) fn later(runbook: &Runbook, seconds: f64) -> Recording {
        let mut recording = Run::new(runbook).passes(&["look", "set"]).recording;
        recording.started_at = at(seconds);
        for attempt in &mut recording.attempts {
            attempt.started_at = Some(at(seconds + 1.0));
        }
        recording
    }

    #[test]
    fn the_directory_is_the_users_where_it_is_absolute() {
        let file = |home: Option<&str>| {
            let runbook = changing();
            let recording = Run::new(&runbook).recording;
            let history = Ledger::new(home.map(PathBuf::from));
            history.file_of(&recording).display().to_string()
        };
        let name = format!("runs/958/{}.json", at(0.0));
        assert_eq!(file(Some("/state")), format!("/state/lxcdiag/{name}"));
        for home in [None, Some(""), Some("state")] {
            assert_eq!(file(home), format!("/var/lib/lxcdiag/{name}"));
        }
    }

    #[test]
    fn changes_come_back_oldest_first_and_of_that_container_alone() {
        let (_directory, history) = history();
        let runbook = changing();
        for seconds in [60.0, 0.0, 30.0] {
            history.keep(&later(&runbook, seconds)).unwrap();
        }
        let mut other = later(&runbook, 10.0);
        other.target.ct = 959;
        history.keep(&other).unwrap();
        let (changes, unreadable) = history.changes(958);
        let during: Vec<_> = changes.iter().map(|change| change.during).collect();
        let expected = [1.0, 31.0, 61.0];
        assert_eq!(
            during,
            expected.map(|seconds| Interval::new(at(seconds), at(seconds) + 4_000_000))
        );
        assert_eq!(changes[0].argv, ["systemctl", "daemon-reload"]);
        assert_eq!(unreadable, Vec::<PathBuf>::new());
    }

    /// Whole or pruned, a change on another node is known no more precisely than that node's clock.
    #[test]
    fn the_uncertainty_of_another_nodes_clock_is_kept() {
        let (_directory, history) = history();
        let runbook = changing();
        let mut recording = later(&runbook, 0.0);
        recording.clock_uncertainty = 30_000_000;
        history.keep(&recording).unwrap();
        let expected = recording.changes();
        assert_eq!(
            expected[0].during,
            Interval::new(at(1.0), at(1.0) + 34_000_000)
        );
        assert_eq!(history.changes(958).0, expected);
        for run in 1..30 {
            history.keep(&later(&runbook, f64::from(run))).unwrap();
        }
        assert_eq!(history.changes(958).0[..1], expected);
    }

    #[test]
    fn a_later_state_of_a_run_replaces_the_earlier() {
        let (_directory, history) = history();
        let runbook = changing();
        let recording = later(&runbook, 0.0);
        let mut before = recording.clone();
        before.attempts[1].duration = Some(30_000_000_000);
        history.keep(&before).unwrap();
        history.keep(&recording).unwrap();
        let (changes, _) = history.changes(958);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].during.end, at(1.0) + 4_000_000);
        let kept = std::fs::read(history.file_of(&recording)).unwrap();
        let kept: Recording = serde_json::from_slice(&kept).unwrap();
        assert_eq!(kept, recording, "it survives as it was");
    }

    #[test]
    fn others_cannot_read_it() {
        let (_directory, history) = history();
        let runbook = changing();
        let recording = later(&runbook, 0.0);
        history.keep(&recording).unwrap();
        let metadata = std::fs::metadata(history.file_of(&recording)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_recording_is_named_and_what_is_no_file_of_ours_is_left_alone() {
        let (_directory, history) = history();
        let runbook = changing();
        history.keep(&later(&runbook, 0.0)).unwrap();
        let directory = history.of_container(958);
        std::fs::write(directory.join("1.json"), "{ torn").unwrap();
        std::fs::write(directory.join(".tmpXYZ"), "half").unwrap();
        let (changes, unreadable) = history.changes(958);
        assert_eq!(changes.len(), 1);
        assert_eq!(unreadable, [directory.join("1.json")]);
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_named() {
        let (_directory, history) = history();
        let path = history.of_container(958);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "a file in its place").unwrap();
        assert_eq!(history.changes(958), (Vec::new(), vec![path]));
    }

    #[test]
    fn nothing_was_kept_of_a_container_never_changed() {
        let (_directory, history) = history();
        assert_eq!(history.changes(958), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_cannot_be_kept_says_where_and_what_to_do() {
        let (directory, history) = history();
        std::fs::write(directory.path().join("lxcdiag"), "a file in its place").unwrap();
        let runbook = changing();
        let error = history.keep(&later(&runbook, 0.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the recording could not be kept in {}/lxcdiag; make it writable, or set \
                 XDG_STATE_HOME",
                directory.path().display()
            )
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}
