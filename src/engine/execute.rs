//! Goes through a runbook's checks, in the container and on the host, and records what came of it.

mod attempt;
mod probe;

use std::time::Duration;

pub use probe::PROBE;

use crate::clock::now;
use crate::container::transport::Transport;
use crate::container::{Session, SessionError};
use crate::evidence::recording::{Attempt, Ending, RecordedRunbook, Recording, SCHEMA, Target};
use crate::evidence::time::SECOND;
use crate::expression::Unknown;
use crate::host::Host;
use crate::judge::findings::{Findings, Setting};
use crate::runbook::{Action, Check, HostLook, Runbook};
use attempt::{attempt_of, played_back, untried};

/// How long the client may take to open a shell. `pct` alone takes 1.2 s of CPU, and on a host
/// that is busy enough to lose races, much longer.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// What is to be collected.
pub struct Request<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The same, as it goes into the recording.
    pub recorded: RecordedRunbook,
    /// Vars, target and what earlier runs did.
    pub setting: Setting,
    /// The vars that nobody set.
    pub defaulted: Vec<String>,
    /// lxcdiag's own command line.
    pub command_line: Vec<String>,
    /// How the container is reached, and what is known of it beforehand.
    pub target: Target,
    /// Why nothing may be changed in the container, where that is so.
    pub no_changes: Option<String>,
    /// How long the whole run may take.
    pub limit: Option<Duration>,
    /// The name of the demonstration, where a recording is played back.
    pub demonstration: Option<String>,
}

/// Why a run ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A signal: its name.
    Signal(&'static str),
    /// The run's time was up.
    TimeUp(Duration),
    /// The time of the sweep that it is part of was up.
    SweepTimeUp(Duration),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signal(name) => write!(f, "interrupted by {name}"),
            Self::TimeUp(limit) => {
                write!(f, "the run's time of {} s was up", limit.as_secs_f64())
            }
            Self::SweepTimeUp(limit) => {
                write!(f, "the sweep's time of {} s was up", limit.as_secs_f64())
            }
        }
    }
}

/// Where the answers come from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A container, and the host it is on.
    Live {
        /// The host.
        host: &'a Host,
        /// The way into the container.
        transport: &'a dyn Transport,
    },
    /// A recording that is played back: the same commands get the same answers.
    Recorded(&'a Recording),
}

impl Source<'_> {
    /// Nanoseconds since the Unix epoch, on the clock that the container and its node share.
    fn now(&self) -> i64 {
        let offset = match self {
            Self::Live { transport, .. } => transport.clock_offset(),
            Self::Recorded(_) => 0,
        };
        now().saturating_add(offset)
    }
}

/// What surrounds a run: where the answers come from, and who is told of it.
pub struct Surroundings<'a> {
    /// Where the answers come from.
    pub source: Source<'a>,
    /// Keeps the recording before the container is changed: its evidence cannot be had twice.
    /// Where that fails, nothing is changed, for the reason returned.
    pub keep: &'a dyn Fn(&Recording) -> Result<(), String>,
    /// Told of each check as it begins.
    pub progress: &'a dyn Fn(&Check),
}

/// Runs the checks until they are done or `stop` is. The findings are those of the recording.
///
/// Never fails: what could not be run is an attempt that errored or was skipped, with its reason.
pub async fn collect<'a>(
    request: Request<'a>,
    around: &'a Surroundings<'a>,
    stop: impl Future<Output = Stop>,
) -> (Recording, Findings, Option<Stop>) {
    let limit = request.limit;
    let stop = async {
        match limit {
            None => stop.await,
            Some(limit) => match tokio::time::timeout(limit, stop).await {
                Ok(stopped) => stopped,
                Err(_) => Stop::TimeUp(limit),
            },
        }
    };
    let mut stop = std::pin::pin!(stop);
    let mut collector = Collector::new(request, around);
    let stopped = collector.go(&mut stop).await;
    let (recording, findings) = collector.finish(stopped.as_ref()).await;
    (recording, findings, stopped)
}

struct Collector<'a> {
    around: &'a Surroundings<'a>,
    /// What the attempts so far came to, but for those at checks that are `untold`.
    findings: Findings,
    /// The latest checks, each with the number of its attempts.
    untold: Vec<(&'a Check, usize)>,
    runbook: &'a Runbook,
    no_changes: Option<String>,
    session: Option<Session>,
    /// Why there is no session, once that is known.
    no_session: Option<String>,
    kept: bool,
    recording: Recording,
}

impl<'a> Collector<'a> {
    fn new(request: Request<'a>, around: &'a Surroundings<'a>) -> Self {
        let mut setting = request.setting;
        setting.started_at = match around.source {
            Source::Live { .. } => around.source.now(),
            Source::Recorded(recording) => recording.started_at,
        };
        Self {
            around,
            findings: Findings::new(request.runbook, &setting),
            untold: Vec::new(),
            runbook: request.runbook,
            no_changes: request.no_changes,
            session: None,
            no_session: None,
            kept: false,
            recording: Recording {
                schema: SCHEMA.to_owned(),
                lxcdiag: env!("CARGO_PKG_VERSION").to_owned(),
                command_line: request.command_line,
                runbook: request.recorded,
                demonstration: request.demonstration,
                target: request.target,
                vars: setting.vars,
                defaulted: request.defaulted,
                failed_at: setting.failed_at,
                log: setting.log,
                read_only: setting.read_only,
                started_at: setting.started_at,
                finished_at: setting.started_at,
                cut_short: None,
                attempts: Vec::new(),
                earlier_changes: setting.earlier_changes,
                stray_bytes: 0,
            },
        }
    }

