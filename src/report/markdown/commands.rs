//! Every command with what it printed, folded.

use std::fmt::Write as _;

use super::escape::{fenced, html};
use super::{Room, some_of, tell_rest};
use crate::report::model::{CheckRow, Report};
use crate::shell_quote::command_line;

/// Characters of a command in the line of its fold; the whole is below it.
const SUMMARY: usize = 100;

pub(super) fn commands(text: &mut String, report: &Report, room: Room) {
    let rows: Vec<_> = report
        .checks
        .iter()
        .filter(|row| !row.argv.is_empty())
        .collect();
    if rows.is_empty() {
        return;
    }
    text.push_str("## Commands in the container\n\n");
    for row in some_of(&rows, room) {
        fold(text, row, room);
    }
    tell_rest(text, rows.len(), room);
}

/// The blank lines end what is HTML: without them a fence is none.
fn fold(text: &mut String, row: &CheckRow, room: Room) {
    let command = command_line(&row.argv);
    let _ = writeln!(
        text,
        "<details><summary><code>{}</code> {}</summary>\n",
        html(&format!("{}: {command}", row.key), room.line.min(SUMMARY)),
        ending(row),
    );
    let _ = writeln!(text, "{}", fenced("sh", &command, room.output));
    for (name, output) in [("stdout", &row.stdout), ("stderr", &row.stderr)] {
        if !output.is_empty() {
            let _ = writeln!(text, "{name}:\n\n{}", fenced("text", output, room.output));
        }
    }
    text.push_str("</details>\n\n");
}

fn ending(row: &CheckRow) -> String {
    let ending = match (row.exit, row.signal) {
        _ if row.timed_out => "timed out".to_owned(),
        (_, Some(signal)) => format!("ended by signal {signal}"),
        (Some(status), None) => format!("exit {status}"),
        (None, None) => row.outcome.name().to_owned(),
    };
    format!(
        "{ending}, {} bytes of stdout, {} of stderr",
        row.stdout_bytes, row.stderr_bytes
    )
}
