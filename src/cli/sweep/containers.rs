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
use crate::sweep::selection::{Selected, Selector, SkipReason, select as matching, unmatched};
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
    let mut selector = Selector {
        ids: args.ct.clone(),
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

/// Adds what the host knows about containers: why one is stopped, and a lock that nobody releases.
pub(super) fn add_from_host(
    rows: &mut [Row],
    host: &Host,
    inventory: &BTreeMap<ContainerId, Listed>,
    containers: &[Selected],
) {
    for row in rows.iter_mut() {
        if row.result == VisitResult::Skipped(SkipReason::Stopped) {
            let listed = inventory.get(&row.ct);
            // The task log of another node is not read for this.
            let is_here = listed.is_some_and(|it| it.state != State::Unknown);
            let types = TASKS.map(str::to_owned);
            let tasks = is_here.then(|| host.tasks(row.ct, &types));
            let tasks = tasks.and_then(Result::ok).unwrap_or_default();
            let onboot = listed.is_some_and(|it| it.onboot);
            row.stopped = Some(Stopped::new(onboot, &tasks));
        }
        let selected = containers.iter().find(|it| it.ct == row.ct);
        if let Some(lock) = selected.and_then(|it| it.stale_lock.as_ref()) {
            row.add(Problem::new(ProblemId::Locked, Status::Warning, lock));
        }
    }
}
