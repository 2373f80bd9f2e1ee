//! What is listed below the map, container by container: what has changed, what is wrong, what was left alone.

use serde::Serialize;

use super::super::super::problem::{Problem, Status};
use super::super::super::row::Row;
use super::super::super::state::{ChangeKind, ProblemChange};
use super::cells::{SKIPPED, Sign, silent, worst};
use super::{FIELD, Sweep, Who};
use crate::terminal_text::clipped;

/// Containers below the map, under a heading.
#[derive(Serialize)]
pub(super) struct List {
    id: &'static str,
    title: &'static str,
    caption: &'static str,
    /// What is said of each.
    column: &'static str,
    rows: Vec<Said>,
}

/// What is said of a container.
#[derive(Serialize)]
struct Said {
    who: Who,
    lines: Vec<Line>,
}

/// A problem, a difference, or why a container was left alone.
#[derive(Serialize)]
struct Line {
    sign: Sign,
    says: String,
    /// Why it does not count.
    silent: Option<String>,
}

pub(super) fn lists(sweep: &Sweep, who: impl Fn(&Row) -> Who) -> Vec<List> {
    let said = |row: &Row, lines: Vec<Line>| Said {
        who: who(row),
        lines,
    };
    let mut lists = Vec::new();
    if let Some(changes) = &sweep.changes {
        let of = |row: &Row| {
            let changes = changes.iter().filter(|it| it.ct == row.ct);
            changes.map(change).collect()
        };
        lists.push(List {
            id: "changes",
            title: "Since the last sweep",
            caption: "Problems that are new, worse, improved or resolved",
            column: "Changed",
            rows: where_any(sweep, of, said),
        });
    }
    lists.push(List {
        id: "problems",
        title: "What is wrong",
        caption: "In the order of the containers",
        column: "Wrong",
        rows: where_any(
            sweep,
            |row| row.problems().iter().map(problem).collect(),
            said,
        ),
    });
    let skipped: Vec<_> = sweep
        .skipped()
        .map(|(row, reason)| said(row, vec![line(SKIPPED, &reason.to_string())]))
        .collect();
    if !skipped.is_empty() {
        lists.push(List {
            id: "skipped",
            title: "Left alone",
            caption: "Which is no problem of the container’s",
            column: "Reason",
            rows: skipped,
        });
    }
    lists
}

/// The containers of which there is something to be said.
fn where_any(
    sweep: &Sweep,
    lines: impl Fn(&Row) -> Vec<Line>,
    said: impl Fn(&Row, Vec<Line>) -> Said,
) -> Vec<Said> {
    let rows = sweep.containers.iter();
    rows.map(|row| (row, lines(row)))
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(row, lines)| said(row, lines))
        .collect()
}

fn problem(problem: &Problem) -> Line {
    let sign = match problem.counts() {
        true => worst(problem.status),
        false => silent(problem.status),
    };
    Line {
        silent: problem.silent.as_deref().map(|it| clipped(it, FIELD)),
        ..line(sign, &problem.says)
    }
}

fn change(change: &ProblemChange) -> Line {
    let mut sign = worst(match change.kind {
        ChangeKind::Resolved => Status::Ok,
        _ => change.status,
    });
    sign.word = change.kind.word();
    line(sign, &change.says)
}

fn line(sign: Sign, says: &str) -> Line {
    Line {
        sign,
        says: clipped(says, FIELD),
        silent: None,
    }
}
