//! Sweeps with any text and any number that a container can influence.

use std::collections::HashMap;

use lxcdiag::evidence::check_key::CheckKey;
use lxcdiag::judge::results::MetricValue;
use lxcdiag::judge::results::Outcome;
use lxcdiag::report::Layout;
use lxcdiag::sweep::problem::{Problem, ProblemId, Status};
use lxcdiag::sweep::report::{Format, SCHEMA, Sweep, render};
use lxcdiag::sweep::row::{CheckSummary, Row, Summary, VisitResult};
use lxcdiag::sweep::selection::SkipReason;
use lxcdiag::terminal_text::visible;
use proptest::prelude::*;

use super::{LABELS, metrics, plugin};

/// Text with what has a meaning in either format, and anything else.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "\\",
        "\"",
        "\n",
        "\\n",
        "\r",
        "\t",
        "\0",
        "|",
        "¦",
        "'",
        "''",
        ";",
        "=",
        "=1;2;3",
        "{}",
        ",",
        " ",
        "# TYPE a counter\n",
        "# x",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{2028}",
        "\u{fffd}",
        "NaN",
    ];
    let piece = prop_oneof![
        proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        "[a-z]{1,4}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// The same, sometimes longer than what Nagios keeps.
fn long_text() -> impl Strategy<Value = String> {
    let repeated = |(text, times): (String, usize)| text.repeat(times);
    prop_oneof![text(), (text(), Just(3_000)).prop_map(repeated)]
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let units = ["", "s", "ms", "us", "%", "B", "KB", "MB", "GB", "TB", "c"];
    let status = proptest::sample::select(vec![
        Status::Ok,
        Status::Unknown,
        Status::Warning,
        Status::Critical,
    ]);
    let problem =
        (text(), status, long_text(), any::<bool>()).prop_map(|(id, status, says, waived)| {
            let silent = waived.then(|| "waived".to_owned());
            Problem {
                silent,
                ..Problem::new(ProblemId::Check(CheckKey::new(&id)), status, &says)
            }
        });
    let unit = proptest::sample::select(units.to_vec());
    let check = (text(), value(), unit).prop_map(|(id, value, unit)| CheckSummary {
        key: CheckKey::new(&id),
        outcome: Outcome::Passed,
        no_items: false,
        observed: String::new(),
        severity: None,
        duration_ms: Some(value),
        metric: Some(MetricValue {
            value,
            unit: unit.to_owned(),
        }),
    });
    let problems = proptest::collection::vec(problem, 0..5);
    let checks = proptest::collection::vec(check, 0..5);
    let found = (problems, checks).prop_map(|(problems, checks)| {
        VisitResult::Visited(Summary {
            problems,
            checks,
            ..Summary::default()
        })
    });
    let result = prop_oneof![4 => found, 1 => text().prop_map(|lock| VisitResult::Skipped(SkipReason::Locked(lock)))];
    // Few IDs, so that one occurs twice.
    (100_u32..103, text(), text(), result).prop_map(|(ct, node, name, result)| Row {
        ct: ct.try_into().unwrap(),
        node,
        name: Some(name),
        started_at: None,
        duration_ms: None,
        stopped: None,
        result,
    })
}

fn any_sweep() -> impl Strategy<Value = Sweep> {
    let rows = proptest::collection::vec(row(), 0..4);
    (rows, proptest::option::of(text())).prop_map(|(containers, cut_short)| Sweep {
        schema: SCHEMA,
        lxcdiag: "0.1.0",
        command_line: Vec::new(),
        runbook: "health".to_owned(),
        title: "Is all well?".to_owned(),
        started_at: "2026-11-23T05:00:00.000000Z".to_owned(),
        finished_at: 1_795_000_000.5,
        duration_s: 1.5,
        cut_short,
        checks: Vec::new(),
        containers,
        changes: None,
    })
}

proptest! {
    #[test]
    fn prometheus_reads_any_text_and_number(sweep in any_sweep()) {
        let metrics = metrics(&render(&sweep, Format::Prometheus, Layout::default()));
        let samples = |name: &str| metrics.get(name).map_or(&[][..], |(_, samples)| &samples[..]);
        for row in &sweep.containers {
            let VisitResult::Visited(found) = &row.result else { continue };
            let has = |labels: &HashMap<String, String>, label: &str, text: &str| {
                labels["ct"] == row.ct.to_string()
                    && labels["node"] == visible(&row.node)
                    && labels["name"] == visible(row.name.as_deref().unwrap())
                    && labels[label] == visible(text)
            };
            for problem in &found.problems {
                let problems = samples("lxcdiag_problem");
                let is_listed = problems.iter().any(|(labels, _)| has(labels, "id", &problem.id.to_string()));
                prop_assert!(is_listed || problem.silent.is_some(), "{problem:?}");
            }
            for check in &found.checks {
                let checks = samples("lxcdiag_check_duration_seconds");
                prop_assert!(checks.iter().any(|(labels, _)| has(labels, "check", &check.key.to_string())), "{check:?}");
            }
        }
    }

    #[test]
    fn nagios_reads_any_text(sweep in any_sweep()) {
        let output = render(&sweep, Format::Nagios, Layout::default());
        let (text, values, long) = plugin(&output);
        let begins = format!("HEALTH {}: ", sweep.status().name().to_uppercase());
        prop_assert!(text.starts_with(&begins), "{}", text);
        prop_assert_eq!(values.keys().collect::<Vec<_>>(), LABELS);
        let counted = LABELS.iter().filter(|label| **label != "duration").map(|label| values[*label]);
        prop_assert_eq!(counted.sum::<f64>(), sweep.containers.len() as f64);
        let problems = sweep.containers.iter().flat_map(Row::problems);
        prop_assert_eq!(long.len(), problems.filter(|problem| problem.counts()).count());
    }
}
