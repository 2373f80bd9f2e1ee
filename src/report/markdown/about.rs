//! What the report was made on, and what was removed from it.

use std::fmt::Write as _;

use super::escape::inline;
use super::{Room, some_of, tell_rest};
use crate::evidence::fact::duration_in_words;
use crate::report::model::Report;
use crate::report::table::short_time;
use crate::shell_quote::command_line;

pub(super) fn made_on(text: &mut String, report: &Report, room: Room) {
    text.push_str("## What it was made on\n\n");
    let mut item = |label: &str, what: &str| {
        let _ = writeln!(text, "- **{label}:** {}", inline(what, room.line));
    };
    let target = &report.target;
    item("Container", &format!("{} via {}", target.ct, target.via));
    let unless_known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".into());
    item("Its system", &unless_known(&target.os));
    item("Its systemd", &unless_known(&target.systemd));
    if !target.node.is_empty() {
        item("Node", &target.node);
    }
    item("Proxmox VE", &unless_known(&target.pve));
    item("Kernel", &unless_known(&target.kernel));
    let took = duration_in_words(report.took);
    let when = format!("{} UTC, took {took}", short_time(&report.started_at));
    item("When", &when);
    if let Some(failed_at) = &report.failed_at {
        item("Failed at", failed_at);
    }
    item("By", &format!("lxcdiag {}", report.lxcdiag));
    item("Command line", &command_line(&report.command_line));
    let runbook = format!("{}, SHA-256 {}", report.runbook.id, report.runbook.sha256);
    item("Runbook", &runbook);
    let names = report.var_order.iter();
    let vars: Vec<_> = names
        .filter_map(|name| Some((name, report.vars.get(name)?)))
        .collect();
    for (name, value) in some_of(&vars, room) {
        let default = if report.defaulted.contains(name) {
            " (default)"
        } else {
            ""
        };
        item("Var", &format!("{name} {value}{default}"));
    }
    for command in some_of(&report.changed, room) {
        item("Changed by", command);
    }
    if report.read_only {
        item("Changed by", "no declared command (read-only)");
    } else if report.changed.is_empty() {
        item("Changed by", "no declared command");
    }
    text.push('\n');
}

pub(super) fn redacted(text: &mut String, report: &Report, room: Room) {
    text.push_str("## Removed from this report\n\n");
    match report.redacted.as_deref() {
        None => text.push_str("Nothing was removed: secrets may be in it.\n"),
        Some([]) => text.push_str("Nothing that looks like a secret was found.\n"),
        Some(removed) => {
            for one in some_of(removed, room) {
                let place = inline(&one.place, room.line);
                let class = inline(&one.class, room.line);
                let _ = writeln!(text, "- {place}: {class}, {} ×", one.count);
            }
            tell_rest(text, removed.len(), room);
        }
    }
}
