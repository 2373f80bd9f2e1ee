//! Every command with its output, folded.

use std::fmt::Write as _;

use super::escape::{fenced, html};
use super::{Limits, note_rest, some_of};
use crate::report::model::{CheckRow, Report};
use crate::shell_quote::command_line;

/// Characters of a command in its summary; the whole command is below it.
const SUMMARY: usize = 100;

pub(super) fn commands(text: &mut String, report: &Report, limits: Limits) {
    let rows: Vec<_> = report
        .checks
        .iter()
        .filter(|row| !row.argv.is_empty())
        .collect();
    if rows.is_empty() {
        return;
    }
    text.push_str("## Commands in the container\n\n");
    for row in some_of(&rows, limits) {
        fold(text, row, limits);
    }
    note_rest(text, rows.len(), limits);
}

/// The blank lines end the HTML: without them a fence would not be one.
fn fold(text: &mut String, row: &CheckRow, limits: Limits) {
    let command = command_line(&row.argv);
    let _ = writeln!(
        text,
        "<details><summary><code>{}</code> {}</summary>\n",
        html(&format!("{}: {command}", row.key), limits.line.min(SUMMARY)),
        ending(row),
    );
    let _ = writeln!(text, "{}", fenced("sh", &command, limits.output));
    for (name, output) in [("stdout", &row.stdout), ("stderr", &row.stderr)] {
        if !output.is_empty() {
            let _ = writeln!(text, "{name}:\n\n{}", fenced("text", output, limits.output));
        }
    }
    text.push_str("</details>\n\n");
}

fn ending(row: &CheckRow) -> String {
    let ending = match (row.exit, row.signal) {
        _ if row.timed_out => "timed out".to_owned(),
        (_, Some(signal)) => format!("killed by signal {signal}"),
        (Some(status), None) => format!("exit {status}"),
        (None, None) => row.outcome.name().to_owned(),
    };
    format!(
        "{ending}, {} bytes of stdout, {} of stderr",
        row.stdout_bytes, row.stderr_bytes
    )
}
