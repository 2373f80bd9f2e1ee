//! The sweep for a terminal, and for mail from cron: the problems, or what has changed, then the counts.

use std::fmt::Write as _;

use comfy_table::Color;

use super::super::problem::Status;
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
    if !rows.is_empty() {
        let columns = COLUMNS.map(|(head, least)| Column { head, least });
        text.push_str(&grid(columns.into(), rows, layout));
        text.push('\n');
    }
    for (row, reason) in sweep.skipped() {
        let _ = writeln!(text, "skipped {}: {}", row.ct, visible(&reason.to_string()));
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
