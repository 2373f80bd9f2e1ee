//! The commands that a sweep names for each problem.

use serde_json::Value;

use crate::environment::{Environment, Finished};
use crate::sweeps::{environment, sweep};

/// It finds what the file work/ID says: units that have failed.
const RUNBOOK: &str = "runbook: small
title: Is all well?
vars:
  most: { default: '0', type: int, about: units that may fail }
checks:
  - id: units
    title: Units
    shell: '. WORK/{{ ct | quote }}'
    timeout: 5s
    each: line
    facts: { match: '^(?<unit>.+)$' }
    crit: unit | length > most
    pass: unit | length <= most
    show: '{{ unit | length }}'
  - { id: load, title: Load, run: [test, -e, WORK/load], pass: exit == 1, warn: exit == 0 }
hypotheses:
  - id: failed
    title: Units have failed
    about: x
    evidence: [{ if: unit_count > most, then: confirms, says: they have failed }]
    remedy: x
    next: [{ for_each: units.unit, run: unit-failed, vars: { unit: '{{ item }}' } }]
let: { unit_count: units.unit | length }
healthy: { if: units.passed, says: all is well }
";

fn with_failed_units() -> Environment {
    let environment = environment();
    let work = environment.path("work");
    let runbook = RUNBOOK.replace("WORK", work.to_str().unwrap());
    environment.write("work/small.yaml", &runbook);
    environment.write("work/101", "echo web.service; echo \"it's odd.service\"\n");
    environment.write("work/102", ":\n");
    environment
}

/// Each problem of the containers with its commands.
fn commands(finished: &Finished) -> Vec<String> {
    let report: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished}"));
    let rows = report["containers"].as_array().unwrap().iter();
    let problems = rows.flat_map(|row| {
        let problems = row["visited"]["problems"].as_array();
        problems.into_iter().flatten().map(|problem| {
            let commands = problem["commands"].as_array().unwrap().iter();
            let commands: Vec<_> = commands.map(|it| it.as_str().unwrap()).collect();
            let id = problem["id"].as_str().unwrap();
            format!("{} {id}: {}", row["ct"], commands.join("; "))
        })
    });
    problems.collect()
}

#[test]
fn each_problem_has_the_commands_that_find_its_cause() {
    let environment = with_failed_units();
    environment.write("work/load", "");
    let finished = sweep(&environment, &["--ct", "101,102", "--format", "json"]);
    assert_eq!(
        commands(&finished),
        [
            r"101 units: lxcdiag run unit-failed --ct 101 --var unit=web.service; lxcdiag run unit-failed --ct 101 --var 'unit=it'\''s odd.service'",
            "101 load: lxcdiag run ./small.yaml --ct 101",
            "102 load: lxcdiag run ./small.yaml --ct 102",
        ]
    );
}

#[test]
fn without_a_runbook_for_the_cause_the_command_has_the_vars_of_the_sweep() {
    let environment = with_failed_units();
    environment.write("work/load", "");
    let finished = sweep(
        &environment,
        &["--ct", "101", "--var", "most=9", "--format", "json"],
    );
    let expected = "101 load: lxcdiag run ./small.yaml --ct 101 --var most=9";
    assert_eq!(commands(&finished), [expected]);
}

#[test]
fn a_container_that_was_not_examined_is_left_to_auto_on_its_node() {
    let environment = environment();
    let finished = sweep(&environment, &["--ct", "107,201", "--format", "json"]);
    assert_eq!(
        commands(&finished),
        [
            "107 unreachable: lxcdiag 107",
            "201 unreachable: lxcdiag 201 --node pve2"
        ]
    );
}

#[test]
fn the_table_and_the_page_have_the_commands_in_one_piece() {
    let environment = with_failed_units();
    let command = "lxcdiag run unit-failed --ct 101 --var unit=web.service";
    let table = sweep(&environment, &["--ct", "101-102"]);
    let lines: Vec<_> = table.stdout.lines().map(str::trim).collect();
    assert!(lines.contains(&"Next commands:"), "{table}");
    assert!(lines.contains(&command), "{table}");
    let page = sweep(&environment, &["--ct", "101-102", "--format", "html"]);
    assert!(
        page.stdout
            .contains(&format!("<code class=\"next\">{command}</code>")),
        "{page}"
    );
    let well = sweep(&environment, &["--ct", "102"]);
    assert!(!well.stdout.contains("Next commands:"), "{well}");
}

#[test]
fn only_problems_that_are_printed_and_count_have_their_commands_in_the_table() {
    let environment = with_failed_units();
    let arguments = ["--ct", "101", "--on-change"];
    let first = sweep(&environment, &arguments);
    assert!(first.stdout.contains("unit=web.service"), "{first}");
    // It is resolved.
    environment.write("work/101", ":\n");
    let second = sweep(&environment, &arguments);
    assert!(second.stdout.contains("resolved"), "{second}");
    assert!(!second.stdout.contains("lxcdiag run"), "{second}");
    environment.write("work/101", "echo web.service\n");
    environment.write(
        "work/waivers.yaml",
        "- { container: 101, check: units, reason: known, until: 2999-12-31 }\n",
    );
    let waived = sweep(&environment, &["--ct", "101", "--waivers", "waivers.yaml"]);
    assert!(waived.stdout.contains("waived until"), "{waived}");
    assert!(!waived.stdout.contains("lxcdiag run"), "{waived}");
}
