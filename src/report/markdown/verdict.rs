//! The verdict, what to do, and the other hypotheses.

use std::fmt::Write as _;

use super::escape::{fenced, inline, sentence};
use super::{Limits, note_rest, some_of};
use crate::judge::HypothesisResult;
use crate::judge::results::Severity;
use crate::report::model::Report;
use crate::report::table::short_time;
use crate::report::words::blocks;

pub(super) fn headline(text: &mut String, report: &Report, limits: Limits) {
    let _ = writeln!(text, "# {}\n", inline(&report.headline(), limits.line));
    if let Some(name) = &report.demonstration {
        let name = inline(name, limits.line);
        let _ = writeln!(
            text,
            "**Demonstration:** incident {name}, recorded earlier in a real container. Nothing runs now.\n"
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
    let _ = writeln!(text, "{}\n", limits.sentence(report.explanation()));
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
    for (label, texts) in report.besides() {
        for says in some_of(&texts, limits) {
            let _ = writeln!(text, "- **{label}:** {}", limits.sentence(says));
        }
        note_rest(text, texts.len(), limits);
    }
    text.push('\n');
}

pub(super) fn remedy(text: &mut String, report: &Report, limits: Limits) {
    let blocks = blocks(&report.verdict.remedy);
    if blocks.is_empty() {
        return;
    }
    text.push_str("## What to do\n\n");
    for block in blocks {
        let block = match block.is_command {
            true => fenced("sh", &block.text, limits.output),
            false => sentence(&block.text, limits.code, limits.output) + "\n",
        };
        let _ = writeln!(text, "{block}");
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
    rows.sort_by_key(|row| std::cmp::Reverse(row.level));
    let (lacking, shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.lacks_evidence());
    for row in some_of(&shown, limits) {
        let _ = writeln!(text, "### {}: {}\n", name(row, limits), row.verdict_words());
        let _ = writeln!(text, "{}\n", limits.sentence(&row.about));
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

fn name(row: &HypothesisResult, limits: Limits) -> String {
    let name = inline(&format!("{} ({})", row.title, row.id), limits.line);
    if row.race {
        format!("{name}, a race")
    } else {
        name
    }
}

/// The evidence for and against a hypothesis, what is missing, and what would change its verdict.
fn grounds(text: &mut String, row: &HypothesisResult, limits: Limits) {
    for (label, texts) in row.basis(limits.items) {
        if texts.is_empty() {
            let _ = writeln!(text, "- **{label}:** none");
        }
        for says in some_of(&texts, limits) {
            let _ = writeln!(text, "- **{label}:** {}", limits.sentence(says));
        }
    }
}
