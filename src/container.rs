//! Runs commands in a container, one after the other, through one client.
//!
//! [`Session::start`] starts the client of a [`Transport`](crate::container::transport::Transport) once and
//! sends commands to the `sh` that it opens; each [`Session::run`] returns an [`Exchange`]. A command
//! that fails is data, not an error.
//!
//! The guarantees, and how they are kept. In the container run two shells (`shell`): the client starts the supervisor, and
//! that starts the runner, which runs the commands.
//!
//! - Only marks that the shells print prove that a command ran and how it ended; the client's output
//!   and exit status never do. Bytes outside the marks are dropped and counted.
//! - A command starts only after the runner has asked and lxcdiag has answered. A command that was in
//!   the pipe of a frozen container gets no answer after the thaw, and is not run.
//! - A command has /dev/null as input, and a timeout that the supervisor enforces in the container, so
//!   that it holds even if lxcdiag is killed.
//! - Before the end mark is printed, the processes that the command left are killed: its process
//!   group, every process with the session's marker in its environment, and every process that holds
//!   the pipes. Only a process without all three escapes, such as a service started by systemd.
//! - The client's process group gets TERM, never KILL: the supervisor in the container is part of
//!   the group, and has to clean up.

pub(crate) mod capture;
mod client;
mod error;
mod marks;
pub(crate) mod remote;
mod script;
mod session;
mod stream;
pub mod transport;

pub(crate) use client::spawn;
pub use error::SessionError;
pub use script::LONGEST_TIMEOUT;
pub use session::Session;

use crate::evidence::recording::{Ending, Output};

/// The result of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The earliest time at which it can have been told to start, on the container's clock, in nanoseconds since the Unix
    /// epoch; absent if it never was.
    pub started_at: Option<i64>,
    /// From then until its end, including the cleanup, was seen: nanoseconds of a monotonic clock.
    pub duration: Option<i64>,
    /// [`Ending::Exited`], [`Ending::TimedOut`] or [`Ending::Errored`].
    pub ending: Ending,
    /// Its standard output, at most 512 KiB of it.
    pub stdout: Output,
    /// Its standard error, at most 64 KiB of it.
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
