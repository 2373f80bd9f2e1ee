//! Recordings of format 1, as lxcdiag 0.1.0 wrote them: every later version judges them the same, with the runbook that
//! each of them carries.

use serde_json::{Value, json};

use crate::environment::Environment;

struct Judged {
    name: &'static str,
    status: i32,
    verdict: &'static str,
    race: Option<&'static str>,
    /// The checks that did not pass, with their outcomes and severities.
    checks: &'static str,
    /// The evidence that holds.
    evidence: &'static [&'static str],
}

const JUDGED: [Judged; 3] = [
    Judged {
        name: "late-push",
        status: 1,
        verdict: "race-condition likely",
        race: Some("likely"),
        checks: "source_file skipped, is_enabled failed",
        evidence: &[
            "race-condition supports",
            "systemd-not-ready weakens",
            "push-failed weakens",
            "not-systemd rules_out",
            "file-missing rules_out",
        ],
    },
    Judged {
        name: "directory-push",
        status: 2,
        verdict: "push-failed confirmed",
        race: Some("ruled_out"),
        checks: "stamp failed, unit_dir failed, unit_file failed, sum failed, source_file skipped, load failed, \
                 unit_files failed, is_enabled failed, verify failed, counterfactual failed, enable failed",
        evidence: &[
            "race-condition rules_out",
            "partial-write rules_out",
            "systemd-not-ready rules_out",
            "systemd-not-ready weakens",
            "push-failed confirms",
            "not-systemd rules_out",
            "file-missing confirms",
            "file-missing supports",
        ],
    },
    Judged {
        name: "health-failing",
        status: 2,
        verdict: "units-failed confirmed",
        race: None,
        checks: "units failed critical, restarts failed warning, errors failed warning",
        evidence: &[
            "units-failed confirms",
            "restarts supports",
            "errors-logged supports",
        ],
    },
];

fn recording(name: &str) -> Value {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings-of-format-1");
    let text = std::fs::read_to_string(format!("{directory}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The report on a recording, and the exit status that comes with it.
fn judge(recording: &Value) -> (Option<i32>, Value) {
    let environment = Environment::new();
    let runbook = recording["runbook"]["text"].as_str().unwrap();
    environment.write("work/carried.yaml", runbook);
    environment.write("work/old.json", &recording.to_string());
    let arguments = [
        "judge",
        "old.json",
        "--runbook",
        "./carried.yaml",
        "--format",
        "json",
    ];
    let finished = environment.lxcdiag(&arguments);
    assert_eq!(finished.stderr, "");
    (
        finished.status,
        serde_json::from_str(&finished.stdout).unwrap(),
    )
}

fn words(value: &Value, keys: &[&str]) -> String {
    let words: Vec<_> = keys.iter().filter_map(|key| value[key].as_str()).collect();
    words.join(" ")
}

#[test]
fn they_are_judged_the_same() {
    for judged in JUDGED {
        let (status, report) = judge(&recording(judged.name));
        assert_eq!(status, Some(judged.status), "{}", judged.name);
        assert_eq!(words(&report["verdict"], &["id", "level"]), judged.verdict);
        assert_eq!(report["verdict"]["race"].as_str(), judged.race);
        let checks = report["checks"].as_array().unwrap().iter();
        let checks: Vec<_> = checks
            .filter(|check| check["outcome"] != "passed")
            .map(|check| words(check, &["id", "outcome", "severity"]))
            .collect();
        assert_eq!(checks.join(", "), judged.checks);
        let mut evidence = Vec::new();
        for hypothesis in report["hypotheses"].as_array().unwrap() {
            let pieces = hypothesis["evidence"].as_array().unwrap().iter();
            let id = words(hypothesis, &["id"]);
            let holds = pieces.filter(|piece| piece["holds"] == true);
            evidence.extend(holds.map(|piece| format!("{id} {}", words(piece, &["effect"]))));
        }
        assert_eq!(evidence, judged.evidence);
    }
}

/// Puts a field that no version knows into every object, and takes out every field that is null. Vars, facts and the
/// ending of an attempt are not objects with fixed fields.
fn altered(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(altered).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let mut fields: serde_json::Map<_, _> = fields
                .map(|(key, value)| match key.as_str() {
                    "vars" | "found" | "ending" => (key.clone(), value.clone()),
                    _ => (key.clone(), altered(value)),
                })
                .collect();
            fields.insert("of_a_later_version".to_owned(), json!({ "x": [1] }));
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

#[test]
fn unknown_fields_and_missing_optional_ones_change_nothing() {
    for judged in JUDGED {
        let recording = recording(judged.name);
        assert_eq!(
            judge(&altered(&recording)),
            judge(&recording),
            "{}",
            judged.name
        );
    }
}

/// The message names the format, so that the user knows which version to look for.
#[test]
fn a_later_format_is_refused() {
    let environment = Environment::new();
    let mut recording = recording("late-push");
    recording["schema"] = json!("lxcdiag.recording/2");
    environment.write("work/later.json", &recording.to_string());
    let finished = environment.lxcdiag(&["judge", "later.json"]);
    assert_eq!(finished.status, Some(65));
    for format in ["lxcdiag.recording/2", "lxcdiag.recording/1"] {
        assert!(finished.stderr.contains(format), "{finished}");
    }
}
