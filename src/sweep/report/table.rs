//! The sweep for a terminal, and for mail from cron: the problems, or what has changed, then the counts.

use std::fmt::Write as _;

use comfy_table::Color;
use indexmap::{IndexMap, IndexSet};

use super::super::problem::{Problem, ProblemId, Status};
use super::super::row::Row;
use super::super::state::{ChangeKind, ProblemChange};
use super::Sweep;
use crate::evidence::fact::duration_in_words;
use crate::report::{Column, Layout, Least, Text, grid};
use crate::terminal_text::visible;

const COLUMNS: [(&str, Least); 6] = [
    ("Change", Least::Content),
    ("CT", Least::Content),
    ("Node", Least::Content),
    ("Name", Least::Wrapped(8)),
    ("Status", Least::Content),
    ("Problem", Least::Wrapped(30)),
];

pub(super) fn render(sweep: &Sweep, layout: Layout) -> String {
    let mut text = String::new();
    let rows: Vec<_> = match &sweep.changes {
        Some(changes) => changes
            .iter()
            .filter_map(|change| changed(sweep, change))
            .collect(),
        None => sweep
            .problems()
            .map(|(row, problem)| {
                let status = match problem.counts() {
                    true => status(problem.status),
                    false => Text::from("-"),
                };
                line(Text::from(""), row, status, &problem.described())
            })
            .collect(),
    };
    // Cron mails whatever is printed.
    if sweep.changes.is_some() && rows.is_empty() && sweep.cut_short.is_none() {
        return text;
    }
    let _ = writeln!(text, "{}: {}\n", sweep.runbook, visible(&sweep.title));
    for line in in_several(sweep) {
        let _ = writeln!(text, "{line}");
    }
    if !rows.is_empty() {
        let columns = COLUMNS.map(|(head, least)| Column { head, least });
        text.push_str(&grid(columns.into(), rows, layout));
        text.push('\n');
    }
    let commands = next_commands(sweep);
    if !commands.is_empty() {
        text.push_str("Next commands:\n");
        for command in commands {
            let _ = writeln!(text, "  {}", visible(command));
        }
        text.push('\n');
    }
    for (row, reason) in sweep.skipped() {
        let reason = match &row.stopped {
            Some(stopped) => stopped.to_string(),
            None => reason.to_string(),
        };
        let _ = writeln!(text, "skipped {}: {}", row.ct, visible(&reason));
    }
    if let Some(reason) = &sweep.cut_short {
        let _ = writeln!(text, "Ended early: {}.", visible(reason));
    }
    let _ = writeln!(
        text,
        "{} containers: {}; took {}",
        sweep.containers.len(),
        sweep.counts(),
        duration_in_words(sweep.duration_s)
    );
    text
}

/// The commands that find out more about the problems that are listed and count, each once. They are not in the table, where
/// they would be wrapped and could not be copied.
fn next_commands(sweep: &Sweep) -> IndexSet<&str> {
    let is_listed = |row: &Row, problem: &Problem| match &sweep.changes {
        Some(changes) => changes.iter().any(|change| {
            change.kind != ChangeKind::Resolved && change.ct == row.ct && change.id == problem.id
        }),
        None => true,
    };
    let listed = sweep
        .problems()
        .filter(|(row, problem)| problem.counts() && is_listed(row, problem));
    let commands = listed.flat_map(|(_, problem)| &problem.commands);
    commands.map(String::as_str).collect()
}

/// From how many containers on a problem is listed as one fault before the table.
const SEVERAL: usize = 3;
/// Container IDs that such a line names.
const NAMED: usize = 3;

/// The problems that several containers have, the most frequent first: `DNS: no name server answers — 101, 102, 110
/// and 9 more`. Without the changes, where a resolved problem would be hard to tell from a new one.
fn in_several(sweep: &Sweep) -> Vec<String> {
    if sweep.changes.is_some() {
        return Vec::new();
    }
    let mut groups: IndexMap<&ProblemId, Vec<(&Row, &Problem)>> = IndexMap::new();
    for (row, problem) in sweep.problems().filter(|(_, problem)| problem.counts()) {
        groups.entry(&problem.id).or_default().push((row, problem));
    }
    groups.retain(|_, group| group.len() >= SEVERAL);
    groups.sort_by(|_, a, _, b| b.len().cmp(&a.len()));
    let mut lines: Vec<_> = groups
        .iter()
        .map(|(id, group)| one_line(sweep, id, group))
        .collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn one_line(sweep: &Sweep, id: &ProblemId, group: &[(&Row, &Problem)]) -> String {
    let mut texts = group.iter().map(|(_, problem)| problem.says.as_str());
    let first = texts.next().unwrap_or_default();
    let fault = match id {
        _ if texts.all(|says| says == first) => first.to_owned(),
        // What was observed differs: a number, or the things that are affected.
        ProblemId::Check(key) => sweep.title_of(key).to_owned(),
        _ => id.to_string(),
    };
    let cts: Vec<_> = group.iter().map(|(row, _)| row.ct.to_string()).collect();
    let (named, more) = cts.split_at(cts.len().min(NAMED));
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} — {}{more}", visible(&fault), named.join(", "))
}

fn changed(sweep: &Sweep, change: &ProblemChange) -> Option<Vec<Text>> {
    let row = sweep.containers.iter().find(|row| row.ct == change.ct)?;
    let status = match change.kind {
        ChangeKind::Resolved => Text::from("-"),
        _ => status(change.status),
    };
    Some(line(
        Text::from(change.kind.word()),
        row,
        status,
        &change.says,
    ))
}

fn line(change: Text, row: &Row, status: Text, says: &str) -> Vec<Text> {
    vec![
        change,
        Text::from(row.ct.to_string()),
        Text::from(visible(&row.node)),
        Text::from(visible(row.name.as_deref().unwrap_or_default())),
        status,
        Text::from(visible(says)),
    ]
}

fn status(status: Status) -> Text {
    let colour = match status {
        Status::Ok => Color::DarkGreen,
        Status::Unknown | Status::Warning => Color::DarkYellow,
        Status::Critical => Color::DarkRed,
    };
    Text::coloured(status.name(), colour)
}
