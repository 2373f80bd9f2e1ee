//! The client process on this host, `pct exec` or `lxc-attach`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::container::transport::{ENVIRONMENT, PATH};

/// A running client. It leads a process group, and the shell in the container is part of it.
#[derive(Debug)]
pub(super) struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    status: Option<i32>,
}

impl Client {
    pub(super) fn start(argv: &[String]) -> io::Result<(Self, ChildStdout, ChildStderr)> {
        let mut child = spawn(argv, false)?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => {
                let client = Self {
                    child,
                    stdin: Some(stdin),
                    status: None,
                };
                Ok((client, stdout, stderr))
            }
            _ => Err(io::Error::other("the client has no pipes")),
        }
    }

    /// Sends `text` to the shell. That a shell has ended is noticed at the end of its streams, not here.
    pub(super) async fn send(&mut self, text: &str) {
        if let Some(stdin) = &mut self.stdin
            && stdin.write_all(text.as_bytes()).await.is_err()
        {
            self.stdin = None;
        }
    }

    /// Closes the shell's input: the shell cleans up and ends once its command has ended.
    pub(super) fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Asks the shell to end its command, clean up and end. The client itself dies of the signal.
    ///
    /// Only while the client has not been reaped: its process ID is also the group's, and could be
    /// reused afterwards.
    pub(super) fn terminate(&self) {
        if let Some(pid) = self.pid() {
            // Before setsid(1) has run, there is only the process, no group.
            let _ =
                kill_process_group(pid, Signal::TERM).or_else(|_| kill_process(pid, Signal::TERM));
        }
    }

    /// Kills only the client, and does not wait for its end: in a frozen cgroup of version 1, even
    /// SIGKILL is delivered only after the thaw.
    pub(super) fn kill(&self) {
        if let Some(pid) = self.pid() {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.child.id()?.try_into().ok()?)
    }

    /// Its exit status, as shells count it, if it has ended.
    pub(super) fn status(&self) -> Option<i32> {
        self.status
    }

    /// Waits for its end; never returns once that is known. Cancel-safe.
    pub(super) async fn ended(&mut self) {
        if self.status.is_some() {
            return std::future::pending().await;
        }
        self.status = Some(match self.child.wait().await {
            Ok(status) => shell_status(status),
            Err(_) => -1,
        });
    }
}

/// Starts a program on the host, the one way in which lxcdiag starts any: with pipes as its standard streams, a
/// cleared environment, and `/` as its working directory, which lxc-attach keeps where the container has it.
///
/// No other file descriptor is inherited. lxcdiag opens its own close-on-exec, but the caller's may be open to the
/// container: `pct` and `lxc-attach` pass on what they inherit, and from a directory of the host a process in the
/// container could climb to the host's root.
///
/// # Errors
/// The program could not be started.
pub(crate) fn spawn(argv: &[String], kill_on_drop: bool) -> io::Result<Child> {
    let mut command = Command::from(command(argv)?);
    command.kill_on_drop(kill_on_drop).spawn()
}

/// The command that [`spawn`] starts.
///
/// # Errors
/// `argv` is empty.
pub(super) fn command(argv: &[String]) -> io::Result<std::process::Command> {
    let (program, arguments) = argv
        .split_first()
        .ok_or_else(|| io::Error::other("the command line is empty"))?;
    close_fds::set_fds_cloexec(3, &[]);
    let mut command = std::process::Command::new(path_of(program));
    command
        .args(arguments)
        .env_clear()
        .envs(ENVIRONMENT)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

/// The program's path in [`PATH`]. If std had to search a PATH, it would fork, which copies the page tables of this whole
/// process.
fn path_of(program: &str) -> PathBuf {
    let directories = PATH.split(':').map(Path::new);
    let mut paths = directories.map(|directory| directory.join(program));
    paths
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(program))
}

fn shell_status(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let by_signal = || status.signal().map(|signal| 128 + signal);
    status.code().or_else(by_signal).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{Mode, OFlags, open};
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Every transport starts its programs here.
    #[tokio::test]
    async fn a_program_inherits_only_the_standard_streams() {
        let _inheritable = open("/", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let argv = ["setsid", "ls", "/proc/self/fd"].map(str::to_owned);
        let mut child = spawn(&argv, true).unwrap();
        let mut listed = String::new();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_to_string(&mut listed).await.unwrap();
        // `ls` opens the next free one to read the directory.
        assert_eq!(listed, "0\n1\n2\n3\n");
    }
}
