//! No secret leaves, whatever it is asked for in.

use lxcdiag::recording::{Attempt, Ending, Output, Recording};

use crate::environment::Environment;

const SECRETS: [&str; 5] = [
    "hunter2/x",
    "correct horse",
    "pw-77-z",
    "t0ken-9",
    "l1cence-5",
];

const RUNBOOK: &str = "runbook: leaky
title: A runbook
vars:
  token: { default: none, about: a token }
  unit: { default: a.service, about: the unit }
checks:
  - id: env
    title: Environment
    run: [cat, work.env]
    facts: { match: '^DB_PASSWORD=(?<value>.*)$' }
    show: it is {{ value }}
  - { id: unit_file, title: Unit, run: [cat, '{{ unit }}'], pass: exit == 0 }
  - { id: use, title: Use it, run: [echo, --token, '{{ token }}'], changes: true, pass: exit == 0 }
hypotheses:
  - id: weak
    title: It is weak
    about: The password is {{ env.value }}.
    evidence: [{ if: env.passed, then: confirms, says: '{{ env.value }} is weak' }]
    remedy: Change {{ env.value }}.
redact: ['licence (?<licence>\\S+)']
";

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/leaky.yaml", RUNBOOK);
    environment.write(
        "work/work.env",
        "DB_PASSWORD=hunter2/x\nMODE=fast\nlicence l1cence-5\n",
    );
    environment.write(
        "work/a.service",
        "[Service]\nEnvironment=\"A_SECRET=correct horse\" MODE=fast\nExecStart=serve --db redis://:pw-77-z@cache/0\n",
    );
    // As the client is started in /, the container's files are given by their paths.
    let here = |name: &str| environment.path("work").join(name).display().to_string();
    let runbook = RUNBOOK
        .replace("cat, work.env", &format!("cat, {}", here("work.env")))
        .replace(
            "default: a.service",
            &format!("default: {}", here("a.service")),
        );
    environment.write("work/leaky.yaml", &runbook);
    environment
}

const RUN: [&str; 6] = [
    "run",
    "./leaky.yaml",
    "--ct",
    "958",
    "--var",
    "token=t0ken-9",
];

/// Everything that a run leaves behind, by name.
fn left(environment: &Environment, more: &[&str]) -> Option<Vec<(String, String)>> {
    let files = ["report.txt", "report.json", "recording.json"];
    let outputs = [
        "--output", files[0], "--output", files[1], "--record", files[2],
    ];
    let finished = environment.as_root(&[&RUN[..], &outputs, more].concat())?;
    assert_eq!(finished.status, Some(2), "{finished}");
    let mut left = vec![
        ("stdout".to_owned(), finished.stdout),
        ("stderr".to_owned(), finished.stderr),
    ];
    left.extend(files.map(|name| (name.to_owned(), environment.read(&format!("work/{name}")))));
    Some(left)
}

#[test]
fn no_secret_of_a_run_leaves() {
    let environment = environment();
    let Some(left) = left(&environment, &[]) else {
        return;
    };
    for (name, text) in &left {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{name} has {secret}:\n{text}");
        }
    }
    let (_, stdout) = &left[0];
    assert!(stdout.contains("it is [redacted:password:"), "{stdout}");
    assert!(stdout.contains("\n  redacted:  "), "{stdout}");
    let report: serde_json::Value = serde_json::from_str(&left[3].1).unwrap();
    let output = report["checks"][0]["stdout"].as_str().unwrap();
    assert!(
        output.ends_with("\nMODE=fast\nlicence [redacted:licence:1]\n"),
        "{output}"
    );
    assert_eq!(
        report["checks"][0]["stdout_bytes"], 50,
        "as many as there were"
    );
    let unit = report["checks"][1]["stdout"].as_str().unwrap();
    assert!(
        unit.contains("MODE=fast\nExecStart=serve --db redis://:[redacted:password:"),
        "{unit}"
    );

    // What was recorded comes to the same, and has nothing more to lose.
    for more in [&[][..], &["--no-redact"]] {
        let arguments = [
            &["judge", "recording.json", "--runbook", "./leaky.yaml"],
            more,
        ]
        .concat();
        let judged = environment.lxcdiag(&arguments);
        assert_eq!(judged.status, Some(2), "{judged}");
        for secret in SECRETS {
            assert!(!judged.stdout.contains(secret), "{judged}");
        }
    }

    // The recording that lxcdiag keeps for itself is exact, and does not leave.
    let kept = std::fs::read_dir(environment.path("state/lxcdiag/runs/958")).unwrap();
    let kept: Vec<_> = kept
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(
        SECRETS.iter().all(|secret| kept[0].contains(secret)),
        "{}",
        kept[0]
    );
}

#[test]
fn secrets_stay_where_that_is_asked_for() {
    let environment = environment();
    let Some(left) = left(&environment, &["--no-redact"]) else {
        return;
    };
    for (name, text) in left.iter().filter(|(name, _)| name.ends_with(".json")) {
        for secret in SECRETS {
            assert!(text.contains(secret), "{name} lacks {secret}:\n{text}");
        }
    }
    let report: serde_json::Value = serde_json::from_str(&left[3].1).unwrap();
    assert_eq!(report["redacted"], serde_json::Value::Null);
}

#[test]
fn commands_are_shown_without_the_secrets_of_vars() {
    let environment = environment();
    let arguments = [&RUN[..], &["--dry-run"]].concat();
    let finished = environment.lxcdiag(&arguments);
    assert!(
        finished
            .stdout
            .contains("use: echo --token [redacted:token:1] "),
        "{finished}"
    );
    let finished = environment.lxcdiag(&[&arguments[..], &["--no-redact"]].concat());
    assert!(
        finished.stdout.contains("use: echo --token t0ken-9 "),
        "{finished}"
    );
}

/// A recording made elsewhere, by an lxcdiag that did not redact.
#[test]
fn a_recording_with_secrets_is_judged_without_them() {
    let environment = environment();
    let path = format!(
        "{}/runbooks/tests/recordings/late-push-252.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut recording: Recording = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = "DB_PASSWORD=hunter2/x\n{\"MESSAGE\":\"{\\\"secret\\\":\\\"correct horse\\\"}\"}\n\
                redis://:pw-77-z@cache/0\n--token t0ken-9\npassword: l1cence-5\n";
    recording.attempts.push(Attempt {
        stdout: Output {
            head: text.into(),
            ..Output::default()
        },
        stderr: Output {
            head: "hunter2/x\n".into(),
            dropped: 9,
            tail: "\npw-77-z".into(),
            written: None,
        },
        ending: Ending::Exited(0),
        ..recording.attempts[0].clone()
    });
    recording
        .command_line
        .extend(["--var".to_owned(), "token=t0ken-9".to_owned()]);
    recording.cut_short = Some("at hunter2/x".to_owned());
    environment.write(
        "work/secrets.json",
        &serde_json::to_string(&recording).unwrap(),
    );
    for format in ["table", "json"] {
        let finished = environment.lxcdiag(&[
            "judge",
            "secrets.json",
            "--format",
            format,
            "--output",
            "a.json",
            "--output",
            "a.txt",
        ]);
        let left = [
            finished.stdout.clone(),
            finished.stderr.clone(),
            environment.read("work/a.json"),
            environment.read("work/a.txt"),
        ];
        for secret in SECRETS {
            assert!(
                left.iter().all(|text| !text.contains(secret)),
                "{secret}: {finished}"
            );
        }
    }
}
