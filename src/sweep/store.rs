//! The memory of sweeps on disk: one file for each runbook, and a lock beside it.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::memory::{Memory, SCHEMA};
use crate::atomic_file::replace;

/// The memory of the sweeps with one runbook. While this lives, no other sweep with it can begin.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    _lock: File,
}

/// The memory cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another sweep is under way.
    #[error("another sweep with {runbook} is under way (it holds {}); wait for it, or keep another memory with --state DIR", path.display())]
    Busy {
        /// The runbook.
        runbook: String,
        /// The lock.
        path: PathBuf,
    },
    /// The directory cannot be used.
    #[error("cannot keep the memory of sweeps in {}; make it writable, or name another directory with --state DIR", directory.display())]
    Unusable {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is there is no memory of sweeps.
    #[error("{} is no memory of sweeps: {problem}; move it away, and the next sweep begins a new one", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl Store {
    /// Takes the lock. The kernel gives it back whenever and however this process ends.
    ///
    /// # Errors
    /// Another sweep has it, or the directory cannot be used.
    pub fn open(directory: &Path, runbook: &str) -> Result<Self, StoreError> {
        let unusable = |source| StoreError::Unusable {
            directory: directory.to_owned(),
            source,
        };
        std::fs::create_dir_all(directory).map_err(unusable)?;
        let path = directory.join(format!("{runbook}.lock"));
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: directory.join(format!("{runbook}.json")),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::Busy {
                runbook: runbook.to_owned(),
                path,
            }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// What earlier sweeps found; nothing where there was none.
    ///
    /// # Errors
    /// The file cannot be read, or is something else.
    pub fn load(&self) -> Result<Memory, StoreError> {
        let corrupt = |problem: String| StoreError::Corrupt {
            path: self.path.clone(),
            problem,
        };
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Memory::default());
            }
            Err(error) => return Err(corrupt(error.to_string())),
        };
        let memory: Memory =
            serde_json::from_slice(&text).map_err(|error| corrupt(error.to_string()))?;
        if memory.schema != SCHEMA {
            return Err(corrupt(format!("its schema is not {SCHEMA}")));
        }
        Ok(memory)
    }

    /// Keeps it: whole, or as it was before.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, memory: &Memory) -> Result<(), StoreError> {
        let write = || replace(&self.path, crate::json::compact(memory)?.as_bytes());
        write().map_err(|source| StoreError::Unusable {
            directory: self.path.parent().unwrap_or(Path::new(".")).to_owned(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_sweep_with_a_runbook_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let first = Store::open(directory.path(), "health").unwrap();
        let error = Store::open(directory.path(), "health").unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error}");
        Store::open(directory.path(), "race-risk").unwrap();
        drop(first);
        Store::open(directory.path(), "health").unwrap();
    }

    #[test]
    fn what_was_kept_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), "health").unwrap();
        assert_eq!(store.load().unwrap(), Memory::default());
        let mut memory = Memory::default();
        memory.swept_at.insert(958, 17);
        store.save(&memory).unwrap();
        assert_eq!(store.load().unwrap(), memory);
    }

    #[test]
    fn what_is_no_memory_is_left_alone_and_named() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), "health").unwrap();
        std::fs::write(directory.path().join("health.json"), "{ torn").unwrap();
        let error = store.load().unwrap_err().to_string();
        assert!(
            error.contains("health.json is no memory of sweeps"),
            "{error}"
        );
    }
}
