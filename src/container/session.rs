//! A shell in a container, and the one command at a time that it runs.

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
use crate::evidence::recording::Ending;

/// How long the shell may take from being sent a command to asking whether to start it. Tells a
/// container that was frozen between two commands; an overloaded host is to pass.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// How much longer than its time-out a command's end may take: 1 s between TERM and KILL, 1.2 s of
/// sweeping at worst, the rest for an overloaded host.
const END_GRACE: Duration = Duration::from_secs(6);

/// How long a shell that was told to stop may take: 1 s between TERM and KILL, and the sweep.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long output may still come after the client has ended. A process that escaped may hold the
/// pipes for ever.
const DRAIN_GRACE: Duration = Duration::from_millis(200);

/// A shell in a container.
///
/// Dropping it ends the client, the running command and what that started; only [`abort`] and
/// [`close`] wait until it is done.
///
/// [`abort`]: Session::abort
/// [`close`]: Session::close
#[derive(Debug)]
pub struct Session {
    client: Client,
    /// The client's command line, for messages.
    words: String,
    /// What makes the shell one that can be fed commands.
    prologue: String,
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    /// The number of the last command sent.
    number: u64,
    running: Option<Running>,
    /// Why no command can be run any more.
    lost: Option<String>,
    /// How far the container's clock is at least ahead of this one, in nanoseconds.
    clock_offset: i64,
    stray_bytes: u64,
}

/// The command that has been sent and not been answered for.
#[derive(Debug)]
struct Running {
    /// The moment it was told to start, on both clocks; absent if it was not.
    started: Option<(i64, Instant)>,
}

/// Why waiting came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    /// What was waited for is there.
    Done,
    /// There is no shell any more.
    ShellEnded,
    /// It took too long.
    TimeUp,
}

