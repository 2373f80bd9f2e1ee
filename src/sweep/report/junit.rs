//! The sweep as JUnit XML, for the test reports of a CI system: a test suite for each container, with a test case
//! for the verdict and one for each check.
//!
//! A test case fails if it is a problem that counts, as for the exit status. A check that failed without exceeding
//! a limit is evidence for the verdict, and not a problem by itself. An unknown status is an error, as in the
//! report on one container.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::super::problem::{Problem, ProblemId, Status};
use super::super::row::{CheckSummary, Row, Summary, VisitResult};
use super::Sweep;
use crate::judge::results::Outcome;
use crate::report::junit::{self, case, property};
use crate::shell_quote::command_line;
use crate::terminal_text::visible;

pub(super) fn render(sweep: &Sweep) -> String {
    let suites = sweep.containers.iter().map(|row| suite(sweep, row));
    junit::document(suites, sweep.duration_s)
}

fn suite(sweep: &Sweep, row: &Row) -> TestSuite {
    let started_at = row.started_at.as_deref().unwrap_or(&sweep.started_at);
    let mut suite = junit::suite(&sweep.runbook, row.ct, &row.node, started_at);
    let seconds = row.duration_ms.map(|ms| ms / 1e3);
    suite.time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    suite.add_properties(properties(sweep, row));
    match &row.result {
        VisitResult::Skipped(reason) => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_type("skipped")
                .set_message(visible(&reason.to_string()));
            suite.add_test_case(case(&sweep.runbook, "verdict", status, None));
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
    let mut add = |name: &str, value: &str| properties.push(property(name, value));
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

/// The problems of the container as a whole: the hypothesis that is the verdict, or that the container could not be
/// diagnosed, or not completely. The worst of those that count is the status; all are described.
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
    case(&sweep.runbook, "verdict", status, None)
}

fn check(sweep: &Sweep, found: &Summary, line: &CheckSummary) -> TestCase {
    let problem = found.problem_of(&line.key);
    let mut note = None;
    let status = match (problem, line.outcome) {
        (Some(problem), _) => status(problem, visible(&problem.described())),
        (None, Outcome::Passed) => TestCaseStatus::success(),
        (None, Outcome::Failed) => {
            note = Some("failed, not a problem by itself");
            TestCaseStatus::success()
        }
        // An unreachable container is one error, of the verdict.
        (None, Outcome::Errored | Outcome::Skipped) => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_type(line.outcome.name())
                .set_message(visible(&line.observed));
            status
        }
    };
    let title = sweep.title_of(&line.key);
    let name = format!("{}: {title}", line.key);
    let mut case = case(&sweep.runbook, &name, status, line.duration_ms);
    if let Some(note) = note {
        case.set_system_out(format!("{note}: {}", visible(&line.observed)));
    }
    case
}

/// The status of a test case with this problem.
fn status(problem: &Problem, words: String) -> TestCaseStatus {
    let mut status = match (&problem.silent, problem.status) {
        (Some(_), _) => TestCaseStatus::skipped(),
        (None, Status::Unknown) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (None, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(problem.status.name()).set_message(words);
    status
}
