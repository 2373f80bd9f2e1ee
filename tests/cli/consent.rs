//! `run` changes nothing without consent.

use serde_json::Value;

use crate::environment::Environment;

/// Looks, and then has two manual steps, of which the second needs the first. Each leaves a line in `work/ran`.
fn environment() -> Environment {
    let environment = Environment::new();
    let ran = environment.path("work/ran");
    let ran = ran.display();
    environment.write("work/look", &format!("echo look >>{ran}\n"));
    let look = environment.path("work/look");
    let look = look.display();
    environment.write(
        "work/steps.yaml",
        &format!(
            "runbook: steps
title: Does it take manual steps?
checks:
  - {{ id: look, title: Look, shell: '. {look}', pass: exit == 0 }}
  - {{ id: one, title: One, step: '2.4', shell: 'echo one >>{ran}', changes: true, pass: exit == 0 }}
  - {{ id: two, title: Two, step: '2.5', shell: 'echo two >>{ran}', changes: true, needs: [one], pass: exit == 0 }}
"
        ),
    );
    environment
}

const RUN: [&str; 4] = ["run", "./steps.yaml", "--ct", "958"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RUN[..], more].concat()
}

fn ran(environment: &Environment) -> String {
    environment.read("work/ran").replace('\n', " ")
}

#[test]
fn without_a_terminal_changes_are_skipped_and_the_option_is_named() {
    let environment = environment();
    let finished = environment.as_root(&with(&["--format", "json"]));
    assert_eq!(ran(&environment), "look ");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["changed"], serde_json::json!([]));
    assert_eq!(report["read_only"], true);
    assert_eq!(report["checks"][1]["outcome"], "skipped");
    assert_eq!(
        report["checks"][1]["reason"],
        "it changes the container, and --allow-changes is not given"
    );
    let finished = environment.as_root(&RUN);
    let note = "Not run, because they change the container: One, Two (--allow-changes runs them)";
    assert!(finished.stdout.contains(note), "{finished}");
    assert!(!finished.stderr.contains("[y/N]"), "{finished}");
}

#[test]
fn with_the_option_changes_run_without_a_question() {
    let environment = environment();
    let finished = environment.on_a_terminal(&with(&["--allow-changes"]), "");
    assert_eq!(ran(&environment), "look one two ");
    assert!(!finished.stdout.contains("[y/N]"), "{finished}");
    let both = environment.as_root(&with(&["--allow-changes", "--read-only"]));
    assert_eq!(both.status, Some(64), "{both}");
}

#[test]
fn on_a_terminal_the_verdict_comes_before_the_question_and_yes_completes_the_run() {
    let environment = environment();
    let finished = environment.on_a_terminal(&with(&["--output", "r.json"]), "y\n");
    assert_eq!(finished.status, Some(0), "{finished}");
    // What was collected before is not collected again.
    assert_eq!(ran(&environment), "look one two ");
    let verdict = finished.stdout.find("INCONCLUSIVE").unwrap();
    let question = "Also run the manual steps 2.4, 2.5? They change the container: ";
    let asked = finished.stdout.find(question).unwrap();
    let healthy = finished.stdout.find("HEALTHY").unwrap();
    assert!(verdict < asked && asked < healthy, "{finished}");
    assert_eq!(environment.pct_calls().len(), 2, "no shell stays open");
    let report: Value = serde_json::from_str(&environment.read("work/r.json")).unwrap();
    assert_eq!(report["changed"].as_array().unwrap().len(), 2);
    assert_eq!(report["verdict"]["id"], "healthy");
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 3, "{checks:?}");
}

#[test]
fn any_other_answer_changes_nothing_and_the_files_are_written() {
    for answer in ["n\n", "\n", "yes please\n"] {
        let environment = environment();
        let finished = environment.on_a_terminal(&with(&["--output", "r.json"]), answer);
        assert_eq!(finished.status, Some(3), "{finished}");
        assert_eq!(ran(&environment), "look ", "{answer}");
        let report: Value = serde_json::from_str(&environment.read("work/r.json")).unwrap();
        assert_eq!(report["changed"], serde_json::json!([]));
    }
}

#[test]
fn nothing_is_asked_if_the_user_declines_or_the_report_is_for_a_program() {
    for more in [
        &["--read-only"][..],
        &["--format", "json"],
        &["--format", "markdown"],
        &["--dry-run"],
    ] {
        let environment = environment();
        environment.write("work/ran", "");
        let finished = environment.on_a_terminal(&with(more), "y\n");
        assert!(!finished.stdout.contains("[y/N]"), "{finished}");
        assert!(!ran(&environment).contains("one"), "{more:?}");
    }
}

#[test]
fn a_locked_container_is_not_asked_about() {
    let environment = environment();
    environment.write(
        "host/etc/pve/nodes/pve1/lxc/958.conf",
        "hostname: embed\nlock: backup\n",
    );
    let finished = environment.on_a_terminal(&RUN, "y\n");
    assert!(!finished.stdout.contains("[y/N]"), "{finished}");
    assert_eq!(ran(&environment), "look ");
}
