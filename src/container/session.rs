//! A shell in a container, which runs one command at a time.

use std::pin::pin;
use std::time::Duration;

use rustix::rand::{GetRandomFlags, getrandom};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::client::Client;
use super::marks::{End, Mark};
use super::stream::Stream;
use super::{Exchange, SessionError, capture, script};
use crate::clock::now;
use crate::container::transport::Transport;
use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::Ending;

/// Timeout between sending a command and the shell's question whether to start it. Detects a container
/// that was frozen between two commands, with a margin for an overloaded host.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// How much longer than its timeout a command may take to end: 1 s because the shell looks once a second, 1 s between TERM
/// and KILL, at most 1.2 s of cleanup, and a margin for an overloaded host.
const END_GRACE: Duration = Duration::from_secs(6);

/// Timeout for a shell that was told to stop: 1 s between TERM and KILL, and the cleanup.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long to read output after the client has ended. A process that escaped may hold the pipes
/// forever.
const DRAIN_GRACE: Duration = Duration::from_millis(200);

/// A shell in a container.
///
/// Dropping it ends the client, the running command and its processes; only [`abort`] and [`close`]
/// wait for that.
///
/// [`abort`]: Session::abort
/// [`close`]: Session::close
#[derive(Debug)]
pub struct Session {
    client: Client,
    /// The client's command line, for messages.
    words: String,
    /// The script of the shell that the client starts, and of the one that runs the commands.
    supervisor: String,
    runner: String,
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    /// The number of the last command sent.
    number: u64,
    running: Option<Running>,
    /// Why no more commands can be run.
    lost: Option<String>,
    /// How far the container's clock is ahead of this one at least, in nanoseconds.
    clock_offset: i64,
    stray_bytes: u64,
}

/// The command that has been sent and has not ended.
#[derive(Debug)]
struct Running {
    /// When it was told to start, on both clocks; absent if it was not.
    started: Option<(i64, Instant)>,
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    Done,
    ShellEnded,
    TimedOut,
}

impl Session {
    /// Starts the client of `transport` for container `ct`. [`wait_until_ready`](Self::wait_until_ready) comes next.
    ///
    /// # Errors
    /// The client cannot be started.
    pub fn start(transport: &dyn Transport, ct: ContainerId) -> Result<Self, SessionError> {
        let argv = transport.argv(ct);
        let words = transport.shown(ct);
        let not_started = |source| SessionError::NotStarted {
            client: words.clone(),
            source,
        };
        let nonce = random_hex().map_err(not_started)?;
        let marker = random_hex().map_err(not_started)?;
        let (client, stdout, stderr) = Client::start(&argv).map_err(not_started)?;
        Ok(Self {
            client,
            supervisor: script::supervisor(&nonce, &marker),
            runner: script::runner(&nonce, &marker),
            stdout: Stream::new(stdout, &nonce, capture::STDOUT),
            stderr: Stream::new(stderr, &nonce, capture::STDERR),
            words,
            number: 0,
            running: None,
            lost: None,
            clock_offset: transport.clock_offset().start,
            stray_bytes: 0,
        })
    }

    /// Waits up to `limit` for the shell in the container, before the first command. `pct` alone takes
    /// 1.2 s of CPU time.
    ///
    /// Dropping the future leaves the client running; [`abort`](Self::abort) ends it.
    ///
    /// # Errors
    /// The client ended, or the shell did not answer in time. Nothing is left running.
    pub async fn wait_until_ready(&mut self, limit: Duration) -> Result<(), SessionError> {
        let deadline = in_time(limit);
        let answered = |session: &Self| session.stdout.last_mark().is_some();
        // It fits into the pipe, so this does not wait for the shell.
        let _ = timeout_at(deadline, self.client.send(&self.supervisor)).await;
        let mut waited = self.wait_until(deadline, answered).await;
        if let (Waited::Done, Some(Mark::Hello)) = (waited, self.stdout.last_mark()) {
            waited = self.prepare_runner(deadline).await;
        }
        match (waited, self.stdout.last_mark()) {
            (Waited::Done, Some(Mark::NoSleep)) => Err(SessionError::NoSleep),
            (Waited::Done, Some(Mark::NoProc)) => Err(SessionError::NoProc),
            (Waited::Done, _) => Ok(()),
            (Waited::ShellEnded, _) => {
                let status = self.client_status().await;
                Err(SessionError::Refused {
                    client: self.words.clone(),
                    status,
                    message: self.client_message(),
                })
            }
            (Waited::TimedOut, _) => {
                self.stop(DRAIN_GRACE).await;
                Err(SessionError::NoAnswer {
                    client: self.words.clone(),
                    limit,
                    message: self.client_message(),
                })
            }
        }
    }

