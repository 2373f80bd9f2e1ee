//! The source of the results of a plan's checks: a live container and its host, or a recording.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::canary::Canary;
use super::identify;
use super::plan::Plan;
use super::stop::{Stop, join};
use crate::clock::{Watch, now};
use crate::container::capture::{Capture, STDOUT};
use crate::container::transport::Transport;
use crate::container::{Exchange, Session};
use crate::error_chain;
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::Facts;
use crate::evidence::recording::{Attempt, Ending, Output, Recording, Target};
use crate::evidence::time::{Interval, SECOND};
use crate::host::{Host, HostError};
use crate::redact::Redactor;
use crate::runbook::{Action, Check, HostProbe, NodeReading};
use crate::shell_quote::command_line;

/// How long the client may take to open a shell. `pct` alone takes 1.2 s of CPU, and much longer on a
/// busy host.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// How long reading the node in place of a command may take. It takes microseconds.
const READING_LIMIT: Duration = Duration::from_secs(2);

/// One attempt at a check, not made yet.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    pub check: &'a Check,
    /// The item of its `for_each`.
    pub item: Option<String>,
    /// The command's words in the container; empty for a probe of the host.
    pub argv: Vec<String>,
    /// The probe of the host; none for a command.
    pub probe: Option<HostProbe>,
}

impl Call<'_> {
    /// The attempt that did not run, and why.
    pub fn not_run(self, ending: Ending) -> Attempt {
        Attempt {
            argv: self.argv,
            ..not_run(self.check, self.item, ending)
        }
    }
}

/// An attempt at a check that has no command yet, and did not run.
pub fn not_run(check: &Check, item: Option<String>, ending: Ending) -> Attempt {
    Attempt {
        check: check.id.clone(),
        item,
        argv: Vec::new(),
        changes: check.changes,
        started_at: None,
        duration: None,
        ending,
        stdout: Output::default(),
        stderr: Output::default(),
        found: Vec::new(),
        session_lost: false,
    }
}

/// A source of results.
///
/// A future may be dropped before it is done; [`abort`](Self::abort) then ends what it started.
#[allow(
    async_fn_in_trait,
    reason = "it is used in this crate alone, on one thread"
)]
pub trait Backend {
    /// Now, on the clock that the container and its node share.
    fn now(&self) -> Interval;

    /// The earliest that the run can have ended, on the same clock, in nanoseconds since the Unix epoch.
    fn finished_at(&self) -> i64 {
        self.now().start
    }

    /// The bytes of output that earlier runs of the same diagnosis keep.
    fn kept_before(&self) -> usize {
        0
    }

    /// Notes how many bytes of output this run and earlier ones keep.
    fn note_kept(&self, _: usize) {}

    /// Learns which secrets the commands of a plan contain, before it is opened.
    fn learn(&mut self, _: &Plan) {}

    /// Opens the container, and identifies it. A container that cannot be opened answers every
    /// command with the reason.
    async fn open(&mut self, target: &mut Target);

    /// Whether commands can reach the container.
    fn is_open(&self) -> bool;

    /// Why the container could not be reached, if that is not its own fault.
    fn not_opened(&self) -> Option<String> {
        None
    }

    /// Makes one attempt.
    async fn attempt(&mut self, call: Call<'_>) -> Attempt;

    /// Ends the running command, and returns the attempt of `call` if that was it.
    async fn abort(&mut self, call: Option<Call<'_>>, stop: Stop) -> Option<Attempt>;

    /// Evaluates output, on a thread of its own where it could delay something else.
    async fn evaluate<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        work()
    }

    /// Closes the container. Returns the number of bytes outside the marks of any command.
    async fn close(&mut self) -> u64;
}

/// The shell that the runs of one diagnosis share, one after the other, and the limit of their output.
#[derive(Debug, Default)]
pub struct SharedShell {
    session: Mutex<Option<Session>>,
    kept_bytes: AtomicUsize,
}

impl SharedShell {
    fn take(&self) -> Option<Session> {
        self.lock().take()
    }

