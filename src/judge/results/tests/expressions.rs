//! What expressions read of the checks and of the run.

use super::*;

const NEEDY: &str = "  - { id: stamp, title: x, run: [a], facts: { match: '^(?<size>\\d+) (?<born>\\S+)$', types: { born: time } } }
  - { id: after_it, title: x, run: [a, '{{ stamp.size }}'], needs: [stamp], pass: exit == 0 }
";

#[test]
fn what_is_missing_carries_the_reason_of_its_check() {
    let runbook = with_checks(NEEDY);
    let new = || Run::new(&runbook);
    for (run, reason) in [
        (new(), "check stamp is not in the recording"),
        (
            new().skipped("stamp", "--read-only"),
            "check stamp was skipped: --read-only",
        ),
        (
            new().errored("stamp", "no shell"),
            "check stamp errored: no shell",
        ),
        (
            new().exits("stamp", 1, "", "stat: no such file\n"),
            "check stamp failed: exit 1: stat: no such file",
        ),
        (
            new().exits("stamp", 0, "12 -\n", ""),
            "check stamp did not find it",
        ),
    ] {
        assert_eq!(
            missing(&run, "before(stamp.born, started_at)"),
            [format!("stamp.born ({reason})")]
        );
    }
    assert_eq!(
        missing(&new(), "failed_at"),
        ["failed_at (the time of the failure is unknown; give it with --failed-at or --log)"]
    );
}

#[test]
fn a_check_not_tried_neither_passed_nor_failed() {
    let runbook = with_checks(NEEDY);
    for run in [
        Run::new(&runbook).skipped("after_it", "needs stamp"),
        Run::new(&runbook).errored("after_it", "no shell"),
        Run::new(&runbook),
    ] {
        for expression in ["after_it.passed", "after_it.failed", "not after_it.passed"] {
            assert_eq!(missing(&run, expression).len(), 1, "{expression}");
        }
        let results = CheckResults::of_recording(&runbook, &run.recording);
        assert!(!results.passed("after_it"));
    }
}

#[test]
fn needs_are_met_by_every_attempt_passing() {
    let runbook = with_checks(
        "  - { id: ls, title: x, run: [ls], each: line, facts: { match: '^(?<name>.+)$' } }
  - { id: all_of, title: x, needs: [ls], for_each: ls.name, run: [a, '{{ item }}'], pass: exit == 0, show: '{{ item }}' }
",
    );
    let run = |status| {
        Run::new(&runbook)
            .exits("ls", 0, "x\ny\n", "")
            .item("all_of", "x", 0, "")
            .item("all_of", "y", status, "")
    };
    let met = |run: &Run<'_>| CheckResults::of_recording(&runbook, &run.recording).passed("all_of");
    assert!(met(&run(0)));
    assert!(!met(&run(1)));
    assert!(!met(&Run::new(&runbook)));
    let all = run(1);
    let results = CheckResults::of_recording(&runbook, &all.recording);
    let shown: Vec<_> = results.checks.iter().map(|r| &*r.observed).collect();
    assert_eq!(shown[1..], ["x", "y"]);
}

#[test]
fn derived_values_follow_what_is_known() {
    let runbook = runbook(
        "runbook: test
title: A test
vars:
  unit: { default: worker@a.service, about: the unit }
  source: { about: the source }
let:
  file: '{{ unit | template_of }}'
  big: stamp.size > 10
  from_source: '{{ source }}'
checks:
  - { id: stamp, title: x, run: [stat, '{{ file }}'], facts: { match: '^(?<size>\\d+)$', types: { size: int } } }
",
    );
    let run = Run::new(&runbook);
    assert_eq!(
        missing(&run, "big"),
        ["big (stamp.size (check stamp is not in the recording))"]
    );
    assert_eq!(
        missing(&run, "from_source"),
        ["from_source (source (set it with --var source=…))"]
    );
    let run = run.exits("stamp", 0, "12\n", "");
    let results = CheckResults::of_recording(&runbook, &run.recording);
    let value = |source| {
        let value = results.scope().value(source);
        value.map(|value| value.to_string())
    };
    assert_eq!(value("big"), Ok("True".into()));
    assert_eq!(value("file"), Ok("worker@.service".into()));
}

#[test]
fn what_lxcdiag_did_before_can_be_read() {
    let runbook = with_checks(NEEDY);
    let run = Run::new(&runbook).changed_before(&["systemctl", "daemon-reload"], -5.0, -4.0);
    let results = CheckResults::of_recording(&runbook, &run.recording);
    let value = |source| {
        let value = results.scope().value(source);
        value.map(|value| value.to_string())
    };
    assert_eq!(
        value("own_changes[0].argv"),
        Ok("systemctl daemon-reload".into())
    );
    assert_eq!(
        value("before(own_changes[0].begin, own_changes[0].end)"),
        Ok("True".into())
    );
}

/// On another node lxcdiag's own moments are known no more precisely than that node's clock.
#[test]
fn the_uncertainty_of_the_clock_is_part_of_lxcdiags_own_times() {
    let runbook = with_checks(NEEDY);
    let mut run = Run::new(&runbook);
    run.recording.clock_uncertainty = SECOND;
    run.recording.earlier_changes = vec![OwnChange::new(
        vec!["systemctl".to_owned()],
        at(-5.0),
        Some(SECOND / 2),
        SECOND,
    )];
    let results = CheckResults::of_recording(&runbook, &run.recording);
    let time = |source| {
        let value = results.scope().value(source);
        crate::expression::moment_of(&value.unwrap()).unwrap()
    };
    let from = |start, end| Interval::new(at(start), at(end));
    assert_eq!(time("started_at"), from(0.0, 1.0));
    assert_eq!(time("own_changes[0].at"), from(-5.0, -3.5));
    assert_eq!(time("own_changes[0].begin"), from(-5.0, -4.0));
    assert_eq!(time("own_changes[0].end"), from(-4.5, -3.5));
}
