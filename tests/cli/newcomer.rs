//! What someone who uses lxcdiag for the first time gets wrong, and what lxcdiag answers.

use std::process::Command;

use crate::environment::Environment;

const RUNBOOK: &str = "\
runbook: sizes
title: Is it big?
checks:
  - id: sizes
    title: Sizes
    run: [echo, none]
    each: line
    facts: { match: '^(?<size>\\d+)$', types: { size: int } }
    pass: size | max < 9
hypotheses:
  - id: too-big
    title: It is too big
    about: It is more than fits.
    remedy: Delete something.
    evidence: [{ if: sizes.size | max > 9, then: confirms, says: it is big }]
";

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/sizes.yaml", RUNBOOK);
    environment
}

#[test]
fn a_runbook_without_its_ending_is_answered_with_the_file() {
    let environment = environment();
    for (wrong, status) in [
        ("./sizes", 65),
        ("./sizes.yml", 65),
        ("sizes.yml", 65),
        ("sizes", 64),
    ] {
        let finished = environment.lxcdiag(&["show", wrong]);
        assert_eq!(finished.status, Some(status), "{finished}");
        let right = match wrong {
            "sizes.yml" => "sizes.yaml",
            _ => "./sizes.yaml",
        };
        let hint = format!("\nhint: did you mean `{right}`?\n");
        assert!(finished.stderr.ends_with(&hint), "{wrong}: {finished}");
        assert_eq!(environment.lxcdiag(&["show", right]).status, Some(0));
    }
    let finished = environment.lxcdiag(&["show", "./other"]);
    assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
}

#[test]
fn an_item_of_an_empty_list_is_named_as_what_is_missing() {
    let environment = environment();
    let finished = environment.as_root(&["run", "./sizes.yaml", "958", "--format", "json"]);
    assert_eq!(finished.status, Some(3), "{finished}");
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(
        report["checks"][0]["reason"],
        "exit 0; cannot be evaluated without an item for `max`: the list is empty"
    );
}

