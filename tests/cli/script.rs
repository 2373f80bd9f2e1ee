//! `run --script` and `judge --script`: the audit of the provisioning script as evidence.

use serde_json::Value;

use crate::environment::Environment;

const DIRECTORY_PUSH: &str = "\
#!/bin/bash
UNIT=embedding_server
pct push 958 units/ /etc/systemd/system/
pct exec 958 -- systemctl enable \"$UNIT\"
";

fn recording(name: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/tests/recordings");
    format!("{directory}/{name}.json")
}

fn judged(script: &str, recording_name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let environment = Environment::new();
    environment.write("work/provision.sh", script);
    let text = std::fs::read_to_string(recording(recording_name)).unwrap();
    let mut recorded: Value = serde_json::from_str(&text).unwrap();
    change(&mut recorded);
    environment.write("work/recording.json", &recorded.to_string());
    let command = [
        "judge",
        "--script",
        "provision.sh",
        "--format",
        "json",
        "recording.json",
    ];
    serde_json::from_str(&environment.lxcdiag(&command).stdout).unwrap()
}

/// What the evidence on a hypothesis is, from the script.
fn from_script(report: &Value, hypothesis: &str) -> Vec<(String, bool)> {
    let hypotheses = report["hypotheses"].as_array().unwrap();
    let one = hypotheses.iter().find(|one| one["id"] == hypothesis);
    let evidence = one.unwrap()["evidence"].as_array().unwrap();
    let says = |it: &Value| it["says"].as_str().unwrap().starts_with("provision.sh:");
    evidence
        .iter()
        .filter(|it| says(it))
        .map(|it| {
            let effect = it["effect"].as_str().unwrap().to_owned();
            (effect, it["holds"] == true)
        })
        .collect()
}

fn rules(report: &Value) -> Vec<(String, String)> {
    let findings = report["script"].as_array().unwrap();
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|it| (text(&it["rule"]), text(&it["at"])))
        .collect()
}

fn pair(rule: &str, at: &str) -> (String, String) {
    (rule.to_owned(), at.to_owned())
}

/// The unit is given, and the task log of the host cannot be read.
fn without_task_log(recording: &mut Value) {
    let defaulted = recording["defaulted"].as_array_mut().unwrap();
    defaulted.retain(|name| name != "unit");
    let attempts = recording["attempts"].as_array_mut().unwrap();
    for attempt in attempts.iter_mut().filter(|it| it["check"] == "pushes") {
        attempt["found"] = Value::Array(Vec::new());
        attempt["ending"] = serde_json::json!({ "errored": "cannot read the task log" });
    }
}

#[test]
fn a_faulty_push_in_the_script_explains_a_missing_file() {
    let report = judged(DIRECTORY_PUSH, "directory-push-252", without_task_log);
    assert_eq!(rules(&report)[0], pair("push-directory", "provision.sh:3"));
    let supports = ("supports".to_owned(), true);
    assert!(from_script(&report, "push-failed").contains(&supports));
    let weakens = ("weakens".to_owned(), true);
    assert!(from_script(&report, "race-condition").contains(&weakens));
    let push_failed = report["hypotheses"].as_array().unwrap();
    let push_failed = push_failed.iter().find(|it| it["id"] == "push-failed");
    assert_eq!(push_failed.unwrap()["verdict"], "likely");
}

#[test]
fn the_script_does_not_outweigh_the_container() {
    let judge = |script| judged(script, "directory-push-252", |_| {})["verdict"].clone();
    // The task log of the host shows the failed push, whatever the script says.
    for script in [DIRECTORY_PUSH, "echo\n"] {
        let verdict = judge(script);
        assert_eq!(verdict["id"], "push-failed");
        assert_eq!(verdict["level"], "confirmed");
    }
    let report = judged(DIRECTORY_PUSH, "healthy-252", |_| {});
    assert_eq!(report["verdict"]["id"], "healthy");
    assert!(!report["script"].as_array().unwrap().is_empty());
}

#[test]
fn findings_about_another_container_or_another_unit_are_not_evidence() {
    let other_container = DIRECTORY_PUSH.replace("958", "959");
    let report = judged(&other_container, "directory-push-252", |_| {});
    assert_eq!(report["script"].as_array().unwrap().len(), 0);
    let other_unit = "\
pct push 958 other.service /etc/systemd/system/
pct push 958 embedding_server.service /etc/systemd/system/
pct push 958 readme.txt /opt/
";
    let report = judged(other_unit, "directory-push-252", |_| {});
    assert_eq!(rules(&report), [pair("push-directory", "provision.sh:2")]);
    // A container or a unit that only the script's caller knows may be this one.
    let unknown = "pct push \"$1\" \"$2\" /etc/systemd/system/\n";
    let report = judged(unknown, "directory-push-252", |_| {});
    assert_eq!(rules(&report), [pair("push-directory", "provision.sh:1")]);
}

#[test]
fn a_run_keeps_the_findings_in_its_recording() {
    let environment = Environment::new();
    environment.write("work/provision.sh", DIRECTORY_PUSH);
    let run = [
        "run",
        "race-condition",
        "--ct",
        "958",
        "--demo",
        "--script",
        "provision.sh",
        "--record",
        "recording.json",
    ];
    let finished = environment.lxcdiag(&run);
    assert!(
        finished.stdout.contains("Script:") && finished.stdout.contains("provision.sh:3"),
        "{finished}"
    );
    for format in ["markdown", "html", "json"] {
        let judge = ["judge", "recording.json", "--format", format];
        let finished = environment.lxcdiag(&judge);
        assert!(
            finished.stdout.contains("provision.sh:3")
                && finished.stdout.contains("push-directory"),
            "{finished}"
        );
    }
    let missing = ["run", "race-condition", "--demo", "--script", "missing.sh"];
    let finished = environment.lxcdiag(&missing);
    assert_eq!(finished.status, Some(64), "{finished}");
}
