//! A comparison for a terminal.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Change, Diff, Kind, Origin, Redacted};
use crate::report::{Column, Layout, Least, grid, paragraph};
use crate::terminal_text::{clipped, visible};

/// Characters of a value.
const MOST: usize = 160;

/// The two reports, a row for each difference, and the names of the times, which differ between any two runs,
/// and of the values whose secrets may differ.
pub fn render(diff: &Diff, layout: Layout) -> String {
    let mut text = String::new();
    for (label, origin) in [("A", &diff.a), ("B", &diff.b)] {
        paragraph(
            &mut text,
            "",
            &format!("{label}: {}", heading(origin)),
            layout,
        );
    }
    let (times, shown): (Vec<_>, Vec<_>) = diff
        .changes
        .iter()
        .partition(|change| change.kind == Kind::Time);
    if diff.changes.is_empty() {
        text.push_str(match diff.secrets.is_empty() {
            true => "\nNo differences.\n",
            false => "\nNo differences, except possibly in secrets.\n",
        });
    }
    if !shown.is_empty() {
        text.push('\n');
        text.push_str(&rows(&shown, layout));
    }
    if !times.is_empty() {
        let names: Vec<_> = times.iter().map(|change| visible(&change.name)).collect();
        let mut line = format!("Times that differ ({}): ", names.len());
        let _ = write!(line, "{}", names.join(", "));
        text.push('\n');
        paragraph(&mut text, "", &line, layout);
    }
    if !diff.secrets.is_empty() {
        let names = diff.secrets.iter();
        let names: Vec<_> = names
            .map(|Redacted { kind, name }| visible(&format!("{} {name}", kind.word())))
            .collect();
        let line = format!(
            "Secrets that may differ ({}): {}",
            names.len(),
            names.join(", ")
        );
        text.push('\n');
        paragraph(&mut text, "", &line, layout);
    }
    text
}

fn heading(origin: &Origin) -> String {
    visible(&format!(
        "{}: container {} on {}, {}",
        origin.file, origin.ct, origin.node, origin.started_at
    ))
}

fn rows(changes: &[&Change], layout: Layout) -> String {
    let column = |head, least| Column { head, least };
    let columns = vec![
        column("Kind", Least::Content),
        column("Name", Least::Wrapped(16)),
        column("A", Least::Wrapped(24)),
        column("B", Least::Wrapped(24)),
    ];
    let rows = changes
        .iter()
        .map(|change| {
            vec![
                change.kind.word().into(),
                visible(&change.name).into(),
                shown(&change.a).into(),
                shown(&change.b).into(),
            ]
        })
        .collect();
    grid(columns, rows, layout)
}

fn shown(value: &Option<Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "—".to_owned(),
        Some(Value::Array(items)) => items.iter().map(bare).collect::<Vec<_>>().join("; "),
        Some(value) => bare(value),
    };
    match text.is_empty() {
        true => "(empty)".to_owned(),
        false => clipped(&visible(&text), MOST),
    }
}

/// Text without quotes.
fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
