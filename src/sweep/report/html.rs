//! The sweep as one HTML file that loads nothing and has no script: a heat map of containers and checks,
//! and what is wrong.
//!
//! The template holds all the markup; what it is filled with is plain data, every word chosen, every length
//! bounded.

mod cells;
mod lists;

use serde::Serialize;

use super::super::problem::Status;
use super::super::row::{Row, VisitResult};
use super::Sweep;
use crate::evidence::fact::duration_in_words;
use crate::report::{filled, short_time};
use crate::shell_quote::command_line;
use crate::terminal_text::clipped;
use cells::{Cell, LEGEND, Sign, cells, worst};
use lists::{List, lists};

const TEMPLATE: &str = include_str!("html/page.html");
/// That of the reports on one container, and what a map needs besides.
const STYLE: &str = concat!(
    include_str!("../../report/html/style.css"),
    include_str!("html/map.css")
);

/// Characters of a field.
const FIELD: usize = 600;
/// Characters of a name.
const NAME: usize = 60;
/// Checks beside each other on a sheet that stands upright; more want it lying.
const UPRIGHT: usize = 30;

pub(super) fn render(sweep: &Sweep, report: impl Fn(u32) -> Option<String>) -> String {
    let page = Page::new(sweep, report);
    let page = minijinja::context! {
        title => page.title.clone(),
        page => minijinja::Value::from(minijinja::value::Serde(page)),
    };
    filled(TEMPLATE, STYLE, "", page)
}

/// The page.
#[derive(Serialize)]
struct Page {
    title: String,
    runbook: String,
    question: String,
    cut_short: Option<String>,
    /// How bad it is.
    sign: Sign,
    headline: String,
    counts: Vec<Count>,
    subject: Vec<Named>,
    /// Whether the map has more columns than a sheet that stands upright.
    is_dense: bool,
    checks: Vec<Named>,
    legend: &'static [Sign],
    containers: Vec<Container>,
    /// Whether any of them has a report to lead to.
    has_reports: bool,
    lists: Vec<List>,
    about: Vec<Named>,
}

/// A value with its name.
#[derive(Serialize)]
struct Named {
    name: String,
    value: String,
}

/// A row of the map.
#[derive(Serialize)]
struct Container {
    who: Who,
    sign: Sign,
    cells: Vec<Cell>,
    /// Why there are no cells.
    instead: String,
}

/// A container, and where its own report is.
#[derive(Clone, Serialize)]
struct Who {
    ct: u32,
    name: String,
    node: String,
    report: Option<String>,
}

/// How many containers are in a state.
#[derive(Serialize)]
struct Count {
    sign: Sign,
    count: usize,
}

impl Named {
    fn new(name: &str, value: impl AsRef<str>) -> Self {
        Self {
            name: clipped(name, FIELD),
            value: clipped(value.as_ref(), FIELD),
        }
    }
}

impl Page {
    fn new(sweep: &Sweep, report: impl Fn(u32) -> Option<String>) -> Self {
        let who = |row: &Row| Who {
            ct: row.ct,
            name: clipped(row.name.as_deref().unwrap_or_default(), NAME),
            node: clipped(&row.node, NAME),
            report: report(row.ct),
        };
        let headline = headline(sweep);
        Self {
            title: format!("{}: {headline}", sweep.runbook),
            runbook: clipped(&sweep.runbook, FIELD),
            question: clipped(&sweep.title, FIELD),
            cut_short: sweep.cut_short.as_deref().map(|it| clipped(it, FIELD)),
            sign: worst(sweep.status()),
            headline,
            counts: counts(sweep),
            subject: subject(sweep),
            is_dense: sweep.checks.len() > UPRIGHT,
            checks: sweep
                .checks
                .iter()
                .map(|check| Named::new(&check.id, &check.title))
                .collect(),
            legend: LEGEND,
            has_reports: sweep.containers.iter().any(|row| report(row.ct).is_some()),
            containers: sweep
                .containers
                .iter()
                .map(|row| container(sweep, row, who(row)))
                .collect(),
            lists: lists(sweep, who),
            about: about(sweep),
        }
    }
}

/// In how many containers it is so bad.
fn headline(sweep: &Sweep) -> String {
    let all = sweep.containers.len();
    let looked_at = all - sweep.skipped().count();
    match sweep.status() {
        _ if looked_at == 0 => "no container was looked at".to_owned(),
        Status::Ok => format!("nothing is wrong in {looked_at} containers"),
        // Nothing is known to be wrong, but not all of it was looked at.
        status if sweep.count(status) == 0 => "not every container was looked at".to_owned(),
        status => format!("{} of {looked_at} containers", sweep.count(status)),
    }
}

/// The worst first.
fn counts(sweep: &Sweep) -> Vec<Count> {
    let states = [
        Status::Critical,
        Status::Warning,
        Status::Unknown,
        Status::Ok,
    ];
    let states = states.map(|status| (worst(status), sweep.count(status)));
    let skipped = [(cells::SKIPPED, sweep.skipped().count())];
    let counts = states.into_iter().chain(skipped);
    counts
        .filter(|(_, count)| *count > 0)
        .map(|(sign, count)| Count { sign, count })
        .collect()
}

fn subject(sweep: &Sweep) -> Vec<Named> {
    let mut nodes: Vec<_> = sweep
        .containers
        .iter()
        .map(|row| row.node.as_str())
        .filter(|node| !node.is_empty())
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut rows = vec![Named::new("Containers", sweep.containers.len().to_string())];
    if !nodes.is_empty() {
        rows.push(Named::new("On", nodes.join(", ")));
    }
    let took = duration_in_words(sweep.duration_s);
    rows.push(Named::new(
        "Swept",
        format!("{} UTC, in {took}", short_time(&sweep.started_at)),
    ));
    rows
}

fn about(sweep: &Sweep) -> Vec<Named> {
    vec![
        Named::new("Swept by", format!("lxcdiag {}", sweep.lxcdiag)),
        Named::new("Command line", command_line(&sweep.command_line)),
        Named::new("Runbook", &sweep.runbook),
        Named::new("Began", &sweep.started_at),
        Named::new("Took", duration_in_words(sweep.duration_s)),
    ]
}

fn container(sweep: &Sweep, row: &Row, who: Who) -> Container {
    let (cells, instead) = match &row.result {
        VisitResult::Skipped(reason) => (Vec::new(), clipped(&reason.to_string(), FIELD)),
        VisitResult::Visited(found) if found.checks.is_empty() => {
            let reasons: Vec<_> = found.problems.iter().map(|it| it.says.as_str()).collect();
            (Vec::new(), clipped(&reasons.join("; "), FIELD))
        }
        VisitResult::Visited(found) => (cells(sweep, found), String::new()),
    };
    Container {
        who,
        sign: row.status().map_or(cells::SKIPPED, worst),
        cells,
        instead,
    }
}
