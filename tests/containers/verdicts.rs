//! The main question: was it a race?

use crate::lab::Container;
use crate::lxcdiag::{Ended, run};

const PUSH_ERROR: &str = "failed to create file: /etc/systemd/system/: Is a directory";

#[track_caller]
fn assert_verdict(ended: &Ended, expected: &str, status: i32) {
    let verdict = ended.verdict();
    assert_eq!(
        verdict.in_short(),
        expected,
        "{}\n{}",
        verdict.summary,
        ended.stderr
    );
    assert_eq!(ended.status, status, "{}", ended.stderr);
}

/// Diagnosed without changes, then with changes, then once more.
fn a_late_push_is_a_race(container: &Container, delay: &str) {
    let injected = container.inject("late-push", &["--delay", delay]);
    let failed_at = injected.failed_at.unwrap();
    let race = "race-condition likely, race likely";
    assert_verdict(&container.diagnose(&["--read-only"]), race, 1);
    assert_verdict(
        &container.diagnose(&["--read-only", "--failed-at", &failed_at]),
        "race-condition confirmed, race confirmed",
        2,
    );
    let changing = container.diagnose(&[]);
    assert_verdict(&changing, race, 1);
    assert_eq!(changing.outcome("enable"), "passed");
    assert_eq!(
        changing.report()["changed"],
        serde_json::json!([
            "systemctl daemon-reload",
            "systemctl enable -- embedding_server.service"
        ])
    );
    // lxcdiag's own reload and enable are not evidence.
    assert_verdict(&container.diagnose(&["--read-only"]), race, 1);
    assert_verdict(&container.diagnose(&[]), race, 1);
    assert_verdict(
        &container.diagnose(&["--failed-at", &failed_at]),
        "race-condition confirmed, race confirmed",
        2,
    );
}

#[test]
fn a_push_late_by_300_ms() {
    a_late_push_is_a_race(&Container::privileged(), "0.3");
}

#[test]
fn a_push_late_by_300_ms_with_cgroup2() {
    a_late_push_is_a_race(&Container::with_cgroup2(), "0.3");
}

#[test]
fn commands_before_systemd_listens_with_cgroup2() {
    let container = Container::with_cgroup2();
    container.inject("starting", &[]);
    assert_verdict(
        &container.diagnose(&["--read-only"]),
        "systemd-not-ready likely, race likely",
        1,
    );
}

#[test]
fn a_push_late_by_2_s() {
    a_late_push_is_a_race(&Container::privileged(), "2");
}

#[test]
fn a_push_late_by_300_ms_unprivileged() {
    a_late_push_is_a_race(&Container::unprivileged(), "0.3");
}

/// The incident that was mistaken for a race.
fn the_incident_is_no_race(container: &Container) {
    let injected = container.inject("directory-push", &[]);
    let failed_at = injected.failed_at.unwrap();
    // Without the time of the failure, an earlier command may have failed before systemd was up.
    let runs: [(&[&str], &str); 4] = [
        (&["--read-only"], "unlikely"),
        (&["--read-only", "--failed-at", &failed_at], "ruled_out"),
        (&[], "unlikely"),
        (&["--read-only"], "unlikely"),
    ];
    for (options, race) in runs {
        let ended = container.diagnose(options);
        assert_verdict(&ended, &format!("push-failed confirmed, race {race}"), 2);
        let summary = ended.verdict().summary;
        assert!(summary.contains(PUSH_ERROR), "{summary}");
        let report = ended.report();
        let evidence = report["hypotheses"]
            .as_array()
            .unwrap()
            .iter()
            .find(|hypothesis| hypothesis["id"] == "push-failed")
            .unwrap()["evidence"]
            .clone();
        assert!(
            evidence.as_array().unwrap().iter().any(|piece| {
                piece["holds"] == true && piece["says"].as_str().unwrap().contains(PUSH_ERROR)
            }),
            "{evidence:#}"
        );
    }
}

#[test]
fn the_incident() {
    the_incident_is_no_race(&Container::privileged());
}

#[test]
fn the_incident_unprivileged() {
    the_incident_is_no_race(&Container::unprivileged());
}

/// The table quotes the line of the log, too.
#[test]
fn the_incident_in_words() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    let mut command = container.lxcdiag("race-condition");
    let ended = run(command.args(["--read-only", "-v"]));
    assert_eq!(ended.status, 2, "{}", ended.stderr);
    let text = ended
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for expected in [
        "push-failed",
        "This does not look like a race condition.",
        PUSH_ERROR,
        "defaults: unit=embedding_server.service",
    ] {
        assert!(
            text.contains(expected),
            "no {expected:?} in:\n{}",
            ended.stdout
        );
    }
}

fn nothing_wrong(container: &Container) {
    container.inject("healthy", &[]);
    for options in [&["--read-only"][..], &[], &["--read-only"]] {
        let ended = container.diagnose(options);
        let verdict = ended.verdict();
        assert_eq!(verdict.id, "healthy", "{}", verdict.summary);
        assert_eq!(verdict.level, None);
        assert_eq!(ended.status, 0, "{}", ended.stderr);
    }
}

#[test]
fn healthy() {
    nothing_wrong(&Container::privileged());
}

#[test]
fn healthy_unprivileged() {
    nothing_wrong(&Container::unprivileged());
}

fn nothing_there(container: &Container) {
    container.inject("absent", &[]);
    let unit = ["--var", "unit=embedding_server.service"];
    for options in [&["--read-only"][..], &[], &["--read-only"]] {
        let ended = container.diagnose(&[options, &unit].concat());
        assert_verdict(&ended, "file-missing confirmed, race unlikely", 2);
    }
    // Nothing shows that the default unit was ever meant.
    let ended = container.diagnose(&["--read-only"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (64, ""));
}

#[test]
fn absent() {
    nothing_there(&Container::privileged());
}

#[test]
fn absent_unprivileged() {
    nothing_there(&Container::unprivileged());
}

/// The verdicts are the same without pct.
#[test]
fn through_lxc_attach() {
    let container = Container::privileged();
    let via = ["--via", "lxc-attach"];
    container.inject("late-push", &["--delay", "0.3"]);
    let before = container.pct_calls();
    let ended = container.diagnose(&via);
    assert_verdict(&ended, "race-condition likely, race likely", 1);
    assert_eq!(ended.report()["target"]["via"], "lxc-attach");
    container.assert_nothing_left();
    assert_eq!(container.pct_calls(), before);

    container.inject("directory-push", &[]);
    let ended = container.diagnose(&via);
    assert_verdict(&ended, "push-failed confirmed, race unlikely", 2);
}

/// Each start costs more than a second of CPU on a real host.
#[test]
fn pct_is_started_once() {
    let container = Container::privileged();
    container.inject("late-push", &["--delay", "0.3"]);
    let before = container.pct_calls();
    assert_verdict(
        &container.diagnose(&[]),
        "race-condition likely, race likely",
        1,
    );
    let calls = container.pct_calls();
    let id = container.id;
    assert_eq!(calls[before.len()..], [format!("exec {id} -- sh")]);
}
