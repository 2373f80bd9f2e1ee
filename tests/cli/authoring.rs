//! What authors of runbooks read from `list`, `show` and `test`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::environment::schema::assert_valid;

/// A fact reaches `full` through a derived value. The title is hostile.
const DISK: &str = r#"
runbook: disk
title: Is the disk full
checks:
  - { id: clear, title: Make space, changes: true, needs: [df], run: [rm, /x], pass: exit == 0 }
  - { id: df, title: 'Space"]; click %%{init', shell: "echo 95%\nexit 0", facts: { match: '(?<used>\d+)%', types: { used: int } } }
let:
  much: df.used > 90
hypotheses:
  - id: full
    title: It is full
    about: No space is left.
    explains: [slow]
    remedy: Delete something.
    next: [{ run: storage }]
    evidence:
      - { if: much, then: confirms, says: it is full }
      - { if: not much, then: rules_out, says: it is not full }
  - id: slow
    title: It is slow
    about: It takes long.
    remedy: Wait.
    evidence: [{ if: df.timed_out, then: supports, says: it takes long }]
"#;

fn json_of(environment: &Environment, arguments: &[&str]) -> Value {
    let finished = environment.lxcdiag(arguments);
    assert_eq!(finished.stderr, "", "{finished}");
    assert_eq!(assert_valid(&finished.stdout), 1, "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn a_program_reads_the_list_of_runbooks() {
    let environment = Environment::new();
    environment.write("config/lxcdiag/runbooks/disk.yaml", DISK);
    environment.write("config/lxcdiag/runbooks/auto.yaml", "runbook: auto\n");
    let list = json_of(&environment, &["list", "--format", "json"]);
    let runbooks = list["runbooks"].as_array().unwrap();
    let auto: Vec<_> = runbooks.iter().filter(|it| it["id"] == "auto").collect();
    let path = environment.path("config/lxcdiag/runbooks/auto.yaml");
    assert_eq!(auto[0]["valid"], false);
    assert_eq!(auto[0]["path"], json!(path));
    assert_eq!(auto[1]["valid"], true);
    assert_eq!(auto[1]["path"], Value::Null, "built in");
    assert_eq!(auto[1]["shadowed_by"], json!(path));
    let disk = runbooks.iter().find(|it| it["id"] == "disk").unwrap();
    assert_eq!(disk["title"], "Is the disk full");
}

#[test]
fn a_program_reads_what_a_runbook_does() {
    let environment = Environment::new();
    environment.write("work/disk.yaml", DISK);
    let disk = json_of(&environment, &["show", "./disk.yaml", "-f", "json"]);
    let in_order = disk["checks"].as_array().unwrap().iter();
    let checks: Vec<_> = in_order.map(|it| (&it["id"], &it["changes"])).collect();
    assert_eq!(
        checks,
        [
            (&json!("df"), &json!(false)),
            (&json!("clear"), &json!(true))
        ]
    );
    assert_eq!(
        disk["checks"][0]["argv"],
        json!(["sh", "-c", "echo 95%\nexit 0"])
    );
    assert_eq!(disk["checks"][0]["facts"], json!(["used"]));
    assert_eq!(disk["checks"][1]["needs"], json!(["df"]));
    let full = &disk["hypotheses"][0];
    assert_eq!(full["evidence"][0]["effect"], "confirms");
    assert_eq!(full["evidence"][0]["reads"], json!(["df.used"]));
    assert_eq!(full["next"], json!(["storage"]));
    assert_eq!(
        disk["hypotheses"][1]["evidence"][0]["reads"],
        json!(["df.timed_out"])
    );
    for name in [
        "auto",
        "health",
        "race-condition",
        "race-probe",
        "start-failed",
    ] {
        json_of(&environment, &["show", name, "--format", "json"]);
    }
}

#[test]
fn a_graph_shows_which_facts_feed_which_hypothesis() {
    let environment = Environment::new();
    environment.write("work/disk.yaml", DISK);
    let finished = environment.lxcdiag(&["show", "./disk.yaml", "--format", "mermaid"]);
    assert_snapshot!(finished.stdout, @r##"
    flowchart LR
      check_df["Space#34;]#59; click #37;#37;{init<br>$ sh -c: echo 95#37; …"]
      check_clear["Make space<br>$ rm /x<br>changes the container"]
      hypothesis_full(["It is full"])
      hypothesis_slow(["It is slow"])
      check_df -. needed by .-> check_clear
      check_df -->|"used"| hypothesis_full
      hypothesis_full == explains ==> hypothesis_slow
      check_df -->|"timed_out"| hypothesis_slow
      classDef changes stroke:#c00,stroke-width:3px
      class check_clear changes
    "##);
}

const SUITE: &str = "runbook: ../disk.yaml
tests:
  # The first incident.
  - { recording: full.json, verdict: slow, level: likely, race: unlikely }
  - { recording: full.json, verdict: full, level: confirmed }
";

/// A runbook with a recording of a full disk.
fn recorded() -> Environment {
    let environment = Environment::new();
    environment.write("work/disk.yaml", DISK);
    environment.write("work/tests/disk.yaml", SUITE);
    let run = [
        "run",
        "./disk.yaml",
        "958",
        "--read-only",
        "--record",
        "tests/full.json",
    ];
    let finished = environment.as_root(&run);
    assert_eq!(finished.status, Some(2), "{finished}");
    environment
}

#[test]
fn a_program_reads_the_results_of_tests() {
    let environment = recorded();
    let finished = environment.lxcdiag(&["test", "tests", "--format", "json", "--coverage"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    assert_eq!(assert_valid(&finished.stdout), 1, "{finished}");
    let results: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(
        (&results["passed"], &results["failed"]),
        (&json!(1), &json!(1))
    );
    let first = &results["tests"][0];
    assert_eq!(first["passed"], false);
    assert_eq!(
        (&first["verdict"], &first["level"]),
        (&json!("full"), &json!("confirmed"))
    );
    assert_eq!(first["problems"][0], "verdict: full (expected slow)");
    assert_eq!(
        results["coverage"],
        json!([{ "runbook": "disk", "evidence": 3, "gaps": [
            { "hypothesis": "full", "evidence": 0, "effect": "confirms", "says": "it is full", "never": [false] },
            { "hypothesis": "full", "evidence": 1, "effect": "rules_out", "says": "it is not full", "never": [true] },
            { "hypothesis": "slow", "evidence": 0, "effect": "supports", "says": "it takes long", "never": [true] },
        ]}])
    );
}

#[test]
fn coverage_lists_evidence_that_no_test_makes_true_or_false() {
    let environment = recorded();
    let finished = environment.lxcdiag(&["test", "tests", "--coverage"]);
    let (_, coverage) = finished
        .stdout
        .split_once("1 passed, 1 failed\n\n")
        .unwrap();
    assert_snapshot!(coverage, @r##"
    disk: tests make 0 of 3 conditions of evidence both true and false
        full: evidence[0] is never false: it is full
        full: evidence[1] is never true: it is not full
        slow: evidence[0] is never true: it takes long
    "##);
}

#[test]
fn an_update_changes_only_what_is_expected() {
    let environment = recorded();
    let finished = environment.lxcdiag(&["test", "tests", "--update"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert_snapshot!(finished.stdout, @r##"
    ok      full.json: full
    updated full.json: full
    2 passed, 0 failed, 1 updated
    "##);
    let suite = environment.read("work/tests/disk.yaml");
    let expected = SUITE.replacen(
        "slow, level: likely, race: unlikely",
        "full, level: confirmed",
        1,
    );
    assert_eq!(suite, expected);
    // A text that evidence must contain is the author's.
    let wrong = format!("{suite}    holds: {{ full: [no such words] }}\n");
    let wrong = wrong.replace(
        "{ recording: full.json, verdict: full, level: confirmed }\n    holds",
        "recording: full.json\n    verdict: full\n    level: confirmed\n    holds",
    );
    environment.write("work/tests/disk.yaml", &wrong);
    let finished = environment.lxcdiag(&["test", "tests", "--update"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    let suite = environment.read("work/tests/disk.yaml");
    assert_eq!(suite, wrong);
}
