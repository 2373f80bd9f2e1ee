//! The output of a sweep for monitoring, read by other parsers, whatever the containers print.

mod any_text;

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::PermissionsExt as _;

use openmetrics_parser::prometheus::parse_prometheus;
use openmetrics_parser::{PrometheusType, PrometheusValue};
use perfdata::PerfdataSet;

use crate::environment::{Environment, Finished};

/// A metric of a page: its type, and each sample's labels and value.
type Metrics = BTreeMap<String, (PrometheusType, Vec<(HashMap<String, String>, f64)>)>;

/// The metrics that Prometheus reads from a page. The parser refuses a family with two types or in two
/// places, and a series that occurs twice.
fn metrics(page: &str) -> Metrics {
    let parsed = parse_prometheus(page).unwrap_or_else(|error| panic!("{error}\n{page}"));
    let families = parsed.families.into_iter().map(|(name, family)| {
        assert_ne!(family.help, "", "{name}");
        let samples = family.iter_samples().map(|sample| {
            let labels = sample.get_labelset().unwrap();
            let labels = labels
                .iter()
                .map(|(label, value)| (label.clone(), value.clone()));
            let value = match &sample.value {
                PrometheusValue::Gauge(value) => value.as_f64(),
                PrometheusValue::Counter(counter) => counter.value.as_f64(),
                other => panic!("{name}: {other:?}"),
            };
            (labels.collect(), value)
        });
        let samples = samples.collect();
        (name, (family.family_type, samples))
    });
    families.collect()
}

/// The output of a plugin as Nagios parses it: the first line's text, the performance data by label, and the
/// long output. A bar anywhere else would start performance data.
fn plugin(output: &str) -> (&str, BTreeMap<String, f64>, Vec<&str>) {
    let (first, long) = output.split_once('\n').unwrap();
    let (text, data) = first.split_once('|').unwrap();
    assert_eq!(output.matches('|').count(), 1, "{output}");
    assert!(output.ends_with('\n'), "{output:?}");
    assert!(
        !output.chars().any(|c| c.is_control() && c != '\n'),
        "{output:?}"
    );
    assert!(first.len() < 8_192, "Nagios keeps no more: {}", first.len());
    let parsed = PerfdataSet::try_from(data).unwrap_or_else(|error| panic!("{error}: {data}"));
    let values: BTreeMap<_, _> = parsed
        .data()
        .map(|one| (one.label().to_owned(), one.value().unwrap()))
        .collect();
    let words = data.split_whitespace().count();
    assert_eq!(
        values.len(),
        words,
        "each word has a label of its own: {data}"
    );
    (text, values, long.lines().collect())
}

const LABELS: [&str; 6] = [
    "critical", "duration", "ok", "skipped", "unknown", "warning",
];

/// The items are named by what the container prints, and measured in every unit.
fn hostile_host() -> Environment {
    let environment = Environment::new();
    let mut runbook = String::from(
        r#"runbook: hostile
title: What a container says
checks:
  - id: things
    title: Things
    shell: printf 'a|b\na"b\\\na\tb\na b\na b\nc\047=1;2;3\n# HELP x y\n\033[31m\377\n{}\n'
    each: line
    facts: { match: '^(?<name>.*)$' }
  - id: thing
    title: "Thing | 'x'=1;2 \\"
    needs: [things]
    for_each: things.name
    run: [echo, "{{ item }} 2.5"]
    facts: { match: '(?<n>\S+)$', types: { n: number } }
    metric: { value: n }
    crit: n > 1
    show: "{{ item }} | ok=0;;;0"
"#,
    );
    for (position, unit) in ["s", "ms", "us", "%", "B", "KB", "MB", "GB", "TB", "c"]
        .iter()
        .enumerate()
    {
        runbook.push_str(&format!(
            "  - {{ id: unit{position}, title: x, run: ['true'], pass: exit == 0, metric: {{ value: 2500, unit: '{unit}' }} }}\n"
        ));
    }
    environment.write("work/hostile.yaml", &runbook);
    environment.write(
        "host/etc/pve/nodes/pve1/lxc/958.conf",
        "hostname: d\"b\\n|'x'=1\\\n",
    );
    environment
}

