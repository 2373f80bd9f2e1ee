use super::super::tests::{
    NONE, healthy, inventory, item, reported_from, stopped, unreachable, with,
};
use super::*;
use crate::fixture::runbook;
use crate::sweep::fixture::{affecting, of, problem, row};
use crate::sweep::row::{Row, VisitResult};
use crate::sweep::selection::SkipReason;

use Status::Critical;

const RUNBOOK: &str = "runbook: health
title: Is all well?
checks:
  - { id: units, title: Failed units, run: [a], pass: exit == 0 }
  - { id: disk, title: Disk space, run: [a], pass: exit == 0 }
  - { id: restarts, title: Restarts, run: [a], pass: exit == 0 }
hypotheses:
  - { id: restarts, title: Services restart, about: x, remedy: x, evidence: [{ if: units.passed, then: supports, says: x }] }
";

/// The state of a sweep at 100 of 958, which has this problem; the one before was at 50.
fn state(id: &str, says: &str) -> State {
    let status = match id {
        "unreachable" => "unknown",
        _ => "critical",
    };
    let text = format!(
        r#"{{"schema":"lxcdiag.sweep-memory/1","swept_at":{{"957":50,"958":100}},"known":{{"958":{{
           "{id}":{{"status":"{status}","says":"{says}","since":3,"seen":7,"told":true}}}}}}}}"#
    );
    State::read(text.as_bytes(), &runbook(RUNBOOK)).unwrap()
}

fn reported(id: &str, says: &str, rows: Vec<Row>) -> Vec<Vec<String>> {
    reported_from(&mut state(id, says), 1, rows)
}

#[test]
fn a_known_problem_is_not_new_and_is_resolved() {
    let disk = || with(vec![problem("disk", Critical)]);
    let expected = [vec![], vec!["resolved disk CRITICAL".to_owned()]];
    let found = reported("disk", "Disk space: full", vec![disk(), healthy()]);
    assert_eq!(found, expected);
    let found = reported("disk[/srv]", "Disk space: full", vec![item(), healthy()]);
    assert_eq!(found[0], NONE);
    assert_eq!(found[1], ["resolved disk[/srv] CRITICAL"]);
    let found = reported(
        "unreachable",
        "it is frozen",
        vec![unreachable(), healthy()],
    );
    assert_eq!(found[0], NONE);
    assert_eq!(found[1], ["resolved unreachable UNKNOWN"]);
}

#[test]
fn things_are_known_if_the_description_has_their_names() {
    let units = |names: &[&str]| {
        let things: Vec<_> = names.iter().map(|name| (*name, Critical)).collect();
        with(vec![affecting("units", &things)])
    };
    let found = reported(
        "units",
        "Failed units: web@a.service, db.service",
        vec![
            units(&["web@a.service", "b.service", "a.service"]),
            units(&["a.service"]),
            healthy(),
        ],
    );
    assert_eq!(
        found[0],
        [
            "new units b.service CRITICAL",
            "new units a.service CRITICAL"
        ]
    );
    assert_eq!(
        found[1],
        [
            "resolved units web@a.service CRITICAL",
            "resolved units b.service CRITICAL"
        ]
    );
    assert_eq!(found[2], ["resolved units a.service CRITICAL"]);
}

#[test]
fn a_check_and_a_hypothesis_with_one_name_are_told_apart() {
    let hypothesis = ProblemId::Hypothesis("restarts".to_owned());
    for (says, id) in [
        ("Restarts: 120", ProblemId::Check(CheckKey::new("restarts"))),
        ("Services restart: confirmed.", hypothesis),
    ] {
        let row = row(958, &["restarts"], vec![of(id, Critical)]);
        assert_eq!(reported("restarts", says, vec![row])[0], NONE, "{says}");
    }
}

#[test]
fn times_are_kept() {
    let state = state("disk", "Disk space: full");
    assert_eq!(
        (state.swept_at(957), state.swept_at(958)),
        (Some(50), Some(100))
    );
    let known = &state.containers[&958].problems[0];
    assert_eq!((known.since, known.seen), (3, 7));
}

/// 957 was not in the last sweep, or was stopped then, which was no problem.
#[test]
fn a_container_is_reported_as_stopped_only_if_the_last_sweep_saw_it() {
    let state = state("disk", "Disk space: full");
    let mut rows = [958, 957].map(|ct| Row { ct, ..stopped() });
    state.report_stopped(&mut rows, &inventory(&[957, 958]));
    assert!(rows[0].has(&ProblemId::Stopped));
    assert_eq!(rows[1].result, VisitResult::Skipped(SkipReason::Stopped));
}
