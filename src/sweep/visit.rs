//! Visits one container of a sweep: collects, judges, takes the secrets out, and keeps a row of it.

use std::time::Duration;

use super::row::Row;
use super::selection::Selected;
use crate::collect::{Request, Source, Stop, Surroundings, collect};
use crate::findings::Setting;
use crate::history::History;
use crate::host::{Host, State};
use crate::judge::judge;
use crate::recording::{Change, RecordedRunbook, Target};
use crate::redact;
use crate::report::Report;
use crate::runbook::Runbook;
use crate::transport::Transport;
use crate::vars::Values;

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
    /// The way into its containers.
    pub transport: &'a dyn Transport,
    /// Skip what changes the container.
    pub read_only: bool,
    /// How long one container may take.
    pub limit: Duration,
    /// What lxcdiag changed earlier, and where it notes what it changes.
    pub history: &'a History,
    /// What is known of the node, the same for each of its containers.
    pub target: Target,
}

impl Visitor<'_> {
    /// Diagnoses a container until it is done, its time is up, or `stop` says so. `vars` are its own.
    pub async fn visit(
        &self,
        container: &Selected,
        vars: &[(String, String)],
        stop: impl Future<Output = Stop>,
    ) -> (Row, Option<Report>) {
        // It may have been frozen since the sweep began.
        if self.host.state(container.ct) == State::Frozen {
            let row = Row::lost(container, "it is frozen, and nothing was sent to it");
            return (row, None);
        }
        let source = Source::Live {
            host: self.host,
            transport: self.transport,
        };
        let around = Surroundings {
            source,
            keep: &|recording| {
                self.history
                    .keep(recording)
                    .map_err(|error| crate::error_chain(&error))
            },
            progress: &|_| {},
        };
        let (mut recording, _) = collect(self.request(container, vars), &around, stop).await;
        if !recording.changes().is_empty()
            && let Err(error) = self.history.keep(&recording)
        {
            tracing::warn!("container {}: {}", container.ct, crate::error_chain(&error));
        }
        let diagnosis = judge(self.runbook, &recording);
        let sha256 = &self.recorded.sha256;
        let report = redact::report(self.runbook, sha256, &mut recording, &diagnosis);
        (Row::diagnosed(container, &report), Some(report))
    }

    fn request(&self, container: &Selected, vars: &[(String, String)]) -> Request<'_> {
        let mut values = self.values.clone();
        values
            .defaulted
            .retain(|name| vars.iter().all(|(own, _)| own != name));
        values.values.extend(vars.iter().cloned());
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
                ..self.target.clone()
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