    fn keep(&self, session: Session) {
        *self.lock() = Some(session);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the shell, within 2 s.
    pub async fn close(&self) {
        if let Some(session) = self.take() {
            session.close().await;
        }
    }
}

/// A container, and the host it is on.
pub struct Live<'a> {
    host: &'a Host,
    transport: &'a dyn Transport,
    ct: ContainerId,
    watch: Watch,
    /// Where the session comes from and goes to, if runs share it.
    shared: Option<&'a SharedShell>,
    session: Option<Session>,
    /// The stray bytes of the session before this run.
    strays_before: u64,
    /// Whether the container can be entered.
    can_open: bool,
    /// Whether the client failed before it reached the container.
    has_failed: bool,
    /// The canary that is being pushed.
    canary: Option<Canary>,
    /// Why there is no session.
    no_session: String,
    /// Hides the secrets of commands in the log.
    redactor: Redactor,
}

impl<'a> Live<'a> {
    /// A container of a host, not opened yet.
    pub fn new(host: &'a Host, transport: &'a dyn Transport, ct: ContainerId) -> Self {
        Self {
            host,
            transport,
            ct,
            watch: Watch::start(),
            shared: None,
            session: None,
            strays_before: 0,
            can_open: true,
            has_failed: false,
            canary: None,
            no_session: "no shell was started in the container".to_owned(),
            redactor: Redactor::default(),
        }
    }

    /// A container that cannot be entered, for this reason. Its host can be probed.
    pub fn closed(
        host: &'a Host,
        transport: &'a dyn Transport,
        ct: ContainerId,
        reason: String,
    ) -> Self {
        Self {
            can_open: false,
            no_session: reason,
            ..Self::new(host, transport, ct)
        }
    }

    /// With the shell that this run shares with others.
    pub fn sharing(self, shared: Option<&'a SharedShell>) -> Self {
        Self { shared, ..self }
    }

    /// Logs a command that is sent.
    fn log(&mut self, command: &str) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            let command = self.redactor.without_secrets(None, command);
            tracing::debug!("container {}: {command}", self.ct);
        }
    }

    /// Pushes the canary. It is in `self` while it runs, so that an interrupted run can remove it.
    async fn canary(&mut self, call: Call<'_>) -> Attempt {
        let Some(session) = &mut self.session else {
            return call.not_run(Ending::Errored(self.no_session.clone()));
        };
        let now = now().saturating_add(self.transport.clock_offset().start);
        let canary = self.canary.insert(Canary::new(now));
        let times = call.argv.last().map_or("", String::as_str);
        let limit = Duration::from_secs_f64(call.check.timeout_seconds());
        let run = canary.run(session, self.transport, self.ct, times, limit);
        let ended = run.await;
        let removed = canary.remove(session).await;
        let ending = match (ended, removed) {
            (Ok(()), Ok(())) => Ending::Exited(0),
            (Err(ending), Ok(())) => ending,
            (Ok(()) | Err(Ending::TimedOut), Err(left)) => Ending::Errored(left),
            (Err(Ending::Errored(reason)), Err(left)) => {
                Ending::Errored(format!("{reason}; {left}"))
            }
            (Err(ending), Err(_)) => ending,
        };
        match self.canary.take() {
            Some(canary) => attempt_of(call, canary.exchange(ending)),
            None => call.not_run(ending),
        }
    }

    /// What the node shows of the container in place of a command's output; `None` if it cannot be read.
    async fn read_node(&self, reading: NodeReading) -> Option<String> {
        let (host, ct) = (self.host.clone(), self.ct);
        // On a thread of its own: a file system may hang.
        let task = tokio::task::spawn_blocking(move || match reading {
            NodeReading::Memory => host.memory(ct),
            NodeReading::FileSystems => host.file_systems(ct),
        });
        tokio::time::timeout(READING_LIMIT, task).await.ok()?.ok()?
    }

    /// Probes the host on a separate thread: a file system that hangs must not delay the time limit, a
    /// signal, or another container.
    async fn probe(&self, call: Call<'_>, probe: HostProbe) -> Attempt {
        let (host, ct) = (self.host.clone(), self.ct);
        let (started_at, started) = (self.now().start, Instant::now());
        let limit = Duration::from_secs_f64(call.check.timeout_seconds());
        let task = tokio::task::spawn_blocking(move || run_probe(&host, ct, &probe));
        let (ending, found) = match tokio::time::timeout(limit, task).await {
            Ok(Ok(Ok(found))) => (Ending::Probed, found),
            Ok(Ok(Err(error))) => (Ending::Errored(error_chain(&error)), Vec::new()),
            Ok(Err(error)) => (Ending::Errored(error.to_string()), Vec::new()),
            Err(_) => (Ending::TimedOut, Vec::new()),
        };
        Attempt {
            started_at: Some(started_at),
            duration: i64::try_from(started.elapsed().as_nanos()).ok(),
            found,
            ..call.not_run(ending)
        }
    }
}

