//! The state of earlier sweeps on disk: one file for each runbook, and a lock beside it.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::state::State;
use crate::atomic_file::replace;
use crate::private_directory;

/// The format of the state files of earlier versions, which are not read.
const OLDER_SCHEMA: &str = "lxcdiag.sweep-memory/1";

/// The state of the sweeps with one runbook. While this value exists, no other sweep with the runbook can start.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    _lock: File,
}

/// The state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    #[error("another sweep with {runbook} is running (it holds {}); wait for it, or use another state directory with --state DIR", path.display())]
    Busy { runbook: String, path: PathBuf },
    #[error("cannot use the state directory {}; make it writable, or use another with --state DIR", directory.display())]
    Unusable {
        directory: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is not a state file of sweeps: {problem}; move it away, and the next sweep starts a new one", path.display())]
    Corrupt { path: PathBuf, problem: String },
}

impl StateFile {
    /// Takes the lock. The kernel releases it when this process ends, even if it is killed.
    ///
    /// Sweeps that report changes have a state of their own: another sweep must not hide a change from them.
    ///
    /// # Errors
    /// Another sweep holds it, or the directory cannot be used.
    pub fn open(directory: &Path, runbook: &str, on_change: bool) -> Result<Self, StateFileError> {
        let name = match on_change {
            true => runbook.to_owned(),
            false => format!("{runbook}.plain"),
        };
        let unusable = |source| StateFileError::Unusable {
            directory: directory.to_owned(),
            source,
        };
        private_directory::create(directory).map_err(unusable)?;
        let path = directory.join(format!("{name}.lock"));
        let lock = private_directory::open_lock(&path).map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: directory.join(format!("{name}.json")),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StateFileError::Busy {
                runbook: runbook.to_owned(),
                path,
            }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// What earlier sweeps with the runbook found; nothing if there was none, or if the file is from an older
    /// version of lxcdiag.
    ///
    /// # Errors
    /// The file cannot be read, or is not a state file.
    pub fn load(&self) -> Result<State, StateFileError> {
        let corrupt = |problem: String| StateFileError::Corrupt {
            path: self.path.clone(),
            problem,
        };
        let text = match private_directory::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(State::default());
            }
            Err(error) => return Err(corrupt(error.to_string())),
        };
        serde_json::from_slice(&text).or_else(|error| {
            if !is_older(&text) {
                return Err(corrupt(error.to_string()));
            }
            tracing::warn!(
                "{} has the format of an older version of lxcdiag; this sweep starts without a previous one",
                self.path.display()
            );
            Ok(State::default())
        })
    }

    /// Writes the state. If that fails, the file stays as it was.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, state: &State) -> Result<(), StateFileError> {
        let write = || replace(&self.path, crate::json::compact(state)?.as_bytes());
        write().map_err(|source| StateFileError::Unusable {
            directory: self.path.parent().unwrap_or(Path::new(".")).to_owned(),
            source,
        })
    }
}

fn is_older(text: &[u8]) -> bool {
    let file = serde_json::from_slice::<serde_json::Value>(text);
    file.is_ok_and(|file| {
        file.get("schema")
            .is_some_and(|schema| schema == OLDER_SCHEMA)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_sweep_with_a_runbook_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = StateFile::open(directory.path(), "health", true).unwrap();
        let error = StateFile::open(directory.path(), "health", true).unwrap_err();
        assert!(matches!(error, StateFileError::Busy { .. }), "{error}");
        StateFile::open(directory.path(), "race-risk", true).unwrap();
        StateFile::open(directory.path(), "health", false).unwrap();
        drop(first);
        StateFile::open(directory.path(), "health", true).unwrap();
    }

    #[test]
    fn a_state_is_read_back_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::open(directory.path(), "test", true).unwrap();
        assert_eq!(file.load().unwrap(), State::default());
        let state = r#"{"schema":"lxcdiag.sweep-memory/2","containers":{"958":{"swept_at":17,"running_at":18,"problems":[
            {"id":"stopped","affected":null,"status":"warning","says":"x","since":1,"seen":2,"reported":true},
            {"id":{"check":{"check":"a","item":"[b]"}},"affected":"c","status":"critical","says":"y","since":3,"seen":4,"reported":false}]}}}"#;
        let state: State = serde_json::from_str(state).unwrap();
        assert_eq!(state.swept_at(crate::fixture::ct(958)), Some(17));
        file.save(&state).unwrap();
        assert_eq!(file.load().unwrap(), state);
    }

    #[test]
    fn another_file_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::open(directory.path(), "test", true).unwrap();
        let path = directory.path().join("test.json");
        for text in [
            "{ torn",
            "[]",
            r#"{"schema":"lxcdiag.sweep-memory/3","containers":{}}"#,
            r#"{"schema":"lxcdiag.sweep-memory/2","containers":{},"more":1}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            let error = file.load().unwrap_err().to_string();
            assert!(
                error.contains("test.json is not a state file of sweeps: "),
                "{error}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
