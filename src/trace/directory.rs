//! The directory of one traced run: the programs that are put in front, and what they record.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::arguments::PROGRAMS;
use crate::evidence::trace::Call;

/// The beginning of the directory's name.
const PREFIX: &str = "lxcdiag-trace.";
/// Has the programs.
const BIN: &str = "bin";
/// A line for each begin and each end of a call.
const CALLS: &str = "calls";
const SETTINGS: &str = "settings";
/// The name under which lxcdiag copies what a program writes after its call has ended.
pub(super) const RELAY: &str = "relay";
/// The name under which lxcdiag cleans up if the tracer is killed.
pub(super) const KEEPER: &str = "keeper";
/// How long calls in the background may take after the command has ended.
const GRACE: Duration = Duration::from_secs(5);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How calls are traced.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    /// The delay after each push, in milliseconds.
    pub(super) settle_ms: Option<u64>,
}

impl Settings {
    pub(super) fn settle(self) -> Option<Duration> {
        self.settle_ms.map(Duration::from_millis)
    }
}

/// The directory, as the tracer and the shims in it see it.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Makes the directory for one run. It is removed when the guard is dropped.
    pub(super) fn create(settings: Settings) -> io::Result<(Self, TempDir)> {
        let guard = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let own = Self {
            path: guard.path().to_owned(),
        };
        fs::create_dir(own.bin())?;
        fs::write(own.path.join(SETTINGS), serde_json::to_string(&settings)?)?;
        File::create(own.path.join(CALLS))?;
        let lxcdiag = std::env::current_exe()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        // A program that the caller does not have stays "command not found".
        let existing = PROGRAMS
            .iter()
            .filter(|name| own.real(name, &path).is_some());
        for name in existing.chain(&[RELAY, KEEPER]) {
            symlink(&lxcdiag, own.bin().join(name))?;
        }
        Ok((own, guard))
    }

    /// The directory that a program was started from, and its name, if it is one of these.
    pub(super) fn of_program(program: &Path) -> Option<(Self, &str)> {
        let name = program.file_name()?.to_str()?;
        let bin = program.parent().filter(|bin| bin.ends_with(BIN))?;
        let path = bin.parent()?;
        let is_ours = path.file_name()?.to_str()?.starts_with(PREFIX);
        let is_known = PROGRAMS.contains(&name) || [RELAY, KEEPER].contains(&name);
        (is_ours && is_known).then(|| {
            let own = Self {
                path: path.to_owned(),
            };
            (own, name)
        })
    }

    fn bin(&self) -> PathBuf {
        self.path.join(BIN)
    }

    /// The program that relays late output.
    pub(super) fn relay(&self) -> PathBuf {
        self.bin().join(RELAY)
    }

    /// The program that cleans up.
    pub(super) fn keeper(&self) -> PathBuf {
        self.bin().join(KEEPER)
    }

    /// Whether it has not been removed.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Removes it.
    pub(super) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.path);
    }

    /// A `PATH` with the programs in front.
    pub(super) fn in_front_of(&self, path: &OsString) -> OsString {
        let mut front = self.bin().into_os_string();
        front.push(":");
        front.push(path);
        front
    }

    /// A `PATH` without them.
    pub(super) fn removed_from(&self, path: &OsString) -> OsString {
        let bin = self.bin();
        let others = std::env::split_paths(path).filter(|directory| *directory != bin);
        std::env::join_paths(others).unwrap_or_else(|_| path.clone())
    }

    /// The program of this name that the caller's `PATH` leads to.
    pub(super) fn real(&self, name: &str, path: &OsString) -> Option<PathBuf> {
        let bin = self.bin();
        std::env::split_paths(path)
            .filter(|directory| *directory != bin)
            .map(|directory| directory.join(name))
            .find(|program| {
                program.is_file()
                    && rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok()
            })
    }

    /// How calls are traced. After the end of the run, there are no settings any more.
    pub(super) fn settings(&self) -> Settings {
        let text = fs::read_to_string(self.path.join(SETTINGS)).ok();
        let settings = text.and_then(|text| serde_json::from_str(&text).ok());
        settings.unwrap_or_default()
    }

    /// Adds a record of a call. One write, so that the records of calls at the same time do not mix.
    pub(super) fn record(&self, call: &Call) -> io::Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        let mut file = File::options().append(true).open(self.path.join(CALLS))?;
        file.write_all(&line)
    }

    /// The calls so far, in the order in which they began. A call that has ended has its end.
    pub(super) fn calls(&self) -> Vec<Call> {
        let text = fs::read(self.path.join(CALLS)).unwrap_or_default();
        let mut calls: Vec<Call> = Vec::new();
        let records = text.split(|byte| *byte == b'\n');
        for call in records.filter_map(|line| serde_json::from_slice::<Call>(line).ok()) {
            match calls.iter_mut().find(|known| known.is_same(&call)) {
                Some(known) => *known = call,
                None => calls.push(call),
            }
        }
        calls.sort_by_key(|call| (call.started_at, call.pid));
        calls
    }

    /// The calls, once those in the background have ended or taken too long, or waiting is to end.
    pub(super) fn finished_calls(&self, is_stopped: impl Fn() -> bool) -> Vec<Call> {
        let begun = Instant::now();
        let is_running = |call: &Call| {
            call.finished_at.is_none() && Path::new(&format!("/proc/{}", call.pid)).exists()
        };
        loop {
            let calls = self.calls();
            let waits = begun.elapsed() < GRACE && !is_stopped();
            if !waits || !calls.iter().any(is_running) {
                return calls;
            }
            sleep(LOOK);
        }
    }
}
