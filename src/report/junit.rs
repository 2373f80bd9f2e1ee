//! The report as JUnit XML, for the test reports of a CI system: a test case for the verdict and one for each
//! check.
//!
//! A fault that is confirmed or likely is a failure. An inconclusive verdict is an error, and not skipped: most CI
//! systems count a skipped test as passed.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::model::{CheckRow, Report};
use crate::evidence::container_id::ContainerId;
use crate::judge::VerdictKind;
use crate::judge::results::Outcome;
use crate::shell_quote::command_line;
use crate::terminal_text::{visible, visible_lines};

pub(super) fn render(report: &Report) -> String {
    let runbook = &report.runbook.id;
    let mut suite = suite(
        runbook,
        report.target.ct,
        &report.target.node,
        &report.started_at,
    );
    suite.time = Duration::try_from_secs_f64(report.took).ok();
    suite.add_properties(properties(report));
    suite.add_test_case(verdict(report));
    suite.add_test_cases(report.checks.iter().map(|row| check(report, row)));
    document([suite], report.took)
}

/// A document of these test suites, which took this many seconds.
pub(crate) fn document(suites: impl IntoIterator<Item = TestSuite>, took: f64) -> String {
    let mut document = quick_junit::Report::new("lxcdiag");
    document.time = Duration::try_from_secs_f64(took).ok();
    document.add_test_suites(suites);
    // Writing to memory cannot fail.
    document.to_string().unwrap_or_default()
}

/// The test suite of a container.
pub(crate) fn suite(runbook: &str, ct: ContainerId, node: &str, started_at: &str) -> TestSuite {
    let mut suite = TestSuite::new(visible(&format!("{runbook} in container {ct}")));
    let stamp = started_at.split('.').next().unwrap_or_default();
    suite.extra.insert("timestamp".into(), stamp.into());
    if !node.is_empty() {
        suite.extra.insert("hostname".into(), visible(node).into());
    }
    suite
}

/// A property, of any text.
pub(crate) fn property(name: &str, value: &str) -> Property {
    Property::new(visible(name), visible(value))
}

/// A test case of a runbook.
pub(crate) fn case(
    runbook: &str,
    name: &str,
    status: TestCaseStatus,
    duration_ms: Option<f64>,
) -> TestCase {
    let mut case = TestCase::new(visible(name), status);
    case.set_classname(visible(runbook));
    case.time = duration_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    case
}

/// The container and the run.
fn properties(report: &Report) -> Vec<Property> {
    let target = &report.target;
    let mut properties = Vec::new();
    let mut add = |name: &str, value: &str| properties.push(property(name, value));
    add("lxcdiag", &report.lxcdiag);
    add("command_line", &command_line(&report.command_line));
    add("runbook", &report.runbook.id);
    add("runbook.sha256", &report.runbook.sha256);
    add("ct", &target.ct.to_string());
    add("node", &target.node);
    add("via", &target.via);
    for (name, value) in [
        ("os", &target.os),
        ("systemd", &target.systemd),
        ("kernel", &target.kernel),
        ("pve", &target.pve),
        ("failed_at", &report.failed_at),
        ("failed_at_source", &report.failed_at_source),
        ("cut_short", &report.cut_short),
        ("demonstration", &report.demonstration),
    ] {
        if let Some(value) = value {
            add(name, value);
        }
    }
    add("started_at", &report.started_at);
    add("finished_at", &report.finished_at);
    add("read_only", &report.read_only.to_string());
    for command in &report.changed {
        add("changed", command);
    }
    for (name, value) in &report.vars {
        let default = if report.defaulted.contains(name) {
            "default"
        } else {
            "var"
        };
        add(&format!("{default}.{name}"), value);
    }
    match &report.redacted {
        None => add("redacted", "false"),
        Some(removed) => {
            let count: u64 = removed.iter().map(|one| one.count).sum();
            add("redacted", &count.to_string());
        }
    }
    properties
}

fn verdict(report: &Report) -> TestCase {
    let verdict = &report.verdict;
    let mut status = match (verdict.severity, &verdict.kind) {
        (None, VerdictKind::Healthy) => TestCaseStatus::success(),
        (None, VerdictKind::NotApplicable) => TestCaseStatus::skipped(),
        (None, VerdictKind::Inconclusive) => TestCaseStatus::non_success(NonSuccessKind::Error),
        _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_message(visible(&report.headline()));
    status.set_type(match (verdict.kind.level(), verdict.severity) {
        (Some(level), _) => level.words(),
        (None, Some(severity)) => severity.name(),
        (None, None) => verdict.kind.id(),
    });
    status.set_description(visible_lines(&reasons(report)));
    case(&report.runbook.id, "verdict", status, None)
}

fn reasons(report: &Report) -> String {
    let mut lines = Vec::new();
    lines.extend(report.race_sentence().map(str::to_owned));
    lines.push(report.explanation().to_owned());
    let grounds = report.main_hypothesis().map(|row| row.basis(usize::MAX));
    for (label, texts) in grounds.into_iter().flatten() {
        lines.extend(texts.iter().map(|says| format!("{label}: {says}")));
    }
    for (label, texts) in report.besides() {
        lines.extend(texts.iter().map(|says| format!("{label}: {says}")));
    }
    if !report.verdict.remedy.is_empty() {
        lines.push("What to do:".to_owned());
        lines.push(report.verdict.remedy.trim_end().to_owned());
    }
    lines.join("\n")
}

fn check(report: &Report, row: &CheckRow) -> TestCase {
    let failure = || TestCaseStatus::non_success(NonSuccessKind::Failure);
    let (mut status, kind) = match (row.severity, row.outcome) {
        (Some(severity), _) => (failure(), severity.name()),
        (None, Outcome::Passed) => (TestCaseStatus::success(), "passed"),
        (None, Outcome::Failed) => (failure(), "failed"),
        (None, Outcome::Errored) => (
            TestCaseStatus::non_success(NonSuccessKind::Error),
            "errored",
        ),
        (None, Outcome::Skipped) => (TestCaseStatus::skipped(), "skipped"),
    };
    status.set_type(kind);
    status.set_message(visible(&row.reason));
    if !row.argv.is_empty() {
        let described = format!("$ {}\n{}", command_line(&row.argv), row.observed);
        status.set_description(visible_lines(&described));
    }
    let name = format!("{}: {}", row.key, row.title);
    let mut case = case(&report.runbook.id, &name, status, row.duration_ms);
    if let Some(started) = &row.started_at {
        case.extra
            .insert("timestamp".into(), started.as_str().into());
    }
    if !row.stdout.is_empty() {
        case.set_system_out(visible_lines(&row.stdout));
    }
    if !row.stderr.is_empty() {
        case.set_system_err(visible_lines(&row.stderr));
    }
    case
}