    /// Runs `argv`, and ends it after `timeout` (1 ms to [`LONGEST_TIMEOUT`]). Never fails: a command that
    /// could not be run gives an [`Exchange`] that errored, and so does every command after the shell was
    /// lost.
    ///
    /// Dropping the future leaves the command running; [`abort`](Session::abort) ends it.
    ///
    /// [`LONGEST_TIMEOUT`]: super::LONGEST_TIMEOUT
    pub async fn run(&mut self, argv: &[String], timeout: Duration) -> Exchange {
        if self.running.is_some() {
            self.abort("an earlier command was abandoned").await;
        }
        if let Some(reason) = &self.lost {
            return Exchange {
                session_lost: true,
                ..Exchange::not_run(format!("not run: {reason}"))
            };
        }
        let Some(program) = argv.first() else {
            return Exchange::not_run("the command is empty".to_owned());
        };
        if argv.iter().any(|word| word.contains('\0')) {
            return Exchange::not_run("an argument of the command contains a NUL byte".to_owned());
        }
        self.number += 1;
        self.running = Some(Running { started: None });
        let number = self.number;

        let deadline = in_time(READY_LIMIT);
        if let Some(Mark::Killed(_)) = self.stdout.last_mark() {
            self.prepare_runner(deadline).await;
        }
        let call = script::call(number, timeout, argv);
        let answered = |session: &Self| answers(session.stdout.last_mark(), number);
        // If the pipe is full, the shell does not read, and the wait below ends at once.
        let _ = timeout_at(deadline, self.client.send(&call)).await;
        match (
            self.wait_until(deadline, answered).await,
            self.stdout.last_mark(),
        ) {
            (Waited::Done, Some(Mark::Missing(_))) => {
                return self.finish(Ending::Errored(format!(
                    "`{program}` is not installed in the container"
                )));
            }
            (Waited::Done, Some(Mark::Denied(_))) => {
                return self.finish(Ending::Errored(format!(
                    "`{program}` in the container is not executable, or is a directory"
                )));
            }
            (Waited::Done, _) => {}
            (Waited::ShellEnded, _) => return self.shell_ended().await,
            (Waited::TimedOut, _) => {
                return self
                    .shell_silent(READY_LIMIT, "after a command was sent")
                    .await;
            }
        }

        let started = Instant::now();
        self.running = Some(Running {
            started: Some((now().saturating_add(self.clock_offset), started)),
        });
        let limit = timeout.min(script::LONGEST_TIMEOUT) + END_GRACE;
        let _ = timeout_at(
            started + END_GRACE,
            self.client.send(&format!("go {number}\n")),
        )
        .await;
        let ended = |session: &Self| session.end(number).is_some();
        match self.wait_until(started + limit, ended).await {
            Waited::ShellEnded => self.shell_ended().await,
            Waited::TimedOut => self.shell_silent(limit, "past the timeout").await,
            Waited::Done => self.finish_with_mark(),
        }
    }

    /// Ends the running command, its processes and the session, within 2 s. This command and all later
    /// ones are errored for `reason`, such as `interrupted`.
    ///
    /// Returns the result of the command whose [`run`](Session::run) was dropped, if any.
    pub async fn abort(&mut self, reason: &str) -> Option<Exchange> {
        if self.lost.is_none() {
            self.stop(STOP_GRACE).await;
            self.lost = Some(reason.to_owned());
        }
        self.running.as_ref()?;
        if self.end(self.number).is_some() {
            return Some(self.finish_with_mark());
        }
        Some(self.finish(Ending::Errored(reason.to_owned())))
    }

    /// Whether another command can be run.
    pub const fn is_usable(&self) -> bool {
        self.lost.is_none() && self.running.is_none()
    }

    /// The number of bytes outside of any command's marks so far.
    pub fn stray_bytes(&self) -> u64 {
        self.stray_bytes + self.stdout.stray_bytes() + self.stderr.stray_bytes()
    }

    /// Ends the session, within 2 s. Returns the number of bytes outside of any command's marks, from the
    /// client or from processes that a command had left.
    pub async fn close(mut self) -> u64 {
        // If the session was lost, its end has been waited for.
        if self.lost.is_none() {
            self.client.close_input();
            self.wait_until(in_time(STOP_GRACE), |_| false).await;
        }
        if self.client.status().is_none() {
            let _ = timeout_at(in_time(DRAIN_GRACE), self.client.ended()).await;
        }
        self.client.terminate();
        self.client.kill();
        self.stray_bytes()
    }

    /// Sends a new runner what it needs, and waits until it is ready.
    async fn prepare_runner(&mut self, deadline: Instant) -> Waited {
        let _ = timeout_at(deadline, self.client.send(&self.runner)).await;
        let ready = |session: &Self| matches!(session.stdout.last_mark(), Some(Mark::Ready));
        self.wait_until(deadline, ready).await
    }

