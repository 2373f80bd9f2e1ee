//! Visits one container of a sweep: collects, judges, takes the secrets out, and keeps a row of it.

use std::time::Duration;

use super::row::Row;
use super::selection::{STOPPED, Selected};
use crate::container::remote::{Link, Links, Look};
use crate::container::transport::Transport;
use crate::engine::execute::{Request, Source, Stop, Surroundings, collect};
use crate::engine::ledger::History;
use crate::engine::vars::Values;
use crate::error_chain;
use crate::evidence::recording::{Change, RecordedRunbook, Target};
use crate::evidence::time::SECOND;
use crate::host::{Host, Node, State};
use crate::judge::findings::Setting;
use crate::judge::weigh_findings;
use crate::redact;
use crate::report::Report;
use crate::runbook::Runbook;

/// The var that a sweep sets to the moment of its last one, where a runbook has it.
const SINCE: &str = "since";

/// What is the same for every container of a sweep.
pub struct Visitor<'a> {
    /// The runbook.
    pub runbook: &'a Runbook,
    /// The same, as it goes into recordings.
    pub recorded: RecordedRunbook,
    /// The runbook's vars.
    pub values: Values,
    /// lxcdiag's own command line.
    pub command_line: Vec<String>,
    /// The host.
    pub host: &'a Host,
    /// What is known of it.
    pub node: Node,
    /// The way into the containers of a node, on that node.
    pub transport: &'a dyn Transport,
    /// The ways to other nodes.
    pub links: &'a Links<'a>,
    /// Skip what changes the container.
    pub read_only: bool,
    /// How long one container may take.
    pub limit: Duration,
    /// What lxcdiag changed earlier, and where it notes what it changes.
    pub history: &'a History,
    /// Hears of each container's report, of which a row alone is kept.
    pub reported: &'a dyn Fn(&Report),
}

/// A node that a container is on, as it is when the container is visited.
struct On<'a> {
    host: &'a Host,
    node: &'a Node,
    transport: &'a dyn Transport,
}

impl Visitor<'_> {
    /// Diagnoses a container until it is done, its time is up, or `stop` says so. `since` is when it
    /// was last swept, in nanoseconds since the epoch.
    pub async fn visit(
        &self,
        container: &Selected,
        since: Option<i64>,
        stop: impl Future<Output = Stop>,
    ) -> Row {
        if !self.links.lead_to(&container.node) {
            let on = On {
                host: self.host,
                node: &self.node,
                transport: self.transport,
            };
            return self.visit_on(&on, container, since, stop).await;
        }
        let mut stop = std::pin::pin!(stop);
        let reached = tokio::select! {
            biased;
            stopped = &mut stop => Err(stopped.to_string()),
            reached = self.reach(container) => reached,
        };
        let (link, look) = match reached {
            Ok(reached) => reached,
            Err(reason) => return Row::lost(container, &reason),
        };
        let on = On {
            host: &look.host,
            node: &look.host.node(),
            transport: &link.transport(self.transport, &look),
        };
        self.visit_on(&on, container, since, stop).await
    }

    async fn reach(&self, container: &Selected) -> Result<(&Link, Look), String> {
        let link = self.links.to(&container.node).await?;
        let look = link.look(container.ct).await;
        Ok((link, look.map_err(|error| error_chain(&error))?))
    }

    async fn visit_on(
        &self,
        on: &On<'_>,
        container: &Selected,
        since: Option<i64>,
        stop: impl Future<Output = Stop>,
    ) -> Row {
        // That may have changed since the sweep began, and of another node's it was not known.
        match on.host.state(container.ct) {
            State::Frozen => {
                return Row::lost(container, "it is frozen, and nothing was sent to it");
            }
            State::Stopped => return Row::skipped(container, STOPPED),
            State::Running | State::Unknown => {}
        }
        let source = Source::Live {
            host: on.host,
            transport: on.transport,
        };
        let around = Surroundings {
            source,
            keep: &|recording| {
                self.history
                    .keep(recording)
                    .map_err(|error| error_chain(&error))
            },
            progress: &|_| {},
        };
        let request = self.request(on, container, since);
        let (mut recording, findings, _) = collect(request, &around, stop).await;
        if !recording.changes().is_empty()
            && let Err(error) = self.history.keep(&recording)
        {
            tracing::warn!("container {}: {}", container.ct, error_chain(&error));
        }
        let diagnosis = weigh_findings(self.runbook, &recording, findings);
        let sha256 = &self.recorded.sha256;
        let report = redact::report(self.runbook, sha256, &mut recording, &diagnosis);
        (self.reported)(&report);
        Row::diagnosed(container, &report)
    }

    fn request(&self, on: &On<'_>, container: &Selected, since: Option<i64>) -> Request<'_> {
        let mut values = self.values.clone();
        // For a runbook that asks for it and a user who did not; by the clock of the container.
        if let Some(since) = since
            && let Some(free) = values.defaulted.iter().position(|name| name == SINCE)
        {
            values.defaulted.remove(free);
            let since = since.saturating_add(on.transport.clock_offset());
            let since = format!("@{}", since.div_euclid(SECOND));
            values.values.insert(SINCE.to_owned(), since);
        }
        Request {
            runbook: self.runbook,
            recorded: self.recorded.clone(),
            setting: Setting {
                vars: values.values,
                ct: container.ct,
                node: container.node.clone(),
                read_only: self.read_only,
                started_at: 0,
                failed_at: None,
                log: None,
                earlier_changes: self.earlier_changes(container.ct),
            },
            defaulted: values.defaulted,
            command_line: self.command_line.clone(),
            target: Target {
                ct: container.ct,
                node: container.node.clone(),
                via: on.transport.name().to_owned(),
                kernel: on.node.kernel.clone(),
                pve: on.node.pve_manager.clone(),
                ..Target::default()
            },
            no_changes: None,
            limit: Some(self.limit),
            demonstration: None,
        }
    }

    fn earlier_changes(&self, ct: u32) -> Vec<Change> {
        let (changes, unreadable) = self.history.changes(ct);
        for path in unreadable {
            tracing::warn!("cannot read {} as a recording", path.display());
        }
        changes
    }
}
