//! The sweep in Prometheus's text format, for node_exporter's textfile collector.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::super::problem::Status;
use super::super::row::{Row, Summary, VisitResult};
use super::Sweep;
use crate::judge::results::MetricValue;

/// The lines before the samples of a metric.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    let kind = "gauge";
    Metric { name, kind, help }
}

const LAST_RUN: Metric = gauge(
    "lxcdiag_sweep_last_run_timestamp_seconds",
    "End of the last sweep, in seconds since the Unix epoch.",
);
const SWEEP_DURATION: Metric = gauge(
    "lxcdiag_sweep_duration_seconds",
    "Duration of the last sweep.",
);
const CONTAINERS: Metric = gauge(
    "lxcdiag_sweep_containers",
    "Containers by their worst status.",
);
const STATUS: Metric = gauge(
    "lxcdiag_container_status",
    "Worst status of a container: 0 ok, 1 warning, 2 critical, 3 unknown.",
);
const RUNNING: Metric = gauge(
    "lxcdiag_container_running",
    "Whether a container is running: 0 or 1; absent if that is unknown.",
);
const PROBLEM: Metric = gauge("lxcdiag_problem", "A problem that counts; always 1.");
const CHECK_DURATION: Metric = gauge("lxcdiag_check_duration_seconds", "Duration of a check.");
const SECONDS: Metric = gauge("lxcdiag_check_seconds", "A duration that a check measured.");
const BYTES: Metric = gauge("lxcdiag_check_bytes", "A size that a check measured.");
const RATIO: Metric = gauge(
    "lxcdiag_check_ratio",
    "A ratio that a check measured, from 0 to 1.",
);
const VALUE: Metric = gauge("lxcdiag_check_value", "A number that a check measured.");
const TOTAL: Metric = Metric {
    name: "lxcdiag_check_total",
    kind: "counter",
    help: "A counter that a check measured.",
};

/// The samples of each metric by their labels. Two with the same labels would make the whole file invalid, and
/// a container could cause that with the names of its items: only the first is kept.
#[derive(Default)]
struct Samples(BTreeMap<Metric, IndexMap<String, f64>>);

impl Samples {
    fn add(&mut self, metric: Metric, labels: &[(&str, &str)], value: f64) {
        let samples = self.0.entry(metric).or_default();
        samples.entry(in_braces(labels)).or_insert(value);
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (Metric { name, kind, help }, samples) in &self.0 {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(text, "{name}{labels} {}", number(*value));
            }
        }
        text
    }
}

pub(super) fn render(sweep: &Sweep) -> String {
    let mut samples = Samples::default();
    let runbook = ("runbook", sweep.runbook.as_str());
    samples.add(LAST_RUN, &[runbook], sweep.finished_at);
    samples.add(SWEEP_DURATION, &[runbook], sweep.duration_s);
    for (status, count) in sweep.tally() {
        samples.add(CONTAINERS, &[runbook, ("status", status)], count as f64);
    }
    for row in &sweep.containers {
        let ct = row.ct.to_string();
        let base = [
            runbook,
            ("ct", &ct),
            ("node", &row.node),
            ("name", row.name.as_deref().unwrap_or_default()),
        ];
        if let Some(running) = row.is_running() {
            samples.add(RUNNING, &base, if running { 1.0 } else { 0.0 });
        }
        if let VisitResult::Visited(found) = &row.result {
            container(base, row, found, &mut samples);
        }
    }
    samples.text()
}

fn container(base: [(&str, &str); 4], row: &Row, found: &Summary, samples: &mut Samples) {
    // The monitoring plugins' numbers, as the exit status.
    let status = match row.status() {
        Some(Status::Ok) | None => 0.0,
        Some(Status::Warning) => 1.0,
        Some(Status::Critical) => 2.0,
        Some(Status::Unknown) => 3.0,
    };
    samples.add(STATUS, &base, status);
    for problem in found.problems.iter().filter(|problem| problem.counts()) {
        let id = problem.id.to_string();
        let of_it = [("id", id.as_str()), ("status", problem.status.name())];
        samples.add(PROBLEM, &[&base[..], &of_it].concat(), 1.0);
    }
    for check in &found.checks {
        let key = check.key.to_string();
        let labels = [&base[..], &[("check", &key)]].concat();
        if let Some(duration) = check.duration_ms {
            samples.add(CHECK_DURATION, &labels, duration / 1e3);
        }
        if let Some(measured) = &check.metric {
            let (metric, value) = in_base_unit(measured);
            samples.add(metric, &labels, value);
        }
    }
}

/// <https://prometheus.io/docs/practices/naming/#base-units>: seconds, bytes, ratios.
fn in_base_unit(MetricValue { value, unit }: &MetricValue) -> (Metric, f64) {
    match unit.as_str() {
        "s" => (SECONDS, *value),
        "ms" => (SECONDS, value / 1e3),
        "us" => (SECONDS, value / 1e6),
        "%" => (RATIO, value / 1e2),
        "B" => (BYTES, *value),
        "KB" => (BYTES, value * 1e3),
        "MB" => (BYTES, value * 1e6),
        "GB" => (BYTES, value * 1e9),
        "TB" => (BYTES, value * 1e12),
        // A counter is not negative.
        "c" if *value >= 0.0 => (TOTAL, *value),
        _ => (VALUE, *value),
    }
}

/// The format has its own words for infinity.
fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => value.to_string(),
    }
}

fn in_braces(labels: &[(&str, &str)]) -> String {
    let labels: Vec<_> = labels
        .iter()
        .map(|(label, value)| {
            let value = crate::terminal_text::visible(value)
                .replace('\\', "\\\\")
                .replace('"', "\\\"");
            format!("{label}=\"{value}\"")
        })
        .collect();
    format!("{{{}}}", labels.join(","))
}
