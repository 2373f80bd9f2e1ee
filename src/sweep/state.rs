//! What earlier sweeps with a runbook found, and what has changed since. Pure.

mod compare;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{Problem, ProblemId, Status};
use super::row::{Row, VisitResult};
use super::stopped::Stopped;
use crate::evidence::container_id::ContainerId;
use crate::evidence::time::rfc3339;
use crate::host::Listed;
use crate::report::short_time;

/// What earlier sweeps with a runbook found, by container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    schema: Schema,
    containers: BTreeMap<ContainerId, Container>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[default]
    #[serde(rename = "lxcdiag.sweep-memory/2")]
    Version2,
}

/// What earlier sweeps found in a container. Times are in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Container {
    /// When the last sweep began that diagnosed it completely: the next sweep must also cover what a later,
    /// incomplete one did not.
    swept_at: Option<i64>,
    /// When the last sweep began that saw it running.
    running_at: Option<i64>,
    problems: Vec<KnownProblem>,
}

/// A problem as of the last sweep that could check it. Each of the things that it affects is one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KnownProblem {
    id: ProblemId,
    /// Which of the things that it affects.
    affected: Option<String>,
    status: Status,
    says: String,
    /// When it was first seen.
    since: i64,
    /// In how many consecutive sweeps it was seen.
    seen: u32,
    /// Whether it was reported.
    reported: bool,
}

/// How a problem has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ChangeKind {
    /// It did not exist or was not reported before, or its severity can no longer be determined.
    #[serde(rename = "new")]
    New,
    /// It is more severe.
    #[serde(rename = "worse")]
    Worse,
    /// It is less severe.
    #[serde(rename = "better")]
    Improved,
    /// It no longer exists.
    #[serde(rename = "gone")]
    Resolved,
}

impl ChangeKind {
    /// The kind in one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Improved => "improved",
            Self::Resolved => "resolved",
        }
    }
}

/// A problem that has changed since the last sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemChange {
    /// The container's ID.
    pub ct: ContainerId,
    /// Which problem.
    #[serde(serialize_with = "ProblemId::serialize_text")]
    pub id: ProblemId,
    /// Which of the things that it affects, if it lists several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affected: Option<String>,
    /// How it has changed.
    #[serde(rename = "change")]
    pub kind: ChangeKind,
    /// How bad it is, or was before it was resolved.
    pub status: Status,
    /// A description.
    pub says: String,
}

impl State {
    /// Drops times in the future, which are from a clock that was ahead.
    pub fn forget_future(&mut self, now: i64) {
        for container in self.containers.values_mut() {
            container.swept_at = container.swept_at.filter(|at| *at <= now);
            container.running_at = container.running_at.map(|at| at.min(now));
        }
    }

    /// When the last sweep began that diagnosed a container completely.
    pub fn swept_at(&self, ct: ContainerId) -> Option<i64> {
        self.containers.get(&ct)?.swept_at
    }

    /// Whether a stopped container should run, and was not stopped on purpose, as far as is known.
    pub fn should_run(&self, ct: ContainerId, stopped: &Stopped) -> bool {
        let known = self.containers.get(&ct);
        let was_running = known.is_some_and(|known| known.running_at.is_some());
        // With `since`, somebody stopped it.
        stopped.start_failed.is_some() || stopped.since.is_none() && (stopped.onboot || was_running)
    }

    /// Turns the rows of stopped containers that should run into problems: those that an earlier sweep saw running, and
    /// those that are set to start at boot.
    pub fn report_stopped(&self, rows: &mut [Row]) {
        for row in rows {
            let Some(stopped) = &row.stopped else {
                continue;
            };
            let known = self.containers.get(&row.ct);
            let running_at = known.and_then(|known| known.running_at);
            let mut says = stopped.to_string();
            if let Some(at) = running_at.filter(|_| stopped.since.is_none()) {
                says = format!(
                    "{says}; last seen running at {} UTC",
                    short_time(&rfc3339(at))
                );
            }
            let status = match (stopped.onboot, running_at) {
                (true, _) => {
                    says.push_str("; set to start at boot");
                    Status::Critical
                }
                (false, Some(_)) => Status::Warning,
                (false, None) => continue,
            };
            row.add(Problem::new(ProblemId::Stopped, status, &says));
        }
    }

    /// Adds a sweep that began at `now`, and returns the changes, in the order of the rows.
    ///
    /// A problem that was seen in fewer than `confirm` consecutive sweeps is marked, and does not count.
    /// Containers that are neither in the `inventory` nor in the sweep are removed.
    pub fn update(
        &mut self,
        rows: &mut [Row],
        inventory: &BTreeMap<ContainerId, Listed>,
        confirm: u32,
        now: i64,
    ) -> Vec<ProblemChange> {
        let mut changes = Vec::new();
        let mut last = std::mem::take(&mut self.containers);
        for row in rows {
            let mut container = last.remove(&row.ct).unwrap_or_default();
            let listed = inventory.get(&row.ct);
            if row.was_entered() || listed.is_some_and(|it| it.state.running() == Some(true)) {
                container.running_at = Some(now);
            }
            if row.is_done() {
                container.swept_at = Some(now);
            }
            if let VisitResult::Visited(_) = row.result {
                let known = std::mem::take(&mut container.problems);
                container.problems = compare::problems(row, known, confirm, now, &mut changes);
            }
            if container != Container::default() {
                self.containers.insert(row.ct, container);
            }
        }
        last.retain(|ct, _| inventory.contains_key(ct));
        self.containers.append(&mut last);
        changes
    }
}

#[cfg(test)]
mod tests;
