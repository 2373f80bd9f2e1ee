//! Runs the commands of a remedy on this host, with bash, as the user would after pasting them.
//!
//! They get a few variables and nothing of the terminal: no input, a session of their own, and their output is handed on
//! line by line. `pct exec` passes its environment to the container, so the user's must not be in it. Whatever they started
//! in that session ends with them.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use crate::engine::stop::Stop;

/// The time limit.
pub(crate) const LIMIT: Duration = Duration::from_secs(600);
/// How long a process may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(3);
/// How long to wait for output that is still in the pipe.
const REST: Duration = Duration::from_secs(1);
/// Longer lines are handed on in pieces.
const LONGEST_LINE: usize = 4_096;
/// Output beyond this is dropped.
const MOST_OUTPUT: usize = 256 * 1024;

/// How a script ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Itself(ExitStatus),
    Stopped(Stop),
}

/// Runs a script until it ends, or `stop` resolves. `line` gets each line of its output, as it is.
///
/// # Errors
/// It could not be started.
pub(crate) async fn run(
    script: &str,
    variables: &[(String, OsString)],
    mut line: impl FnMut(&str),
    stop: impl Future<Output = Stop>,
) -> io::Result<Ended> {
    close_fds::set_fds_cloexec(3, &[]);
    // A child does not lead a process group, so setsid(1) becomes bash, and its process ID that of the session. Both
    // outputs go to one pipe, which keeps their order.
    let mut child = Command::new("setsid")
        .args(["sh", "-c", "exec \"$@\" 2>&1", "sh"])
        .args(["bash", "--noprofile", "--norc", "-c", script])
        .env_clear()
        .envs(["PATH", "HOME"].map(|name| (name, std::env::var_os(name).unwrap_or_default())))
        .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC")])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let session = Session::of(&child);
    let mut output = Output::new(child.stdout.take());
    let ended = {
        let mut reading = std::pin::pin!(output.read(&mut line));
        let mut stop = std::pin::pin!(stop);
        let mut limit = std::pin::pin!(sleep(LIMIT));
        let mut is_open = true;
        loop {
            tokio::select! {
                biased;
                stopped = &mut stop => break Ended::Stopped(stopped),
                status = child.wait() => break Ended::Itself(status?),
                () = &mut limit => break Ended::Stopped(Stop::TimedOut(LIMIT)),
                () = &mut reading, if is_open => is_open = false,
            }
        }
    };
    session.end(&mut child).await;
    let _ = timeout(REST, output.read(&mut line)).await;
    output.finish(&mut line);
    Ok(ended)
}

/// The processes that a script started.
struct Session(Option<i32>);

impl Session {
    fn of(child: &Child) -> Self {
        Self(child.id().map(u32::cast_signed))
    }

    /// Ends them: SIGTERM, then SIGKILL. In a container they are still part of the session.
    async fn end(&self, child: &mut Child) {
        for (signal, patience) in [(Signal::TERM, GRACE), (Signal::KILL, GRACE)] {
            let mut told = HashSet::new();
            let ended = timeout(patience, async {
                loop {
                    let _ = child.try_wait();
                    let mut members = self.members();
                    // Before setsid(1) has run, it is the only process, and not in the session yet.
                    members.extend(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
                    if members.is_empty() {
                        return;
                    }
                    for member in members {
                        // Once each: another SIGTERM would disturb the cleanup after the first.
                        if told.insert(member) {
                            let _ = kill_process(member, signal);
                        }
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            });
            if ended.await.is_ok() {
                return;
            }
        }
    }

    fn members(&self) -> Vec<Pid> {
        let Some(session) = self.0 else {
            return Vec::new();
        };
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        processes
            .filter(|process: &i32| session_of(*process) == Some(session))
            .filter_map(Pid::from_raw)
            .collect()
    }
}

/// The session of a process that has not ended. See proc_pid_stat(5): the name may contain anything.
fn session_of(process: i32) -> Option<i32> {
    let stat = std::fs::read(format!("/proc/{process}/stat")).ok()?;
    let after_name = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = String::from_utf8_lossy(stat.get(after_name + 1..)?).into_owned();
    let mut fields = rest.split_whitespace();
    match fields.next()? {
        "Z" | "X" => None,
        _ => fields.nth(2)?.parse().ok(),
    }
}

/// The output of a script, in lines.
struct Output {
    pipe: Option<ChildStdout>,
    begun: Vec<u8>,
    handed_on: usize,
    dropped: usize,
}

impl Output {
    fn new(pipe: Option<ChildStdout>) -> Self {
        Self {
            pipe,
            begun: Vec::new(),
            handed_on: 0,
            dropped: 0,
        }
    }

    /// Reads until the pipe is closed. Cancel-safe.
    async fn read(&mut self, line: &mut impl FnMut(&str)) {
        let mut piece = [0; 8_192];
        loop {
            let Some(pipe) = &mut self.pipe else { return };
            let count = pipe.read(&mut piece).await.unwrap_or(0);
            if count == 0 {
                return;
            }
            for byte in piece.iter().take(count) {
                if *byte == b'\n' || self.begun.len() >= LONGEST_LINE {
                    self.hand_on(line);
                }
                if *byte != b'\n' {
                    self.begun.push(*byte);
                }
            }
        }
    }

    fn hand_on(&mut self, line: &mut impl FnMut(&str)) {
        let text = std::mem::take(&mut self.begun);
        if self.handed_on >= MOST_OUTPUT {
            self.dropped += text.len();
            return;
        }
        self.handed_on += text.len() + 1;
        line(&String::from_utf8_lossy(&text));
    }

    fn finish(&mut self, line: &mut impl FnMut(&str)) {
        if !self.begun.is_empty() {
            self.hand_on(line);
        }
        if self.dropped > 0 {
            line(&format!("({} more bytes)", self.dropped));
        }
    }
}

#[cfg(test)]
mod tests;
