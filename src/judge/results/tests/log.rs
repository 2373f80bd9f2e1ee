//! What a provisioning log says in expressions.

use super::*;
use crate::expression::moment_of;

/// A recording with these failures in its log, as an older version wrote it.
fn with_log<'a>(runbook: &'a Runbook, log: &[(f64, &str)], failed_at: Option<f64>) -> Run<'a> {
    let mut run = Run::new(runbook);
    let failure = |(seconds, text): &(f64, &str)| {
        let kind = match text.contains("bus") {
            true => "not_ready",
            false => "unit",
        };
        let at = Interval::at(at(*seconds));
        serde_json::json!({ "at": at, "kind": kind, "text": text })
    };
    let log: Vec<_> = log.iter().map(failure).collect();
    run.recording.log = Some(serde_json::from_value(log.into()).unwrap());
    run.recording.failed_at = failed_at.map(|seconds| Interval::at(at(seconds)));
    run
}

const LOGGED: &str = "runbook: test
title: A test
vars: { unit: { default: a.service, about: the unit } }
checks: [{ id: a, title: x, run: [a], pass: exit == 0 }]
";

#[test]
fn time_message_and_kind_are_those_of_one_failure_in_the_log() {
    let runbook = runbook(LOGGED);
    let absent = "Unit file a.service does not exist.";
    let log = [
        (-9.0, "Failed to connect to bus"),
        (-8.0, "Unit file b.service does not exist."),
        (-7.0, absent),
    ];
    // An older version took the time from the unit's failure and the message from the first.
    for failed_at in [Some(-7.0), Some(-9.0), None] {
        let run = with_log(&runbook, &log, failed_at);
        let results = CheckResults::of_recording(&runbook, &run.recording);
        let value = |name| results.scope().value(name).unwrap();
        assert_eq!(value("log_error").to_string(), absent);
        assert_eq!(value("log_kind").to_string(), "unit");
        let expected = Some(Interval::at(at(-7.0)));
        assert_eq!(moment_of(&value("failed_at")), expected);
        assert_eq!(
            run.report().failed_at.as_deref(),
            Some("2026-01-02T03:03:58.000000Z")
        );
    }
}

#[test]
fn the_time_that_the_user_gives_overrides_the_log() {
    let runbook = runbook(LOGGED);
    let log = [(-9.0, "Unit file b.service does not exist.")];
    // Older versions did not record who gave it: one that is none of the log's is the user's.
    for (failed_at, given) in [(-9.0, true), (-5.0, true), (-5.0, false)] {
        let mut run = with_log(&runbook, &log, Some(failed_at));
        run.recording.failed_at_given = given;
        let expected = Some(Interval::at(at(failed_at)));
        assert_eq!(run.recording.failure_time(), expected);
        let sources: Vec<_> = run
            .diagnosis()
            .timeline
            .iter()
            .map(|it| it.source.clone())
            .collect();
        let expected = match failed_at == -9.0 {
            true => vec![EventSource::Log],
            false => vec![EventSource::Log, EventSource::FailedAt],
        };
        assert_eq!(sources, expected, "{failed_at} {given}");
    }
}

#[test]
fn a_log_that_does_not_show_the_failure_gives_the_reason() {
    let runbook = runbook(LOGGED);
    let run = with_log(
        &runbook,
        &[(-9.0, "Unit file b.service does not exist.")],
        Some(-9.0),
    );
    let reason = "the failures in the provisioning log are from other units";
    assert_eq!(missing(&run, "log_kind"), [format!("log_kind ({reason})")]);
    assert_eq!(
        missing(&run, "failed_at"),
        [format!(
            "failed_at ({reason}; give the time of the failure with --failed-at)"
        )]
    );
}