#[test]
fn a_wrong_id_in_a_test_is_answered_with_the_right_one() {
    let environment = environment();
    let record = ["run", "./sizes.yaml", "958", "--record", "sizes.json"];
    assert_eq!(environment.as_root(&record).status, Some(3));
    environment.write(
        "work/test.yaml",
        "runbook: ./sizes.yaml\ntests:\n  \
         - { recording: sizes.json, verdict: too-bigg, level: confirmed, holds: { to-big: [big] } }\n  \
         - { recording: sizes.json, verdict: healthy }\n  \
         - { recording: sizes.json, verdict: inconclusive }\n",
    );
    let finished = environment.lxcdiag(&["test", "test.yaml"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    assert_eq!(
        finished.stdout,
        "FAILED  sizes.json\n    \
             verdict: inconclusive (expected too-bigg)\n    \
             no hypothesis `too-bigg`; did you mean `too-big`?\n    \
             level: none (expected confirmed)\n    \
             no hypothesis `to-big`; did you mean `too-big`?\n\
         FAILED  sizes.json\n    \
             verdict: inconclusive (expected healthy)\n\
         ok      sizes.json: inconclusive\n\
         1 passed, 2 failed\n"
    );
}

#[test]
fn the_runbook_of_a_test_is_beside_the_test_wherever_it_runs() {
    let environment = environment();
    let record = ["run", "./sizes.yaml", "958", "--record", "sizes.json"];
    assert_eq!(environment.as_root(&record).status, Some(3));
    std::fs::create_dir(environment.path("work/tests")).unwrap();
    for name in ["sizes.yaml", "sizes.json"] {
        let moved = environment.path(&format!("work/tests/{name}"));
        std::fs::rename(environment.path(&format!("work/{name}")), moved).unwrap();
    }
    environment.write(
        "work/tests/test.yaml",
        "runbook: sizes.yaml\ntests: [{ recording: sizes.json, verdict: inconclusive }]\n",
    );
    let finished = environment.lxcdiag(&["test", "tests/test.yaml"]);
    assert_eq!(finished.status, Some(0), "{finished}");
}

/// Which command reads a file is easily confused.
#[test]
fn a_file_for_another_command_is_answered_with_that_command() {
    let environment = environment();
    let record = ["run", "./sizes.yaml", "958", "--record", "sizes.json"];
    assert_eq!(environment.as_root(&record).status, Some(3));
    let test = "runbook: ./sizes.yaml\ntests: [{ recording: sizes.json, verdict: inconclusive }]\n";
    environment.write("work/test.yaml", test);
    for (wrong, right) in [
        (["validate", "test.yaml"], "lxcdiag test test.yaml"),
        (["validate", "sizes.json"], "lxcdiag judge sizes.json"),
        (["test", "sizes.yaml"], "lxcdiag validate sizes.yaml"),
        (["test", "sizes.json"], "lxcdiag judge sizes.json"),
    ] {
        let finished = environment.lxcdiag(&wrong);
        assert_eq!(finished.status, Some(65), "{finished}");
        let hint = finished.stderr.lines().last().unwrap();
        assert!(hint.contains(&format!("`{right}`")), "{finished}");
        let words: Vec<_> = right.split(' ').skip(1).collect();
        let followed = environment.lxcdiag(&words).status;
        assert!(matches!(followed, Some(0 | 3)), "{right}: {followed:?}");
    }
}

#[test]
fn a_runbook_or_a_second_container_in_the_place_of_a_command_is_answered() {
    let environment = environment();
    let finished = environment.as_root(&["dns", "958"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    let hint = "hint: `lxcdiag run dns 958` runs the runbook `dns`\n";
    assert!(finished.stderr.contains(hint), "{finished}");
    let finished = environment.as_root(&["958", "959"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert!(
        finished.stderr.contains("'959'") && !finished.stderr.contains("--ct"),
        "{finished}"
    );
    assert_eq!(environment.pct_calls(), [""; 0]);
}

#[test]
fn a_reason_has_no_number_of_the_standard_library() {
    let environment = environment();
    for arguments in [
        ["test", "none.yaml"],
        ["judge", "none.json"],
        ["man", "none"],
    ] {
        let finished = environment.lxcdiag(&arguments);
        assert!(
            finished.stderr.contains("No such file or directory\n"),
            "{finished}"
        );
    }
}

#[test]
fn the_beginning_of_a_name_is_answered_with_the_name() {
    let finished = environment().lxcdiag(&["show", "unit"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert!(
        finished.stderr.ends_with("did you mean `unit-failed`?\n"),
        "{finished}"
    );
}

#[test]
fn a_missing_directory_is_named_as_what_to_create() {
    let finished = environment().lxcdiag(&["man", "pages"]);
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(
        finished
            .stderr
            .ends_with("\nhint: create the directory pages first\n"),
        "{finished}"
    );
}

/// A check that failed is also missing evidence for what reads its facts.
#[test]
fn a_failed_check_is_named_once_as_the_reason_for_no_verdict() {
    let environment = environment();
    let fails = RUNBOOK.replace("[echo, none]", "[sh, -c, 'echo No access. >&2; exit 1']");
    environment.write("work/sizes.yaml", &fails);
    let finished = environment.as_root(&["run", "./sizes.yaml", "958", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(
        report["verdict"]["summary"],
        "No hypothesis is supported, but some checks failed: sizes (exit 1: No access.)."
    );
}

/// The file that its author has just changed may not be the one that is used.
#[test]
fn judge_names_the_runbook_that_it_uses() {
    let environment = environment();
    let record = ["run", "./sizes.yaml", "958", "--record", "sizes.json"];
    assert_eq!(environment.as_root(&record).status, Some(3));
    let notes = |arguments: &[&str]| {
        let finished = environment.lxcdiag(&[&["judge", "sizes.json"], arguments].concat());
        assert_eq!(finished.status, Some(3), "{finished}");
        finished.stderr
    };
    assert_eq!(
        notes(&[]),
        "lxcdiag: using the runbook sizes in the recording; `--runbook ./NAME.yaml` uses a file\n"
    );
    assert_eq!(notes(&["--runbook", "./sizes.yaml"]), "");
    environment.write("config/lxcdiag/runbooks/sizes.yaml", RUNBOOK);
    let file = environment.path("config/lxcdiag/runbooks/sizes.yaml");
    let using = format!("lxcdiag: using {}", file.display());
    assert!(notes(&[]).starts_with(&using));
    assert_eq!(notes(&["--runbook", "sizes"]), format!("{using}\n"));
}

/// `run` takes the container without `--ct`, too.
#[test]
fn a_sweep_takes_containers_without_an_option() {
    let environment = crate::sweeps::environment();
    let visited = |arguments: &[&str]| {
        let sweep = ["sweep", "./small.yaml", "--format", "json"];
        let finished = environment.as_root(&[&sweep, arguments].concat());
        let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        let rows = report["containers"].as_array().unwrap();
        let ids = rows.iter().map(|row| row["ct"].as_u64().unwrap());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(visited(&["101", "102"]), [101, 102]);
    assert_eq!(visited(&["101-102"]), visited(&["--ct", "101,102"]));
    let both = environment.as_root(&["sweep", "./small.yaml", "101", "--ct", "102"]);
    assert_eq!(both.status, Some(64), "{both}");
}

/// `packaging/this-machine` lets lxcdiag treat the machine as a container.
#[test]
fn this_machine_as_a_container_leaves_nothing_behind_for_each_call() {
    let environment = environment();
    environment.write("temporary/kept", "");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/this-machine");
    let diagnose = format!(
        "eval \"$(sh {script})\" && eval \"$(sh {script})\" && exec {} run ./sizes.yaml 958 --format json",
        crate::environment::LXCDIAG
    );
    // An apostrophe in the path is no end of a text.
    let home = environment.path("o'clock");
    std::fs::create_dir(&home).unwrap();
    let mut command = Command::new(crate::environment::as_root().first().map_or("sh", |it| it));
    let words = crate::environment::as_root().iter().skip(1).copied();
    if !crate::environment::as_root().is_empty() {
        command.args(words).arg("sh");
    }
    command
        .args(["-c", &diagnose])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", &home)
        .env("TMPDIR", environment.path("temporary"))
        .current_dir(environment.path("work"));
    let finished = environment.finished(command);
    assert_eq!(finished.status, Some(3), "{finished}");
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["checks"][0]["stdout"], "none\n");
    let temporary = std::fs::read_dir(environment.path("temporary")).unwrap();
    assert_eq!(temporary.count(), 1, "{finished}");
    let kept = std::fs::read_dir(home.join(".cache/lxcdiag")).unwrap();
    assert_eq!(kept.count(), 1);
}
