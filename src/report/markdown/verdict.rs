//! The verdict, what to do, and how each explanation was weighed.

use std::fmt::Write as _;

use super::escape::{fenced, inline};
use super::{Room, some_of, tell_rest};
use crate::judge::Level;
use crate::judge::findings::Severity;
use crate::report::model::{HypothesisRow, Report};
use crate::report::table::short_time;
use crate::runbook::Effect;

pub(super) fn headline(text: &mut String, report: &Report, room: Room) {
    let _ = writeln!(text, "# {}\n", inline(&report.headline(), room.line));
    if let Some(name) = &report.demonstration {
        let name = inline(name, room.line);
        let _ = writeln!(
            text,
            "**Demonstration:** the incident {name}, recorded from a real container. Nothing was run here.\n"
        );
    }
    let target = &report.target;
    let node = match target.node.as_str() {
        "" => String::new(),
        node => format!(" on {}", inline(node, room.line)),
    };
    let _ = writeln!(
        text,
        "Container {}{node}, {} UTC: {}\n",
        target.ct,
        inline(&short_time(&report.started_at), room.line),
        inline(&report.runbook.title, room.line),
    );
    if let Some(reason) = &report.cut_short {
        let _ = writeln!(text, "**Cut short:** {}\n", inline(reason, room.line));
    }
    if let Some(words) = report.race_sentence() {
        let _ = writeln!(text, "**{words}**\n");
    }
    let _ = writeln!(text, "{}\n", inline(report.nature(), room.line));
    let exceeded: Vec<_> = report
        .checks
        .iter()
        .filter_map(|row| Some((row, row.severity?)))
        .collect();
    for (row, severity) in some_of(&exceeded, room) {
        let label = match severity {
            Severity::Warning => "Warning",
            Severity::Critical => "Critical",
        };
        let says = format!("{}: {}", row.title, row.observed);
        let _ = writeln!(text, "- **{label}:** {}", inline(&says, room.line));
    }
    tell_rest(text, exceeded.len(), room);
    if let Some(row) = report.judged() {
        weighed(text, row, room);
    }
    text.push('\n');
}

/// The remedy's sentences, and its commands, which are the indented lines, to be copied.
pub(super) fn remedy(text: &mut String, report: &Report, room: Room) {
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
            let _ = writeln!(text, "{}", fenced("sh", &bare.join("\n"), room.output));
            continue;
        }
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "{}\n", inline(line, room.output));
        }
    }
}

/// The explanations that are not the verdict.
pub(super) fn others(text: &mut String, report: &Report, room: Room) {
    let mut rows: Vec<_> = report
        .hypotheses
        .iter()
        .filter(|row| row.id != report.verdict.kind.id())
        .collect();
    if rows.is_empty() {
        return;
    }
    text.push_str("## Other explanations\n\n");
    rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
    let (idle, told): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_idle());
    for row in some_of(&told, room) {
        let _ = writeln!(text, "### {}: {}\n", name(row, room), row.verdict.words());
        let _ = writeln!(text, "{}\n", inline(&row.about, room.line));
        weighed(text, row, room);
        text.push('\n');
    }
    tell_rest(text, told.len(), room);
    if !idle.is_empty() {
        text.push_str("Unlikely, as nothing speaks for them:\n\n");
        for row in some_of(&idle, room) {
            let _ = writeln!(text, "- {}", name(row, room));
        }
        tell_rest(text, idle.len(), room);
        text.push('\n');
    }
}

fn name(row: &HypothesisRow, room: Room) -> String {
    let name = inline(&format!("{} ({})", row.title, row.id), room.line);
    if row.race {
        format!("{name}, a race")
    } else {
        name
    }
}

/// What speaks for a hypothesis, what against it, what is not known, what would overturn it.
fn weighed(text: &mut String, row: &HypothesisRow, room: Room) {
    let list = |text: &mut String, label: &str, effects: &[Effect]| {
        let says: Vec<_> = row.holding(effects).collect();
        if says.is_empty() {
            let _ = writeln!(text, "- **{label}:** nothing");
        }
        for says in some_of(&says, room) {
            let _ = writeln!(text, "- **{label}:** {}", inline(says, room.line));
        }
    };
    list(text, "For it", &[Effect::Confirms, Effect::Supports]);
    list(text, "Against it", &[Effect::RulesOut, Effect::Weakens]);
    if row.conflicting {
        text.push_str("- **Conflicting:** something settles it, and something else excludes it\n");
    }
    // What is settled is settled whatever else was not to be had.
    let settled = matches!(row.verdict, Level::Confirmed | Level::RuledOut);
    if !settled {
        for missing in some_of(&row.missing, room) {
            let _ = writeln!(text, "- **Not known:** {}", inline(missing, room.line));
        }
    }
    if let Some(overturned) = &row.overturned_by {
        let _ = writeln!(
            text,
            "- **Overturned by:** {}",
            inline(overturned, room.line)
        );
    }
}
