//! `lxcdiag 958`: which runbooks are run, and which of them is reported.

use serde_json::{Value, json};

use crate::environment::{Environment, Finished};

const LOOK: &str = "runbook: auto
title: What is wrong?
vars:
  unit: { default: '', about: a unit }
checks: [{ id: container, title: Container, host: container }]
next:
  - { run: overview }
  - { if: unit != '', run: unit, vars: { unit: '{{ unit }}' } }
";

/// It finds what the files `failed` and `full` in the directory WORK say.
const OVERVIEW: &str = "runbook: overview
title: Overview
checks:
  - { id: units, title: Failed units, shell: 'cat WORK/failed 2>/dev/null; exit 0', each: line, facts: { match: '^(?<unit>.+)$' } }
  - { id: full, title: Full disks, run: [test, -e, WORK/full], pass: exit == 1, crit: exit == 0 }
  - { id: absent, title: Program, run: [lxcdiag-has-no-such-program], pass: exit == 0 }
hypotheses:
  - id: full
    title: Disk full
    about: x
    explains: [unit/no-space]
    evidence: [{ if: full.exit == 0, then: confirms, says: /srv is full }]
    remedy: x
  - id: units-failed
    title: Units have failed
    about: x
    evidence: [{ if: units.unit | length > 0, then: confirms, says: \"failed: {{ units.unit | join(', ') }}\" }]
    remedy: x
    next: [{ for_each: units.unit, run: unit, vars: { unit: '{{ item }}' } }]
healthy: { if: full.passed and units.unit | length == 0, says: nothing is wrong. }
";

/// The name of a unit says why it fails.
const UNIT: &str = "runbook: unit
title: Why does it fail?
vars:
  unit: { about: the unit, matches: '[a-z-]+' }
checks: [{ id: said, title: What it said, run: [echo, '{{ unit }}'], facts: { match: '(?<word>.+)' } }]
hypotheses:
  - id: no-space
    title: No space
    about: x
    evidence: [{ if: \"said.word is matching('space')\", then: confirms, says: 'no space left' }]
    remedy: x
  - id: no-program
    title: No program
    about: x
    evidence: [{ if: \"said.word is matching('program')\", then: confirms, says: '{{ unit }} has no program' }]
    remedy: x
healthy: { if: said.word is matching('fine'), says: it runs. }
";

fn environment() -> Environment {
    let environment = Environment::new();
    for (name, text) in [("auto", LOOK), ("overview", OVERVIEW), ("unit", UNIT)] {
        let text = text.replace("WORK", environment.path("work").to_str().unwrap());
        environment.write(&format!("books/{name}.yaml"), &text);
    }
    environment
}

fn run(environment: &Environment, words: &[&str]) -> Finished {
    let books = environment.path("books");
    let more = ["--runbooks", books.to_str().unwrap(), "--format", "json"];
    environment.as_root(&[words, &more].concat())
}

fn report(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished}"))
}

/// The ids of the verdict, of the further causes, and of the symptoms.
fn found(report: &Value) -> [String; 3] {
    let ids = |key: &str| {
        let list = report[key].as_array().unwrap().iter();
        let ids = list.map(|it| it["id"].as_str().unwrap());
        ids.collect::<Vec<_>>().join(" ")
    };
    let verdict = report["verdict"]["id"].as_str().unwrap().to_owned();
    [verdict, ids("also"), ids("symptoms")]
}

#[test]
fn a_healthy_container_costs_one_shell() {
    let environment = environment();
    let finished = run(&environment, &["958"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    let report = report(&finished);
    assert_eq!(found(&report), ["healthy", "", ""]);
    assert_eq!(report["runbook"]["id"], "overview");
    let not_looked_at = report["not_looked_at"].as_array().unwrap();
    assert_eq!(not_looked_at[0]["what"], "Program");
    assert_eq!(environment.pct_calls().len(), 1);
}

#[test]
fn the_cause_of_a_failed_unit_is_reported_with_its_symptoms() {
    let environment = environment();
    environment.write("work/failed", "no-program\n");
    let finished = run(&environment, &["embed"]);
    assert_eq!(finished.status, Some(2), "{finished}");
    let report = report(&finished);
    assert_eq!(found(&report), ["no-program", "", "units-failed"]);
    assert_eq!(report["runbook"]["id"], "unit");
    assert_eq!(report["vars"]["unit"], "no-program");
    assert_eq!(
        report["looked_at"],
        json!([
            { "runbook": "overview", "vars": {}, "verdict": "units-failed" },
            { "runbook": "unit", "vars": { "unit": "no-program" }, "verdict": "no-program" },
        ])
    );
    // In the same shell.
    assert_eq!(environment.pct_calls().len(), 1);
}

#[test]
fn two_causes_that_do_not_explain_each_other_are_both_reported() {
    let environment = environment();
    environment.write("work/full", "");
    environment.write("work/failed", "no-space\nno-program\nodd\n");
    let report = report(&run(&environment, &["958"]));
    assert_eq!(
        found(&report),
        ["full", "no-program inconclusive", "no-space"]
    );
    assert_eq!(report["runbook"]["id"], "overview");
    assert_eq!(
        report["also"][0]["command"],
        format!(
            "lxcdiag run unit --ct 958 --runbooks {} --var unit=no-program",
            environment.path("books").display()
        )
    );
    assert_eq!(report["also"][1]["level"], "unknown");
}

#[test]
fn a_secret_of_one_run_is_removed_from_all() {
    let environment = Environment::new();
    let auto = "runbook: auto
title: What is wrong?
checks: [{ id: container, title: Container, host: container }]
next: [{ run: first }, { run: second }]
";
    environment.write("books/auto.yaml", auto);
    for (name, said) in [
        ("first", "DB_PASSWORD=hunter2/x, not Tr0ub4dor/9"),
        ("second", "DB_PASSWORD=Tr0ub4dor/9, not hunter2/x"),
    ] {
        let text = format!(
            "runbook: {name}
title: What does it say?
checks: [{{ id: said, title: What it says, run: [cat, {}], pass: exit == 0 }}]
healthy: {{ if: said.exit == 0, says: '{{{{ said.stdout }}}}' }}
",
            environment.path(&format!("work/{name}")).display()
        );
        environment.write(&format!("books/{name}.yaml"), &text);
        environment.write(&format!("work/{name}"), &said.replace(", ", "\n"));
    }
    let recording = environment.path("recording.json");
    let finished = run(
        &environment,
        &["958", "--record", recording.to_str().unwrap()],
    );
    assert_eq!(finished.status, Some(0), "{finished}");
    let kept = std::fs::read_to_string(&recording).unwrap();
    for text in [&finished.stdout, &kept] {
        assert!(!text.contains("hunter2/x"), "{text}");
        assert!(!text.contains("Tr0ub4dor/9"), "{text}");
    }
    // Each secret has the same token in both runs.
    let password = |number| format!("[redacted:password:{number}]");
    for (named, other) in [(1, 2), (2, 1)] {
        let (named, other) = (password(named), password(other));
        let said = format!("DB_PASSWORD={named}\\nnot {other}");
        assert_eq!(kept.matches(&said).count(), 1, "{kept}");
    }
}

#[test]
fn a_recording_is_judged_as_the_run_was() {
    let environment = environment();
    environment.write("work/full", "");
    environment.write("work/failed", "no-space\nno-program\nodd\n");
    let recording = environment.path("recording.json");
    let recording = recording.to_str().unwrap();
    let ran = report(&run(&environment, &["958", "--record", recording]));
    let books = environment.path("books");
    let judge = ["judge", recording, "--runbooks", books.to_str().unwrap()];
    let judged = report(&environment.lxcdiag(&[judge.as_slice(), &["--format", "json"]].concat()));
    for key in ["verdict", "also", "symptoms", "looked_at", "not_looked_at"] {
        assert_eq!(judged[key], ran[key], "{key}");
    }
    assert_eq!(judged["runbook"]["id"], ran["runbook"]["id"]);
    // One that no diagnosis can have made is refused.
    let text = std::fs::read_to_string(recording).unwrap();
    let mut many: Value = serde_json::from_str(&text).unwrap();
    let other = many["explored"]["others"][0].clone();
    many["explored"]["others"] = vec![other; 24].into();
    environment.write("many.json", &many.to_string());
    let path = environment.path("many.json");
    let refused = environment.lxcdiag(&["judge", path.to_str().unwrap()]);
    assert!(refused.stderr.contains("more than 24 runs"), "{refused}");
    // Another runbook is asked about the run that this settled on alone.
    let one = [
        judge.as_slice(),
        &["--runbook", "overview", "--format", "json"],
    ]
    .concat();
    let one = report(&environment.lxcdiag(&one));
    assert_eq!(one["verdict"]["id"], "full");
    assert_eq!(one["also"], Value::Null);
}

#[test]
fn what_has_another_cause_here_is_not_said_to_be_explained() {
    let environment = environment();
    let overview = environment.read("books/overview.yaml");
    let explains = overview
        .replace("[unit/no-space]", "[units-failed, unit/no-space]")
        .replace(
            "'^(?<unit>.+)$' }",
            "'^(?<unit>.+)$' }, pass: unit | length == 0, crit: unit | length > 0",
        );
    environment.write("books/overview.yaml", &explains);
    environment.write("work/full", "");
    let books = environment.path("books");
    let words = ["958", "--runbooks", books.to_str().unwrap()];
    environment.write("work/failed", "no-program\n");
    let finished = environment.as_root(&words);
    assert!(finished.stdout.contains("/srv is full"), "{finished}");
    assert!(!finished.stdout.contains("Consequences"), "{finished}");
    environment.write("work/failed", "no-space\n");
    let finished = environment.as_root(&words);
    assert!(finished.stdout.contains("Consequences:"), "{finished}");
}

#[test]
fn the_unit_that_the_user_names_comes_first() {
    let environment = environment();
    environment.write("work/full", "");
    let pointed = report(&run(&environment, &["958", "--unit", "program"]));
    assert_eq!(found(&pointed), ["no-program", "full", ""]);
    let fine = report(&run(&environment, &["958", "--unit", "fine"]));
    assert_eq!(found(&fine), ["full", "", ""]);
}

#[test]
fn what_cannot_be_run_is_named() {
    let environment = environment();
    environment.write("work/failed", "NOT-ACCEPTED\n");
    let look = LOOK.to_owned() + "  - { run: no-such-runbook }\n";
    environment.write("books/auto.yaml", &look);
    let report = report(&run(&environment, &["958"]));
    assert_eq!(found(&report), ["units-failed", "", ""]);
    let not_looked_at = report["not_looked_at"].as_array().unwrap();
    let named: Vec<_> = not_looked_at
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["no-such-runbook", "unit", "Program"]);
}

#[test]
fn a_container_that_cannot_be_entered_ends_the_run() {
    let environment = environment();
    environment.write(
        "host/proc/net/unix",
        "Num RefCount Protocol Flags Type St Inode Path\n",
    );
    // What is right on the host does not make it healthy.
    let host = "runbook: host\ntitle: Host\nchecks: [{ id: container, title: Container, host: container }]\n\
        hypotheses: []\nhealthy: { if: container.passed, says: it exists. }\n";
    environment.write("books/host.yaml", host);
    let look = LOOK.replace("next:\n", "next:\n  - { run: host }\n");
    environment.write("books/auto.yaml", &look);
    let finished = run(&environment, &["958"]);
    assert_eq!(finished.status, Some(69), "{finished}");
    assert!(
        finished.stderr.contains("container 958 is not running"),
        "{finished}"
    );
    assert_eq!(environment.pct_calls(), [""; 0]);
}

#[test]
fn a_wrong_id_gets_the_nearest() {
    let finished = run(&environment(), &["957"]);
    assert_eq!(finished.status, Some(69), "{finished}");
    assert_eq!(
        finished.stderr,
        "lxcdiag: container 957 does not exist on any node\nhint: the nearest IDs are 958\n"
    );
}

#[test]
fn without_proxmox_ve_there_is_the_demonstration() {
    let environment = environment();
    std::fs::remove_dir_all(environment.path("host/etc/pve")).unwrap();
    let none = environment.path("bin/none");
    let finished = environment.as_root(&["958", "--pct", none.to_str().unwrap()]);
    assert_eq!(finished.status, Some(69), "{finished}");
    assert_eq!(
        finished.stderr,
        "lxcdiag: this is not a Proxmox VE host: it has neither `pct` nor /etc/pve/nodes\n\
         hint: `lxcdiag run race-condition --demo` plays back a recorded incident anywhere; step 4 of the tutorial \
         lets lxcdiag treat this machine as a container (`this-machine`, in /usr/share/doc/lxcdiag/examples or packaging)\n"
    );
    let demo = environment.lxcdiag(&["958", "--demo"]);
    assert_eq!(demo.status, Some(1), "{demo}");
    assert!(demo.stdout.contains("race-condition: "), "{demo}");
}

#[test]
fn only_run_chooses_among_runbooks() {
    let environment = Environment::new();
    let sweep = environment.as_root(&["sweep", "auto", "--all"]);
    assert_eq!(sweep.status, Some(64), "{sweep}");
    assert_eq!(
        sweep.stderr,
        "lxcdiag: runbook auto chooses among other runbooks, and cannot be swept\n\
         hint: `lxcdiag sweep health --all`\n"
    );
    let fix = environment.as_root(&["fix", "auto", "--ct", "958", "--yes"]);
    assert_eq!(fix.status, Some(64), "{fix}");
}

#[test]
fn a_dry_run_names_the_runbooks_that_may_follow() {
    let finished = environment().lxcdiag(&["958", "--dry-run"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    let line = "(depending on what these find): lxcdiag run health";
    assert!(finished.stdout.contains(line), "{finished}");
}
