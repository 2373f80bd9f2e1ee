//! Diagnoses one container: prepares a plan, executes it, concludes from it.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Instant;

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::backend::{Live, Playback, SharedShell};
use super::conclude::{Conclusion, conclude};
use super::consent::Pending;
use super::execute::{Execution, Hooks, execute};
use super::ledger::{Ledger, NotKept};
use super::plan::{FutureFailure, Plan, PlannedCheck, Request};
use super::policy::ChangePolicy;
use super::stop::{Stop, join, soon, within};
use super::unevaluated::{copy_without_output, unevaluated};
use crate::clock::now;
use crate::container::remote::{Connection, Connections, NodeSnapshot};
use crate::container::transport::Transport;
use crate::error_chain;
use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::{Recording, Target};
use crate::evidence::time::{Interval, SECOND};
use crate::host::{Host, HostError, Node, State};
use crate::runbook::Check;

/// The var that a sweep sets to the time of its last visit, if a runbook has it.
const SINCE: &str = "since";

/// This node, and how it reaches the containers of the cluster.
pub struct Cluster<'a> {
    host: &'a Host,
    transport: &'a dyn Transport,
    connections: &'a Connections<'a>,
    ledger: &'a Ledger,
    node: OnceCell<Node>,
}

/// A container that is to be diagnosed.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    pub ct: ContainerId,
    /// Its node; empty for this one.
    pub node: &'a str,
    /// When it was last swept, in nanoseconds since the Unix epoch.
    pub since: Option<i64>,
    /// The shell that several runs in it share. Their conclusions keep their secrets until all are redacted together.
    pub shell: Option<&'a SharedShell>,
}

/// The result of a diagnosis.
pub struct Diagnosed<T> {
    /// What `finish` made of the conclusion.
    pub result: T,
    /// Why the run ended early, if it did.
    pub stopped: Option<Stop>,
    /// What was not run because the user has not been asked.
    pub pending: Option<Pending>,
    /// Where the ledger keeps the recording, if the container was changed.
    pub ledger: Result<Option<PathBuf>, NotKept>,
}

/// Why a container was not diagnosed at all.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    #[error(transparent)]
    NotFound(#[from] HostError),
    #[error("{0}")]
    Node(String),
    #[error("container {0} is not running")]
    Stopped(ContainerId),
    #[error("container {0} is frozen (by a backup, a snapshot or lxc-freeze)")]
    Frozen(ContainerId),
    #[error("{reason}")]
    NoShell {
        /// What the client said.
        reason: String,
        /// The name of the client.
        via: String,
    },
    #[error(transparent)]
    Future(#[from] FutureFailure),
    #[error("{1}, and the output of container {0} could not be evaluated within 5 s after that")]
    Unfinished(ContainerId, Stop),
}

impl Unavailable {
    /// What to do next, if that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Stopped(ct) => Some(format!(
                "`lxcdiag run start-failed --ct {ct}` says why; `pct start {ct}` starts it"
            )),
            Self::Frozen(ct) => Some(format!(
                "wait for the backup or snapshot, or thaw it with `lxc-unfreeze -n {ct}`"
            )),
            Self::NotFound(error) => error.hint(),
            Self::Future(error) => Some(error.hint().to_owned()),
            // EAGAIN, as LXC reports that it cannot fork.
            Self::NoShell { reason, .. } if reason.contains("Resource temporarily unavailable") => Some(
                "the container has reached its process limit: compare `pids.current` with `pids.max` in its cgroup"
                    .to_owned(),
            ),
            Self::NoShell { via, .. } if via == "pct" => Some(
                "on the node of the container, `--via lxc-attach` works without pct and the cluster file system"
                    .to_owned(),
            ),
            Self::NoShell { .. } | Self::Node(_) | Self::Unfinished(..) => None,
        }
    }
}

/// A plan that was executed.
struct Ended {
    execution: Execution,
    /// The error that is the result if there is no verdict.
    instead: Option<Unavailable>,
    /// When it began, if it may go on once the user allows changes.
    began: Option<Instant>,
    keep_secrets: bool,
}