fn sweep(environment: &Environment, format: &str) -> Finished {
    environment.as_root(&["sweep", "./hostile.yaml", "--all", "--format", format])
}

#[test]
fn prometheus_reads_what_a_sweep_of_a_hostile_container_writes() {
    let environment = hostile_host();
    let finished = sweep(&environment, "prometheus");
    assert_eq!(finished.status, Some(2), "{finished}");
    let metrics = metrics(&finished.stdout);
    let of_checks = |name: &str| -> BTreeMap<String, f64> {
        let samples = metrics[name].1.iter();
        samples
            .map(|(labels, value)| (labels["check"].clone(), *value))
            .collect()
    };
    // Two have the same label when the tab is shown as a space, and one is listed twice.
    let things = [
        r"thing[\x1b[31m�]",
        "thing[# HELP x y]",
        r#"thing[a"b\]"#,
        "thing[a b]",
        "thing[a|b]",
        "thing[c'=1;2;3]",
        "thing[{}]",
    ];
    let expected = things.map(|thing| (thing.to_owned(), 2.5));
    assert_eq!(of_checks("lxcdiag_check_value"), expected.into());
    let expected = |pairs: &[(&str, f64)]| -> BTreeMap<String, f64> {
        pairs
            .iter()
            .map(|(check, value)| ((*check).to_owned(), *value))
            .collect()
    };
    assert_eq!(
        of_checks("lxcdiag_check_seconds"),
        expected(&[("unit0", 2500.0), ("unit1", 2.5), ("unit2", 0.0025)])
    );
    assert_eq!(
        of_checks("lxcdiag_check_ratio"),
        expected(&[("unit3", 25.0)])
    );
    assert_eq!(
        of_checks("lxcdiag_check_bytes"),
        expected(&[
            ("unit4", 2500.0),
            ("unit5", 2.5e6),
            ("unit6", 2.5e9),
            ("unit7", 2.5e12),
            ("unit8", 2.5e15)
        ])
    );
    assert_eq!(
        of_checks("lxcdiag_check_total"),
        expected(&[("unit9", 2500.0)])
    );
    for (name, (kind, samples)) in &metrics {
        let counts = name.ends_with("_total");
        assert_eq!(*kind == PrometheusType::Counter, counts, "{name}");
        for (labels, _) in samples
            .iter()
            .filter(|(labels, _)| labels.contains_key("ct"))
        {
            assert_eq!(labels["name"], r#"d"b\n|'x'=1\"#, "{name}");
        }
    }
}

/// node_exporter is not root.
#[test]
fn everyone_may_read_metrics_but_not_reports() {
    let environment = hostile_host();
    let files = ["--output", "a.prom", "--output", "a.json"];
    let arguments = [&["sweep", "./hostile.yaml", "--all"][..], &files].concat();
    environment.as_root(&arguments);
    let mode = |file: &str| {
        let metadata = std::fs::metadata(environment.path("work").join(file)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("a.json"), 0o600);
    assert_eq!(mode("a.prom"), 0o644);
    metrics(&environment.read("work/a.prom"));
}

#[test]
fn nagios_reads_what_a_sweep_of_a_hostile_container_prints() {
    let environment = hostile_host();
    let finished = sweep(&environment, "nagios");
    let (text, values, long) = plugin(&finished.stdout);
    assert!(
        text.starts_with("HOSTILE CRITICAL: 1 critical, 0 ok; 958 Thing"),
        "{text}"
    );
    assert_eq!(values.keys().collect::<Vec<_>>(), LABELS);
    assert_eq!((values["critical"], values["ok"]), (1.0, 0.0));
    assert!(values["duration"] > 0.0);
    // One item is listed twice, and is one problem.
    assert_eq!(long.len(), 8, "{finished}");
    assert_eq!(finished.status, Some(2));
}

#[test]
fn an_item_that_is_listed_twice_is_reported_once() {
    let environment = hostile_host();
    let more = ["sweep", "./hostile.yaml", "--all", "--on-change"];
    let first = environment.as_root(&more);
    assert_eq!(first.stdout.matches("new   ").count(), 8, "{first}");
    let second = environment.as_root(&more);
    assert_eq!(second.stdout, "", "{second}");
}
