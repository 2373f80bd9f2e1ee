//! `judge`, `test` and `run --demo`: recordings, without any container.

use crate::environment::Environment;
use crate::environment::schema::assert_valid;

fn repository(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_recorded_incident_gets_its_verdict() {
    let finished = Environment::new().lxcdiag(&["test", &repository("runbooks/tests")]);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(
        finished
            .stdout
            .contains("late-push-247.json, 9h later: race-condition")
    );
    let last = finished.stdout.lines().last().unwrap();
    let (passed, failed) = last.split_once(" passed, ").unwrap();
    assert!(passed.parse::<u32>().unwrap() > 200, "{last}");
    assert_eq!(failed, "0 failed");
}

#[test]
fn an_unexpected_verdict_fails_with_the_difference() {
    let environment = Environment::new();
    let recording = repository("runbooks/tests/recordings/directory-push-252.json");
    environment.write(
        "work/wrong.yaml",
        &format!(
            "runbook: race-condition
tests:
  - recording: {recording}
    verdict: race-condition
    level: likely
    race: likely
    holds: {{ push-failed: [no such words] }}
    holds_not: {{ file-missing: [not-found] }}
"
        ),
    );
    let finished = environment.lxcdiag(&["test", "wrong.yaml"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    for expected in [
        "verdict: push-failed (expected race-condition)",
        "level: confirmed (expected likely)",
        "race: unlikely (expected likely)",
        "push-failed: no evidence that holds contains \"no such words\"; evidence that holds:",
        "file-missing: evidence that holds contains \"not-found\":",
        "0 passed, 1 failed",
    ] {
        assert!(finished.stdout.contains(expected), "{expected}\n{finished}");
    }
}

#[test]
fn a_recording_is_judged_with_the_exit_status_of_a_run() {
    let environment = Environment::new();
    for (name, status, banner) in [
        ("late-push-257", 1, "LIKELY: Race condition"),
        ("directory-push-247", 2, "CONFIRMED: The push failed"),
        ("healthy-252", 0, "HEALTHY"),
        ("no-sh-252", 3, "INCONCLUSIVE"),
    ] {
        let path = repository(&format!("runbooks/tests/recordings/{name}.json"));
        let finished = environment.lxcdiag(&["judge", &path]);
        assert_eq!(finished.status, Some(status), "{finished}");
        assert!(finished.stdout.contains(banner), "{finished}");
    }
}

#[test]
fn a_file_that_is_not_a_recording_is_refused() {
    let environment = Environment::new();
    environment.write("work/empty.json", "");
    environment.write("work/report.json", "{\"schema\": \"lxcdiag.report/1\"}");
    for (file, expected) in [
        ("empty.json", "cannot read empty.json: not a recording: EOF"),
        (
            "report.json",
            "cannot read report.json: not a recording: missing field",
        ),
        (
            "none.json",
            "cannot read none.json: No such file or directory",
        ),
        (".", "cannot read .: it is a directory, not a file"),
    ] {
        let finished = environment.lxcdiag(&["judge", file]);
        assert_eq!(finished.status, Some(65), "{finished}");
        assert!(finished.stderr.contains(expected), "{finished}");
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn a_recording_that_cannot_be_read_does_not_cost_the_others_their_verdict() {
    let environment = Environment::new();
    environment.write("work/torn.json", "{ torn");
    let late = repository("runbooks/tests/recordings/late-push-252.json");
    let push = repository("runbooks/tests/recordings/directory-push-252.json");
    let finished = environment.lxcdiag(&["judge", &late, "torn.json", &push]);
    assert_eq!(finished.status, Some(65), "{finished}");
    assert!(
        finished.stdout.contains("LIKELY: Race condition"),
        "{finished}"
    );
    assert!(finished.stdout.contains("(push-failed)"), "{finished}");
    assert!(
        finished.stderr.contains("cannot read torn.json"),
        "{finished}"
    );
}

/// A suite is read as strictly as a runbook, and as bounded.
#[test]
fn a_mistake_in_a_suite_is_reported_with_its_place() {
    let environment = Environment::new();
    let deep = "[".repeat(100_000);
    for (text, message) in [
        (
            "runbook: race-condition\ntests:\n - recordin: x\n",
            "suite.yaml:3:4: tests[0].recordin: unknown key `recordin`\nhint: did you mean `recording`?",
        ),
        (
            deep.as_str(),
            "suite.yaml:1:256: invalid YAML: nested too deeply\nhint: reduce the nesting",
        ),
    ] {
        environment.write("work/suite.yaml", text);
        let finished = environment.lxcdiag(&["test", "suite.yaml"]);
        assert_eq!(finished.status, Some(65), "{finished}");
        assert_eq!(finished.stderr, format!("lxcdiag: {message}\n"));
    }
}

/// As a sweep does: a confirmed fault counts more than a state that is unknown.
#[test]
fn the_worst_of_several_verdicts_decides_the_exit_status() {
    let environment = Environment::new();
    let push = repository("runbooks/tests/recordings/directory-push-252.json");
    let late = repository("runbooks/tests/recordings/late-push-252.json");
    let healthy = repository("runbooks/tests/recordings/healthy-252.json");
    // Without its attempts nothing can be known.
    let mut unknown: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&late).unwrap()).unwrap();
    unknown["attempts"] = serde_json::json!([]);
    environment.write("work/unknown.json", &unknown.to_string());
    let status = |files: &[&str]| {
        let finished = environment.lxcdiag(&[&["judge"], files].concat());
        finished.status.unwrap()
    };
    assert_eq!(status(&["unknown.json"]), 3);
    assert_eq!(status(&[&push, "unknown.json"]), 2);
    assert_eq!(status(&["unknown.json", &late]), 1);
    assert_eq!(status(&["unknown.json", &healthy]), 3);
    assert_eq!(status(&[&healthy, &late]), 1);
}

/// Its author would not expect the runbook inside the recording to be used in its place.
#[test]
fn a_current_runbook_that_is_not_valid_is_an_error() {
    let environment = Environment::new();
    environment.write(
        "config/lxcdiag/runbooks/race-condition.yaml",
        "runbook: race-condition\ntitle: [\n",
    );
    let late = repository("runbooks/tests/recordings/late-push-252.json");
    let finished = environment.lxcdiag(&["judge", &late]);
    assert_eq!(finished.status, Some(65), "{finished}");
    assert_eq!(finished.stdout, "");
    assert!(
        finished.stderr.contains("race-condition.yaml:"),
        "{finished}"
    );
}

#[test]
fn each_demonstration_says_that_it_is_one() {
    let environment = Environment::new();
    for (demo, status, banner) in [
        ("--demo", 1, "LIKELY: Race condition"),
        ("--demo=late-push", 1, "LIKELY: Race condition"),
        ("--demo=directory-push", 2, "CONFIRMED: The push failed"),
        ("--demo=healthy", 0, "HEALTHY"),
    ] {
        let finished = environment.lxcdiag(&["run", "race-condition", "--ct", "958", demo]);
        assert_eq!(finished.status, Some(status), "{finished}");
        assert!(finished.stdout.starts_with("DEMONSTRATION: "), "{finished}");
        assert!(finished.stdout.contains(banner), "{finished}");
        // Every question of today's runbook has an answer in the recording.
        assert!(
            !finished.stdout.contains("played back has no answer"),
            "{finished}"
        );
    }
    let finished = environment.lxcdiag(&["run", "race-condition", "--ct", "958", "--demo=late"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert!(finished.stderr.contains("late-push"), "{finished}");
}

#[test]
fn a_report_for_a_browser_is_one_file() {
    let environment = Environment::new();
    let demo = ["run", "race-condition", "--ct", "958", "--demo"];
    let finished = environment.lxcdiag(&[&demo[..], &["--output", "report.html"]].concat());
    assert_eq!(finished.status, Some(1), "{finished}");
    let file = environment.read("work/report.html");
    assert!(file.starts_with("<!doctype html>\n"), "{file}");
    assert!(file.contains("This looks like a race condition."));
    assert!(file.ends_with("</html>\n"));
    let path = repository("runbooks/tests/recordings/healthy-252.json");
    let finished = environment.lxcdiag(&["judge", &path, "--format", "html"]);
    assert_eq!(finished.status, Some(0));
    assert!(finished.stdout.starts_with("<!doctype html>\n"));
    assert!(finished.stdout.ends_with("</html>\n"));
}

#[test]
fn a_failure_in_the_future_is_refused() {
    let environment = Environment::new();
    let run = |extra: &[&str]| {
        let words = ["run", "race-condition", "--ct", "958", "--demo"];
        environment.lxcdiag(&[&words[..], extra].concat())
    };
    let finished = run(&["--failed-at", "2199-01-02T03:04:05Z"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert_eq!(finished.stdout, "");
    assert!(
        finished.stderr.contains(
            "the time of the failure is in the future: 2199-01-02T03:04:05.000000Z (--failed-at)"
        ),
        "{finished}"
    );

    let failure = "Failed to enable unit: Unit file embedding_server.service does not exist.";
    let log = format!("2199-01-02 03:04:05 one\n2199-01-02 03:04:06 {failure}\n");
    environment.write("work/provision.log", &log);
    let finished = run(&["--log", "provision.log"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert!(finished.stderr.contains("(provision.log:2)"), "{finished}");
    assert!(
        finished
            .stderr
            .contains("hint: give the time zone of the log with --log-zone")
    );
}

#[test]
fn a_time_zone_that_the_log_does_not_show_is_assumed_and_the_report_says_so() {
    let environment = Environment::new();
    let failure = "Failed to enable unit: Unit file embedding_server.service does not exist.";
    environment.write(
        "work/provision.log",
        &format!("2026-01-02 05:04:05 {failure}\n"),
    );
    let run = |extra: &[&str]| {
        let words = [
            "run",
            "race-condition",
            "--ct",
            "958",
            "--demo",
            "--log",
            "provision.log",
        ];
        environment.lxcdiag(&[&words[..], extra].concat())
    };
    let finished = run(&[]);
    assert!(finished.stdout.contains("time zone assumed"), "{finished}");
    assert!(
        finished.stderr.contains("assuming that of this host"),
        "{finished}"
    );
    let report = |extra: &[&str]| -> serde_json::Value {
        serde_json::from_str(&run(&[&["--format", "json"], extra].concat()).stdout).unwrap()
    };
    let assumed = report(&[]);
    assert_eq!(assumed["log_zone_assumed"], true);
    assert_eq!(assumed["failed_at_source"], "provision.log:1");

    for (zone, utc) in [("+02:00", "03:04:05"), ("America/New_York", "10:04:05")] {
        let given = report(&["--log-zone", zone]);
        assert_eq!(given["failed_at"], format!("2026-01-02T{utc}.000000Z"));
        assert_eq!(given["log_zone_assumed"], serde_json::Value::Null);
    }
    let finished = run(&["--log-zone", "Mars/Olympus"]);
    assert_eq!(finished.status, Some(64), "{finished}");
}

#[test]
fn the_time_of_the_failure_turns_likely_into_confirmed() {
    let environment = Environment::new();
    let run = |extra: &[&str]| {
        let mut words = vec!["run", "race-condition", "--ct", "958", "--demo"];
        words.extend(extra);
        environment.lxcdiag(&words)
    };
    let json = run(&["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let reload = report["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .find(|moment| moment["what"] == "systemd: Reloading.")
        .unwrap();
    let moment = reload["at"].as_str().unwrap();

    let finished = run(&["--failed-at", moment]);
    assert!(
        finished.stdout.contains("CONFIRMED: Race condition"),
        "{finished}"
    );

    // A line is written up to a second after the command failed.
    let second = jiff::SignedDuration::from_secs(1);
    let logged = moment.parse::<jiff::Timestamp>().unwrap() + second;
    environment.write(
        "work/provision.log",
        &format!(
            "{logged} [ct 958] Failed to enable unit: Unit file embedding_server.service does not exist.\n"
        ),
    );
    let files = ["report.html", "report.md", "report.xml"];
    let outputs = files.map(|file| ["--output", file]).concat();
    let finished = run(&[&["--log", "provision.log"], &outputs[..]].concat());
    for file in files {
        let report = environment.read(&format!("work/{file}"));
        assert!(report.contains("provision.log:1"), "{file}: {report}");
    }
    assert!(
        finished.stdout.contains("CONFIRMED: Race condition"),
        "{finished}"
    );
    assert!(environment.read("work/report.md").contains("--log"));
    assert!(
        finished.stdout.contains(" UTC (provision.log:1)"),
        "{finished}"
    );

    // A log that names no container may be that of another one.
    environment.write(
        "work/unnamed.log",
        &format!(
            "{logged} Failed to enable unit: Unit file embedding_server.service does not exist.\n"
        ),
    );
    let finished = run(&["--log", "unnamed.log"]);
    assert!(
        finished.stdout.contains("LIKELY: Race condition"),
        "{finished}"
    );

    environment.write("work/other.log", "all is well\n");
    let finished = run(&["--log", "other.log"]);
    assert!(
        finished.stdout.contains("LIKELY: Race condition"),
        "{finished}"
    );
    assert!(
        finished
            .stderr
            .contains("other.log: no known systemctl failure found"),
        "{finished}"
    );
}

#[test]
fn a_log_in_which_another_container_failed_leaves_this_one_healthy() {
    let environment = Environment::new();
    let run = |log: &str| {
        environment.write("work/provision.log", log);
        let words = ["run", "race-condition", "--ct", "958", "--demo=healthy"];
        environment.lxcdiag(&[&words[..], &["--log", "provision.log"]].concat())
    };
    let log = "2020-01-01T00:00:00Z [ct 957] Failed to connect to bus: No such file or directory\n";
    let finished = run(log);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(finished.stdout.contains("HEALTHY"), "{finished}");
    assert!(!finished.stdout.contains("Failed to connect"), "{finished}");
    assert!(
        finished.stderr.contains(
            "provision.log: the failures in the provisioning log are from other containers: the \
             time of the failure is unknown"
        ),
        "{finished}"
    );
    let finished = run(&log.replace("957", "958"));
    assert_eq!(finished.status, Some(2), "{finished}");
    assert!(
        finished
            .stdout
            .contains("CONFIRMED: systemd was not up yet"),
        "{finished}"
    );
}

/// Whatever a test prints as JSON is checked; this makes sure that it is something.
#[test]
fn the_schemas_describe_every_report() {
    let recordings = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/tests/recordings");
    let files: Vec<_> = std::fs::read_dir(recordings)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    let mut arguments = vec!["judge", "--format", "json"];
    arguments.extend(files.iter().map(String::as_str));
    let finished = Environment::new().lxcdiag(&arguments);
    assert_eq!(assert_valid(&finished.stdout), files.len());
}

#[test]
fn the_program_prints_its_schemas() {
    for name in [
        "audit", "doctor", "history", "list", "report", "show", "sweep", "test", "trace",
        "validate",
    ] {
        let finished = Environment::new().lxcdiag(&["schema", name]);
        let schema: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        let of = format!("lxcdiag.{name}/1");
        assert_eq!(schema["properties"]["schema"]["const"], of, "{finished}");
    }
}
