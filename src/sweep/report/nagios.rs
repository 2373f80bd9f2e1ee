//! The sweep as the output of a monitoring plugin: first line, performance data, long output
//! (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios").

use std::fmt::Write as _;

use super::super::row::Row;
use super::Sweep;
use crate::terminal_text::{clipped, visible};

/// Problems that the first line names; a pager shows one line.
const NAMED: usize = 3;

/// Characters of each problem. Nagios keeps 8 KiB of a plugin's output (`MAX_PLUGIN_OUTPUT_LENGTH`). The
/// performance data at the end of the first line must fit, whatever a container prints.
const LENGTH: usize = 200;

pub(super) fn render(sweep: &Sweep) -> String {
    let problems = sweep.problems().filter(|(_, problem)| problem.counts());
    let mut problems: Vec<_> = problems.collect();
    problems.sort_by_key(|(_, problem)| std::cmp::Reverse(problem.status));
    let mut text = format!(
        "{} {}: {}",
        sweep.runbook.to_uppercase(),
        sweep.status().name().to_uppercase(),
        sweep.counts()
    );
    if let Some(reason) = &sweep.cut_short {
        let _ = write!(text, "; {}", short(reason));
    }
    for (row, problem) in problems.iter().take(NAMED) {
        let _ = write!(text, "; {} {}", row.ct, short(&problem.says));
    }
    if problems.len() > NAMED {
        let _ = write!(text, "; and {} more", problems.len() - NAMED);
    }
    text.push_str(" |");
    for (label, count) in sweep.tally() {
        let _ = write!(text, " {label}={count};;;0");
    }
    let _ = writeln!(text, " duration={:.3}s;;;0", sweep.duration_s);
    for (row, problem) in problems {
        let _ = writeln!(
            text,
            "{} {}: {}",
            problem.status.name().to_uppercase(),
            container(row),
            plain(&problem.says)
        );
    }
    text
}

fn container(row: &Row) -> String {
    let name = row.name.as_deref().unwrap_or_default();
    let words = [row.ct.to_string(), plain(name)];
    words.join(" ").trim_end().to_owned()
}

fn short(text: &str) -> String {
    clipped(&plain(text), LENGTH)
}

/// A bar starts performance data, in later lines too.
fn plain(text: &str) -> String {
    visible(text).replace('|', "¦")
}
