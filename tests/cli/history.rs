//! `history`: what past runs found, and since when.

use serde_json::{Value, json};

use crate::environment::Environment;
use crate::environment::schema::assert_valid;

/// An environment with a runbook that is healthy if a file says so.
fn environment() -> Environment {
    let environment = Environment::new();
    let file = environment.path("work/state");
    environment.write(
        "work/app.yaml",
        &format!(
            "runbook: app
title: Is it well
checks:
  - {{ id: state, title: State, run: [cat, {}], facts: {{ match: '^(?<word>\\w+)' }} }}
  - {{ id: beside, title: Beside it, run: ['true'], pass: exit == 0 }}
hypotheses:
  - id: down
    title: It is down
    about: x
    remedy: x
    evidence: [{{ if: state.word != 'up', then: confirms, says: 'it is {{{{ state.word }}}}' }}]
healthy: {{ if: state.word == 'up', says: it is up }}
",
            file.display()
        ),
    );
    environment
}

/// A run in this state of the container.
fn run(environment: &Environment, state: &str, options: &[&str]) {
    environment.write("work/state", state);
    let finished = environment.as_root(&[&["run", "./app.yaml", "958"], options].concat());
    assert!(matches!(finished.status, Some(0 | 2)), "{finished}");
    assert_eq!(finished.stderr, "", "{finished}");
}

