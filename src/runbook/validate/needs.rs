//! What comes before what: `needs` of checks, `explains` of hypotheses.

use std::collections::BTreeSet;

use super::Findings;
use crate::nearest_name::suggestion;
use crate::runbook::model::{Check, Runbook};
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let (ids, edges) = checks(runbook);
    let cyclic = cycles(&edges);
    for (index, check) in runbook.checks.iter().enumerate() {
        for (position, need) in check.needs.iter().enumerate() {
            let path = Path::default()
                .key("checks")
                .index(index)
                .key("needs")
                .index(position);
            let Some(target) = ids.iter().position(|id| id == need) else {
                let known = suggestion(need, ids.iter().copied().filter(|id| *id != check.id));
                let message = format!("no check is called {}{known}", quoted(need));
                found.add(path, message);
                continue;
            };
            if let Some(cycle) = cyclic.iter().find(|cycle| cycle.closes(index, target)) {
                let message = format!("a cycle, so none of them can run: {}", cycle.told(&ids));
                found.add(path, message);
            } else if target == index {
                found.add(path, "a check cannot need itself; delete this entry");
            } else if let Some(other) = runbook.checks.get(target)
                && !cyclic.iter().any(|cycle| cycle.takes(index, target))
            {
                order(check, index, other, target, path, found);
            }
        }
    }
    explains(runbook, found);
}

/// Checks are run in the runbook's order, those that change the container last.
fn order(
    check: &Check,
    index: usize,
    need: &Check,
    target: usize,
    path: Path,
    found: &mut Findings,
) {
    if need.changes && !check.changes {
        let message = format!(
            "`{}` changes the container and therefore runs last, after this check; mark this one \
             `changes: true` as well, or do without the need",
            need.id
        );
        found.add(path, message);
    } else if (need.changes, target) > (check.changes, index) {
        let message = format!("`{}` runs only after this check; put it above", need.id);
        found.add(path, message);
    }
}

fn explains(runbook: &Runbook, found: &mut Findings) {
    let ids: Vec<_> = runbook
        .hypotheses
        .iter()
        .map(|hypothesis| hypothesis.id.as_str())
        .collect();
    let lists = runbook
        .hypotheses
        .iter()
        .map(|hypothesis| &hypothesis.explains);
    let cyclic = cycles(&edges(&ids, lists));
    for (index, hypothesis) in runbook.hypotheses.iter().enumerate() {
        for (position, symptom) in hypothesis.explains.iter().enumerate() {
            let path = Path::default()
                .key("hypotheses")
                .index(index)
                .key("explains")
                .index(position);
            let Some(target) = ids.iter().position(|id| id == symptom) else {
                let others = ids.iter().copied().filter(|id| *id != hypothesis.id);
                let known = suggestion(symptom, others);
                let message = format!("no hypothesis is called {}{known}", quoted(symptom));
                found.add(path, message);
                continue;
            };
            if target == index {
                found.add(
                    path,
                    "a hypothesis cannot explain itself; delete this entry",
                );
            } else if let Some(cycle) = cyclic.iter().find(|cycle| cycle.closes(index, target)) {
                let message = format!("each explains the other: {}", cycle.told(&ids));
                found.add(path, message);
            }
        }
    }
}

/// The checks' ids, and by position what each needs.
fn checks(runbook: &Runbook) -> (Vec<&str>, Vec<Vec<usize>>) {
    let ids: Vec<_> = runbook
        .checks
        .iter()
        .map(|check| check.id.as_str())
        .collect();
    let edges = edges(&ids, runbook.checks.iter().map(|check| &check.needs));
    (ids, edges)
}

fn edges<'a>(ids: &[&str], lists: impl Iterator<Item = &'a Vec<String>>) -> Vec<Vec<usize>> {
    lists
        .map(|list| {
            list.iter()
                .filter_map(|name| ids.iter().position(|id| id == name))
                .collect()
        })
        .collect()
}

/// Each element's own needs, those needs' needs, and so on.
pub(super) fn closure(runbook: &Runbook) -> Vec<BTreeSet<usize>> {
    let (ids, edges) = checks(runbook);
    (0..ids.len())
        .map(|start| {
            let mut reached = BTreeSet::new();
            let mut open = vec![start];
            while let Some(node) = open.pop() {
                for next in edges.get(node).into_iter().flatten() {
                    if reached.insert(*next) {
                        open.push(*next);
                    }
                }
            }
            reached
        })
        .collect()
}

/// Elements of which each leads to the next and the last to the first; two at least.
#[derive(Debug, PartialEq, Eq)]
struct Cycle(Vec<usize>);

impl Cycle {
    /// Whether it is the step from `from` to `to` that leads back to the cycle's start.
    fn closes(&self, from: usize, to: usize) -> bool {
        self.0.last() == Some(&from) && self.0.first() == Some(&to)
    }

    /// Whether the step from `from` to `to` is one of the cycle's.
    fn takes(&self, from: usize, to: usize) -> bool {
        let mut steps = self.0.iter().zip(self.0.iter().skip(1));
        steps.any(|(a, b)| (*a, *b) == (from, to))
    }

    fn told(&self, ids: &[&str]) -> String {
        let names = self.0.iter().chain(self.0.first());
        let names: Vec<_> = names.filter_map(|index| ids.get(*index)).collect();
        names
            .iter()
            .map(|id| quoted(id))
            .collect::<Vec<_>>()
            .join(" → ")
    }
}

/// One cycle for each edge that leads back, found depth first.
fn cycles(edges: &[Vec<usize>]) -> Vec<Cycle> {
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for start in 0..edges.len() {
        if done.contains(&start) {
            continue;
        }
        // The way here, with how many of each element's edges were followed.
        let mut way = vec![(start, 0)];
        while let Some((node, followed)) = way.last_mut() {
            let next = edges
                .get(*node)
                .and_then(|next| next.get(*followed))
                .copied();
            *followed += 1;
            let node = *node;
            match next {
                None => {
                    done.insert(node);
                    way.pop();
                }
                Some(next) if next == node || done.contains(&next) => {}
                Some(next) => match way.iter().position(|(before, _)| *before == next) {
                    Some(from) => found.push(Cycle(
                        way.iter().skip(from).map(|(node, _)| *node).collect(),
                    )),
                    None => way.push((next, 0)),
                },
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cycle_is_found_once() {
        let cases = [
            (vec![vec![1], vec![2], vec![]], vec![]),
            (vec![vec![1], vec![0]], vec![Cycle(vec![0, 1])]),
            (
                vec![vec![1], vec![2], vec![1, 0]],
                vec![Cycle(vec![1, 2]), Cycle(vec![0, 1, 2])],
            ),
            (vec![vec![0]], vec![]),
            (vec![vec![1, 1], vec![]], vec![]),
        ];
        for (edges, expected) in cases {
            assert_eq!(cycles(&edges), expected, "{edges:?}");
        }
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<_> = (0..5_000).map(|n| vec![n + 1]).collect();
        assert_eq!(cycles(&edges), []);
    }
}