    /// Goes through the checks; ends early with the reason.
    async fn go(&mut self, stop: &mut (impl Future<Output = Stop> + Unpin)) -> Option<Stop> {
        let checks = self.runbook.in_order();
        if let Source::Live { transport, .. } = self.around.source
            && checks.iter().any(|check| check.host.is_none())
        {
            let stopped = self.open(transport, stop).await;
            if stopped.is_some() {
                return stopped;
            }
        }
        for check in checks {
            (self.around.progress)(check);
            self.tell_for(check);
            let items = match self.items(check) {
                Ok(items) => items,
                Err(reason) => {
                    let attempt = untried(check, None, Ending::Skipped(reason));
                    self.add(check, vec![attempt]);
                    continue;
                }
            };
            let mut attempts = Vec::new();
            let mut stopped = None;
            for item in items {
                let (attempt, ended) = self.attempt(check, item, stop).await;
                attempts.push(attempt);
                stopped = stopped.or(ended);
                if stopped.is_some() {
                    break;
                }
            }
            self.add(check, attempts);
            if stopped.is_some() {
                return stopped;
            }
        }
        None
    }

    /// Opens a shell in the container, and asks what that is.
    async fn open(
        &mut self,
        transport: &dyn Transport,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Option<Stop> {
        let mut session = match Session::start(transport, self.recording.target.ct) {
            Ok(session) => session,
            Err(error) => {
                self.no_session = Some(crate::error_chain(&error));
                return None;
            }
        };
        let opening = async {
            session.greet(OPEN_LIMIT).await?;
            probe::describe(&mut session, &mut self.recording.target).await;
            Ok::<_, SessionError>(())
        };
        let opened = tokio::select! {
            biased;
            stopped = &mut *stop => Err(stopped),
            opened = opening => Ok(opened),
        };
        match opened {
            Ok(Ok(())) => self.session = Some(session),
            Ok(Err(error)) => self.no_session = Some(crate::error_chain(&error)),
            Err(stopped) => {
                session.abort(&stopped.to_string()).await;
                return Some(stopped);
            }
        }
        None
    }

    /// The items that a check is run for: one without a name, or those of its `for_each`.
    fn items(&self, check: &Check) -> Result<Vec<Option<String>>, String> {
        if let Some(need) = check.needs.iter().find(|need| !self.findings.passed(need)) {
            return Err(format!("needs {need}, which has not passed"));
        }
        if check.changes {
            if self.recording.read_only {
                return Err("it changes the container, and --read-only is given".to_owned());
            }
            if let Some(reason) = &self.no_changes {
                return Err(format!("it changes the container: {reason}"));
            }
        }
        let Some(source) = &check.for_each else {
            return Ok(vec![None]);
        };
        let value = self
            .findings
            .evaluator()
            .value(source, self.findings.scope())
            .map_err(|Unknown(missing)| format!("missing: {}", missing.join("; ")))?;
        let items: Vec<_> = value
            .try_iter()
            .map_err(|_| format!("`{source}` is not a list"))?
            .map(|item| Some(item.to_string()))
            .collect();
        if items.is_empty() {
            return Err(format!("`{source}` is empty"));
        }
        Ok(items)
    }

    async fn attempt(
        &mut self,
        check: &Check,
        item: Option<String>,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> (Attempt, Option<Stop>) {
        let mut scope = self.findings.scope().inner();
        if let Some(item) = &item {
            let fact = crate::evidence::fact::Fact::Text(item.clone());
            scope.bind("item", crate::expression::Binding::Present(fact));
        }
        let evaluator = self.findings.evaluator();
        if let Some(Action::Host(look)) = check.action() {
            let look = match look {
                HostLook::Source(path) => match evaluator.render(path, &scope) {
                    Ok(path) => HostLook::Source(path),
                    Err(Unknown(missing)) => {
                        let reason = missing.join("; ");
                        return (untried(check, item, Ending::Skipped(reason)), None);
                    }
                },
                other => other.clone(),
            };
            let attempt = match self.around.source {
                Source::Live { host, .. } => self.look(host, check, item, &look),
                Source::Recorded(recording) => played_back(recording, check, item, Vec::new()),
            };
            return (attempt, None);
        }
        let argv = match check.argv(evaluator, &scope) {
            Ok(argv) => argv,
            Err(Unknown(missing)) => {
                let reason = missing.join("; ");
                return (untried(check, item, Ending::Skipped(reason)), None);
            }
        };
        // Where there is no way in, nothing can come to be changed.
        if check.changes
            && self.session.is_some()
            && let Err(reason) = self.keep_before_changes()
        {
            let reason = format!("it changes the container: {reason}");
            return (untried(check, item, Ending::Skipped(reason)), None);
        }
        if let Source::Recorded(recording) = self.around.source {
            return (played_back(recording, check, item, argv), None);
        }
        let Some(session) = &mut self.session else {
            let reason = self.no_session.clone().unwrap_or_default();
            let attempt = Attempt {
                argv,
                ..untried(check, item, Ending::Errored(reason))
            };
            return (attempt, None);
        };
        let timeout = Duration::from_secs_f64(check.timeout_seconds());
        let (exchange, stopped) = tokio::select! {
            biased;
            stopped = &mut *stop => {
                let reason = stopped.to_string();
                let exchange = session.abort(&reason).await;
                (exchange, Some(stopped))
            }
            exchange = session.run(&argv, timeout) => (Some(exchange), None),
        };
        let attempt = match exchange {
            Some(exchange) => attempt_of(check, item, argv, exchange),
            None => {
                let reason = stopped.as_ref().map(Stop::to_string).unwrap_or_default();
                untried(check, item, Ending::Skipped(reason))
            }
        };
        (attempt, stopped)
    }

    fn look(&self, host: &Host, check: &Check, item: Option<String>, look: &HostLook) -> Attempt {
        let started = std::time::Instant::now();
        let started_at = self.around.source.now();
        let ct = self.recording.target.ct;
        let found = match look {
            HostLook::Container => host.container(ct).map(|facts| vec![facts]),
            HostLook::Node => Ok(vec![host.node().facts()]),
            HostLook::Tasks(types) => host.tasks(ct, types).map(|log| log.tasks),
            HostLook::Source(path) => host.source(path).map(|facts| vec![facts]),
        };
        let (ending, found) = match found {
            Ok(found) => (Ending::Looked, found),
            Err(error) => (Ending::Errored(crate::error_chain(&error)), Vec::new()),
        };
        Attempt {
            started_at: Some(started_at),
            duration: i64::try_from(started.elapsed().as_nanos()).ok(),
            found,
            ..untried(check, item, ending)
        }
    }

    /// Keeps the recording as it would stand if lxcdiag were killed while it changes things.
    fn keep_before_changes(&mut self) -> Result<(), String> {
        if self.kept {
            return Ok(());
        }
        let mut recording = self.recording.clone();
        recording.finished_at = self.around.source.now();
        let reason = "lxcdiag was ended while it ran";
        recording.cut_short = Some(reason.to_owned());
        let changing = self.runbook.checks.iter().filter(|check| check.changes);
        recording.attempts.extend(changing.filter_map(|check| {
            let (evaluator, scope) = (self.findings.evaluator(), self.findings.scope());
            Some(Attempt {
                argv: check.argv(evaluator, scope).ok()?,
                started_at: Some(self.around.source.now()),
                duration: Some((check.timeout_seconds() * SECOND as f64) as i64),
                ..untried(check, None, Ending::Errored(reason.to_owned()))
            })
        }));
        (self.around.keep)(&recording)?;
        self.kept = true;
        Ok(())
    }

    fn add(&mut self, check: &'a Check, attempts: Vec<Attempt>) {
        self.untold.push((check, attempts.len()));
        self.recording.attempts.extend(attempts);
    }

    /// Has the findings know what this check's command can read: what it needs. No more than that:
    /// between two commands others have the processor's caches, and to judge check by check takes
    /// far longer than to judge them all at the end.
    fn tell_for(&mut self, check: &Check) {
        let untold = |(untold, _): &(&Check, usize)| check.needs.contains(&untold.id);
        if check.changes || self.untold.iter().any(untold) {
            self.tell();
        }
    }

    /// Has the findings take in all that came to be known.
    fn tell(&mut self) {
        let count: usize = self.untold.iter().map(|(_, count)| count).sum();
        let told = self.recording.attempts.len().saturating_sub(count);
        let (_, mut attempts) = self.recording.attempts.split_at(told);
        for (check, count) in self.untold.drain(..) {
            let (own, later) = attempts.split_at(count.min(attempts.len()));
            self.findings.add(check, &own.iter().collect::<Vec<_>>());
            attempts = later;
        }
    }

    /// The recording, and what was found; what was not come to is skipped.
    async fn finish(mut self, stopped: Option<&Stop>) -> (Recording, Findings) {
        if let Some(session) = self.session.take() {
            self.recording.stray_bytes = session.close().await;
        }
        if let Some(stopped) = stopped {
            self.recording.cut_short = Some(stopped.to_string());
            for check in self.runbook.in_order() {
                let attempts = &self.recording.attempts;
                if !attempts.iter().any(|attempt| attempt.check == check.id) {
                    let attempt = untried(check, None, Ending::Skipped(stopped.to_string()));
                    self.add(check, vec![attempt]);
                }
            }
        }
        self.tell();
        self.recording.finished_at = match self.around.source {
            Source::Live { .. } => self.around.source.now(),
            Source::Recorded(recording) => recording.finished_at,
        };
        (self.recording, self.findings)
    }
}

#[cfg(test)]
mod tests;
