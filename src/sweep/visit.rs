//! Visits one container of a sweep: diagnoses it, and summarizes the result as a row.

use std::sync::Arc;

use super::row::Row;
use super::selection::{Selected, SkipReason};
use crate::engine::conclude::Conclusion;
use crate::engine::diagnose::{Cluster, Container, Unavailable};
use crate::engine::plan::Request;
use crate::engine::stop::Stop;
use crate::error_chain;
use crate::report::Report;

/// What is the same for every container of a sweep.
pub struct Visitor<'a> {
    /// How containers are reached.
    pub cluster: Cluster<'a>,
    /// What is to be diagnosed.
    pub request: Request,
    /// Called with the report on each container, of which only a row is kept.
    pub reported: Arc<dyn Fn(&Report) + Send + Sync>,
}

impl Visitor<'_> {
    /// Diagnoses a container until it is done, its time limit is reached, or `stop` resolves. `since`
    /// is when it was last swept, in nanoseconds since the Unix epoch.
    pub async fn visit(
        &self,
        selected: &Selected,
        since: Option<i64>,
        stop: impl Future<Output = Stop>,
    ) -> Row {
        let container = Container {
            ct: selected.ct,
            node: &selected.node,
            since,
            shell: None,
        };
        let (row_of, reported) = (selected.clone(), Arc::clone(&self.reported));
        let finish = move |conclusion: Conclusion| {
            reported(&conclusion.report);
            Row::diagnosed(&row_of, &conclusion.report)
        };
        let diagnosed = self
            .cluster
            .diagnose(&self.request, container, &|_| {}, finish, stop);
        match diagnosed.await {
            Ok(diagnosed) => {
                if let Err(error) = diagnosed.ledger {
                    tracing::warn!("container {}: {}", selected.ct, error_chain(&error));
                }
                diagnosed.result
            }
            // It may have stopped since the sweep began; on another node, its state was not known before.
            Err(Unavailable::Stopped(_)) => Row::skipped(selected, SkipReason::Stopped),
            Err(error) => Row::unreachable(selected, &error_chain(&error)),
        }
    }
}
