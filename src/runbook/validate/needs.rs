//! References to other entries: `needs` of checks, `explains` of hypotheses.

use std::collections::BTreeMap;

use super::{Findings, is_dashed};
use crate::nearest_name::suggestion;
use crate::runbook::model::{Check, Runbook};
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let checks = Graph::of_checks(runbook);
    let check_order = |index: usize, target: usize| {
        let (check, need) = (runbook.checks.get(index)?, runbook.checks.get(target)?);
        order(check, index, need, target)
    };
    checks.validate("checks", "needs", "check", found, |_| false, check_order);
    for (index, check) in runbook.checks.iter().enumerate() {
        let message = check
            .output_of
            .as_deref()
            .and_then(|source| no_output(runbook, check, index, source));
        if let Some(message) = message {
            let path = Path::default().key("checks").index(index);
            found.add(&path.key("output_of"), message);
        }
    }
    let hypotheses = runbook.hypotheses.iter();
    let hypotheses = Graph::new(hypotheses.map(|one| (one.id.as_str(), one.explains.as_slice())));
    hypotheses.validate(
        "hypotheses",
        "explains",
        "hypothesis",
        found,
        is_of_another_runbook,
        |_, _| None,
    );
}

/// Whether a name is that of a hypothesis of another runbook, which cannot be looked up here: `storage/full`.
fn is_of_another_runbook(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(runbook, id)| is_dashed(runbook) && is_dashed(id))
}

/// For each check, all checks that it needs, directly or indirectly, by index and sorted.
pub(super) fn closure(runbook: &Runbook) -> Vec<Vec<usize>> {
    Graph::of_checks(runbook).closure()
}

/// Why a check cannot read the output of `source`.
fn no_output(runbook: &Runbook, check: &Check, index: usize, source: &str) -> Option<String> {
    let ids = runbook.checks.iter().map(|check| check.id.as_str());
    let Some(target) = ids.clone().position(|id| id == source) else {
        let hint = suggestion(source, ids.filter(|id| *id != check.id));
        return Some(format!("unknown check {}{hint}", quoted(source)));
    };
    let read = runbook.checks.get(target)?;
    if read.run.is_none() && read.shell.is_none() {
        let message =
            format!("`{source}` has no command\nhint: name a check with `run` or `shell`");
        return Some(message);
    }
    if read.changes {
        let message =
            format!("`{source}` changes the container\nhint: name a check that only reads");
        return Some(message);
    }
    order(check, index, read, target)
}

/// Checks run in the runbook's order, but those that change the container run last.
fn order(check: &Check, index: usize, need: &Check, target: usize) -> Option<String> {
    let id = &need.id;
    if need.changes && !check.changes {
        Some(format!(
            "`{id}` changes the container: such checks run last, after this one\nhint: add `changes: true` \
             to this check as well, or remove this entry"
        ))
    } else if (need.changes, target) > (check.changes, index) {
        Some(format!("`{id}` runs after this check\nhint: move it up"))
    } else {
        None
    }
}

/// Entries that refer to others of their kind.
struct Graph<'a> {
    ids: Vec<&'a str>,
    names: Vec<&'a [String]>,
    /// The indices of the entries that the names refer to.
    targets: Vec<Vec<Option<usize>>>,
}

impl<'a> Graph<'a> {
    fn of_checks(runbook: &'a Runbook) -> Self {
        let checks = runbook.checks.iter();
        Self::new(checks.map(|check| (check.id.as_str(), check.needs.as_slice())))
    }

    fn new(elements: impl Iterator<Item = (&'a str, &'a [String])>) -> Self {
        let (ids, names): (Vec<_>, Vec<_>) = elements.unzip();
        let mut indices = BTreeMap::new();
        for (index, id) in ids.iter().copied().enumerate() {
            indices.entry(id).or_insert(index);
        }
        let index = |name: &String| indices.get(name.as_str()).copied();
        let targets = names.iter().map(|names| names.iter().map(index).collect());
        Self {
            targets: targets.collect(),
            ids,
            names,
        }
    }

    /// For each entry, all that it refers to, directly or indirectly, sorted.
    fn closure(&self) -> Vec<Vec<usize>> {
        // The last entry that was found to refer to this one.
        let mut referrers = vec![None; self.ids.len()];
        let mut from = |start: usize| {
            let mut reached = Vec::new();
            let mut open = vec![start];
            while let Some(targets) = open.pop().and_then(|index| self.targets.get(index)) {
                for index in targets.iter().flatten().copied() {
                    if let Some(referrer) = referrers.get_mut(index)
                        && referrer.replace(start) != Some(start)
                    {
                        reached.push(index);
                        open.push(index);
                    }
                }
            }
            reached.sort_unstable();
            reached
        };
        (0..self.ids.len()).map(&mut from).collect()
    }

    /// Every name must be known, and there must be no cycle.
    fn validate(
        &self,
        list: &str,
        key: &str,
        kind: &str,
        found: &mut Findings,
        is_elsewhere: impl Fn(&str) -> bool,
        problem: impl Fn(usize, usize) -> Option<String>,
    ) {
        let closure = self.closure();
        let leads_back = |index, target: usize| {
            target > index
                && closure
                    .get(target)
                    .is_some_and(|reached| reached.binary_search(&index).is_ok())
        };
        let elements = self.ids.iter().zip(&self.names).zip(&self.targets);
        for (index, ((id, names), targets)) in elements.enumerate() {
            for (position, (name, target)) in names.iter().zip(targets).enumerate() {
                let message = match *target {
                    None if is_elsewhere(name) => None,
                    None => {
                        let others = self.ids.iter().copied().filter(|other| other != id);
                        let hint = suggestion(name, others);
                        Some(format!("unknown {kind} {}{hint}", quoted(name)))
                    }
                    Some(target) if target == index => {
                        Some(format!("`{id}` {key} itself\nhint: remove this entry"))
                    }
                    Some(target) if leads_back(index, target) => Some(format!(
                        "cycle: `{name}` also {key} `{id}`\nhint: remove one of the two"
                    )),
                    Some(target) => problem(index, target),
                };
                if let Some(message) = message {
                    let path = Path::default().key(list).index(index);
                    found.add(&path.key(key).index(position), message);
                }
            }
        }
    }
}
