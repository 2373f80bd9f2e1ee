//! The verdict, what to do, and the other hypotheses.

use std::fmt::Write as _;

use super::escape::{fenced, inline};
use super::{Limits, note_rest, some_of};
use crate::judge::results::Severity;
use crate::report::model::{HypothesisRow, Report};
use crate::report::table::short_time;

pub(super) fn headline(text: &mut String, report: &Report, limits: Limits) {
    let _ = writeln!(text, "# {}\n", inline(&report.headline(), limits.line));
    if let Some(name) = &report.demonstration {
        let name = inline(name, limits.line);
        let _ = writeln!(
            text,
            "**Demonstration:** incident {name}, recorded in a real container. No command was run.\n"
        );
    }
    let target = &report.target;
    let node = match target.node.as_str() {
        "" => String::new(),
        node => format!(" on {}", inline(node, limits.line)),
    };
    let _ = writeln!(
        text,
        "Container {}{node}, {} UTC: {}\n",
        target.ct,
        inline(&short_time(&report.started_at), limits.line),
        inline(&report.runbook.title, limits.line),
    );
    if let Some(reason) = &report.cut_short {
        let _ = writeln!(text, "**Ended early:** {}\n", inline(reason, limits.line));
    }
    if let Some(words) = report.race_sentence() {
        let _ = writeln!(text, "**{words}**\n");
    }
    let _ = writeln!(text, "{}\n", inline(report.explanation(), limits.line));
    let exceeded: Vec<_> = report.exceeded().collect();
    for (severity, row) in some_of(&exceeded, limits) {
        let label = match severity {
            Severity::Warning => "Warning",
            Severity::Critical => "Critical",
        };
        let says = format!("{}: {}", row.title, row.observed);
        let _ = writeln!(text, "- **{label}:** {}", inline(&says, limits.line));
    }
    note_rest(text, exceeded.len(), limits);
    if let Some(row) = report.main_hypothesis() {
        grounds(text, row, limits);
    }
    text.push('\n');
}

/// The sentences of the remedy; its indented lines are commands to copy.
pub(super) fn remedy(text: &mut String, report: &Report, limits: Limits) {
    let remedy = report.verdict.remedy.trim_end();
    if remedy.is_empty() {
        return;
    }
    text.push_str("## What to do\n\n");
    let lines: Vec<&str> = remedy.split('\n').collect();
    let is_command = |line: &&str| line.starts_with("  ");
    for lines in lines.chunk_by(|a, b| is_command(a) == is_command(b)) {
        if lines.first().is_some_and(is_command) {
            let bare: Vec<_> = lines
                .iter()
                .map(|line| line.get(2..).unwrap_or(line))
                .collect();
            let _ = writeln!(text, "{}", fenced("sh", &bare.join("\n"), limits.output));
            continue;
        }
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "{}\n", inline(line, limits.output));
        }
    }
}

/// The hypotheses that are not the verdict.
pub(super) fn others(text: &mut String, report: &Report, limits: Limits) {
    let mut rows: Vec<_> = report
        .hypotheses
        .iter()
        .filter(|row| row.id != report.verdict.kind.id())
        .collect();
    if rows.is_empty() {
        return;
    }
    text.push_str("## Other hypotheses\n\n");
    rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
    let (lacking, shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.lacks_evidence());
    for row in some_of(&shown, limits) {
        let _ = writeln!(text, "### {}: {}\n", name(row, limits), row.verdict_words());
        let _ = writeln!(text, "{}\n", inline(&row.about, limits.line));
        grounds(text, row, limits);
        text.push('\n');
    }
    note_rest(text, shown.len(), limits);
    if !lacking.is_empty() {
        text.push_str("Unlikely (no supporting evidence):\n\n");
        for row in some_of(&lacking, limits) {
            let _ = writeln!(text, "- {}", name(row, limits));
        }
        note_rest(text, lacking.len(), limits);
        text.push('\n');
    }
}

fn name(row: &HypothesisRow, limits: Limits) -> String {
    let name = inline(&format!("{} ({})", row.title, row.id), limits.line);
    if row.race {
        format!("{name}, a race")
    } else {
        name
    }
}

/// The evidence for and against a hypothesis, what is missing, and what would change its verdict.
fn grounds(text: &mut String, row: &HypothesisRow, limits: Limits) {
    for (label, texts) in row.grounds(limits.items) {
        if texts.is_empty() {
            let _ = writeln!(text, "- **{label}:** none");
        }
        for says in some_of(&texts, limits) {
            let _ = writeln!(text, "- **{label}:** {}", inline(says, limits.line));
        }
    }
}
