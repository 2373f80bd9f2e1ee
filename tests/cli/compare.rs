//! `diff`: what differs between two recordings or reports.

use insta::assert_snapshot;

use crate::environment::{Environment, Finished};

fn recording(name: &str) -> String {
    format!(
        "{}/runbooks/tests/recordings/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    )
}

fn diff(a: &str, b: &str) -> Finished {
    let environment = Environment::new();
    for name in [a, b] {
        let copy = environment.path(&format!("work/{name}.json"));
        std::fs::copy(recording(name), copy).unwrap();
    }
    let (a, b) = (format!("{a}.json"), format!("{b}.json"));
    let mut command = environment.command(&["diff", &a, &b]);
    command.env("COLUMNS", "110");
    environment.finished(command)
}

#[test]
fn the_differences_since_it_worked() {
    assert_snapshot!(diff("healthy-252", "late-push-252"));
}

#[test]
fn two_containers() {
    assert_snapshot!(diff("late-push-252", "late-push-257"));
}

#[test]
fn a_recording_and_the_report_on_it_are_the_same() {
    let environment = Environment::new();
    let recording = recording("directory-push-252");
    let report = environment.lxcdiag(&["judge", &recording, "--output", "report.json"]);
    assert_eq!(report.status, Some(2), "{report}");
    for other in [recording.as_str(), "report.json"] {
        let finished = environment.lxcdiag(&["diff", &recording, other]);
        assert_eq!(finished.status, Some(0), "{finished}");
        assert!(
            finished.stdout.ends_with("\n\nNo differences.\n"),
            "{finished}"
        );
        let finished = environment.lxcdiag(&["diff", "--format", "json", &recording, other]);
        assert_eq!(finished.status, Some(0), "{finished}");
        let diff: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(diff["changes"], serde_json::json!([]));
    }
}

#[test]
fn a_file_that_is_neither_is_refused() {
    let environment = Environment::new();
    environment.write("work/text.json", "no JSON");
    environment.write("work/other.json", "{\"schema\": \"\\u001b[2Jx/1\"}");
    environment.write(
        "work/torn.json",
        "{\"schema\": \"lxcdiag.report/1\", \"vars\": 7}",
    );
    for (file, expected) in [
        (
            "text.json",
            "cannot read text.json: neither a recording nor a JSON report: expected ident",
        ),
        ("other.json", "the schema is \\x1b[2Jx/1"),
        (
            "torn.json",
            "neither a recording nor a JSON report: invalid type",
        ),
        (
            "none.json",
            "cannot read none.json: No such file or directory",
        ),
    ] {
        let finished = environment.lxcdiag(&["diff", &recording("healthy-252"), file]);
        assert_eq!(finished.status, Some(65), "{finished}");
        assert!(finished.stderr.contains(expected), "{expected}: {finished}");
        assert_eq!(finished.stdout, "");
    }
}
