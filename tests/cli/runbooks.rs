//! `list`, `show`, `validate`, and how `run` finds a runbook.

use insta::assert_snapshot;

use crate::environment::Environment;

const GOOD: &str = "runbook: good
title: Is all well
vars:
  unit: { default: a.service, about: the unit, matches: '[a-z.]+' }
checks:
  - { id: up, title: Is it up, step: '1', run: [systemctl, is-active, --, '{{ unit }}'], pass: exit == 0 }
  - { id: start, title: Start it, run: [systemctl, start, --, '{{ unit }}'], needs: [up], changes: true, pass: exit == 0 }
hypotheses:
  - id: it-is-down
    title: It is down
    race: true
    about: Nobody started it.
    remedy: Start it.
    evidence: [{ if: up.failed, then: confirms, says: it is down }]
";

const BAD: &str = "runbook: bad
title: Bad
checks:
  - { id: up, title: Is it up, rum: [systemctl], pass: exit == 0 }
  - { id: down, title: Is it down, run: [ls], needs: [upp] }
";

#[test]
fn list_of_the_runbooks_and_where_they_are_from() {
    let environment = Environment::new();
    environment.write("config/lxcdiag/runbooks/good.yaml", GOOD);
    environment.write("config/lxcdiag/runbooks/bad.yaml", BAD);
    environment.write("config/lxcdiag/runbooks/notes.txt", "no runbook");
    environment.write(
        "mine/race-condition.yaml",
        &GOOD.replace("runbook: good", "runbook: race-condition"),
    );
    let directory = environment.path("mine");
    assert_snapshot!(environment.lxcdiag(&["list", "--runbooks", directory.to_str().unwrap()]));
}

#[test]
fn list_of_a_missing_directory() {
    assert_snapshot!(Environment::new().lxcdiag(&["list", "--runbooks", "/nonexistent"]));
}

#[test]
fn show_a_runbook() {
    let environment = Environment::new();
    environment.write("config/lxcdiag/runbooks/good.yaml", GOOD);
    assert_snapshot!(environment.lxcdiag(&["show", "good"]));
}

#[test]
fn the_built_in_runbook_is_there() {
    let shown = Environment::new().lxcdiag(&["show", "race-condition"]);
    assert_eq!((shown.status, shown.stderr.as_str()), (Some(0), ""));
    for step in ["2.1", "2.2", "2.3", "2.4"] {
        assert!(shown.stdout.contains(step), "{step}");
    }
}

#[test]
fn an_unknown_runbook() {
    let environment = Environment::new();
    environment.write("config/lxcdiag/runbooks/good.yaml", GOOD);
    assert_snapshot!("near", environment.lxcdiag(&["show", "race-conditions"]));
    assert_snapshot!("far", environment.lxcdiag(&["run", "zzz", "--ct", "958"]));
}

#[test]
fn a_missing_path() {
    assert_snapshot!(Environment::new().lxcdiag(&["run", "./none.yaml", "--ct", "958"]));
}

#[test]
fn a_runbook_that_is_not_valid_runs_nothing() {
    let environment = Environment::new();
    environment.write("work/bad.yaml", BAD);
    let finished = environment.lxcdiag(&["run", "./bad.yaml", "--ct", "958"]);
    assert_eq!((finished.status, finished.stdout.as_str()), (Some(65), ""));
    assert!(finished.stderr.contains("bad.yaml:4:"), "{finished}");
    assert_eq!(environment.pct_calls(), [""; 0]);
}

#[test]
fn validate_reports_every_file() {
    let environment = Environment::new();
    environment.write("work/good.yaml", GOOD);
    environment.write("work/bad.yaml", BAD);
    environment.write(
        "work/needs.yaml",
        &GOOD.replace("needs: [up]", "needs: [upp]"),
    );
    environment.write(
        "work/duplicate.yaml",
        &GOOD.replace("title: Is all well", "title: a\ntitle: b"),
    );
    std::fs::write(environment.path("work/bytes.yaml"), [b'a', 0xff]).unwrap();
    let files = [
        "good.yaml",
        "bad.yaml",
        "needs.yaml",
        "duplicate.yaml",
        "bytes.yaml",
        "none.yaml",
        ".",
    ];
    assert_snapshot!(environment.lxcdiag(&[&["validate"], &files[..]].concat()));
    let good = environment.lxcdiag(&["validate", "good.yaml"]);
    assert_eq!(
        (good.status, good.stdout.as_str()),
        (Some(0), "good.yaml: valid\n")
    );
}
