//! The sweep as JUnit XML, for the test reports of a CI system: a test suite for each container, in it a
//! test case for the verdict and one for each check.
//!
//! Fails what is a problem that counts, as in the exit status: a check that failed without exceeding a
//! limit is evidence for the verdict, and no problem by itself. What could not be told is an error, as it is
//! in the report on one container.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::super::problem::{Problem, ProblemId, Status};
use super::super::row::{CheckSummary, Row, Summary, VisitResult};
use super::Sweep;
use crate::judge::results::Outcome;
use crate::shell_quote::command_line;
use crate::terminal_text::visible;

pub(super) fn render(sweep: &Sweep) -> String {
    let mut document = quick_junit::Report::new("lxcdiag");
    document.time = Duration::try_from_secs_f64(sweep.duration_s).ok();
    document.add_test_suites(sweep.containers.iter().map(|row| suite(sweep, row)));
    // Writing text to memory has no way to fail.
    document.to_string().unwrap_or_default()
}

fn suite(sweep: &Sweep, row: &Row) -> TestSuite {
    let mut suite = TestSuite::new(format!(
        "{} in container {}",
        visible(&sweep.runbook),
        row.ct
    ));
    let began = row.started_at.as_deref().unwrap_or(&sweep.started_at);
    let stamp = began.split('.').next().unwrap_or_default();
    suite.extra.insert("timestamp".into(), stamp.into());
    if !row.node.is_empty() {
        let node = visible(&row.node);
        suite.extra.insert("hostname".into(), node.into());
    }
    suite.time = row
        .duration_ms
        .and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    suite.add_properties(properties(sweep, row));
    match &row.result {
        VisitResult::Skipped(reason) => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_type("skipped")
                .set_message(visible(&reason.to_string()));
            suite.add_test_case(case(sweep, "verdict", status));
        }
        VisitResult::Visited(found) => {
            suite.add_test_case(verdict(sweep, found));
            let checks = found.checks.iter();
            suite.add_test_cases(checks.map(|line| check(sweep, found, line)));
        }
    }
    suite
}

fn properties(sweep: &Sweep, row: &Row) -> Vec<Property> {
    let mut properties = Vec::new();
    let mut add = |name: &str, value: &str| properties.push(Property::new(name, visible(value)));
    add("lxcdiag", sweep.lxcdiag);
    add("command_line", &command_line(&sweep.command_line));
    add("runbook", &sweep.runbook);
    add("ct", &row.ct.to_string());
    add("node", &row.node);
    if let Some(name) = &row.name {
        add("name", name);
    }
    if let Some(reason) = &sweep.cut_short {
        add("cut_short", reason);
    }
    properties
}

fn case(sweep: &Sweep, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(visible(name), status);
    case.set_classname(visible(&sweep.runbook));
    case
}

/// What is wrong with the container as a whole: the hypothesis that is the verdict, or that nobody could
/// look, or not to the end. The worst that counts says how it came out; all are told.
fn verdict(sweep: &Sweep, found: &Summary) -> TestCase {
    let has_case = |id: &ProblemId| match id {
        ProblemId::Check(key) => found.checks.iter().any(|line| line.key == *key),
        _ => false,
    };
    let problems = found.problems.iter();
    let mut problems: Vec<_> = problems.filter(|it| !has_case(&it.id)).collect();
    problems.sort_by_key(|problem| std::cmp::Reverse((problem.counts(), problem.status)));
    let words = |problem: &Problem| format!("{}: {}", problem.id, visible(&problem.described()));
    let mut status = match problems.first() {
        Some(worst) => status(worst, words(worst)),
        None => TestCaseStatus::success(),
    };
    if problems.len() > 1 {
        let all: Vec<_> = problems.iter().map(|problem| words(problem)).collect();
        status.set_description(all.join("\n"));
    }
    case(sweep, "verdict", status)
}

fn check(sweep: &Sweep, found: &Summary, line: &CheckSummary) -> TestCase {
    let problem = found.problem_of(&line.key);
    let mut said = None;
    let status = match (problem, line.outcome) {
        (Some(problem), _) => status(problem, visible(&problem.described())),
        (None, Outcome::Passed) => TestCaseStatus::success(),
        (None, Outcome::Failed) => {
            said = Some("failed, which is no problem by itself");
            TestCaseStatus::success()
        }
        // Where nobody could look at all, that is told once, by the verdict.
        (None, Outcome::Errored | Outcome::Skipped) => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_type(line.outcome.name())
                .set_message(visible(&line.observed));
            status
        }
    };
    let title = sweep.title_of(&line.key);
    let mut case = case(sweep, &format!("{}: {title}", line.key), status);
    case.time = line
        .duration_ms
        .and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    if let Some(said) = said {
        case.set_system_out(format!("{said}: {}", visible(&line.observed)));
    }
    case
}

/// How it comes out with this problem, told in these words.
fn status(problem: &Problem, words: String) -> TestCaseStatus {
    let mut status = match (&problem.silent, problem.status) {
        (Some(_), _) => TestCaseStatus::skipped(),
        (None, Status::Unknown) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (None, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(problem.status.name()).set_message(words);
    status
}