impl<'a> Cluster<'a> {
    /// The cluster as this host knows it, with its containers reached by `transport`.
    pub fn new(
        host: &'a Host,
        transport: &'a dyn Transport,
        connections: &'a Connections<'a>,
        ledger: &'a Ledger,
    ) -> Self {
        Self {
            host,
            transport,
            connections,
            ledger,
            node: OnceCell::new(),
        }
    }

    /// Diagnoses a container until it is done, its time limit is reached, or `stop` resolves. `begins`
    /// is called as each check begins; `finish` turns the conclusion into the result, on a thread of
    /// its own. If that takes too long, another `finish` gets a conclusion without the output.
    ///
    /// # Errors
    /// Why it was not diagnosed. A container that fails in the middle is no error.
    pub async fn diagnose<T: Send + 'static>(
        &self,
        request: &Request,
        container: Container<'_>,
        begins: &dyn Fn(&Check),
        finish: impl FnOnce(Conclusion) -> T + Clone + Send + 'static,
        stop: impl Future<Output = Stop>,
    ) -> Result<Diagnosed<T>, Unavailable> {
        self.run(request, container, None, begins, finish, stop)
            .await
    }

    /// Runs what is left of a run, now that the user allows changes. If the evidence is too old, it is collected again
    /// first.
    ///
    /// # Errors
    /// Why it was not run. A container that fails in the middle is no error.
    pub async fn complete(
        &self,
        request: &Request,
        container: Container<'_>,
        pending: Pending,
        begins: &dyn Fn(&Check),
        stop: impl Future<Output = Stop>,
    ) -> Result<Diagnosed<Conclusion>, Unavailable> {
        let request = Request {
            changes: ChangePolicy::Allowed,
            ..request.clone()
        };
        let evidence = pending.evidence(Instant::now());
        self.run(&request, container, evidence, begins, |done| done, stop)
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        request: &Request,
        container: Container<'_>,
        earlier: Option<Recording>,
        begins: &dyn Fn(&Check),
        finish: impl FnOnce(Conclusion) -> T + Clone + Send + 'static,
        stop: impl Future<Output = Stop>,
    ) -> Result<Diagnosed<T>, Unavailable> {
        let mut stop = pin!(within(request.timeout, stop));
        let remote = tokio::select! {
            biased;
            stopped = &mut stop => return self.not_begun(request, container, stopped, finish).await,
            remote = self.remote(container) => remote?,
        };
        let ssh;
        let (host, transport): (&Host, &dyn Transport) = match &remote {
            Some((connection, snapshot)) => {
                ssh = connection.transport(self.transport, snapshot);
                (&snapshot.host, &ssh)
            }
            None => (self.host, self.transport),
        };
        request.check_failure_time(
            container.ct,
            Interval::at(now()).shifted(transport.clock_offset()),
        )?;
        let (plan, closed) = tokio::select! {
            biased;
            stopped = &mut stop => return self.not_begun(request, container, stopped, finish).await,
            plan = self.plan(request, container, host, transport) => plan?,
        };
        let plan = match earlier {
            Some(earlier) => plan.after(earlier),
            None => plan,
        };
        if closed.is_none() {
            announce_changes(request, &plan);
        }
        let began = Instant::now();
        let lock = OnceCell::new();
        let hooks = Hooks {
            before_change: &|recording| {
                if lock.get().is_none() {
                    let _ = lock.set(self.ledger.lock(container.ct)?);
                }
                self.ledger.keep(recording).map_err(|e| error_chain(&e))
            },
            begins,
        };
        let backend = match &closed {
            None => Live::new(host, transport, container.ct).sharing(container.shell),
            Some(reason) => Live::closed(host, transport, container.ct, reason.to_string()),
        };
        let execution = execute(&plan, backend, &hooks, &mut stop).await;
        let began = match (execution.stopped, &closed) {
            (None, None) => Some(began),
            _ => None,
        };
        // What the host knows may be enough for a verdict. If it is not, the state of the container is the answer.
        let instead = match (&execution.not_opened, closed) {
            (None, _) => None,
            // The runbooks that it names may work without entering the container.
            _ if !plan.runbook.next.is_empty() => None,
            (Some(_), Some(closed)) => Some(closed),
            (Some(reason), None) => {
                // It may have stopped since its state was read.
                let (host, ct) = (host.clone(), container.ct);
                let closed = closed_by(join(spawn_blocking(move || host.state(ct))).await, ct);
                Some(closed.unwrap_or_else(|| Unavailable::NoShell {
                    reason: reason.clone(),
                    via: transport.name().to_owned(),
                }))
            }
        };
        let ended = Ended {
            execution,
            instead,
            began,
            keep_secrets: request.keep_secrets || container.shell.is_some(),
        };
        self.conclude(&plan, ended, finish, &mut stop).await
    }

    /// The report of a run that ended before its plan was made: every check is skipped.
    async fn not_begun<T: Send + 'static>(
        &self,
        request: &Request,
        container: Container<'_>,
        stopped: Stop,
        finish: impl FnOnce(Conclusion) -> T + Clone + Send + 'static,
    ) -> Result<Diagnosed<T>, Unavailable> {
        let target = Target {
            node: container.node.to_owned(),
            via: self.transport.name().to_owned(),
            ..Target::new(container.ct)
        };
        let plan = Plan::new(request, target, Vec::new());
        let hooks = Hooks {
            before_change: &|_| Ok(()),
            begins: &|_| {},
        };
        let backend = Live::new(self.host, self.transport, container.ct);
        let mut stop = std::future::ready(stopped);
        let execution = execute(&plan, backend, &hooks, &mut stop).await;
        let ended = Ended {
            execution,
            instead: None,
            began: None,
            keep_secrets: request.keep_secrets || container.shell.is_some(),
        };
        let mut never = pin!(std::future::pending());
        self.conclude(&plan, ended, finish, &mut never).await
    }

    /// The connection to another node, and what that node knows of the container.
    async fn remote(
        &self,
        container: Container<'_>,
    ) -> Result<Option<(&Connection, NodeSnapshot)>, Unavailable> {
        if !self.connections.contains(container.node) {
            return Ok(None);
        }
        let connection = self.connections.to(container.node).await;
        let connection = connection.map_err(Unavailable::Node)?;
        let snapshot = connection.snapshot(container.ct).await;
        let snapshot = snapshot.map_err(Unavailable::Node)?;
        Ok(Some((connection, snapshot)))
    }

    /// Decides what is to be done, and says why the container cannot be entered, if so.
    async fn plan(
        &self,
        request: &Request,
        container: Container<'_>,
        host: &Host,
        transport: &dyn Transport,
    ) -> Result<(Plan, Option<Unavailable>), Unavailable> {
        let ct = container.ct;
        let (on, ledger) = (host.clone(), self.ledger.clone());
        let node = match self.connections.contains(container.node) {
            true => host.node(),
            false => self.node.get_or_init(|| node_of(host)).await.clone(),
        };
        let task = spawn_blocking(move || (on.find_any(ct), on.state(ct), ledger.changes(ct)));
        let (found, state, (earlier_changes, unreadable)) = join(task).await;
        for path in unreadable {
            tracing::warn!(
                "cannot read {} as a recording; the changes of that earlier run are unknown",
                path.display()
            );
        }
        let found = match found {
            Ok(found) => Some(found),
            Err(error) if error.is_unknown() => {
                tracing::warn!("{error}");
                None
            }
            Err(error) => return Err(error.into()),
        };
        let template = found.as_ref().is_some_and(|found| found.config.template);
        let closed = match template {
            true => Some(HostError::Template(ct).into()),
            false => closed_by(state, ct),
        };
        let lock = found
            .as_ref()
            .and_then(|found| found.config.lock.as_deref());
        let target = Target {
            node: found
                .as_ref()
                .map(|found| found.node.clone())
                .or(node.name)
                .unwrap_or_default(),
            via: transport.name().to_owned(),
            kernel: node.kernel,
            pve: node.pve_manager,
            ..Target::new(ct)
        };
        let plan = Plan::new(request, target, earlier_changes).with_lock(lock);
        let plan = match container.since {
            Some(since) => {
                let since = since.saturating_add(transport.clock_offset().start);
                plan.with_default(SINCE, format!("@{}", since.div_euclid(SECOND)))
            }
            None => plan,
        };
        Ok((plan, closed))
    }

    /// Concludes on a separate thread, in bounded time: a container's output must not delay a signal, or another
    /// container. If it takes too long, the report says what was run, and that it was not evaluated.
    async fn conclude<T: Send + 'static>(
        &self,
        plan: &Plan,
        ended: Ended,
        finish: impl FnOnce(Conclusion) -> T + Clone + Send + 'static,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Result<Diagnosed<T>, Unavailable> {
        let Execution {
            mut recording,
            results,
            mut stopped,
            ..
        } = ended.execution;
        let ct = recording.target.ct;
        let unfinished = |stopped| Unavailable::Unfinished(ct, stopped);
        let mut in_short = Some(copy_without_output(&mut recording));
        let ledger = self.ledger.clone();
        let keep = spawn_blocking(move || (ledger.finish(&recording), recording));
        let kept = soon(join(keep), stopped, stop).await;
        let ((kept, recording), mut stopped_by_now) = kept.map_err(unfinished)?;
        let mut evidence = match results {
            Ok(results) => (recording, Some(results)),
            Err(late) => (unevaluated(recording, late), None),
        };
        let mut instead = ended.instead;
        loop {
            let (recording, results) = evidence;
            let began = ended.began.filter(|_| results.is_some());
            let (plan, finish, instead) = (plan.clone(), finish.clone(), instead.take());
            let task = spawn_blocking(move || {
                let pending = |began| Pending::of(&plan, &recording, results.as_ref()?, began);
                let pending = began.and_then(pending);
                let sha256 = &plan.head.runbook.sha256;
                let keep_secrets = ended.keep_secrets;
                let conclusion = conclude(&plan.runbook, sha256, recording, results, keep_secrets);
                match instead {
                    Some(error) if conclusion.is_inconclusive() => Err(error),
                    _ => Ok((finish(conclusion), pending)),
                }
            });
            let late = match soon(join(task), stopped_by_now, stop).await {
                Ok((concluded, _)) => {
                    let (result, pending) = concluded?;
                    return Ok(Diagnosed {
                        result,
                        stopped,
                        pending,
                        ledger: kept,
                    });
                }
                Err(late) => late,
            };
            let in_short = in_short.take().ok_or_else(|| unfinished(late))?;
            evidence = (unevaluated(in_short, late), None);
            (stopped, stopped_by_now) = (Some(late), Some(late));
        }
    }
}