fn run_probe(host: &Host, ct: ContainerId, probe: &HostProbe) -> Result<Vec<Facts>, HostError> {
    match probe {
        HostProbe::Container => host.container(ct).map(|facts| vec![facts]),
        HostProbe::Node => Ok(vec![host.node().facts()]),
        HostProbe::Tasks(types) => host.tasks(ct, types),
        HostProbe::Source(path) => host.source(path).map(|facts| vec![facts]),
        HostProbe::LastStart => host.last_start(ct).map(|facts| vec![facts]),
        HostProbe::Configuration => host.configuration(ct),
        HostProbe::Backups => host.backups(ct).map(|facts| vec![facts]),
    }
}

impl Backend for Live<'_> {
    fn now(&self) -> Interval {
        Interval::at(now()).shifted(self.transport.clock_offset())
    }

    fn finished_at(&self) -> i64 {
        let now = Interval::at(self.watch.now());
        now.shifted(self.transport.clock_offset()).start
    }

    fn kept_before(&self) -> usize {
        self.shared
            .map_or(0, |shared| shared.kept_bytes.load(Ordering::Relaxed))
    }

    fn note_kept(&self, bytes: usize) {
        if let Some(shared) = self.shared {
            shared.kept_bytes.store(bytes, Ordering::Relaxed);
        }
    }

    fn learn(&mut self, plan: &Plan) {
        self.redactor.add_runbook(&plan.runbook);
        self.redactor.learn_vars(&plan.head.vars);
    }

    async fn open(&mut self, target: &mut Target) {
        let is_identified = identify::identify_from_host(self.host, target).await;
        if !self.can_open {
            return;
        }
        if let Some(session) = self.shared.and_then(SharedShell::take) {
            let session = self.session.insert(session);
            self.strays_before = session.stray_bytes();
            if !is_identified {
                identify::identify(session, target).await;
            }
            if session.is_usable() {
                return;
            }
            self.strays_before = 0;
        }
        let client = self.transport.shown(self.ct);
        self.log(&client);
        let opened = match Session::start(self.transport, self.ct) {
            Ok(session) => {
                let session = self.session.insert(session);
                session.wait_until_ready(OPEN_LIMIT).await
            }
            Err(error) => Err(error),
        };
        match (opened, &mut self.session) {
            (Ok(()), Some(session)) if !is_identified => identify::identify(session, target).await,
            (Ok(()), _) => {}
            (Err(error), session) => {
                *session = None;
                self.has_failed = error.is_of_client();
                self.no_session = error_chain(&error);
            }
        }
    }

    fn is_open(&self) -> bool {
        self.session.is_some()
    }

    fn not_opened(&self) -> Option<String> {
        let refused = !self.can_open || self.has_failed;
        refused.then(|| self.no_session.clone())
    }

    async fn attempt(&mut self, call: Call<'_>) -> Attempt {
        if let Some(probe) = call.probe.clone() {
            return self.probe(call, probe).await;
        }
        if let Some(Action::Canary(_)) = call.check.action() {
            return self.canary(call).await;
        }
        if let Some(reading) = call.check.from_node {
            let (started_at, started) = (self.now().start, Instant::now());
            if let Some(text) = self.read_node(reading).await {
                let mut stdout = Capture::new(STDOUT);
                stdout.push(text.as_bytes());
                return Attempt {
                    started_at: Some(started_at),
                    duration: i64::try_from(started.elapsed().as_nanos()).ok(),
                    stdout: stdout.into_output(),
                    ..call.not_run(Ending::Probed)
                };
            }
        }
        self.log(&command_line(&call.argv));
        match &mut self.session {
            Some(session) => {
                let timeout = Duration::from_secs_f64(call.check.timeout_seconds());
                let exchange = session.run(&call.argv, timeout).await;
                attempt_of(call, exchange)
            }
            None => call.not_run(Ending::Errored(self.no_session.clone())),
        }
    }

    async fn abort(&mut self, call: Option<Call<'_>>, stop: Stop) -> Option<Attempt> {
        let session = self.session.as_mut()?;
        let canary = match self.canary.take() {
            Some(mut canary) => {
                let _ = canary.remove(session).await;
                Some(canary.exchange(Ending::Errored(stop.to_string())))
            }
            None => None,
        };
        let exchange = session.abort(&stop.to_string()).await;
        Some(attempt_of(call?, canary.or(exchange)?))
    }

    async fn evaluate<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        join(tokio::task::spawn_blocking(work)).await
    }

    async fn close(&mut self) -> u64 {
        if let Some(step) = self.watch.step() {
            tracing::warn!(
                "container {}: the clock was set by {:.0} s during the run; times before and after that cannot be compared",
                self.ct,
                step as f64 / SECOND as f64
            );
        }
        let strays = match (self.session.take(), self.shared) {
            (Some(session), Some(shared)) if session.is_usable() => {
                let strays = session.stray_bytes();
                shared.keep(session);
                strays
            }
            (Some(session), _) => session.close().await,
            (None, _) => 0,
        };
        strays.saturating_sub(self.strays_before)
    }
}

