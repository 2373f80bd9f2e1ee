//! Checks one by one: what they do, and whether they assert anything.

use super::{Findings, command};
use crate::evidence::fact::parse_duration;
use crate::runbook::model::{Check, Each, HostLook};
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;

/// The longest time-out, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// Units that monitoring plugins write (Monitoring Plugins Development Guidelines, "performance
/// data").
const UNITS: &[&str] = &["", "s", "ms", "us", "%", "B", "KB", "MB", "GB", "TB", "c"];

pub(super) fn validate(check: &Check, path: &Path, found: &mut Findings) {
    found.not_blank(&path.key("title"), &check.title);
    action(check, path, found);
    if check.host.is_some() {
        host(check, path, found);
    } else if check.pass.is_none() && check.facts.is_none() {
        found.add(
            path.clone(),
            "the check asserts nothing; add `pass` with a condition, or `facts`",
        );
    }
    if check.each == Some(Each::Line) && check.facts.is_none() && check.host.is_none() {
        found.add(
            path.key("each").on_key(),
            "`each: line` takes facts from lines by `facts: { match: … }`; add it",
        );
    }
    if let Some(text) = &check.timeout {
        timeout(text, &path.key("timeout"), found);
    }
    if let Some(exits) = &check.exits {
        let path = path.key("exits");
        if exits.is_empty() {
            found.add(
                path.clone(),
                "the list is empty; name exit statuses such as `[0, 1]`",
            );
        }
        for (index, status) in exits.iter().enumerate() {
            if !(0..=255).contains(status) {
                let message = format!("{status} is no exit status; they are 0 to 255");
                found.add(path.index(index), message);
            }
        }
    }
    if check.affected.is_some() && check.warn.is_none() && check.crit.is_none() {
        found.add(
            path.key("affected").on_key(),
            "`affected` lists what exceeds a limit, and there is none; add `warn` or `crit`",
        );
    }
    if let Some(metric) = &check.metric
        && !UNITS.contains(&metric.unit.as_str())
    {
        let message = format!(
            "{} is no unit of monitoring plugins; use `s`, `ms`, `us`, `%`, `B`, `KB`, `MB`, `GB`, \
             `TB`, `c` for a counter, or leave `unit` out for a count",
            quoted(&metric.unit)
        );
        found.add(path.key("metric").key("unit"), message);
    }
}

fn action(check: &Check, path: &Path, found: &mut Findings) {
    let given = [
        ("run", check.run.is_some()),
        ("shell", check.shell.is_some()),
        ("host", check.host.is_some()),
    ];
    let given: Vec<_> = given.iter().filter(|(_, given)| *given).collect();
    match given.as_slice() {
        [] => found.add(
            path.clone(),
            "the check does nothing; add `run` with a command, `shell`, or `host`",
        ),
        [_] => {}
        [first, others @ ..] => {
            for (other, _) in others {
                let message = format!("`{}` and `{other}` in one check; make it two", first.0);
                found.add(path.key(other).on_key(), message);
            }
        }
    }
    command::validate(check, path, found);
}

fn host(check: &Check, path: &Path, found: &mut Findings) {
    let given = [
        ("facts", check.facts.is_some()),
        ("each", check.each.is_some()),
        ("exits", check.exits.is_some()),
    ];
    for (key, _) in given.iter().filter(|(_, given)| *given) {
        found.add(
            path.key(key).on_key(),
            format!("`{key}` is for commands; a look at the host has facts of its own; delete it"),
        );
    }
    if check.timeout.is_some() {
        found.add(
            path.key("timeout").on_key(),
            "`timeout` is for commands; a look at the host runs none; delete it",
        );
    }
    if check.changes {
        found.add(
            path.key("changes").on_key(),
            "a look at the host changes nothing; delete `changes`",
        );
    }
    match &check.host {
        Some(HostLook::Source(file)) if file.trim().is_empty() => found.add(
            path.key("host").key("source"),
            "the path is empty; write it, or a template that makes it",
        ),
        Some(HostLook::Tasks(types)) => {
            for (index, kind) in types.iter().enumerate() {
                // As Proxmox VE writes them in a UPID: vzstart, push_file.
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if kind.is_empty() || !kind.chars().all(plain) {
                    let message = format!(
                        "{} is no type of task; they are words such as `push_file`",
                        quoted(kind)
                    );
                    found.add(path.key("host").key("tasks").index(index), message);
                }
            }
        }
        _ => {}
    }
}

fn timeout(text: &str, path: &Path, found: &mut Findings) {
    let message = match parse_duration(text) {
        None => format!(
            "{} is no length of time; write `10s`, `500ms` or `1min 30s`",
            quoted(text)
        ),
        Some(seconds) if seconds <= 0.0 => {
            String::from("no command ends within no time; write `10s` or so")
        }
        Some(seconds) if seconds > LONGEST => {
            format!("{} is longer than a day, the most there is", quoted(text))
        }
        Some(_) => return,
    };
    found.add(path.clone(), message);
}
