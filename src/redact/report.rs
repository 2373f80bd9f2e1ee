//! Every text of a report. Each struct is taken apart field by field, so that a field added later
//! does not compile before it is said here whether it may hold a secret.

use std::fmt;

use serde_json::Value;

use super::Visitor;
use crate::evidence::recording::Target;
use crate::judge::results::Affected;
use crate::report::model::{
    CheckRow, EventRow, EvidenceRow, HypothesisRow, MetricValue, Report, RunbookLine, VerdictRow,
};

/// Shows a visitor every text that may hold a secret: all but times and numbers that lxcdiag writes
/// itself, and names of the runbook's.
pub(super) fn visit(report: &mut Report, visitor: &mut dyn Visitor) {
    let Report {
        schema: _,
        lxcdiag,
        command_line,
        demonstration,
        runbook:
            RunbookLine {
                id: _,
                title,
                sha256: _,
            },
        target,
        started_at: _,
        finished_at: _,
        took: _,
        cut_short,
        read_only: _,
        failed_at: _,
        vars,
        var_order: _,
        defaulted: _,
        changed,
        checks,
        timeline,
        hypotheses,
        verdict,
        redacted: _,
    } = report;
    visitor.text(format_args!("lxcdiag"), None, lxcdiag);
    visitor.words(format_args!("command_line"), command_line);
    optional(visitor, format_args!("demonstration"), demonstration);
    visitor.text(format_args!("runbook.title"), None, title);
    visit_target(target, visitor);
    optional(visitor, format_args!("cut_short"), cut_short);
    for (name, value) in vars {
        visitor.text(format_args!("vars.{name}"), Some(name), value);
    }
    texts(visitor, format_args!("changed"), changed);
    for check in checks {
        visit_check(check, visitor);
    }
    for (index, moment) in timeline.iter_mut().enumerate() {
        let EventRow {
            at: _,
            until: _,
            what,
            source: _,
            decisive: _,
            interval: _,
        } = moment;
        visitor.text(format_args!("timeline[{index}].what"), None, what);
    }
    for hypothesis in hypotheses {
        visit_hypothesis(hypothesis, visitor);
    }
    let VerdictRow {
        kind: _,
        race: _,
        severity: _,
        summary,
        remedy,
    } = verdict;
    visitor.text(format_args!("verdict.summary"), None, summary);
    visitor.text(format_args!("verdict.remedy"), None, remedy);
}

pub(super) fn visit_target(target: &mut Target, visitor: &mut dyn Visitor) {
    let Target {
        ct: _,
        node,
        via,
        os,
        systemd,
        kernel,
        pve,
    } = target;
    visitor.text(format_args!("target.node"), None, node);
    visitor.text(format_args!("target.via"), None, via);
    optional(visitor, format_args!("target.os"), os);
    optional(visitor, format_args!("target.systemd"), systemd);
    optional(visitor, format_args!("target.kernel"), kernel);
    optional(visitor, format_args!("target.pve"), pve);
}

fn visit_check(check: &mut CheckRow, visitor: &mut dyn Visitor) {
    let CheckRow {
        key,
        title,
        step,
        outcome: _,
        no_items: _,
        reason,
        observed,
        race: _,
        argv,
        started_at: _,
        duration_ms: _,
        exit: _,
        signal: _,
        timed_out: _,
        session_lost: _,
        stdout,
        stderr,
        stdout_bytes: _,
        stderr_bytes: _,
        facts,
        severity: _,
        affected,
        metric,
    } = check;
    // The item comes from the container.
    if let Some(item) = &mut key.item {
        visitor.text(format_args!("checks[{}].id", key.check), None, item);
    }
    visitor.text(format_args!("checks[{key}].title"), None, title);
    optional(visitor, format_args!("checks[{key}].step"), step);
    visitor.text(format_args!("checks[{key}].reason"), None, reason);
    visitor.text(format_args!("checks[{key}].observed"), None, observed);
    visitor.shown_words(format_args!("checks[{key}].argv"), argv);
    visitor.shown(format_args!("checks[{key}].stdout"), stdout);
    visitor.shown(format_args!("checks[{key}].stderr"), stderr);
    visit_json(format_args!("checks[{key}].facts"), None, facts, visitor);
    for (index, affected) in affected.iter_mut().enumerate() {
        let Affected {
            name,
            severity: _,
            observed,
        } = affected;
        let place = format!("checks[{key}].affected[{index}]");
        visitor.text(format_args!("{place}.name"), None, name);
        visitor.text(format_args!("{place}.observed"), None, observed);
    }
    if let Some(MetricValue { value: _, unit }) = metric {
        visitor.text(format_args!("checks[{key}].metric.unit"), None, unit);
    }
}

/// A fact, whose names come from the container where a check takes all keys of an object.
fn visit_json(
    place: fmt::Arguments<'_>,
    name: Option<&str>,
    value: &mut Value,
    visitor: &mut dyn Visitor,
) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => visitor.text(place, name, text),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                visit_json(format_args!("{place}[{index}]"), name, item, visitor);
            }
        }
        Value::Object(fields) => {
            for (name, mut field) in std::mem::take(fields) {
                let mut key = name.clone();
                visitor.text(place, None, &mut key);
                visit_json(
                    format_args!("{place}.{key}"),
                    Some(&name),
                    &mut field,
                    visitor,
                );
                fields.insert(key, field);
            }
        }
    }
}

fn visit_hypothesis(hypothesis: &mut HypothesisRow, visitor: &mut dyn Visitor) {
    let HypothesisRow {
        id,
        title,
        about,
        race: _,
        verdict: _,
        conflicting: _,
        evidence,
        missing,
        overturned_by,
        remedy,
    } = hypothesis;
    visitor.text(format_args!("hypotheses[{id}].title"), None, title);
    visitor.text(format_args!("hypotheses[{id}].about"), None, about);
    for (index, row) in evidence.iter_mut().enumerate() {
        let EvidenceRow {
            effect: _,
            holds: _,
            says,
            missing,
        } = row;
        visitor.text(
            format_args!("hypotheses[{id}].evidence[{index}].says"),
            None,
            says,
        );
        texts(
            visitor,
            format_args!("hypotheses[{id}].evidence[{index}].missing"),
            missing,
        );
    }
    texts(visitor, format_args!("hypotheses[{id}].missing"), missing);
    optional(
        visitor,
        format_args!("hypotheses[{id}].overturned_by"),
        overturned_by,
    );
    visitor.text(format_args!("hypotheses[{id}].remedy"), None, remedy);
}

pub(super) fn optional(
    visitor: &mut dyn Visitor,
    place: fmt::Arguments<'_>,
    text: &mut Option<String>,
) {
    if let Some(text) = text {
        visitor.text(place, None, text);
    }
}

fn texts(visitor: &mut dyn Visitor, place: fmt::Arguments<'_>, texts: &mut [String]) {
    for (index, text) in texts.iter_mut().enumerate() {
        visitor.text(format_args!("{place}[{index}]"), None, text);
    }
}
