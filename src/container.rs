//! Runs commands in a container, one after the other, through one client.
//!
//! [`Session::start`] starts the client of a [`Transport`](crate::container::transport::Transport) once and
//! feeds the `sh` that it opens; each [`Session::run`] gives an [`Exchange`]. Knows nothing of
//! checks or runbooks, judges nothing: a command that fails is data.
//!
//! What holds, and how it is had (`prologue.sh` is the half in the container):
//!
//! - Only marks that the shell prints prove that a command ran and how it ended; what the client
//!   says or returns never does. Bytes outside the marks are dropped and counted.
//! - A command starts only after the shell has asked and lxcdiag has said go. What lay in the pipe
//!   of a frozen container finds nobody to say so when it thaws, and is not run.
//! - A command has /dev/null as input, its own session, and a time-out that the container keeps:
//!   it holds when lxcdiag is killed.
//! - Before the end mark is printed, what the command left running is killed: its process group,
//!   whatever carries the session's marker in its environment, whatever holds the pipes. Out of
//!   reach is only what sheds all three: a service that systemd was told to start, for example.
//! - Signals go to the client's process group with TERM, never KILL: the shell, which is part of
//!   it, must be left to sweep.

mod capture;
mod client;
mod error;
mod marks;
pub mod remote;
mod script;
mod session;
mod stream;
pub mod transport;

pub(crate) use client::spawn;
pub use error::SessionError;
pub use script::LONGEST_TIMEOUT;
pub use session::Session;

use crate::evidence::recording::{Ending, Output};

/// One command that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The earliest moment that it can have been told to start, on the container's clock, in nanoseconds since the Unix
    /// epoch; absent if it never was.
    pub started_at: Option<i64>,
    /// From then until its end, what it left behind included, was known here: nanoseconds of a
    /// clock that no one sets.
    pub duration: Option<i64>,
    /// [`Ending::Exited`], [`Ending::TimedOut`] or [`Ending::Errored`].
    pub ending: Ending,
    /// What it wrote to its standard output, exactly; at most 512 KiB kept.
    pub stdout: Output,
    /// What it wrote to its standard error, exactly; at most 64 KiB kept.
    pub stderr: Output,
    /// It was not run because the shell had been lost during an earlier command.
    pub session_lost: bool,
}

impl Exchange {
    fn not_run(reason: String) -> Self {
        Self {
            started_at: None,
            duration: None,
            ending: Ending::Errored(reason),
            stdout: Output::default(),
            stderr: Output::default(),
            session_lost: false,
        }
    }
}
