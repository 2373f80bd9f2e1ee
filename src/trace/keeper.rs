//! A process that cleans up if the tracer is killed: it ends the command, as the signal would have done without the tracer,
//! and removes the directory.

use std::io::{self, BufRead as _, PipeWriter, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal, setsid};

use super::directory::Directory;

/// The keeper, as the tracer sees it. When the tracer ends, however it does, so does the pipe.
pub(super) struct Keeper {
    process: Child,
    pipe: PipeWriter,
}

impl Keeper {
    /// Starts the keeper of a directory.
    pub(super) fn start(directory: &Directory) -> io::Result<Self> {
        let (reader, pipe) = io::pipe()?;
        let process = Command::new(directory.keeper())
            .current_dir("/")
            .stdin(Stdio::from(reader))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { process, pipe })
    }

    /// Tells it the process of the command.
    pub(super) fn watch(&mut self, command: u32) {
        // Without it, the keeper still removes the directory.
        let _ = writeln!(self.pipe, "{command}");
    }

    /// Ends it, after the command has ended and the directory is removed.
    pub(super) fn end(self) {
        let Self { mut process, pipe } = self;
        drop(pipe);
        let _ = process.wait();
    }
}

/// Waits for the end of the tracer, and cleans up if it did not.
pub(super) fn keep(directory: &Directory) {
    // A signal to the process group of the tracer is not for this process.
    let _ = setsid();
    let mut command: Option<OwnedFd> = None;
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let pid = line.parse().ok().and_then(Pid::from_raw);
        command = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    }
    if !directory.exists() {
        return;
    }
    if let Some(command) = command {
        let _ = pidfd_send_signal(command.as_fd(), Signal::KILL);
    }
    directory.finished_calls(|| false);
    directory.remove();
}
