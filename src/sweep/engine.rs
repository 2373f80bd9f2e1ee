//! Visits many containers at once: so many on each node, none waiting for another node's.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::row::Row;
use super::selection::{Selected, Visit};

/// How far a sweep is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Containers that are done with, those left alone included.
    pub done: usize,
    /// Containers in all.
    pub all: usize,
    /// Containers with a problem so far.
    pub problems: usize,
}

/// Visits every container that is to be visited, so many at once on each node as `jobs` says of it, and returns a row for
/// each of `containers`, in their order. `told` hears of each row as it comes.
///
/// Whoever visits ends in bounded time: nothing here does it for them.
pub async fn sweep<F: Future<Output = Row>>(
    containers: &[Selected],
    jobs: impl Fn(&str) -> usize,
    visit: impl Fn(&Selected) -> F,
    mut told: impl FnMut(&Row, Progress),
) -> Vec<Row> {
    let free: BTreeMap<_, _> = containers
        .iter()
        .map(|container| {
            (
                container.node.as_str(),
                Semaphore::new(jobs(&container.node)),
            )
        })
        .collect();
    let (visit, free) = (&visit, &free);
    let mut visits: FuturesUnordered<_> = containers
        .iter()
        .enumerate()
        .map(|(position, container)| async move {
            let row = match &container.visit {
                Visit::Skip(reason) => Row::skipped(container, reason.clone()),
                Visit::Lost(reason) => Row::lost(container, reason),
                Visit::Yes => {
                    // Never closed, so a place is always had. In the order asked for.
                    let _place = match free.get(container.node.as_str()) {
                        Some(places) => places.acquire().await.ok(),
                        None => None,
                    };
                    visit(container).await
                }
            };
            (position, row)
        })
        .collect();
    let mut progress = Progress {
        all: containers.len(),
        ..Progress::default()
    };
    let mut rows = Vec::with_capacity(containers.len());
    while let Some((position, row)) = visits.next().await {
        progress.done += 1;
        progress.problems += usize::from(!row.problems().is_empty());
        told(&row, progress);
        rows.push((position, row));
    }
    rows.sort_by_key(|(position, _)| *position);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use super::*;
    use crate::sweep::selection::SkipReason;

    fn container(ct: u32, node: &str, visit: Visit) -> Selected {
        Selected {
            ct,
            node: node.to_owned(),
            name: None,
            visit,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_at_once_on_each_node_and_rows_in_the_order_asked_for() {
        let mut containers: Vec<_> = (100..106)
            .map(|ct| container(ct, "pve1", Visit::Yes))
            .collect();
        containers.push(container(200, "pve2", Visit::Yes));
        containers.push(container(300, "pve1", Visit::Skip(SkipReason::Stopped)));
        let (now, most) = (Cell::new(0), Cell::new(0));
        let begun = tokio::time::Instant::now();
        let began = RefCell::new(BTreeMap::new());
        let visit = |one: &Selected| {
            let one = one.clone();
            let (now, most, began) = (&now, &most, &began);
            async move {
                began.borrow_mut().insert(one.ct, begun.elapsed().as_secs());
                if one.node == "pve1" {
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                }
                // The first hangs for long: it costs its own place only.
                let wait = if one.ct == 100 { 60 } else { 1 };
                tokio::time::sleep(Duration::from_secs(wait)).await;
                if one.node == "pve1" {
                    now.set(now.get() - 1);
                }
                Row::skipped(&one, SkipReason::Stopped)
            }
        };
        let mut last = Progress::default();
        let rows = sweep(&containers, |_| 2, visit, |_, progress| last = progress).await;
        assert_eq!(most.get(), 2);
        let order: Vec<_> = rows.iter().map(|row| row.ct).collect();
        assert_eq!(order, [100, 101, 102, 103, 104, 105, 200, 300]);
        let began = began.into_inner();
        assert_eq!(began[&200], 0, "another node waits for nobody");
        assert_eq!(
            began[&105], 4,
            "one after the other in the place that is left"
        );
        assert_eq!(began.get(&300), None);
        assert_eq!((last.done, last.all), (8, 8));
    }
}
