//! Visits many containers at once, up to a limit on each node; no node waits for another.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::row::Row;
use super::selection::{Selected, Visit};

/// Visits every container that is to be visited, up to `jobs(node)` at once on each node, and returns one row
/// for each of `containers`, in their order. `on_row` gets each row when it is done.
///
/// `visit` must have its own time limit.
pub async fn visit_all<F: Future<Output = Row>>(
    containers: &[Selected],
    jobs: impl Fn(&str) -> usize,
    visit: impl Fn(&Selected) -> F,
    on_row: impl Fn(&Row),
) -> Vec<Row> {
    let nodes: BTreeMap<_, _> = containers
        .iter()
        .map(|container| {
            let slots = Semaphore::new(jobs(&container.node));
            (container.node.as_str(), slots)
        })
        .collect();
    let row_of = async |container: &Selected| {
        let row = match &container.visit {
            Visit::Skip(reason) => Row::skipped(container, reason.clone()),
            Visit::Unreachable(reason) => Row::unreachable(container, reason),
            Visit::Yes => {
                // In the order asked for. The semaphore is never closed, so this always succeeds.
                let _slot = match nodes.get(container.node.as_str()) {
                    Some(slots) => slots.acquire().await.ok(),
                    None => None,
                };
                visit(container).await
            }
        };
        on_row(&row);
        row
    };
    join_all(containers.iter().map(row_of)).await
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use super::*;
    use crate::fixture::ct;
    use crate::sweep::selection::SkipReason;

    fn container(id: u32, node: &str, visit: Visit) -> Selected {
        Selected {
            ct: ct(id),
            node: node.to_owned(),
            name: None,
            stale_lock: None,
            visit,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_node_has_its_own_limit_and_rows_keep_their_order() {
        let mut containers: Vec<_> = (100..106)
            .map(|id| container(id, "pve1", Visit::Yes))
            .collect();
        containers.push(container(200, "pve2", Visit::Yes));
        containers.push(container(300, "pve1", Visit::Skip(SkipReason::Stopped)));
        let (running, most) = (Cell::new(0), Cell::new(0));
        let start = tokio::time::Instant::now();
        let started = RefCell::new(BTreeMap::new());
        let visit = |container: &Selected| {
            let container = container.clone();
            let (running, most, started) = (&running, &most, &started);
            async move {
                let seconds = start.elapsed().as_secs();
                started.borrow_mut().insert(container.ct, seconds);
                if container.node == "pve1" {
                    running.set(running.get() + 1);
                    most.set(most.get().max(running.get()));
                }
                // The first one hangs for a long time, and blocks only its own slot.
                let wait = if container.ct == ct(100) { 60 } else { 1 };
                tokio::time::sleep(Duration::from_secs(wait)).await;
                if container.node == "pve1" {
                    running.set(running.get() - 1);
                }
                Row::skipped(&container, SkipReason::Stopped)
            }
        };
        let done = Cell::new(0);
        let rows = visit_all(&containers, |_| 2, visit, |_| done.set(done.get() + 1)).await;
        assert_eq!(most.get(), 2);
        let order: Vec<_> = rows.iter().map(|row| u32::from(row.ct)).collect();
        assert_eq!(order, [100, 101, 102, 103, 104, 105, 200, 300]);
        let started = started.into_inner();
        assert_eq!(started[&ct(200)], 0, "another node does not wait");
        assert_eq!(
            started[&ct(105)],
            4,
            "the slot that is free takes one after the other"
        );
        assert_eq!(started.get(&ct(300)), None);
        assert_eq!(done.get(), 8);
    }
}