    /// Reads both streams until `done`, the end of the shell, or the deadline.
    async fn wait_until(&mut self, deadline: Instant, done: impl Fn(&Self) -> bool) -> Waited {
        let mut client_ended = self.client.status().is_some();
        let mut at_deadline = pin!(sleep_until(deadline));
        loop {
            if done(self) {
                return Waited::Done;
            }
            if self.stdout.has_ended() && self.stderr.has_ended() {
                return Waited::ShellEnded;
            }
            // Needed if there is always something to read, so that no read ever waits.
            if Instant::now() >= at_deadline.deadline() {
                return if client_ended {
                    Waited::ShellEnded
                } else {
                    Waited::TimedOut
                };
            }
            let step = async {
                tokio::select! {
                    () = self.stdout.read() => {}
                    () = self.stderr.read() => {}
                    () = self.client.ended() => {}
                }
            };
            tokio::select! {
                biased;
                () = step => {}
                () = &mut at_deadline => {}
            }
            if !client_ended && self.client.status().is_some() {
                client_ended = true;
                let drained = in_time(DRAIN_GRACE).min(at_deadline.deadline());
                at_deadline.as_mut().reset(drained);
            }
        }
    }

    /// Makes the shell end its command, clean up and end; after `grace`, kills the client.
    async fn stop(&mut self, grace: Duration) {
        self.client.close_input();
        self.client.terminate();
        // The client dies of the signal at once; the shell keeps the streams open while it cleans up.
        let deadline = in_time(grace);
        while !(self.stdout.has_ended() && self.stderr.has_ended()) {
            let step = async {
                tokio::select! {
                    () = self.stdout.read() => {}
                    () = self.stderr.read() => {}
                }
            };
            if Instant::now() >= deadline || timeout_at(deadline, step).await.is_err() {
                break;
            }
        }
        self.client.kill();
    }

    async fn shell_ended(&mut self) -> Exchange {
        let how = match self.client_status().await {
            Some(status) => format!("`{}` ended with exit status {status}", self.words),
            None => format!("`{}` is still running", self.words),
        };
        let mut reason = format!("the shell in the container ended during this command; {how}");
        let message = self.client_message();
        if !message.is_empty() {
            reason = format!("{reason}: {message}");
        }
        self.lost = Some(format!("the shell in the container has ended; {how}"));
        self.finish(Ending::Errored(reason))
    }

    async fn shell_silent(&mut self, waited: Duration, when: &str) -> Exchange {
        let reason = format!(
            "the container did not answer for {} s {when}; it may be frozen (snapshot, backup), or the \
             host overloaded",
            waited.as_secs_f64()
        );
        self.stop(STOP_GRACE).await;
        self.lost = Some(reason.clone());
        self.finish(Ending::Errored(reason))
    }

    /// The client's exit status, once its streams have ended. A client that is still running is killed.
    async fn client_status(&mut self) -> Option<i32> {
        self.client.close_input();
        if self.client.status().is_none() {
            let _ = timeout_at(in_time(STOP_GRACE), self.client.ended()).await;
        }
        self.client.terminate();
        self.client.kill();
        self.client.status()
    }

    /// The text outside of any marks, which contains the client's own error messages.
    fn client_message(&mut self) -> String {
        self.stray_bytes += self.stdout.stray_bytes() + self.stderr.stray_bytes();
        let stderr = self.stderr.take_stray_text();
        let stdout = self.stdout.take_stray_text();
        if stderr.is_empty() { stdout } else { stderr }
    }

    /// How the command ended, once both streams have the end mark.
    fn end(&self, number: u64) -> Option<End> {
        match (self.stdout.last_mark(), self.stderr.last_mark()) {
            (Some(Mark::End(out, end)), Some(Mark::End(err, _)))
                if out == number && err == number =>
            {
                Some(end)
            }
            (Some(Mark::Killed(status)), Some(Mark::Killed(_))) => Some(End {
                status,
                timed_out: false,
            }),
            _ => None,
        }
    }

    fn finish_with_mark(&mut self) -> Exchange {
        let ending = match self.end(self.number) {
            Some(End {
                timed_out: true, ..
            }) => Ending::TimedOut,
            Some(End { status, .. }) => Ending::Exited(status),
            None => Ending::Errored("the end mark of the command is missing".to_owned()),
        };
        self.finish(ending)
    }

    fn finish(&mut self, ending: Ending) -> Exchange {
        let started = self.running.take().and_then(|running| running.started);
        Exchange {
            started_at: started.map(|(unix, _)| unix),
            duration: started.map(|(_, instant)| nanoseconds(instant.elapsed())),
            ending,
            stdout: self.stdout.take_output(),
            stderr: self.stderr.take_output(),
            session_lost: false,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.client.close_input();
        self.client.terminate();
    }
}

/// Whether `mark` is the shell's answer to command `number` being sent.
fn answers(mark: Option<Mark>, number: u64) -> bool {
    matches!(mark, Some(Mark::Begin(n) | Mark::Missing(n) | Mark::Denied(n)) if n == number)
}

fn random_hex() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The instant `wait` from now, at most a day: a [`Duration`] may be too long for the clock.
fn in_time(wait: Duration) -> Instant {
    Instant::now() + wait.min(script::LONGEST_TIMEOUT)
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
