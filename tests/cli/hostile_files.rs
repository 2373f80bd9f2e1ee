//! Recordings, runbooks and test suites from someone else: no text or name in them acts on the terminal.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::environment::{Environment, Finished};

/// Sets the terminal's title, turns the text around, returns to the line's begin, clears the screen (as C1).
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{202e}\r\u{9b}2Jx";

#[track_caller]
fn assert_harmless(finished: &Finished) {
    for text in [&finished.stdout, &finished.stderr] {
        let acts =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        let harmful = text.lines().find(|line| line.contains(acts));
        assert_eq!(harmful, None, "{}", text.escape_debug());
    }
}

/// The text of the recording with hostile text in front of each string that `wanted` takes, by the names of the fields
/// that lead to it.
fn hostile(value: &Value, path: &str, wanted: &impl Fn(&str) -> bool) -> Value {
    match value {
        Value::String(text) if wanted(path) => Value::String(format!("{HOSTILE}{text}")),
        Value::Array(items) => items
            .iter()
            .map(|item| hostile(item, path, wanted))
            .collect(),
        Value::Object(fields) => {
            let field = |(key, value): (&String, _)| {
                (
                    key.clone(),
                    hostile(value, &format!("{path}.{key}"), wanted),
                )
            };
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

fn recording() -> Value {
    let path = "runbooks/tests/recordings/directory-push-252.json";
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The paths of all strings of a value.
fn paths(value: &Value) -> BTreeSet<String> {
    let paths = RefCell::new(BTreeSet::new());
    hostile(value, "", &|path| {
        paths.borrow_mut().insert(path.to_owned());
        false
    });
    paths.into_inner()
}

#[test]
fn no_string_of_a_recording_acts_on_the_terminal() {
    let environment = Environment::new();
    let recording = recording();
    environment.write("work/good.json", &recording.to_string());
    let paths = paths(&recording);
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let changed = hostile(&recording, "", &|one| one == path);
        environment.write("work/hostile.json", &changed.to_string());
        for arguments in [
            &["judge", "hostile.json"][..],
            &["diff", "good.json", "hostile.json"],
        ] {
            let finished = environment.lxcdiag(arguments);
            assert!(
                finished.status.is_some_and(|status| status <= 65),
                "{path}: {finished}"
            );
            assert_harmless(&finished);
        }
    }
}

/// The message quotes what is wrong.
#[test]
fn no_broken_recording_acts_on_the_terminal() {
    let environment = Environment::new();
    let text = recording().to_string();
    let json = Value::String(HOSTILE.to_owned()).to_string();
    for (from, to) in [
        (r#""looked""#, json.clone()),
        (r#"{"exited":0}"#, format!("{{{json}:0}}")),
        (r#""ct":958"#, format!(r#""ct":{json}"#)),
        (r#""stray_bytes":"#, format!(r#""stray_bytes":0,{json}:"#)),
    ] {
        let broken = text.replacen(from, &to, 1);
        assert_ne!(broken, text);
        environment.write("work/hostile.json", &broken);
        for command in ["judge", "diff"] {
            let finished = environment.lxcdiag(&[command, "hostile.json", "hostile.json"]);
            assert_harmless(&finished);
        }
    }
}

#[test]
fn no_runbook_acts_on_the_terminal() {
    let environment = Environment::new();
    let text = serde_json::to_string(HOSTILE)
        .unwrap()
        .replace('\u{9b}', "\\u009b");
    let hostile = |before: &str| {
        [
            format!("{text}: 1\n"),
            format!("runbook: {text}\n"),
            format!("runbook: a\ntitle: {text}\nchecks: []\n"),
            format!(
                "runbook: a\ntitle: {text}\nchecks: [{{ id: a, title: {text}, run: [{text}], pass: exit == 0, show: {text} }}]\n"
            ),
            format!(
                "runbook: a\ntitle: a\nchecks: [{{ id: {text}, title: a, run: [a], pass: {text} }}]\n"
            ),
            format!(
                "runbook: a\ntitle: a\nvars: {{ {text}: {{ about: a, matches: {text} }} }}\nchecks: [{{ id: a, title: a, run: [a], needs: [{text}] }}]\n"
            ),
            format!(
                "runbook: a\ntitle: a\nchecks: [{{ id: a, title: a, run: [a], facts: {{ match: {text}, types: {{ {text}: {text} }} }} }}]\n"
            ),
            format!("{before}\n"),
        ]
    };
    for runbook in hostile(HOSTILE) {
        environment.write("work/hostile.yaml", &runbook);
        environment.write("runbooks/hostile.yaml", &runbook);
        let directory = environment.path("runbooks");
        let directory = directory.to_str().unwrap();
        for arguments in [
            &["validate", "hostile.yaml"][..],
            &["show", "./hostile.yaml"],
            &["list", "--runbooks", directory],
            &["run", "./hostile.yaml", "--ct", "958", "--dry-run"],
            &[
                "run",
                "hostile",
                "--ct",
                "958",
                "--read-only",
                "--runbooks",
                directory,
            ],
        ] {
            let finished = environment.as_root(arguments);
            assert_harmless(&finished);
            // No name begins a line of its own.
            let all = format!("{}\n{}", finished.stdout, finished.stderr);
            let is_forged = |line: &str| line.trim_start().starts_with("::error::");
            assert!(!all.lines().any(is_forged), "{arguments:?} {finished}");
        }
    }
}

#[test]
fn no_test_suite_acts_on_the_terminal() {
    let environment = Environment::new();
    environment.write("work/hostile.json", &recording().to_string());
    let text = serde_json::to_string(HOSTILE)
        .unwrap()
        .replace('\u{9b}', "\\u009b");
    for suite in [
        format!("{text}: 1\n"),
        format!("runbook: {text}\ntests: []\n"),
        format!("runbook: race-condition\ntests: [{{ recording: {text}, verdict: healthy }}]\n"),
        format!("runbook: race-condition\ntests: [{{ recording: hostile.json, {text}: a }}]\n"),
        format!(
            "runbook: race-condition\ntests: [{{ recording: hostile.json, verdict: {text} }}]\n"
        ),
        format!(
            "runbook: race-condition\ntests: [{{ recording: hostile.json, verdict: push-failed, level: {text} }}]\n"
        ),
        format!(
            "runbook: race-condition\ntests: [{{ recording: hostile.json, verdict: healthy, holds: {{ {text}: [{text}] }}, later: {text} }}]\n"
        ),
        format!(
            "runbook: race-condition\ntests: [{{ recording: hostile.json, verdict: healthy, failed_at: {text} }}]\n"
        ),
        format!(
            "runbook: race-condition\ntests: [{{ recording: hostile.json, verdict: push-failed, holds_not: {{ push-failed: [{text}] }}, holds: {{ {text}: [{text}] }} }}]\n"
        ),
    ] {
        environment.write("work/suite.yaml", &suite);
        let finished = environment.lxcdiag(&["test", "suite.yaml"]);
        assert_ne!(finished.status, Some(0), "{finished}");
        assert_harmless(&finished);
    }
}

#[test]
fn no_file_name_acts_on_the_terminal() {
    let environment = Environment::new();
    let name = format!("{HOSTILE}\n::error::forged.yaml");
    let good =
        "runbook: good\ntitle: a\nchecks: [{ id: a, title: a, run: [uname], pass: exit == 0 }]\n";
    let script = "pct push 958 units/ /etc/systemd/system/\n";
    for text in [good, "runbook: bad\n", "tests: []\n", script] {
        environment.write(&format!("runbooks/{name}"), text);
        environment.write(&format!("work/{name}"), text);
        let directory = environment.path("runbooks");
        let directory = directory.to_str().unwrap();
        let missing = format!("{name}.missing");
        for arguments in [
            &["list", "--runbooks", directory][..],
            &["test", directory],
            &["validate", &name],
            &["show", &format!("./{name}")],
            &["judge", &name, &missing],
            &["diff", &name, &missing],
            &["test", &name, &missing],
            &["audit", &name],
            &["audit", "--patch", &name],
            &[
                "run",
                "race-condition",
                "--ct",
                "958",
                "--demo",
                "--output",
                &format!("{name}/a.md"),
            ],
            &["run", "race-condition", "--ct", "958", "--log", &missing],
            &["sweep", "health", "--ct", "958", "--waivers", &name],
        ] {
            let finished = environment.as_root(arguments);
            assert_harmless(&finished);
            // No name begins a line of its own.
            let all = format!("{}\n{}", finished.stdout, finished.stderr);
            let is_forged = |line: &str| line.trim_start().starts_with("::error::");
            assert!(!all.lines().any(is_forged), "{arguments:?} {finished}");
        }
    }
}