/// Why a container in this state cannot be entered.
fn closed_by(state: State, ct: ContainerId) -> Option<Unavailable> {
    match state {
        State::Running | State::Unknown => None,
        State::Stopped => Some(Unavailable::Stopped(ct)),
        State::Frozen => Some(Unavailable::Frozen(ct)),
    }
}

/// Announces the checks that change the container, before they run.
fn announce_changes(request: &Request, plan: &Plan) {
    if request.changes.is_read_only() {
        return;
    }
    let ct = plan.head.target.ct;
    let changing = plan.checks(|check| check.changes).into_iter();
    let (refused, allowed): (Vec<_>, Vec<_>) = changing.partition(|it| it.refusal.is_some());
    if let ChangePolicy::Locked(lock) = &plan.changes
        && !refused.is_empty()
    {
        tracing::warn!("container {ct} is locked ({lock}); it will not be changed");
    }
    if !allowed.is_empty() {
        let commands: Vec<_> = allowed.iter().map(PlannedCheck::shown).collect();
        let commands = request.shown(&commands.join("; "));
        tracing::info!("this will change container {ct}: {commands}");
    }
}

async fn node_of(host: &Host) -> Node {
    let host = host.clone();
    join(spawn_blocking(move || host.node())).await
}

/// Plays back a recording: the plan is executed again, with the recorded answers.
pub async fn play_back(request: &Request, recorded: &Recording) -> Conclusion {
    let plan = Plan::new(request, recorded.target.clone(), Vec::new());
    let hooks = Hooks {
        before_change: &|_| Ok(()),
        begins: &|_| {},
    };
    let mut never = pin!(std::future::pending());
    let execution = execute(&plan, Playback::new(recorded), &hooks, &mut never).await;
    conclude(
        &plan.runbook,
        &request.recorded.sha256,
        execution.recording,
        execution.results.ok(),
        request.keep_secrets,
    )
}
