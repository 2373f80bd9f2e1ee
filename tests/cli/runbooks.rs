//! `new`, `list`, `show`, `validate`, and how `run` finds a runbook.

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
    ];
    assert_snapshot!(environment.lxcdiag(&[&["validate"], &files[..]].concat()));
    let good = environment.lxcdiag(&["validate", "good.yaml"]);
    assert_eq!(
        (good.status, good.stdout.as_str()),
        (Some(0), "good.yaml: valid\n")
    );
}

#[test]
fn validate_a_directory() {
    let environment = Environment::new();
    environment.write("mine/good.yaml", GOOD);
    environment.write("mine/other.yml", &GOOD.replace("id: up,", "id: on,"));
    environment.write("mine/notes.txt", "no runbook");
    environment.write("empty/notes.txt", "no runbook");
    let path = |name| environment.path(name).display().to_string();
    let finished = environment.lxcdiag(&["validate", &path("mine")]);
    assert_eq!(finished.status, Some(65), "{finished}");
    assert_eq!(
        finished.stdout,
        format!("{}/good.yaml: valid\n", path("mine"))
    );
    assert!(finished.stderr.contains("mine/other.yml:7:"), "{finished}");
    let empty = environment.lxcdiag(&["validate", &path("empty")]);
    assert_eq!((empty.status, empty.stdout.as_str()), (Some(65), ""));
    assert!(empty.stderr.contains("no runbooks found"), "{empty}");
}

#[test]
fn strict_validation_warns_of_what_is_probably_a_mistake() {
    let environment = Environment::new();
    let doubtful = GOOD.replace("then: confirms", "then: supports");
    environment.write("work/doubtful.yaml", &doubtful);
    let plain = environment.lxcdiag(&["validate", "doubtful.yaml"]);
    assert_eq!((plain.status, plain.stderr.as_str()), (Some(0), ""));
    let strict = environment.lxcdiag(&["validate", "--strict", "doubtful.yaml"]);
    assert_snapshot!(strict);
    environment.write("work/bad.yaml", BAD);
    let both = environment.lxcdiag(&["validate", "--strict", "doubtful.yaml", "bad.yaml"]);
    assert_eq!(both.status, Some(65), "{both}");
}

#[test]
fn validation_for_programs() {
    let environment = Environment::new();
    environment.write("work/good.yaml", GOOD);
    environment.write("work/a,b.yaml", BAD);
    environment.write(
        "work/doubtful.yaml",
        &GOOD.replace("then: confirms", "then: supports"),
    );
    let files = ["good.yaml", "a,b.yaml", "doubtful.yaml", "none.yaml"];
    let as_format = |format| {
        let arguments = [&["validate", "--strict", "--format", format], &files[..]];
        environment.lxcdiag(&arguments.concat())
    };
    assert_snapshot!("json", as_format("json"));
    assert_snapshot!("github", as_format("github"));
    let report: serde_json::Value = serde_json::from_str(&as_format("json").stdout).unwrap();
    let valid: Vec<_> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["valid"])
        .collect();
    assert_eq!(valid, [true, false, true, false]);
}

/// Users copy them, and check their copies.
#[test]
fn the_shipped_runbooks_are_strictly_valid() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks");
    let finished = Environment::new().lxcdiag(&["validate", "--strict", directory]);
    assert_eq!(finished.status, Some(0), "{finished}");
    let mut lines = finished.stdout.lines();
    assert!(lines.all(|line| line.ends_with(": valid")), "{finished}");
}

/// A copy of the built-in runbooks includes their parts, and the user changes those, too.
#[test]
fn a_copy_of_the_shipped_runbooks_uses_its_own_parts() {
    let environment = Environment::new();
    let shipped = |name: &str| {
        let path = format!("{}/runbooks/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let title = "Program of PID 1";
    let part = shipped("parts/systemd");
    assert!(part.contains(title), "{part}");
    environment.write("mine/docker.yaml", &shipped("docker"));
    let directory = environment.path("mine");
    let shown =
        || environment.lxcdiag(&["show", "docker", "--runbooks", directory.to_str().unwrap()]);
    assert!(shown().stdout.contains(title), "{}", shown());
    environment.write(
        "mine/parts/systemd.yaml",
        &part.replace(title, "Our own title"),
    );
    let own = shown();
    assert!(
        own.stdout.contains("Our own title") && !own.stdout.contains(title),
        "{own}"
    );
    let file = directory.join("parts/systemd.yaml");
    assert!(
        own.stdout.contains(&format!("[from {}]", file.display())),
        "{own}"
    );
    // The part is the one that the recording keeps and `validate` reports on.
    environment.write("mine/parts/systemd.yaml", &part.replace("title:", "titel:"));
    let validated =
        environment.lxcdiag(&["validate", directory.join("docker.yaml").to_str().unwrap()]);
    assert_eq!(validated.status, Some(65), "{validated}");
    let start = format!("{}:", file.display());
    assert!(validated.stderr.starts_with(&start), "{validated}");
}

#[test]
fn a_new_runbook_is_valid_and_overwrites_nothing() {
    let environment = Environment::new();
    let made = environment.lxcdiag(&["new", "disk-full"]);
    assert_snapshot!(made);
    let text = environment.read("work/disk-full.yaml");
    assert!(text.contains("\nrunbook: disk-full\n"), "{text}");
    let valid = environment.lxcdiag(&["validate", "--strict", "disk-full.yaml"]);
    assert_eq!(
        (valid.status, valid.stderr.as_str()),
        (Some(0), ""),
        "{valid}"
    );
    environment.write("work/disk-full.yaml", "mine");
    let again = environment.lxcdiag(&["new", "disk-full"]);
    assert_eq!(
        (again.status, again.stdout.as_str()),
        (Some(73), ""),
        "{again}"
    );
    assert_eq!(environment.read("work/disk-full.yaml"), "mine");
    for name in ["Disk", "../disk", "disk_full", ""] {
        let refused = environment.lxcdiag(&["new", name]);
        assert_eq!(refused.status, Some(64), "{refused}");
    }
}

/// In the container of the environment, which is this machine.
#[test]
fn a_new_runbook_runs() {
    let environment = Environment::new();
    environment.lxcdiag(&["new", "disk-full"]);
    let arguments = [
        "run",
        "./disk-full.yaml",
        "--ct",
        "958",
        "--var",
        "limit=100",
        "--format",
        "json",
    ];
    let finished = environment.lxcdiag(&arguments);
    assert_eq!(finished.status, Some(0), "{finished}");
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["verdict"]["id"], "healthy");
    let full = environment.lxcdiag(&[
        "run",
        "./disk-full.yaml",
        "--ct",
        "958",
        "--var",
        "limit=-1",
    ]);
    assert_eq!(full.status, Some(2), "{full}");
    assert!(full.stdout.contains("out-of-space"), "{full}");
}
