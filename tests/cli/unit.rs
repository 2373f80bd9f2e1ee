//! Which unit `run` and `sweep` diagnose if the user does not name one.

use serde_json::Value;

use crate::environment::{Environment, Finished};

/// A runbook that applies to units whose name is `found`, with a check that would change the container.
const RUNBOOK: &str = r#"runbook: units
title: Is the unit there?
vars:
  unit: { default: a.service, about: the unit, matches: '[\w@.-]+\.service' }
checks:
  - id: found
    title: Whether the unit is there
    run: [test, "{{ unit }}", "=", found.service]
    pass: exit == 0
  - { id: pushes, title: Pushes, host: { tasks: [push_file] }, show: "{{ records | length }}" }
  - { id: touched, title: A change, run: ['true'], changes: true, pass: exit == 0 }
applies: { if: found.passed, says: "Nothing of {{ unit }} was found in container {{ ct }}." }
hypotheses:
  - id: missing
    title: The unit is missing
    about: It is missing.
    remedy: Push it.
    evidence: [{ if: found.failed, then: confirms, says: it is missing }]
"#;

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/units.yaml", RUNBOOK);
    environment
}

fn run(environment: &Environment, more: &[&str]) -> Finished {
    environment.as_root(
        &[
            &["run", "./units.yaml", "--ct", "958", "--allow-changes"],
            more,
        ]
        .concat(),
    )
}

fn failed_push(environment: &Environment, file: &str) {
    let upid = "UPID:pve1:00004369:00047A96:6B03719E:push_file:958:root@pam:";
    let status = format!("failed to create file: /etc/systemd/system//{file}: Is a directory");
    environment.write(
        "host/var/log/pve/tasks/index",
        &format!("{upid} 6B03719E {status}\n"),
    );
}

#[test]
fn without_a_unit_in_the_container_the_user_must_name_one() {
    let finished = run(&environment(), &[]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert_eq!(
        finished.stdout, "",
        "no verdict on a unit that was not asked for"
    );
    let message =
        "Nothing of a.service was found in container 958\nhint: give the unit with --var unit=NAME";
    assert!(finished.stderr.contains(message), "{finished}");
}

#[test]
fn a_unit_that_the_user_names_gets_a_verdict_even_if_it_does_not_apply() {
    let environment = environment();
    let finished = run(
        &environment,
        &["--var", "unit=b.service", "--format", "json"],
    );
    assert_eq!(finished.status, Some(0), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["verdict"]["id"], "not-applicable");
    assert_eq!(report["verdict"].get("level"), None);
    assert_eq!(report["hypotheses"], Value::Array(vec![]));
    assert_eq!(report["changed"], Value::Array(vec![]));
    let table = run(&environment, &["--var", "unit=b.service"]);
    assert!(table.stdout.contains("NOT APPLICABLE"), "{table}");
    let applies = run(
        &environment,
        &["--var", "unit=found.service", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&applies.stdout).unwrap();
    assert_eq!(report["verdict"]["id"], "healthy");
    assert_eq!(report["changed"], serde_json::json!(["true"]));
}

#[test]
fn the_unit_is_that_of_the_failure_in_the_log() {
    let environment = environment();
    let log = "+ pct exec 957 -- systemctl enable other.service
Failed to enable unit: Unit file other.service does not exist.
+ pct exec 958 -- systemctl enable found
Failed to enable unit: Access denied
";
    environment.write("work/provision.log", log);
    let finished = run(
        &environment,
        &["--log", "provision.log", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["vars"]["unit"], "found.service", "{finished}");
    assert_eq!(report["defaulted"], Value::Array(vec![]));
    assert!(
        finished
            .stderr
            .contains("unit found.service, as in provision.log"),
        "{finished}"
    );

    let named = [
        "--log",
        "provision.log",
        "--var",
        "unit=b.service",
        "--format",
        "json",
    ];
    let report: Value = serde_json::from_str(&run(&environment, &named).stdout).unwrap();
    assert_eq!(
        report["vars"]["unit"], "b.service",
        "the user's word counts"
    );

    let both = format!("{log}Failed to enable unit: Unit file a.service does not exist.\n");
    environment.write("work/provision.log", &both);
    let finished = run(
        &environment,
        &["--log", "provision.log", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["vars"]["unit"], "a.service", "{finished}");
    assert_eq!(
        report["defaulted"],
        Value::Array(vec![]),
        "the log names it, too"
    );
}

#[test]
fn the_unit_is_that_of_the_last_failed_push() {
    let environment = environment();
    failed_push(&environment, "found.service");
    let finished = run(&environment, &["--format", "json"]);
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["vars"]["unit"], "found.service", "{finished}");
    assert_eq!(report["verdict"]["id"], "healthy");

    failed_push(&environment, "a.service");
    assert_eq!(
        run(&environment, &[]).status,
        Some(64),
        "the default is no other unit"
    );
}

#[test]
fn a_sweep_skips_containers_that_the_runbook_does_not_apply_to() {
    let environment = environment();
    let finished = environment.as_root(&["sweep", "./units.yaml", "--all", "--format", "json"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    let sweep: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(sweep["containers"][0]["skipped"], "not applicable");
}
