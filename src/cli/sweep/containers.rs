//! Which containers a sweep visits, and what the host knows about those that it does not enter.

use std::collections::BTreeMap;

use super::super::args::SweepArgs;
use super::super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::clock::now;
use crate::evidence::container_id::ContainerId;
use crate::host::{Host, Listed, State};
use crate::sweep::problem::{Problem, ProblemId, Status};
use crate::sweep::row::{Row, VisitResult};
use crate::sweep::selection::{
    Selected, Selector, SkipReason, Visit, select as matching, unmatched,
};
use crate::sweep::state::State as SweepState;
use crate::sweep::stopped::{Stopped, TASKS};

/// The containers to visit.
///
/// # Errors
/// None has the tag, is in the pool or on the node.
pub(super) fn select(
    args: &SweepArgs,
    inventory: &[Listed],
    here: Option<&str>,
) -> Result<Vec<Selected>, CliError> {
    let node = |name: &String| match (name.as_str(), here) {
        ("local", Some(here)) => here.to_owned(),
        _ => name.clone(),
    };
    let ids = args.ct.iter().chain(&args.containers).cloned();
    let ids = ids.reduce(|mut ids, more| {
        ids.extend([more]);
        ids
    });
    let mut selector = Selector {
        ids,
        tags: args.tag.clone(),
        pools: args.pool.clone(),
        nodes: args.node.iter().map(node).collect(),
        ..Selector::default()
    };
    let none = matching(&selector, inventory, now()).is_empty();
    let unmatched = unmatched(&selector, inventory);
    if none && !args.all {
        let given = match unmatched.is_empty() {
            true => "all of the given conditions".to_owned(),
            false => unmatched.join(", "),
        };
        let message = format!("no container matches {given}");
        let error = CliError::new(ExitCode::Usage, message);
        return Err(error.with_hint("list the containers of this node with `pct list`"));
    }
    for value in unmatched {
        tracing::warn!("no container matches {value}");
    }
    selector.exclude = args.exclude.clone().unwrap_or_default();
    selector.running = args.running;
    Ok(matching(&selector, inventory, now()))
}

/// Visits also stopped containers that should run. A runbook that runs nothing in a container can say why they do not.
pub(super) fn visit_stopped(
    containers: &mut [Selected],
    host: &Host,
    inventory: &[Listed],
    state: &SweepState,
) {
    for container in containers {
        let listed = inventory.iter().find(|it| it.ct == container.ct);
        let stopped = container.visit == Visit::Skip(SkipReason::Stopped);
        if let Some(listed) = listed.filter(|_| stopped)
            && state.should_run(listed.ct, &stop_of(host, listed))
        {
            container.visit = Visit::Yes;
        }
    }
}

/// What the task log says about the stop of a container.
fn stop_of(host: &Host, listed: &Listed) -> Stopped {
    // The task log of another node is not read for this.
    let is_here = listed.state != State::Unknown;
    let tasks = is_here.then(|| host.tasks(listed.ct, &TASKS.map(str::to_owned)));
    let tasks = tasks.and_then(Result::ok).unwrap_or_default();
    Stopped::new(listed.onboot, &tasks)
}

/// Adds what the host knows about containers: why one is stopped, and a lock that nobody releases.
pub(super) fn add_from_host(
    rows: &mut [Row],
    host: &Host,
    inventory: &BTreeMap<ContainerId, Listed>,
    containers: &[Selected],
) {
    for row in rows.iter_mut() {
        let was_skipped = row.result == VisitResult::Skipped(SkipReason::Stopped);
        let was_visited = matches!(row.result, VisitResult::Visited(_));
        if let Some(listed) = inventory.get(&row.ct)
            && (was_skipped || was_visited && listed.state == State::Stopped)
        {
            row.stopped = Some(stop_of(host, listed));
        }
        let selected = containers.iter().find(|it| it.ct == row.ct);
        if let Some(lock) = selected.and_then(|it| it.stale_lock.as_ref()) {
            row.add(Problem::new(ProblemId::Locked, Status::Warning, lock));
        }
    }
}