impl Session {
    /// Starts `transport`'s client for container `ct`; [`greet`](Self::greet) waits for its shell.
    ///
    /// # Errors
    /// When the client cannot be started.
    pub fn start(transport: &dyn Transport, ct: u32) -> Result<Self, SessionError> {
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
            prologue: script::prologue(&nonce, &marker),
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

    /// Waits up to `limit` for the shell in the container to answer, before anything is run in it.
    /// `pct` alone takes 1.2 s of CPU to get there.
    ///
    /// Dropping the future leaves the client running, for [`abort`](Self::abort) to end.
    ///
    /// # Errors
    /// When the client ends, or gives no shell in time. Nothing is left running.
    pub async fn greet(&mut self, limit: Duration) -> Result<(), SessionError> {
        let deadline = in_time(limit);
        let answered =
            |session: &Self| matches!(session.stdout.last_mark(), Some(Mark::Hello { .. }));
        // Fits into the pipe, so this does not wait for the shell.
        let _ = timeout_at(deadline, self.client.send(&self.prologue)).await;
        let waited = self.wait_until(deadline, answered).await;
        match (waited, self.stdout.last_mark()) {
            (Waited::Done, Some(Mark::Hello { sleep: true })) => Ok(()),
            (Waited::Done, _) => Err(SessionError::NoSleep),
            (Waited::ShellEnded, _) => {
                let status = self.client_status().await;
                Err(SessionError::Refused {
                    client: self.words.clone(),
                    status,
                    said: self.client_said(),
                })
            }
            (Waited::TimeUp, _) => {
                self.stop(DRAIN_GRACE).await;
                Err(SessionError::NoAnswer {
                    client: self.words.clone(),
                    limit,
                    said: self.client_said(),
                })
            }
        }
    }

    /// Runs `argv`, which is ended after `timeout` (1 ms to [`LONGEST_TIMEOUT`]). Never fails: what
    /// could not be run is an [`Exchange`] that errored, as is every one after the shell was lost.
    ///
    /// Dropping the future leaves the command running, for [`abort`](Session::abort) to end.
    ///
    /// [`LONGEST_TIMEOUT`]: super::LONGEST_TIMEOUT
    pub async fn run(&mut self, argv: &[String], timeout: Duration) -> Exchange {
        if self.running.is_some() {
            self.abort("an earlier command was given up").await;
        }
        if let Some(reason) = &self.lost {
            return Exchange {
                session_lost: true,
                ..Exchange::not_run(format!("not run: {reason}"))
            };
        }
        let Some(program) = argv.first() else {
            return Exchange::not_run("the command has no words".to_owned());
        };
        if argv.iter().any(|word| word.contains('\0')) {
            return Exchange::not_run("a word of the command has a NUL byte".to_owned());
        }
        self.number += 1;
        self.running = Some(Running { started: None });
        let number = self.number;

        let deadline = in_time(READY_LIMIT);
        let call = script::call(number, timeout, argv);
        let answered = |session: &Self| answers(session.stdout.last_mark(), number);
        // A full pipe means that the shell does not read: the wait below is then over at once.
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
                    "`{program}` cannot be executed in the container: it is a directory, or not \
                     marked executable"
                )));
            }
            (Waited::Done, _) => {}
            (Waited::ShellEnded, _) => return self.shell_ended().await,
            (Waited::TimeUp, _) => {
                let waited = format!("{} s, to a command being sent", READY_LIMIT.as_secs());
                return self.shell_silent(&waited).await;
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
            Waited::TimeUp => {
                let waited = format!("{:.1} s, past the time-out", limit.as_secs_f64());
                self.shell_silent(&waited).await
            }
            Waited::Done => self.finish_with_mark(),
        }
    }

    /// Ends the running command and everything it started, and the session with it, within 2 s.
    /// `reason` (such as `interrupted`) is what this command and all later ones errored for.
    ///
    /// Returns what was collected of the command whose [`run`](Session::run) was dropped, if any.
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

    /// Ends the session, within 2 s. Returns how many bytes came outside any command's marks, from
    /// the client or from what a command had left behind.
    pub async fn close(mut self) -> u64 {
        // A session that was lost has been waited for.
        if self.lost.is_none() {
            self.client.hang_up();
            self.wait_until(in_time(STOP_GRACE), |_| false).await;
        }
        if self.client.status().is_none() {
            let _ = timeout_at(in_time(DRAIN_GRACE), self.client.ended()).await;
        }
        self.client.terminate();
        self.client.kill();
        self.stray_bytes + self.stdout.stray_bytes() + self.stderr.stray_bytes()
    }

    /// Reads both streams until `done`, the shell's end, or the deadline.
    async fn wait_until(&mut self, deadline: Instant, done: impl Fn(&Self) -> bool) -> Waited {
        let mut client_ended = self.client.status().is_some();
        let mut time_up = pin!(sleep_until(deadline));
        loop {
            if done(self) {
                return Waited::Done;
            }
            if self.stdout.has_ended() && self.stderr.has_ended() {
                return Waited::ShellEnded;
            }
            // Also where there is always something to read, and no read ever waits.
            if Instant::now() >= time_up.deadline() {
                return if client_ended {
                    Waited::ShellEnded
                } else {
                    Waited::TimeUp
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
                () = &mut time_up => {}
            }
            if !client_ended && self.client.status().is_some() {
                client_ended = true;
                let drained = in_time(DRAIN_GRACE).min(time_up.deadline());
                time_up.as_mut().reset(drained);
            }
        }
    }

    /// Has the shell end its command, sweep and end; after `grace`, ends the client.
    async fn stop(&mut self, grace: Duration) {
        self.client.hang_up();
        self.client.terminate();
        // The client dies of the signal at once; the shell that sweeps holds the streams open.
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
            None => format!("`{}` has yet to end", self.words),
        };
        let mut reason = format!("the shell in the container ended while this command ran; {how}");
        let said = self.client_said();
        if !said.is_empty() {
            reason = format!("{reason} and said: {said}");
        }
        self.lost = Some(format!("the shell in the container has ended; {how}"));
        self.finish(Ending::Errored(reason))
    }

    async fn shell_silent(&mut self, waited: &str) -> Exchange {
        let reason = format!(
            "the container gave no answer for {waited}; it may be frozen (a snapshot, a backup, \
             `pct suspend`) or the host overloaded"
        );
        self.stop(STOP_GRACE).await;
        self.lost = Some(reason.clone());
        self.finish(Ending::Errored(reason))
    }

    /// The client's exit status, once its streams have ended. A client that stays is ended.
    async fn client_status(&mut self) -> Option<i32> {
        self.client.hang_up();
        if self.client.status().is_none() {
            let _ = timeout_at(in_time(STOP_GRACE), self.client.ended()).await;
        }
        self.client.terminate();
        self.client.kill();
        self.client.status()
    }

    /// What was printed outside any marks, which is where the client says why it failed.
    fn client_said(&mut self) -> String {
        self.stray_bytes += self.stdout.stray_bytes() + self.stderr.stray_bytes();
        let stderr = self.stderr.take_stray_text();
        let stdout = self.stdout.take_stray_text();
        if stderr.is_empty() { stdout } else { stderr }
    }

    /// How the command ended, once both streams have said so.
    fn end(&self, number: u64) -> Option<End> {
        match (self.stdout.last_mark(), self.stderr.last_mark()) {
            (Some(Mark::End(out, end)), Some(Mark::End(err, _)))
                if out == number && err == number =>
            {
                Some(end)
            }
            _ => None,
        }
    }

    fn finish_with_mark(&mut self) -> Exchange {
        let ending = match self.end(self.number) {
            Some(End {
                timed_out: true, ..
            }) => Ending::TimedOut,
            Some(End { status, .. }) => Ending::Exited(status),
            None => Ending::Errored("the command's end was never seen".to_owned()),
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
        self.client.hang_up();
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

/// The moment `wait` from now, at most a day: a [`Duration`] may be too long for the clock.
fn in_time(wait: Duration) -> Instant {
    Instant::now() + wait.min(script::LONGEST_TIMEOUT)
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