fn list(environment: &Environment, arguments: &[&str]) -> Value {
    let finished = environment.as_root(&[&["history", "-f", "json"], arguments].concat());
    assert_eq!(finished.status, Some(0), "{finished}");
    assert_eq!(assert_valid(&finished.stdout), 1, "{finished}");
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn the_history_shows_since_when_a_container_is_broken() {
    let environment = environment();
    for state in ["up", "up", "up", "down", "down", "down"] {
        run(&environment, state, &[]);
    }
    let listed = list(&environment, &["958"]);
    let runs = listed["containers"][0]["runs"].as_array().unwrap();
    let verdicts: Vec<_> = runs
        .iter()
        .map(|run| run["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["down", "down", "healthy", "healthy"]);
    assert_eq!(runs[0]["since"], runs[1]["started_at"]);
    assert_eq!(runs[2]["since"], runs[3]["started_at"]);
    assert_eq!(runs[0]["level"], "confirmed");
    // Of all containers, only the latest run of each runbook.
    assert_eq!(
        list(&environment, &[])["containers"][0]["runs"],
        json!([runs[0]])
    );
    let text = environment.as_root(&["history", "embed"]).stdout;
    let first = text.lines().nth(1).unwrap();
    assert!(
        first.starts_with("    1  ") && first.contains("  confirmed down  since "),
        "{text}"
    );
}

#[test]
fn a_past_report_is_shown_and_compared() {
    let environment = environment();
    for state in ["up", "down", "broken"] {
        run(&environment, state, &[]);
    }
    let shown = environment.as_root(&["history", "show", "958"]);
    assert_eq!(shown.status, Some(0), "{shown}");
    assert!(shown.stdout.contains("it is broken"), "{shown}");
    let shown = environment.as_root(&["history", "show", "958", "3", "--format", "json"]);
    assert_eq!(assert_valid(&shown.stdout), 1, "{shown}");
    let report: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(report["verdict"]["id"], "healthy");
    // The change of the result, although the latest run found it as well.
    let diff = environment.as_root(&["history", "diff", "958", "-f", "json"]);
    assert_eq!(diff.status, Some(1), "{diff}");
    let diff: Value = serde_json::from_str(&diff.stdout).unwrap();
    let fact = |diff: &Value| {
        let changes = diff["changes"].as_array().unwrap().iter();
        let mut facts = changes.filter(|change| change["name"] == "state.word");
        let change = facts.next().unwrap();
        (change["a"].clone(), change["b"].clone())
    };
    assert_eq!(fact(&diff), (json!("up"), json!("down")));
    let diff = environment.as_root(&["history", "diff", "958", "2", "-f", "json"]);
    let diff: Value = serde_json::from_str(&diff.stdout).unwrap();
    assert_eq!(fact(&diff), (json!("down"), json!("broken")));
    let same = environment.as_root(&["history", "diff", "958", "1", "1"]);
    assert_eq!(same.status, Some(0), "{same}");
}

/// A run after the repair no longer finds what to do about the cause.
#[test]
fn a_report_in_brief_names_the_command_that_prints_the_whole() {
    let environment = environment();
    environment.write("work/state", "down");
    let brief = environment.as_root(&["run", "./app.yaml", "958"]).stdout;
    assert!(
        brief.contains("; see lxcdiag history show 958\n"),
        "{brief}"
    );
    environment.write("work/state", "up");
    let shown = environment.as_root(&["history", "show", "958"]).stdout;
    assert!(shown.contains("it is down"), "{shown}");
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    // That run is not kept.
    let arguments = ["run", "./app.yaml", "958", "--no-redact"];
    let brief = environment.as_root(&arguments).stdout;
    assert!(brief.contains("; see -v\n"), "{brief}");
}

#[test]
fn a_kept_report_that_was_changed_cannot_act_on_the_terminal() {
    let environment = environment();
    run(&environment, "down", &[]);
    let directory = environment.path("state/lxcdiag/history/958");
    let file = std::fs::read_dir(directory).unwrap().next().unwrap();
    let file = file.unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace("it is down", "it is \\u001b]0;x\\u0007\\u009b31m\u{202e}");
    std::fs::write(&file, changed).unwrap();
    for format in ["table", "json"] {
        let shown = environment.as_root(&["history", "show", "958", "-f", format]);
        assert_eq!(shown.status, Some(0), "{shown}");
        assert!(shown.stdout.contains("]0;x"), "{shown}");
        let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!shown.stdout.contains(acts), "{shown}");
    }
}

#[test]
fn sweeps_are_kept_as_well() {
    let environment = environment();
    environment.write("work/state", "down");
    environment.as_root(&["sweep", "./app.yaml", "--ct", "958", "--quiet"]);
    let listed = list(&environment, &["958"]);
    let run = &listed["containers"][0]["runs"][0];
    assert_eq!(
        (&run["command"], &run["verdict"]),
        (&json!("sweep"), &json!("down"))
    );
}

#[test]
fn no_secret_is_kept() {
    let environment = environment();
    run(&environment, "up", &["--no-redact"]);
    assert_eq!(list(&environment, &["958"])["containers"], json!([]));
    let secret = "AKIAIOSFODNN7EXAMPLE";
    run(&environment, &format!("up\npassword={secret}"), &[]);
    let shown = environment.as_root(&["history", "show", "958", "1", "-f", "json"]);
    assert!(shown.stdout.contains("[redacted:"), "{shown}");
    assert!(!shown.stdout.contains(secret), "{shown}");
}

#[test]
fn what_is_not_kept_is_an_error_with_the_next_command() {
    let environment = environment();
    let none = environment.as_root(&["history", "958"]);
    assert_eq!(
        (none.status, &*none.stdout),
        (Some(0), "no runs are kept\n")
    );
    run(&environment, "up", &[]);
    for (arguments, message) in [
        (&["show", "959"][..], "no runs of container 959 are kept"),
        (
            &["show", "958", "2"],
            "run 2 of container 958 is not kept: there are 1",
        ),
        (
            &["diff", "958"],
            "only one run of app in container 958 is kept",
        ),
    ] {
        let finished = environment.as_root(&[&["history"], arguments].concat());
        assert_eq!(finished.status, Some(64), "{finished}");
        assert!(finished.stderr.contains(message), "{finished}");
    }
}

/// The report was worth the run.
#[test]
fn a_history_that_cannot_be_written_costs_no_report() {
    let environment = environment();
    run(&environment, "up", &[]);
    let finished = environment.as_root(&["history", "958", "-f", "json"]);
    let kept = environment.path("state/lxcdiag/history/958");
    assert!(kept.is_dir(), "{finished}");
    std::fs::remove_dir_all(&kept).unwrap();
    std::fs::write(&kept, "a file in its place").unwrap();
    let finished = environment.as_root(&["run", "./app.yaml", "958"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(finished.stdout.contains("HEALTHY"), "{finished}");
    assert!(
        finished.stderr.contains("not added to the history in "),
        "{finished}"
    );
}
