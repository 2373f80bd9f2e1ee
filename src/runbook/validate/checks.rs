//! Single checks: the action, and the keys that fit it.

use super::{Findings, command};
use crate::evidence::fact::parse_duration;
use crate::runbook::host_probe::HostProbe;
use crate::runbook::model::{Check, Each};
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;

/// The longest timeout, in seconds: one day.
const LONGEST: f64 = 86_400.0;

/// The units in the performance data of monitoring plugins (Monitoring Plugins Development Guidelines).
const UNITS: &[&str] = &["", "s", "ms", "us", "%", "B", "KB", "MB", "GB", "TB", "c"];

pub(super) fn validate(check: &Check, path: &Path, found: &mut Findings) {
    found.not_blank(&path.key("title"), &check.title);
    action(check, path, found);
    command::validate(check, path, found);
    if let Some(probe) = &check.host {
        host(check, probe, path, found);
    } else if check.pass.is_none() && check.facts.is_none() {
        let message = "the check tests nothing\nhint: add `pass` with a condition, or `facts`";
        found.add(path, message);
    }
    if let Some(times) = &check.canary {
        canary(check, times, path, found);
    }
    if check.output_of.is_some() {
        output_of(check, path, found);
    }
    if check.from_node.is_some() {
        from_node(check, path, found);
    }
    if check.each == Some(Each::Line) && check.facts.is_none() && check.host.is_none() {
        let message = "`each: line` requires `facts`\nhint: add `facts: { match: … }`";
        found.add(&path.key("each").on_key(), message);
    }
    if let Some(text) = &check.timeout {
        timeout(text, &path.key("timeout"), found);
    }
    if let Some(exits) = &check.exits {
        let path = path.key("exits");
        if exits.is_empty() {
            let message = "the list is empty\nhint: list exit statuses, such as `[0, 1]`";
            found.add(&path, message);
        }
        for (index, status) in exits.iter().enumerate() {
            if !(0..=255).contains(status) {
                let message = format!("invalid exit status {status}: expected 0 to 255");
                found.add(&path.index(index), message);
            }
        }
    }
    if check.affected.is_some() && check.warn.is_none() && check.crit.is_none() {
        let message = "`affected` requires a limit\nhint: add `warn` or `crit`";
        found.add(&path.key("affected").on_key(), message);
    }
    if let Some(metric) = &check.metric
        && !UNITS.contains(&metric.unit.as_str())
    {
        let message = format!(
            "invalid unit {}\nhint: use `s`, `ms`, `us`, `%`, `B`, `KB`, `MB`, `GB`, `TB` or `c` (a \
             counter), or omit `unit` for a number without a unit",
            quoted(&metric.unit)
        );
        found.add(&path.key("metric").key("unit"), message);
    }
}

fn action(check: &Check, path: &Path, found: &mut Findings) {
    let actions = [
        ("run", check.run.is_some()),
        ("shell", check.shell.is_some()),
        ("host", check.host.is_some()),
        ("canary", check.canary.is_some()),
        ("output_of", check.output_of.is_some()),
    ];
    let mut given = actions.iter().filter(|(_, given)| *given);
    let Some((first, _)) = given.next() else {
        let message =
            "the check has no action\nhint: add `run`, `shell`, `host`, `canary` or `output_of`";
        return found.add(path, message);
    };
    for (other, _) in given {
        let message =
            format!("a check cannot have both `{first}` and `{other}`\nhint: split it into two");
        found.add(&path.key(other).on_key(), message);
    }
}

fn host(check: &Check, probe: &HostProbe, path: &Path, found: &mut Findings) {
    for (key, given, reason) in [
        ("facts", check.facts.is_some(), "has its own facts"),
        ("each", check.each.is_some(), "has its own facts"),
        ("exits", check.exits.is_some(), "runs no command"),
        ("timeout", check.timeout.is_some(), "runs no command"),
        ("changes", check.changes, "changes nothing"),
    ] {
        if given {
            let message =
                format!("a host probe {reason}, and cannot have `{key}`\nhint: delete `{key}`");
            found.add(&path.key(key).on_key(), message);
        }
    }
    let path = path.key("host");
    match probe {
        HostProbe::Source(file) if file.trim().is_empty() => {
            let message = "the path is empty\nhint: write a path, or a template for one";
            found.add(&path.key("source"), message);
        }
        HostProbe::Tasks(types) => {
            for (index, kind) in types.iter().enumerate() {
                // As Proxmox VE writes them in a UPID: vzstart, push_file.
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if kind.is_empty() || !kind.chars().all(plain) {
                    let message = format!(
                        "invalid task type {}\nhint: use a task type of Proxmox VE, such as `push_file`",
                        quoted(kind)
                    );
                    found.add(&path.key("tasks").index(index), message);
                }
            }
        }
        _ => {}
    }
}

fn canary(check: &Check, times: &str, path: &Path, found: &mut Findings) {
    let path = path.key("canary");
    if times.trim().is_empty() {
        found.add(
            &path,
            "the number of pushes is empty\nhint: write a number, or a template for one",
        );
    }
    if !check.changes {
        let message = "a canary changes the container\nhint: add `changes: true` to the check";
        found.add(&path.on_key(), message);
    }
}

fn output_of(check: &Check, path: &Path, found: &mut Findings) {
    for (key, given) in [
        ("timeout", check.timeout.is_some()),
        ("changes", check.changes),
        ("for_each", check.for_each.is_some()),
    ] {
        if given {
            let message = format!(
                "a check with `output_of` runs no command, and cannot have `{key}`\nhint: delete `{key}`"
            );
            found.add(&path.key(key).on_key(), message);
        }
    }
}

fn from_node(check: &Check, path: &Path, found: &mut Findings) {
    let path = path.key("from_node").on_key();
    if check.run.is_none() && check.shell.is_none() {
        let message = "`from_node` requires a command\nhint: add `run` or `shell`, for containers of other nodes";
        found.add(&path, message);
    }
    for (key, given) in [
        ("changes", check.changes),
        ("for_each", check.for_each.is_some()),
    ] {
        if given {
            let message =
                format!("a check with `from_node` cannot have `{key}`\nhint: delete `{key}`");
            found.add(&path, message);
        }
    }
}

fn timeout(text: &str, path: &Path, found: &mut Findings) {
    let text_quoted = quoted(text);
    let message = match parse_duration(text) {
        None => format!(
            "invalid duration {text_quoted}\nhint: write a duration such as `10s`, `500ms` or `1min 30s`"
        ),
        Some(seconds) if seconds <= 0.0 => {
            format!("{text_quoted} is too short: expected more than 0 s")
        }
        Some(seconds) if seconds > LONGEST => {
            format!("{text_quoted} is too long: expected at most one day")
        }
        Some(_) => return,
    };
    found.add(path, message);
}
