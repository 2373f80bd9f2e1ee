//! The sweep for a terminal, and for the mail that cron sends: what is wrong, then the counts.

use std::fmt::Write as _;

use comfy_table::Color;

use super::super::problem::Status;
use super::super::row::Row;
use super::super::state::{Change, ChangeKind};
use super::Sweep;
use crate::evidence::fact::duration_in_words;
use crate::report::{Column, Least, Look, Text, grid};
use crate::terminal_text::visible;

pub(super) fn render(sweep: &Sweep, look: Look) -> String {
    let mut text = String::new();
    let rows = match &sweep.changes {
        Some(changes) => changes
            .iter()
            .map(|change| changed(sweep, change))
            .collect(),
        None => sweep.containers.iter().flat_map(wrong).collect::<Vec<_>>(),
    };
    // Cron mails whatever is printed: nothing where nothing changed.
    if sweep.changes.is_some() && rows.is_empty() && sweep.cut_short.is_none() {
        return text;
    }
    let _ = writeln!(text, "{}: {}\n", sweep.runbook, visible(&sweep.title));
    if !rows.is_empty() {
        let columns = vec![
            Column {
                head: "Since the last",
                least: Least::Content,
            },
            Column {
                head: "CT",
                least: Least::Content,
            },
            Column {
                head: "Node",
                least: Least::Content,
            },
            Column {
                head: "Name",
                least: Least::Wrapped(8),
            },
            Column {
                head: "Status",
                least: Least::Content,
            },
            Column {
                head: "What is wrong",
                least: Least::Wrapped(30),
            },
        ];
        text.push_str(&grid(columns, rows, look));
        text.push('\n');
    }
    for (row, reason) in sweep.skipped() {
        let _ = writeln!(text, "skipped {}: {}", row.ct, visible(&reason.to_string()));
    }
    if let Some(reason) = &sweep.cut_short {
        let _ = writeln!(text, "Ended early: {}.", visible(reason));
    }
    let took = duration_in_words(sweep.duration_s);
    let _ = writeln!(
        text,
        "{} containers: {}; took {took}",
        sweep.containers.len(),
        sweep.counts()
    );
    text
}

fn wrong(row: &Row) -> Vec<Vec<Text>> {
    let problems = row.problems().iter();
    problems
        .map(|problem| {
            let status = match &problem.silent {
                None => status(problem.status),
                Some(_) => Text::from("-"),
            };
            let says = match &problem.silent {
                None => problem.says.clone(),
                Some(reason) => format!("{} ({reason})", problem.says),
            };
            line(Text::from(""), row, status, &says)
        })
        .collect()
}

fn changed(sweep: &Sweep, change: &Change) -> Vec<Text> {
    let word = change.kind.word();
    let status = match change.kind {
        ChangeKind::Resolved => Text::from("-"),
        _ => status(change.status),
    };
    match sweep.containers.iter().find(|row| row.ct == change.ct) {
        Some(row) => line(Text::from(word), row, status, &change.says),
        None => Vec::new(),
    }
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
    let word = status.word().to_lowercase();
    match status {
        Status::Ok => Text::coloured(&word, Color::DarkGreen),
        Status::Unknown | Status::Warning => Text::coloured(&word, Color::DarkYellow),
        Status::Critical => Text::coloured(&word, Color::DarkRed),
    }
}
