//! The container, the host and the run; and what was redacted.

use std::fmt::Write as _;

use super::escape::inline;
use super::{Limits, note_rest, some_of};
use crate::evidence::fact::duration_in_words;
use crate::report::model::Report;
use crate::report::table::short_time;
use crate::shell_quote::command_line;

pub(super) fn about(text: &mut String, report: &Report, limits: Limits) {
    text.push_str("## About this report\n\n");
    let mut item = |label: &str, what: &str| {
        let _ = writeln!(text, "- **{label}:** {}", inline(what, limits.line));
    };
    let target = &report.target;
    item("Container", &format!("{} via {}", target.ct, target.via));
    let unless_known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    item("OS", &unless_known(&target.os));
    item("systemd", &unless_known(&target.systemd));
    if !target.node.is_empty() {
        item("Node", &target.node);
    }
    item("Proxmox VE", &unless_known(&target.pve));
    item("Kernel", &unless_known(&target.kernel));
    let took = duration_in_words(report.took);
    let when = format!("{} UTC, took {took}", short_time(&report.started_at));
    item("Run", &when);
    if let Some(failed_at) = report.failure_time() {
        item("Failed at", &failed_at);
    }
    item("Version", &format!("lxcdiag {}", report.lxcdiag));
    item("Command line", &command_line(&report.command_line));
    let runbook = format!("{}, SHA-256 {}", report.runbook.id, report.runbook.sha256);
    item("Runbook", &runbook);
    if let Some(settled) = &report.settled {
        item("Runbooks", &settled.runbooks());
    }
    let names = report.var_order.iter();
    let vars: Vec<_> = names
        .filter_map(|name| Some((name, report.vars.get(name)?)))
        .collect();
    for (name, value) in some_of(&vars, limits) {
        let default = if report.defaulted.contains(name) {
            " (default)"
        } else {
            ""
        };
        item("Var", &format!("{name} {value}{default}"));
    }
    for command in some_of(&report.changed, limits) {
        item("Changed by", command);
    }
    if report.read_only {
        item("Changed by", "no declared command (read-only)");
    } else if report.changed.is_empty() {
        item("Changed by", "no declared command");
    }
    text.push('\n');
}

pub(super) fn redacted(text: &mut String, report: &Report, limits: Limits) {
    text.push_str("## Redactions\n\n");
    match report.redacted.as_deref() {
        None => text.push_str(
            "None: this report was written with `--no-redact` and may contain secrets.\n",
        ),
        Some([]) => text.push_str("None: no secrets were found.\n"),
        Some(removed) => {
            for one in some_of(removed, limits) {
                let place = inline(&one.place, limits.line);
                let class = inline(&one.class, limits.line);
                let _ = writeln!(text, "- {place}: {class}, {} ×", one.count);
            }
            note_rest(text, removed.len(), limits);
        }
    }
}
