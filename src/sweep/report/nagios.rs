//! The sweep as a monitoring plugin prints it: first line, performance data, long output
//! (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios").

use std::fmt::Write as _;

use super::super::problem::Status;
use super::super::row::Row;
use super::Sweep;
use crate::terminal_text::{clipped, visible};

/// Problems that the first line names; a pager shows one line.
const NAMED: usize = 3;

/// Characters of each. Nagios keeps 8 KiB of a plugin's output (`MAX_PLUGIN_OUTPUT_LENGTH`), and the
/// performance data, which ends the first line, is to be among them whatever a container says.
const GLIMPSE: usize = 200;

pub(super) fn render(sweep: &Sweep) -> String {
    let mut problems: Vec<_> = sweep
        .containers
        .iter()
        .flat_map(|row| row.problems().iter().map(move |problem| (row, problem)))
        .filter(|(_, problem)| problem.counts())
        .collect();
    problems.sort_by_key(|(_, problem)| std::cmp::Reverse(problem.status));
    let mut text = format!(
        "{} {}: {}",
        sweep.runbook.to_uppercase(),
        sweep.status().word(),
        sweep.counts()
    );
    if let Some(reason) = &sweep.cut_short {
        let _ = write!(text, "; {}", glimpse(reason));
    }
    for (row, problem) in problems.iter().take(NAMED) {
        let _ = write!(text, "; {} {}", row.ct, glimpse(&problem.says));
    }
    if problems.len() > NAMED {
        let _ = write!(text, "; and {} more", problems.len() - NAMED);
    }
    text.push_str(" |");
    for (label, status) in [
        ("ok", Status::Ok),
        ("warning", Status::Warning),
        ("critical", Status::Critical),
        ("unknown", Status::Unknown),
    ] {
        let _ = write!(text, " {label}={};;;0", sweep.count(status));
    }
    let _ = writeln!(
        text,
        " skipped={};;;0 duration={:.3}s;;;0",
        sweep.skipped().count(),
        sweep.duration_s
    );
    for (row, problem) in problems {
        let _ = writeln!(
            text,
            "{} {}: {}",
            problem.status.word(),
            place(row),
            plain(&problem.says)
        );
    }
    text
}

fn place(row: &Row) -> String {
    let name = row.name.as_deref().unwrap_or_default();
    let words = [row.ct.to_string(), plain(name)];
    words.join(" ").trim_end().to_owned()
}

fn glimpse(text: &str) -> String {
    clipped(&plain(text), GLIMPSE)
}

/// A bar begins the performance data, also in a later line.
fn plain(text: &str) -> String {
    visible(text).replace('|', "¦")
}
