//! The ledger: a recording of every run that changes a container.
//!
//! The evidence before a change cannot be collected again, and a later run must know what lxcdiag
//! itself changed. The newest recordings are kept whole, of older ones only the changes.

mod prune;

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::atomic_file::replace;
use crate::error_chain;
use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::{OwnChange, Recording};
use crate::private_directory;

/// The recordings that lxcdiag keeps for itself, in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    directory: PathBuf,
}

/// The state directory: `$XDG_STATE_HOME/lxcdiag` if that is set, else the configured one, else `/var/lib/lxcdiag`.
pub fn state_directory(state_home: Option<PathBuf>, configured: Option<&Path>) -> PathBuf {
    match state_home {
        Some(home) if home.is_absolute() => home.join("lxcdiag"),
        _ => configured
            .unwrap_or(Path::new("/var/lib/lxcdiag"))
            .to_owned(),
    }
}

/// A recording could not be saved.
#[derive(Debug, thiserror::Error)]
#[error("cannot save the recording in {}; make it writable, or set XDG_STATE_HOME", directory.display())]
pub struct NotKept {
    directory: PathBuf,
    source: std::io::Error,
}

impl Ledger {
    /// In a directory, usually the [`state_directory`].
    pub const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The file for a run's recording.
    pub fn file_of(&self, recording: &Recording) -> PathBuf {
        let name = format!("{}.json", recording.started_at);
        self.of_container(recording.target.ct).join(name)
    }

    /// Saves a recording, in place of an earlier state of the same run. Only root can read it. Prunes
    /// the container's older recordings.
    pub fn keep(&self, recording: &Recording) -> Result<(), NotKept> {
        let path = self.file_of(recording);
        write_private(&path, recording).map_err(|source| NotKept {
            directory: self.directory.clone(),
            source,
        })?;
        prune::prune(&self.of_container(recording.target.ct), &path);
        Ok(())
    }

    /// Makes sure that only one run at a time changes a container, as long as the file is open.
    ///
    /// # Errors
    /// Why this run may not change the container, in a sentence.
    pub fn lock(&self, ct: ContainerId) -> Result<File, String> {
        let directory = self.directory.join("locks");
        let path = directory.join(ct.to_string());
        let open = || {
            private_directory::create(&directory)?;
            private_directory::open_lock(&path)
        };
        let file = open().map_err(|source| {
            error_chain(&NotKept {
                directory: self.directory.clone(),
                source,
            })
        })?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(file),
            Err(_) => Err("another run of lxcdiag is changing it".to_owned()),
        }
    }

    /// Replaces the state before the changes by the recording of what happened, and returns its file.
    /// If nothing was changed after all, nothing is kept.
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

    /// The changes that earlier runs made in a container, oldest first, and the files, or the
    /// directory, that could not be read.
    pub fn changes(&self, ct: ContainerId) -> (Vec<OwnChange>, Vec<PathBuf>) {
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
        if private_directory::check(&directory).is_err() {
            return (changes, vec![directory]);
        }
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

    fn of_container(&self, ct: ContainerId) -> PathBuf {
        self.directory.join("runs").join(ct.to_string())
    }
}

