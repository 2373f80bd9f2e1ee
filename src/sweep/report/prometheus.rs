//! The sweep in Prometheus's text format, for node_exporter's textfile collector.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::row::{Row, Status, Visited};
use super::Sweep;

/// The samples of one metric.
struct Family {
    help: &'static str,
    samples: Vec<String>,
}

pub(super) fn render(sweep: &Sweep) -> String {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut add = |name: &str, help: &'static str, labels: &[(&str, &str)], value: f64| {
        let family = families.entry(name.to_owned()).or_insert(Family {
            help,
            samples: Vec::new(),
        });
        family
            .samples
            .push(format!("{name}{} {value}", in_braces(labels)));
    };
    let runbook = ("runbook", sweep.runbook.as_str());
    add(
        "lxcdiag_sweep_last_run_timestamp_seconds",
        "When the last sweep ended, in seconds since the Unix epoch.",
        &[runbook],
        sweep.finished_at,
    );
    add(
        "lxcdiag_sweep_duration_seconds",
        "How long the last sweep took.",
        &[runbook],
        sweep.duration_s,
    );
    for status in [
        Status::Ok,
        Status::Unknown,
        Status::Warning,
        Status::Critical,
    ] {
        add(
            "lxcdiag_sweep_containers",
            "Containers by the worst that was found in them.",
            &[runbook, ("status", &status.word().to_lowercase())],
            sweep.count(status) as f64,
        );
    }
    let skipped = sweep.skipped().count();
    let labels = [runbook, ("status", "skipped")];
    add("lxcdiag_sweep_containers", "", &labels, skipped as f64);
    for row in &sweep.containers {
        container(sweep, row, &mut add);
    }
    let mut text = String::new();
    for (name, Family { help, samples }) in families {
        let _ = writeln!(
            text,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{}",
            samples.join("\n")
        );
    }
    text
}

fn container(
    sweep: &Sweep,
    row: &Row,
    add: &mut impl FnMut(&str, &'static str, &[(&str, &str)], f64),
) {
    let Visited::Visited(found) = &row.visit else {
        return;
    };
    let ct = row.ct.to_string();
    let name = row.name.as_deref().unwrap_or_default();
    let base = [
        ("runbook", sweep.runbook.as_str()),
        ("ct", ct.as_str()),
        ("node", row.node.as_str()),
        ("name", name),
    ];
    let with = |more: &[(&'static str, &str)]| {
        let more = more
            .iter()
            .map(|(label, value)| (*label, (*value).to_owned()));
        let base = base
            .iter()
            .map(|(label, value)| (*label, (*value).to_owned()));
        base.chain(more).collect::<Vec<_>>()
    };
    let mut sample = |name: &str, help, labels: Vec<(&str, String)>, value| {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| (*label, value.as_str()))
            .collect();
        add(name, help, &labels, value);
    };
    // The monitoring plugins' numbers, as the exit status.
    let status = match row.status() {
        Some(Status::Ok) | None => 0.0,
        Some(Status::Warning) => 1.0,
        Some(Status::Critical) => 2.0,
        Some(Status::Unknown) => 3.0,
    };
    sample(
        "lxcdiag_container_status",
        "The worst that was found: 0 ok, 1 warning, 2 critical, 3 unknown.",
        with(&[]),
        status,
    );
    for problem in found.problems.iter().filter(|problem| problem.counts()) {
        sample(
            "lxcdiag_problem",
            "Something that is wrong; always 1.",
            with(&[
                ("id", &problem.id),
                ("status", &problem.status.word().to_lowercase()),
            ]),
            1.0,
        );
    }
    for check in &found.checks {
        let labels = with(&[("check", &check.id)]);
        if let Some(duration) = check.duration_ms {
            sample(
                "lxcdiag_check_duration_seconds",
                "How long a check took.",
                labels.clone(),
                duration / 1_000.0,
            );
        }
        if let Some(metric) = &check.metric {
            sample(
                &format!("lxcdiag_check_{}", unit(&metric.unit)),
                "What a check measured, in the unit of its name.",
                labels,
                metric.value,
            );
        }
    }
}

/// A unit as a part of a metric's name.
fn unit(unit: &str) -> String {
    let word: String = unit
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    match word.trim_matches('_') {
        "" => "value".to_owned(),
        word => word.to_owned(),
    }
}

fn in_braces(labels: &[(&str, &str)]) -> String {
    let labels: Vec<_> = labels
        .iter()
        .map(|(label, value)| {
            let value = crate::report::visible(value)
                .replace('\\', "\\\\")
                .replace('"', "\\\"");
            format!("{label}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", labels.join(","))
}
