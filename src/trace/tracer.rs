//! Runs a command with the shims in front of its `PATH`.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::time::Duration;

use super::child::{Forwarder, WhenIdle};
use super::directory::{Directory, Settings};
use super::keeper::Keeper;
use crate::clock::now;
use crate::evidence::trace::{Ending, Run, Stamp};

/// The `PATH` of a caller that has none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A command that is traced.
pub struct Tracer {
    command: Vec<OsString>,
    forwarder: Forwarder,
}

/// Why a command could not be traced.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The directory of the trace could not be made.
    #[error("cannot prepare the trace")]
    Prepare(#[source] io::Error),
    /// The command could not be started.
    #[error("cannot run `{0}`")]
    Start(String, #[source] io::Error),
    /// The command between two runs failed.
    #[error("`{0}`: {1}")]
    Reset(String, Ending),
}

impl Tracer {
    /// A tracer. From now on, signals go to the command.
    ///
    /// # Errors
    /// Signals cannot be received.
    pub fn new(command: Vec<OsString>) -> Result<Self, TraceError> {
        let forwarder = Forwarder::new(WhenIdle::Remember).map_err(TraceError::Prepare)?;
        Ok(Self { command, forwarder })
    }

    /// Runs the command once, with a delay after each push if one is given.
    ///
    /// # Errors
    /// It could not be started.
    pub fn run(&self, settle: Option<Duration>) -> Result<Run, TraceError> {
        let settle_ms = settle.map(|settle| settle.as_millis() as u64);
        let (directory, guard) =
            Directory::create(Settings { settle_ms }).map_err(TraceError::Prepare)?;
        let mut keeper = Keeper::start(&directory).map_err(TraceError::Prepare)?;
        let path = std::env::var_os("PATH").unwrap_or_else(|| PATH.into());
        let started_at = Stamp::new(now());
        let prepare = |command: &mut Command| {
            command.env("PATH", directory.in_front_of(&path));
        };
        let ending = self.spawn(&self.command, prepare, |pid| keeper.watch(pid));
        let finished_at = Stamp::new(now());
        let calls = match &ending {
            Ok(_) => directory.finished_calls(|| self.signal().is_some()),
            Err(_) => Vec::new(),
        };
        drop(guard);
        keeper.end();
        Ok(Run {
            started_at,
            finished_at,
            settle_ms,
            ending: ending?,
            calls,
        })
    }

    /// Runs a command line of the shell, untraced.
    ///
    /// # Errors
    /// It failed.
    pub fn reset(&self, line: &str) -> Result<(), TraceError> {
        let command = ["sh", "-c", line].map(OsString::from);
        let ending = self.spawn(&command, |_| {}, |_| {})?;
        match ending.is_success() {
            true => Ok(()),
            false => Err(TraceError::Reset(line.to_owned(), ending)),
        }
    }

    /// The last signal that this process received.
    pub fn signal(&self) -> Option<i32> {
        self.forwarder.received()
    }

    fn spawn(
        &self,
        words: &[OsString],
        prepare: impl FnOnce(&mut Command),
        started: impl FnOnce(u32),
    ) -> Result<Ending, TraceError> {
        let (program, arguments) = words
            .split_first()
            .ok_or_else(|| TraceError::Start(String::new(), io::ErrorKind::InvalidInput.into()))?;
        let failed = |error| TraceError::Start(program.to_string_lossy().into_owned(), error);
        let mut command = Command::new(program);
        command.args(arguments);
        prepare(&mut command);
        let (child, _) = self.forwarder.spawn(&mut command).map_err(failed)?;
        started(child.id());
        let status = self.forwarder.wait(child).map_err(failed)?;
        Ok(Ending::from(status))
    }
}