fn attempt_of(call: Call<'_>, exchange: Exchange) -> Attempt {
    Attempt {
        started_at: exchange.started_at,
        duration: exchange.duration,
        stdout: exchange.stdout,
        stderr: exchange.stderr,
        session_lost: exchange.session_lost,
        ..call.not_run(exchange.ending)
    }
}

/// A recording that is played back: the same commands get the same results.
pub struct Playback<'a> {
    recording: &'a Recording,
}

impl<'a> Playback<'a> {
    /// Plays back this recording.
    pub const fn new(recording: &'a Recording) -> Self {
        Self { recording }
    }
}

impl Backend for Playback<'_> {
    fn now(&self) -> Interval {
        self.recording.began()
    }

    fn finished_at(&self) -> i64 {
        self.recording.finished_at
    }

    async fn open(&mut self, _: &mut Target) {}

    fn is_open(&self) -> bool {
        true
    }

    async fn attempt(&mut self, call: Call<'_>) -> Attempt {
        let answers = |attempt: &&Attempt| {
            attempt.check == call.check.id && attempt.item == call.item && attempt.argv == call.argv
        };
        match self.recording.attempts.iter().find(answers) {
            Some(attempt) => attempt.clone(),
            None => {
                let reason = "the recording that is played back has no answer to this";
                call.not_run(Ending::Errored(reason.to_owned()))
            }
        }
    }

    async fn abort(&mut self, _: Option<Call<'_>>, _: Stop) -> Option<Attempt> {
        None
    }

    async fn close(&mut self) -> u64 {
        0
    }
}
