//! Rows for tests.

use crate::evidence::check_key::CheckKey;
use crate::fixture::ct;
use crate::judge::results::Outcome;
use crate::sweep::problem::{AffectedThing, Problem, ProblemId, Status};
use crate::sweep::row::{CheckSummary, Row, Summary, VisitResult};

/// A container with these problems, in which these checks passed.
pub(super) fn row(id: u32, checks: &[&str], problems: Vec<Problem>) -> Row {
    let from_host = [ProblemId::Unreachable, ProblemId::Stopped];
    let entered = !problems
        .iter()
        .any(|problem| from_host.contains(&problem.id));
    Row {
        ct: ct(id),
        node: "pve1".to_owned(),
        name: None,
        started_at: None,
        duration_ms: None,
        stopped: None,
        result: VisitResult::Visited(Summary {
            problems,
            entered,
            checks: checks
                .iter()
                .map(|check| line(CheckKey::new(check)))
                .collect(),
            ..Summary::default()
        }),
    }
}

/// A check that passed.
pub(super) fn line(key: CheckKey) -> CheckSummary {
    CheckSummary {
        key,
        outcome: Outcome::Passed,
        no_items: false,
        observed: String::new(),
        severity: None,
        duration_ms: None,
        metric: None,
    }
}

/// What was found in a container that was visited.
pub(super) fn found(row: &mut Row) -> &mut Summary {
    match &mut row.result {
        VisitResult::Visited(found) => found,
        VisitResult::Skipped(_) => panic!("the container was skipped"),
    }
}

/// A problem with a check.
pub(super) fn problem(check: &str, status: Status) -> Problem {
    of(ProblemId::Check(CheckKey::new(check)), status)
}

/// A problem.
pub(super) fn of(id: ProblemId, status: Status) -> Problem {
    let says = format!("{id} is {}", status.name().to_uppercase());
    Problem::new(id, status, &says)
}

/// A problem with a check that lists these things.
pub(super) fn affecting(check: &str, things: &[(&str, Status)]) -> Problem {
    let names: Vec<_> = things.iter().map(|(name, _)| *name).collect();
    let worst = things.iter().map(|(_, status)| *status).max();
    Problem {
        says: format!("{check}: {}", names.join(", ")),
        affected: things
            .iter()
            .map(|(name, status)| AffectedThing {
                name: (*name).to_owned(),
                status: *status,
                says: format!("{check}: {name}"),
                silent: None,
            })
            .collect(),
        ..problem(check, worst.unwrap_or(Status::Ok))
    }
}
