//! The problems of a container in this sweep and in the last one.

use indexmap::IndexMap;

use super::{ChangeKind, KnownProblem, ProblemChange};
use crate::judge::VerdictKind;
use crate::judge::results::Outcome;
use crate::sweep::problem::{Problem, ProblemId, Status};
use crate::sweep::row::{Row, VisitResult};

type Key = (ProblemId, Option<String>);

/// A problem as a whole, or one of the things that it affects: what is compared with the last sweep.
struct Part {
    affected: Option<String>,
    status: Status,
    says: String,
    waived: bool,
    last: Option<KnownProblem>,
}

impl Part {
    /// In how many consecutive sweeps it was seen.
    fn seen(&self) -> u32 {
        let last = self.last.as_ref();
        last.map_or(1, |last| last.seen.saturating_add(1))
    }

    fn change(&self) -> Option<ChangeKind> {
        let Some(last) = self.last.as_ref().filter(|last| last.reported) else {
            return Some(ChangeKind::New);
        };
        if self.status == Status::Unknown && last.status > Status::Unknown {
            return Some(ChangeKind::New);
        }
        match self.status.cmp(&last.status) {
            std::cmp::Ordering::Greater => Some(ChangeKind::Worse),
            std::cmp::Ordering::Less => Some(ChangeKind::Improved),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// Compares a row with the `known` problems of its container, marks those that are not confirmed yet, and
/// returns the problems that are known now.
pub(super) fn problems(
    row: &mut Row,
    known: Vec<KnownProblem>,
    confirm: u32,
    now: i64,
    changes: &mut Vec<ProblemChange>,
) -> Vec<KnownProblem> {
    let ct = row.ct;
    let mut last: IndexMap<Key, KnownProblem> = known
        .into_iter()
        .map(|known| ((known.id.clone(), known.affected.clone()), known))
        .collect();
    let mut current = Vec::new();
    let changed = |known: &KnownProblem, kind| ProblemChange {
        ct,
        id: known.id.clone(),
        affected: known.affected.clone(),
        kind,
        status: known.status,
        says: known.says.clone(),
    };
    for problem in row.problems_mut() {
        let parts = parts(problem, &mut last);
        if problem.counts() {
            let parts = || parts.iter().filter(|part| !part.waived);
            let confirmed = parts().filter(|part| part.seen() >= confirm);
            match confirmed.map(|part| part.status).max() {
                Some(worst) => problem.status = worst,
                None => {
                    let seen = parts().map(Part::seen).max().unwrap_or(1);
                    problem.silent = Some(format!("seen {seen} of {confirm} times"));
                }
            }
        }
        for part in parts {
            let reported = problem.counts() && !part.waived && part.seen() >= confirm;
            let change = part.change().filter(|_| reported);
            let known = KnownProblem {
                id: problem.id.clone(),
                status: part.status,
                since: part.last.as_ref().map_or(now, |last| last.since),
                seen: part.seen(),
                reported,
                affected: part.affected,
                says: part.says,
            };
            changes.extend(change.map(|kind| changed(&known, kind)));
            current.push(known);
        }
    }
    for known in last.into_values() {
        if !shows_resolved(row, &known.id) {
            current.push(known);
        } else if known.reported {
            changes.push(changed(&known, ChangeKind::Resolved));
        }
    }
    current
}

/// The things that a problem affects, and the problem as a whole if they do not explain its status.
fn parts(problem: &Problem, last: &mut IndexMap<Key, KnownProblem>) -> Vec<Part> {
    let id = &problem.id;
    let whole = last.shift_remove(&(id.clone(), None));
    // If all of them are waived, so is the problem.
    let counting = problem
        .affected
        .iter()
        .filter(|it| it.silent.is_none() || !problem.counts());
    let worst = counting.map(|it| it.status).max();
    // A limit that was exceeded as a whole may still be exceeded, whatever the problem affects now.
    let stays = whole.as_ref().is_some_and(|it| it.status > Status::Unknown);
    let mut parts = Vec::new();
    if worst.is_none_or(|worst| problem.status > worst) || stays {
        parts.push(Part {
            affected: None,
            status: problem.status,
            says: problem.says.clone(),
            waived: false,
            last: whole,
        });
    } else if let Some(whole) = whole {
        last.insert((id.clone(), None), whole);
    }
    for thing in &problem.affected {
        parts.push(Part {
            affected: Some(thing.name.clone()),
            status: thing.status,
            says: thing.says.clone(),
            waived: thing.silent.is_some(),
            last: last.shift_remove(&(id.clone(), Some(thing.name.clone()))),
        });
    }
    parts
}

/// Whether a row without a problem shows that it is resolved, because the check ran.
fn shows_resolved(row: &Row, id: &ProblemId) -> bool {
    let VisitResult::Visited(found) = &row.result else {
        return false;
    };
    match id {
        // Both are always known from the host.
        ProblemId::Unreachable | ProblemId::Locked => true,
        _ if row.has(&ProblemId::Unreachable) => false,
        ProblemId::Stopped => true,
        _ if row.has(&ProblemId::Stopped) => false,
        ProblemId::Unfinished => true,
        ProblemId::Inconclusive => found.verdict != Some(VerdictKind::Inconclusive),
        ProblemId::Hypothesis(id) => !found.open.contains(id),
        ProblemId::Check(key) => !found.checks.iter().any(|line| {
            let not_run = matches!(line.outcome, Outcome::Errored | Outcome::Skipped);
            // If the check's list is unknown, it ran for none of its items.
            let is_it =
                line.key == *key || (line.key.item.is_none() && line.key.check == key.check);
            not_run && !line.no_items && is_it
        }),
    }
}