/// The part of a recording that later runs need: each run reads all of them.
#[derive(Deserialize, Serialize)]
struct Kept {
    attempts: Vec<Tried>,
    #[serde(default)]
    repairs: Vec<OwnChange>,
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
    fn changes(self) -> impl Iterator<Item = OwnChange> {
        let changing = self.attempts.into_iter().filter(|tried| tried.changes);
        let uncertainty = self.clock_uncertainty;
        let tried = changing.filter_map(move |tried| {
            let started_at = tried.started_at?;
            Some(OwnChange::new(
                tried.argv,
                started_at,
                tried.duration,
                uncertainty,
            ))
        });
        tried.chain(self.repairs)
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

fn read(path: &Path) -> Option<Kept> {
    let text = private_directory::read(path).ok()?;
    serde_json::from_slice(&text).ok()
}

fn write_private(path: &Path, recording: &Recording) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    private_directory::create(directory)?;
    replace(path, crate::json::compact(recording)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::evidence::time::Interval;
    use crate::fixture::{Run, at, ct, runbook};
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
        let history = Ledger::new(directory.path().join("lxcdiag"));
        (directory, history)
    }

    /// A run that began this many seconds later than the others.
    pub(super) fn later(runbook: &Runbook, seconds: f64) -> Recording {
        let mut recording = Run::new(runbook).passes(&["look", "set"]).recording;
        recording.started_at = at(seconds);
        for attempt in &mut recording.attempts {
            attempt.started_at = Some(at(seconds + 1.0));
        }
        recording
    }

    #[test]
    fn an_absolute_state_home_is_used() {
        let file = |home: Option<&str>| {
            let runbook = changing();
            let recording = Run::new(&runbook).recording;
            let directory = state_directory(home.map(PathBuf::from), None);
            let history = Ledger::new(directory);
            history.file_of(&recording).display().to_string()
        };
        let name = format!("runs/958/{}.json", at(0.0));
        assert_eq!(file(Some("/state")), format!("/state/lxcdiag/{name}"));
        for home in [None, Some(""), Some("state")] {
            assert_eq!(file(home), format!("/var/lib/lxcdiag/{name}"));
        }
        let configured = Path::new("/srv/state");
        let directory =
            |home: Option<&str>| state_directory(home.map(PathBuf::from), Some(configured));
        assert_eq!(directory(None), configured);
        assert_eq!(directory(Some("/state")), Path::new("/state/lxcdiag"));
    }

    #[test]
    fn changes_are_listed_oldest_first_for_one_container() {
        let (_directory, history) = history();
        let runbook = changing();
        for seconds in [60.0, 0.0, 30.0] {
            history.keep(&later(&runbook, seconds)).unwrap();
        }
        let mut other = later(&runbook, 10.0);
        other.target.ct = ct(959);
        history.keep(&other).unwrap();
        let (changes, unreadable) = history.changes(ct(958));
        let during: Vec<_> = changes.iter().map(|change| change.during).collect();
        let expected = [1.0, 31.0, 61.0];
        assert_eq!(
            during,
            expected.map(|seconds| Interval::new(at(seconds), at(seconds) + 4_000_000))
        );
        assert_eq!(changes[0].argv, ["systemctl", "daemon-reload"]);
        assert_eq!(unreadable, Vec::<PathBuf>::new());
    }

    /// Whole or pruned, a change on another node is only as precise as the comparison of the clocks.
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
        assert_eq!(history.changes(ct(958)).0, expected);
        for run in 1..30 {
            history.keep(&later(&runbook, f64::from(run))).unwrap();
        }
        assert_eq!(history.changes(ct(958)).0[..1], expected);
    }

    #[test]
    fn a_later_state_of_a_run_replaces_an_earlier_one() {
        let (_directory, history) = history();
        let runbook = changing();
        let recording = later(&runbook, 0.0);
        let mut before = recording.clone();
        before.attempts[1].duration = Some(30_000_000_000);
        history.keep(&before).unwrap();
        history.keep(&recording).unwrap();
        let (changes, _) = history.changes(ct(958));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].during.end, at(1.0) + 4_000_000);
        let kept = std::fs::read(history.file_of(&recording)).unwrap();
        let kept: Recording = serde_json::from_slice(&kept).unwrap();
        assert_eq!(kept, recording, "the recording is unchanged");
    }

    #[test]
    fn only_the_owner_can_read_a_recording() {
        let (_directory, history) = history();
        let runbook = changing();
        let recording = later(&runbook, 0.0);
        history.keep(&recording).unwrap();
        let metadata = std::fs::metadata(history.file_of(&recording)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn unreadable_recordings_are_listed_and_other_files_ignored() {
        let (_directory, history) = history();
        let runbook = changing();
        history.keep(&later(&runbook, 0.0)).unwrap();
        let directory = history.of_container(ct(958));
        std::fs::write(directory.join("1.json"), "{ torn").unwrap();
        std::fs::write(directory.join(".tmpXYZ"), "half").unwrap();
        let (changes, unreadable) = history.changes(ct(958));
        assert_eq!(changes.len(), 1);
        assert_eq!(unreadable, [directory.join("1.json")]);
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_listed() {
        let (_directory, history) = history();
        let path = history.of_container(ct(958));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "a file in its place").unwrap();
        assert_eq!(history.changes(ct(958)), (Vec::new(), vec![path]));
    }

    #[test]
    fn a_container_that_was_never_changed_has_no_changes() {
        let (_directory, history) = history();
        assert_eq!(history.changes(ct(958)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn the_error_names_the_directory_and_what_to_do() {
        let (directory, history) = history();
        std::fs::write(directory.path().join("lxcdiag"), "a file in its place").unwrap();
        let runbook = changing();
        let error = history.keep(&later(&runbook, 0.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot save the recording in {}/lxcdiag; make it writable, or set \
                 XDG_STATE_HOME",
                directory.path().display()
            )
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}
