//! The sweep as one HTML file that loads nothing and has no script: a heat map of containers and checks, and the
//! problems.
//!
//! The template has all the markup, and gets the sweep itself.

mod cells;

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::super::problem::{Problem, Status};
use super::super::row::{Row, VisitResult};
use super::super::state::{ChangeKind, ProblemChange};
use super::Sweep;
use crate::evidence::container_id::ContainerId;
use crate::report::filled;
use cells::{LEGEND, SKIPPED, Sign, cells, silent, worst};

const TEMPLATE: &str = include_str!("html/page.html");
/// The style of the reports on one container, and that of a map.
const STYLE: &str = concat!(
    include_str!("../../report/html/style.css"),
    include_str!("html/map.css")
);

/// Checks that fit on a sheet in portrait; more need landscape.
const PORTRAIT: usize = 30;

pub(super) fn render(sweep: &Sweep, report: impl Fn(ContainerId) -> Option<String>) -> String {
    let headline = headline(sweep);
    let mut nodes: Vec<_> = sweep.containers.iter().map(|row| &*row.node).collect();
    nodes.retain(|node| !node.is_empty());
    nodes.sort_unstable();
    nodes.dedup();
    let page = context! {
        title => format!("{}: {headline}", sweep.runbook),
        sweep => Value::from(Serde(sweep)),
        sign => sign(worst(sweep.status())),
        headline,
        counts => counts(sweep),
        nodes => nodes.join(", "),
        is_dense => sweep.checks.len() > PORTRAIT,
        legend => Value::from(Serde(LEGEND)),
        has_reports => sweep.containers.iter().any(|row| report(row.ct).is_some()),
        rows => sweep.containers.iter().map(|row| map_row(sweep, row, &report)).collect::<Vec<_>>(),
        lists => lists(sweep, &report),
    };
    filled(TEMPLATE, STYLE, "", &[], page)
}

fn sign(sign: Sign) -> Value {
    Value::from(Serde(sign))
}

/// How many containers have the worst status.
fn headline(sweep: &Sweep) -> String {
    let visited = sweep.containers.len() - sweep.skipped().count();
    match sweep.status() {
        _ if visited == 0 => "no container was checked".to_owned(),
        Status::Ok => format!("no problems in {visited} containers"),
        // No problem is known, but the sweep ended early.
        status if sweep.count(status) == 0 => "not every container was checked".to_owned(),
        status => format!("{} of {visited} containers", sweep.count(status)),
    }
}

/// The number of containers of each status that occurs, the worst first.
fn counts(sweep: &Sweep) -> Vec<Value> {
    [
        Status::Critical,
        Status::Warning,
        Status::Unknown,
        Status::Ok,
    ]
    .map(|status| (worst(status), sweep.count(status)))
    .into_iter()
    .chain([(SKIPPED, sweep.skipped().count())])
    .filter(|(_, count)| *count > 0)
    .map(|(of, count)| context! { sign => sign(of), count })
    .collect()
}

/// A container with the link to its own report.
#[derive(Serialize)]
struct Container<'a> {
    ct: ContainerId,
    name: Option<&'a str>,
    node: &'a str,
    report: Option<String>,
}

fn container(row: &Row, report: impl Fn(ContainerId) -> Option<String>) -> Value {
    Value::from(Serde(Container {
        ct: row.ct,
        name: row.name.as_deref(),
        node: &row.node,
        report: report(row.ct),
    }))
}

/// A row of the map: a cell for each check, or the reason why there are none.
fn map_row(sweep: &Sweep, row: &Row, report: impl Fn(ContainerId) -> Option<String>) -> Value {
    let (cells, instead) = match &row.result {
        VisitResult::Skipped(reason) => (Vec::new(), reason.to_string()),
        VisitResult::Visited(found) if found.checks.is_empty() => {
            let reasons: Vec<_> = found.problems.iter().map(|it| it.says.as_str()).collect();
            (Vec::new(), reasons.join("; "))
        }
        VisitResult::Visited(found) => (cells(sweep, found), String::new()),
    };
    context! {
        container => container(row, report),
        sign => sign(row.status().map_or(SKIPPED, worst)),
        cells => Value::from(Serde(cells)),
        instead,
    }
}

/// The lists below the map: what has changed, the problems, and the containers that were skipped.
fn lists(sweep: &Sweep, report: impl Fn(ContainerId) -> Option<String>) -> Vec<Value> {
    let rows = |lines: &dyn Fn(&Row) -> Vec<Value>| -> Vec<Value> {
        let rows = sweep.containers.iter().map(|row| (row, lines(row)));
        rows.filter(|(_, lines)| !lines.is_empty())
            .map(|(row, lines)| context! { container => container(row, &report), lines })
            .collect()
    };
    let mut lists = Vec::new();
    if let Some(changes) = &sweep.changes {
        let of_row = |row: &Row| {
            let changes = changes.iter().filter(|it| it.ct == row.ct);
            changes.map(change).collect()
        };
        lists.push(context! {
            id => "changes",
            title => "Changes since the last sweep",
            caption => "Problems that are new, worse, improved or resolved",
            column => "Change",
            rows => rows(&of_row),
        });
    }
    lists.push(context! {
        id => "problems",
        title => "Problems",
        caption => "The problems of each container",
        column => "Problem",
        rows => rows(&|row| row.problems().iter().map(problem).collect()),
    });
    let skipped = rows(&|row| match &row.result {
        VisitResult::Skipped(reason) => vec![line(SKIPPED, &reason.to_string(), None, &[])],
        VisitResult::Visited(_) => Vec::new(),
    });
    if !skipped.is_empty() {
        lists.push(context! {
            id => "skipped",
            title => "Skipped",
            caption => "Not a container fault",
            column => "Reason",
            rows => skipped,
        });
    }
    lists
}

fn problem(problem: &Problem) -> Value {
    let sign = match problem.counts() {
        true => worst(problem.status),
        false => silent(problem.status),
    };
    let commands: &[String] = match problem.counts() {
        true => &problem.commands,
        false => &[],
    };
    line(sign, &problem.says, problem.silent.as_deref(), commands)
}

fn change(change: &ProblemChange) -> Value {
    let mut sign = worst(match change.kind {
        ChangeKind::Resolved => Status::Ok,
        _ => change.status,
    });
    sign.word = change.kind.word();
    line(sign, &change.says, None, &[])
}

fn line(of: Sign, says: &str, silent: Option<&str>, commands: &[String]) -> Value {
    let commands = Value::from(Serde(commands));
    context! { sign => sign(of), says, silent, commands }
}
