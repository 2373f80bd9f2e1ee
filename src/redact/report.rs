//! Every text of a report. Each struct is taken apart field by field, so that a field added later
//! does not compile before it is said here whether it may hold a secret.

use serde_json::Value;

use super::Visitor;
use crate::recording::Target;
use crate::report::model::{
    CheckRow, EvidenceRow, HypothesisRow, MetricValue, Moment, Report, RunbookLine, VerdictRow,
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
    visitor.text("lxcdiag", None, lxcdiag);
    visitor.words("command_line", command_line);
    optional(visitor, "demonstration", demonstration);
    visitor.text("runbook.title", None, title);
    visit_target(target, visitor);
    optional(visitor, "cut_short", cut_short);
    for (name, value) in vars {
        visitor.text(&format!("vars.{name}"), Some(name), value);
    }
    texts(visitor, "changed", changed);
    for check in checks {
        visit_check(check, visitor);
    }
    for (index, moment) in timeline.iter_mut().enumerate() {
        let Moment {
            at: _,
            until: _,
            what,
            source,
            decisive: _,
            interval: _,
        } = moment;
        visitor.text(&format!("timeline[{index}].what"), None, what);
        visitor.text(&format!("timeline[{index}].source"), None, source);
    }
    for hypothesis in hypotheses {
        visit_hypothesis(hypothesis, visitor);
    }
    let VerdictRow {
        id: _,
        level: _,
        race: _,
        severity: _,
        summary,
        remedy,
    } = verdict;
    visitor.text("verdict.summary", None, summary);
    visitor.text("verdict.remedy", None, remedy);
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
    visitor.text("target.node", None, node);
    visitor.text("target.via", None, via);
    optional(visitor, "target.os", os);
    optional(visitor, "target.systemd", systemd);
    optional(visitor, "target.kernel", kernel);
    optional(visitor, "target.pve", pve);
}

fn visit_check(check: &mut CheckRow, visitor: &mut dyn Visitor) {
    let CheckRow {
        id,
        title,
        step,
        outcome: _,
        reason,
        observed,
        race: _,
        argv,
        started_at: _,
        duration_ms: _,
        exit: _,
        signal: _,
        timed_out: _,
        stdout,
        stderr,
        stdout_bytes: _,
        stderr_bytes: _,
        facts,
        severity: _,
        metric,
    } = check;
    // The item in brackets comes from the container.
    let own = id.split('[').next().unwrap_or_default().to_owned();
    visitor.text(&format!("checks[{own}].id"), None, id);
    let place = |field: &str| format!("checks[{id}].{field}");
    visitor.text(&place("title"), None, title);
    optional(visitor, &place("step"), step);
    visitor.text(&place("reason"), None, reason);
    visitor.text(&place("observed"), None, observed);
    visitor.words(&place("argv"), argv);
    visitor.shown(&place("stdout"), stdout);
    visitor.shown(&place("stderr"), stderr);
    visit_json(&place("facts"), None, facts, visitor);
    if let Some(MetricValue { value: _, unit }) = metric {
        visitor.text(&place("metric.unit"), None, unit);
    }
}

/// A fact, whose names come from the container where a check takes all keys of an object.
fn visit_json(place: &str, name: Option<&str>, value: &mut Value, visitor: &mut dyn Visitor) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => visitor.text(place, name, text),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                visit_json(&format!("{place}[{index}]"), name, item, visitor);
            }
        }
        Value::Object(fields) => {
            for (name, mut field) in std::mem::take(fields) {
                let mut key = name.clone();
                visitor.text(place, None, &mut key);
                visit_json(&format!("{place}.{key}"), Some(&name), &mut field, visitor);
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
    let place = |field: &str| format!("hypotheses[{id}].{field}");
    visitor.text(&place("title"), None, title);
    visitor.text(&place("about"), None, about);
    for (index, row) in evidence.iter_mut().enumerate() {
        let EvidenceRow {
            effect: _,
            holds: _,
            says,
            missing,
        } = row;
        visitor.text(&place(&format!("evidence[{index}].says")), None, says);
        texts(
            visitor,
            &place(&format!("evidence[{index}].missing")),
            missing,
        );
    }
    texts(visitor, &place("missing"), missing);
    optional(visitor, &place("overturned_by"), overturned_by);
    visitor.text(&place("remedy"), None, remedy);
}

pub(super) fn optional(visitor: &mut dyn Visitor, place: &str, text: &mut Option<String>) {
    if let Some(text) = text {
        visitor.text(place, None, text);
    }
}

fn texts(visitor: &mut dyn Visitor, place: &str, texts: &mut [String]) {
    for (index, text) in texts.iter_mut().enumerate() {
        visitor.text(&format!("{place}[{index}]"), None, text);
    }
}
