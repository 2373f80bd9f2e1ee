//! A whole run: the report and the recording.

use std::collections::BTreeMap;

use super::with_patterns;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::provision_log::{FailureKind, LoggedFailure, Owner, Place};
use crate::evidence::recording::{Ending, Output, Recording};
use crate::fixture::{Run, runbook};
use crate::judge::judge;
use crate::redact;
use crate::report::Report;
use crate::runbook::Runbook;

/// A runbook whose report shows the secret in every field, and identifies it only once.
pub(super) fn everywhere() -> Runbook {
    runbook(
        "runbook: test
title: A test
vars:
  db_password: { about: the database's password }
  unit: { default: hunter2.service, about: the unit }
checks:
  - id: env
    title: Environment
    run: [cat, env]
    facts: { match: ['^DB_PASSWORD=(?<value>.*)$', '^MODE=(?<mode>.*)$'] }
    events: [{ at: started_at, what: 'set to {{ value }}' }]
    show: 'it is {{ value }}'
  - id: told
    title: What it says
    run: [cat, told]
    each: json
    facts: { types: { n: int } }
  - { id: each, title: Each, for_each: told.text, needs: [told], run: [echo, '{{ item }}'], pass: exit == 1 }
  - { id: task, title: Tasks, host: tasks }
hypotheses:
  - id: leaky
    title: It leaks
    about: It says {{ env.value }}.
    evidence:
      - { if: \"env.mode == 'fast'\", then: confirms, says: 'the password is {{ env.value }}' }
    remedy: Change {{ env.value }}.
    overturned_by: 'another one than {{ env.value }}'
",
    )
}

const SECRET: &str = "hunter2/x";

pub(super) fn recording(runbook: &Runbook) -> Recording {
    let mut run = Run::new(runbook)
        .exits(
            "env",
            0,
            "DB_PASSWORD=hunter2/x\nMODE=fast\n",
            "warning: hunter2/x is weak\n",
        )
        .exits(
            "told",
            0,
            "{\"text\":\"hunter2/x\",\"n\":7,\"hunter2/x\":1}\n",
            "",
        )
        .item("each", SECRET, 0, "hunter2/x\n")
        .looked(
            "task",
            vec![Facts::from([(
                "text".to_owned(),
                Fact::Text("unable to push hunter2/x".to_owned()),
            )])],
        )
        .changed_before(&["set", "--password", "other-1"], -20.0, -19.0);
    let recording = &mut run.recording;
    recording.attempts[0].argv = ["serve", "--password", "other-1"]
        .map(str::to_owned)
        .to_vec();
    recording
        .vars
        .insert("db_password".to_owned(), "third-1".to_owned());
    recording
        .command_line
        .extend(["--var", "db_password=third-1"].map(str::to_owned));
    recording.cut_short = Some("hunter2/x came".to_owned());
    recording.target.os = Some("Debian hunter2/x".to_owned());
    recording.log = Some(vec![LoggedFailure {
        at: None,
        kind: FailureKind::Unit,
        text: "Failed to enable unit hunter2/x".to_owned(),
        owner: Owner::default(),
        later_runs: None,
        units: vec!["Failed to enable unit hunter2/x".to_owned()],
        place: Some(Place {
            call: None,
            file: "hunter2/x.log".to_owned(),
            line: Some(1),
        }),
        zone_assumed: false,
        container_assumed: false,
    }]);
    run.recording
}

fn redacted(runbook: &Runbook, mut recording: Recording) -> (Report, Recording) {
    let diagnosis = judge(runbook, &recording);
    let report = redact::report(runbook, "00", &mut recording, &diagnosis);
    (report, recording)
}

#[test]
fn a_secret_is_removed_from_the_whole_report_and_recording() {
    let runbook = everywhere();
    let exact = recording(&runbook);
    let before = Report::new(&runbook, "00", &exact, &judge(&runbook, &exact));
    let (report, recording) = redacted(&runbook, exact);
    let before = serde_json::to_string(&before).unwrap();
    for secret in [SECRET, "other-1", "third-1"] {
        assert!(before.contains(secret), "{secret} is not in the report");
        for text in [
            serde_json::to_string(&report).unwrap(),
            serde_json::to_string(&recording).unwrap(),
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert_eq!(
        report.vars["unit"], "hunter2.service",
        "the name of the unit is not a secret"
    );
    assert_eq!(report.checks[0].facts["value"], "[redacted:password:3]");
    assert_eq!(report.checks[1].facts["n"][0], 7);
    assert_eq!(
        report.checks[0].stdout_bytes, 32,
        "the number of bytes that the command wrote"
    );
    assert_eq!(report.verdict.kind.id(), "leaky");
    assert_eq!(
        report.hypotheses[0].evidence[0].says,
        "the password is [redacted:password:3]"
    );
}

#[test]
fn the_report_lists_what_was_removed_where() {
    let runbook = everywhere();
    let (report, _) = redacted(&runbook, recording(&runbook));
    let rows: BTreeMap<_, _> = report
        .redacted
        .unwrap()
        .into_iter()
        .map(|row| (row.place, (row.class, row.count)))
        .collect();
    for place in [
        "command_line[6]",
        "target.os",
        "cut_short",
        "vars.db_password",
        "checks[env].argv[2]",
        "checks[env].stdout",
        "checks[env].stderr",
        "checks[env].observed",
        "checks[env].facts.value",
        "checks[told].facts.text[0]",
        "checks[each[[redacted:password:3]]].id",
        "checks[task].facts.text[0]",
        "timeline[0].what",
        "hypotheses[leaky].about",
        "hypotheses[leaky].evidence[0].says",
        "hypotheses[leaky].remedy",
        "hypotheses[leaky].overturned_by",
        "verdict.summary",
        "verdict.remedy",
    ] {
        assert_eq!(
            rows.get(place),
            Some(&("password".to_owned(), 1)),
            "{place}: {rows:#?}"
        );
    }
}

#[test]
fn a_redacted_recording_gives_the_same_redacted_report() {
    let runbook = everywhere();
    let (report, recording) = redacted(&runbook, recording(&runbook));
    let text = serde_json::to_string(&recording).unwrap();
    let read: Recording = serde_json::from_str(&text).unwrap();
    let (again, recording_again) = redacted(&runbook, read);
    assert_eq!(recording_again, recording);
    assert_eq!(
        serde_json::to_string(&again).unwrap(),
        serde_json::to_string(&report).unwrap()
    );
}

#[test]
fn nothing_removed_differs_from_not_redacted() {
    let runbook = with_patterns("");
    let exact = Run::new(&runbook)
        .exits("look", 0, "MODE=fast\n", "")
        .recording;
    let (report, recording) = redacted(&runbook, exact.clone());
    assert_eq!(recording, exact);
    assert_eq!(report.redacted, Some(Vec::new()));
    let diagnosis = judge(&runbook, &exact);
    assert_eq!(
        Report::new(&runbook, "00", &exact, &diagnosis).redacted,
        None
    );
}

#[test]
fn partial_lines_at_a_dropped_middle_are_removed() {
    let runbook = with_patterns("");
    let mut exact = Run::new(&runbook).exits("look", 0, "", "").recording;
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    for (head, tail) in [
        ("MODE=fast\nDB_PASSWORD=hunter", "2-correct\nLEVEL=info\n"),
        (
            "MODE=fast\nsk",
            &*format!("-{}\nLEVEL=info\n", "Ab3dE5gH".repeat(6)),
        ),
        ("MODE=fast\nDB_PASS", "WORD=hunter2-correct\nLEVEL=info\n"),
        (
            &*format!(
                "MODE=fast\n-----BEGIN {}-----\n{body}\nMIIEvQ",
                "PRIVATE KEY"
            ),
            &*format!(
                "IBAD\n{body}\n-----END {}-----\nLEVEL=info\n",
                "PRIVATE KEY"
            ),
        ),
    ] {
        exact.attempts[0].stdout = Output {
            head: head.into(),
            dropped: 100,
            tail: tail.into(),
            written: None,
        };
        let written = exact.attempts[0].stdout.total_bytes();
        let (report, recording) = redacted(&runbook, exact.clone());
        let output = &recording.attempts[0].stdout;
        assert_eq!(output.total_bytes(), written);
        let text = output.text();
        assert!(
            text.starts_with("MODE=fast\n") && text.ends_with("\nLEVEL=info\n"),
            "{text}"
        );
        for part in ["hunter", "correct", "gH", "MIIE", "IBAD", "Us8c"] {
            assert!(!text.contains(part), "{text}");
        }
        assert_eq!(report.checks[0].stdout, text);
        assert_eq!(redacted(&runbook, recording.clone()).1, recording);
    }
}

#[test]
fn a_partial_line_is_removed_up_to_a_blank_or_four_kibibytes() {
    let runbook = with_patterns("");
    let mut exact = Run::new(&runbook).exits("look", 0, "", "").recording;
    exact.attempts[0].stdout = Output {
        head: "a b ".repeat(2000).into(),
        dropped: 1,
        tail: vec![b'x'; 5000],
        written: None,
    };
    let (_, recording) = redacted(&runbook, exact);
    let output = &recording.attempts[0].stdout;
    assert_eq!((output.head.len(), output.tail.len()), (8000, 904));
    assert_eq!((output.dropped, output.total_bytes()), (4097, 13001));
}

#[test]
fn invalid_utf_8_is_kept() {
    let runbook = with_patterns("");
    let mut exact = Run::new(&runbook).exits("look", 0, "", "").recording;
    exact.attempts[0].stderr.head = b"\xff\xfe DB_PASSWORD=hunter2\xff\n\xc3\x28\n".to_vec();
    let (_, recording) = redacted(&runbook, exact);
    let output = &recording.attempts[0].stderr;
    assert_eq!(
        output.head,
        b"\xff\xfe DB_PASSWORD=[redacted:password:1]\n\xc3\x28\n"
    );
    assert_eq!(output.written, Some(27));
}

#[test]
fn the_runbooks_text_loses_only_secrets_found_elsewhere() {
    let text = "runbook: test
title: A test
vars: { db_password: { default: hunter2/x, about: 'such as password=fast' } }
checks:
  - { id: look, title: Look, run: [grep, 'token=abc', hunter2/x], pass: exit == 0 }
";
    let runbook = runbook(text);
    let mut exact = Run::new(&runbook).exits("look", 0, "", "").recording;
    exact.runbook.text = text.to_owned();
    let (_, recording) = redacted(&runbook, exact.clone());
    let expected = text.replace("hunter2/x", "\"[redacted:password:1]\"");
    assert_eq!(recording.runbook.text, expected);
    assert!(recording.runbook.redacted);
    assert_eq!(recording.runbook.sha256, exact.runbook.sha256);
    self::runbook(&recording.runbook.text);
}

#[test]
fn a_runbooks_patterns_are_applied() {
    let runbook = with_patterns(r"redact: ['\bLIC-\d+', 'serial (?<serial_number>\S+) of']");
    let exact = Run::new(&runbook)
        .exits("look", 0, "LIC-77, serial A1 of 9, LIC-8", "")
        .recording;
    let (report, _) = redacted(&runbook, exact);
    assert_eq!(
        report.checks[0].stdout,
        "[redacted:runbook:1], serial [redacted:serial-number:1] of 9, [redacted:runbook:2]"
    );
}

#[test]
fn reasons_are_redacted() {
    let runbook = with_patterns("");
    let exact = Run::new(&runbook)
        .ends(
            "look",
            Ending::Errored("no answer: password=hunter2".to_owned()),
            "",
            "",
        )
        .recording;
    let (report, recording) = redacted(&runbook, exact);
    assert!(
        report.checks[0]
            .reason
            .ends_with("password=[redacted:password:1]"),
        "{}",
        report.checks[0].reason
    );
    assert_eq!(
        recording.attempts[0].ending,
        Ending::Errored("no answer: password=[redacted:password:1]".to_owned())
    );
}

#[test]
fn the_value_of_another_var_is_removed_only_beside_a_telling_name() {
    let runbook = everywhere();
    let exact = Run::new(&runbook)
        .exits(
            "env",
            0,
            "DB_PASSWORD=hunter2.service\n",
            "hunter2.service failed\n",
        )
        .recording;
    let (report, _) = redacted(&runbook, exact);
    assert_eq!(
        report.checks[0].stdout,
        "DB_PASSWORD=[redacted:password:1]\n"
    );
    assert_eq!(report.checks[0].stderr, "hunter2.service failed\n");
    assert_eq!(report.vars["unit"], "hunter2.service");
}
