use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::fixture::{Run, runbook};
use crate::report::Layout;

/// A report as JSON, with these in place of its own.
fn side(changed: &[(&str, Value)]) -> Side {
    let runbook = runbook(
        "runbook: test
title: A test
checks:
  - { id: up, title: Is it up, run: [up], pass: exit == 0, facts: { match: '^(?<state>\\w+) (?<at>\\S+)' }, show: '{{ stdout }}' }
",
    );
    let report = Run::new(&runbook)
        .exits("up", 0, "active 2026-01-02T03:04:05.000000Z\n", "")
        .report();
    let mut json = serde_json::to_value(report).unwrap();
    for (pointer, value) in changed {
        *json.pointer_mut(pointer).unwrap() = value.clone();
    }
    serde_json::from_value(json).unwrap()
}

fn changes(a: &[(&str, Value)], b: &[(&str, Value)]) -> Vec<String> {
    let diff = compare(("a", &side(a)), ("b", &side(b)));
    let value = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    let line = |change: &Change| {
        let (a, b) = (value(&change.a), value(&change.b));
        format!("{} {}: {a} {b}", change.kind.word(), change.name)
    };
    diff.changes.iter().map(line).collect()
}

#[test]
fn equal_reports_do_not_differ() {
    assert_eq!(changes(&[], &[]), [""; 0]);
    // Nor do values that differ between any two runs.
    let later = [
        ("/started_at", json!("2027-01-02T03:04:05.000000Z")),
        ("/checks/0/duration_ms", json!(77.5)),
        ("/checks/0/started_at", json!(null)),
        (
            "/checks/0/observed",
            json!("active 2027-01-02T03:04:05.000000Z"),
        ),
        ("/verdict/summary", json!("after 2 s")),
        ("/command_line", json!(["lxcdiag"])),
    ];
    assert_eq!(changes(&[], &later), [""; 0]);
}

#[test]
fn each_difference_is_listed_once_the_most_important_first() {
    let b = [
        ("/checks/0/facts/state", json!("failed")),
        ("/checks/0/facts/at", json!("2026-01-02T03:04:06.000000Z")),
        ("/checks/0/observed", json!("failed, and more")),
        ("/checks/0/outcome", json!("failed")),
        ("/target/ct", json!(959)),
        ("/target/os", json!("Debian")),
        ("/verdict/id", json!("inconclusive")),
        ("/vars", json!({ "unit": "a.service" })),
        ("/runbook/sha256", json!("0")),
        ("/read_only", json!(true)),
    ];
    let sha256 = "0123456789abcdef".repeat(4);
    assert_eq!(
        changes(&[], &b),
        [
            "verdict id: \"healthy\" \"inconclusive\"".to_owned(),
            "target ct: 958 959".to_owned(),
            "target os: - \"Debian\"".to_owned(),
            "run read_only: false true".to_owned(),
            format!("run runbook sha256: \"{sha256}\" \"0\""),
            "var unit: - \"a.service\"".to_owned(),
            "outcome up: \"passed\" \"failed\"".to_owned(),
            "fact up.state: \"active\" \"failed\"".to_owned(),
            "time up.at: \"2026-01-02T03:04:05.000000Z\" \"2026-01-02T03:04:06.000000Z\""
                .to_owned(),
        ]
    );
}

#[test]
fn an_observation_is_compared_if_no_fact_differs() {
    let b = [("/checks/0/observed", json!("7 lines"))];
    let a = "\"active 2026-01-02T03:04:05.000000Z\\n\"";
    assert_eq!(changes(&[], &b), [format!("observed up: {a} \"7 lines\"")]);
}

#[test]
fn a_time_that_only_one_report_has_is_a_fact() {
    let none = [("/checks/0/facts", json!({ "state": "active" }))];
    let at = "\"2026-01-02T03:04:05.000000Z\"";
    assert_eq!(changes(&none, &[]), [format!("fact up.at: - {at}")]);
    let task = |upid: &str| [("/checks/0/facts/state", json!([upid]))];
    let (a, b) = (task("UPID:pve1:1"), task("UPID:pve1:2"));
    assert_eq!(
        changes(&a, &b),
        ["time up.state: [\"UPID:pve1:1\"] [\"UPID:pve1:2\"]"]
    );
}

/// Each run numbers its own secrets: equal numbers may be different secrets, and different numbers the same.
#[test]
fn differences_between_secrets_are_unknown() {
    let with = |number: u32, state: &str| {
        let token = |class: &str| format!("[redacted:{class}:{number}]");
        [
            (
                "/vars",
                json!({ "db_password": token("password"), "unit": "a.service" }),
            ),
            (
                "/changed",
                json!([format!("login --token {}", token("token"))]),
            ),
            (
                "/checks/0/facts/state",
                json!([format!("{state}={}", token("secret"))]),
            ),
            ("/checks/0/observed", json!("active")),
        ]
    };
    let diff = |a: &[(&str, Value)], b: &[(&str, Value)]| {
        let diff = compare(("a", &side(a)), ("b", &side(b)));
        let names: Vec<_> = diff
            .secrets
            .iter()
            .map(|it| format!("{} {}", it.kind.word(), it.name))
            .collect();
        (names.join(", "), render(&diff, Layout::default()))
    };
    for number in [1, 2] {
        assert_eq!(changes(&with(1, "env"), &with(number, "env")), [""; 0]);
        let (names, text) = diff(&with(1, "env"), &with(number, "env"));
        assert_eq!(names, "run changed, var db_password, fact up.state");
        assert!(
            text.ends_with(
                "\n\nNo differences, except possibly in secrets.\n\n\
                 Secrets that may differ (3): run changed, var db_password, fact up.state\n"
            ),
            "{text}"
        );
    }
    assert_eq!(
        changes(&with(1, "env"), &with(2, "arg")),
        [r#"fact up.state: ["env=[redacted:secret]"] ["arg=[redacted:secret]"]"#]
    );
    let plain = [("/vars", json!({ "db_password": "", "unit": "a.service" }))];
    let token = [(
        "/vars",
        json!({ "db_password": "[redacted:password:1]", "unit": "a.service" }),
    )];
    assert_eq!(
        changes(&plain, &token),
        [r#"var db_password: "" "[redacted:password]""#]
    );
}

proptest! {
    /// No text acts on the terminal.
    #[test]
    fn hostile_text_is_visible(text in any::<String>(), width in 60_u16..200) {
        let text = format!("\u{1b}[2J\u{202e}{text}\u{7f}\r\n");
        let b = [
            ("/checks/0/facts/state", json!(text)),
            ("/target/os", json!(text)),
            ("/vars", json!({ text.clone(): text })),
            ("/verdict/id", json!(text)),
        ];
        let diff = compare((&text, &side(&[])), (&text, &side(&b)));
        let layout = Layout { width, colour: false };
        for line in render(&diff, layout).lines() {
            prop_assert_eq!(visible_line(line), line);
        }
    }
}

fn visible_line(line: &str) -> String {
    crate::terminal_text::visible(line)
}
