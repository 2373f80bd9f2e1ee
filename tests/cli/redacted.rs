//! No output of any kind contains a secret.

use lxcdiag::evidence::recording::{Attempt, Ending, Output, Recording};

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
    // The client runs in /, so the files of the container are given by absolute paths.
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

const RUN: [&str; 7] = [
    "run",
    "./leaky.yaml",
    "--ct",
    "958",
    "--allow-changes",
    "--var",
    "token=t0ken-9",
];

/// Every file of a report, the recording, and the contents of a bundle.
const FILES: [&str; 6] = [
    "report.txt",
    "report.json",
    "recording.json",
    "report.md",
    "report.html",
    "report.xml",
];

/// Everything that a run writes, by name.
fn written(environment: &Environment, more: &[&str]) -> Vec<(String, String)> {
    let mut outputs = vec!["--record", FILES[2], "--bundle", "all.tar.gz"];
    for file in FILES.iter().filter(|file| file.starts_with("report")) {
        outputs.extend(["--output", file]);
    }
    let finished = environment.as_root(&[&RUN[..], &outputs, more].concat());
    assert_eq!(finished.status, Some(2), "{finished}");
    let mut written = vec![
        ("stdout".to_owned(), finished.stdout),
        ("stderr".to_owned(), finished.stderr),
    ];
    written.extend(FILES.map(|name| (name.to_owned(), environment.read(&format!("work/{name}")))));
    let unpacked = std::process::Command::new("tar")
        .args(["-xzOf", "all.tar.gz"])
        .current_dir(environment.path("work"))
        .output()
        .unwrap();
    assert!(unpacked.status.success());
    let text = String::from_utf8(unpacked.stdout).unwrap();
    assert!(text.contains("lxcdiag.bundle/1"), "{text}");
    written.push(("bundle".to_owned(), text));
    written
}

#[test]
fn no_file_of_a_run_contains_a_secret() {
    let environment = environment();
    let written = written(&environment, &[]);
    for (name, text) in &written {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{name} has {secret}:\n{text}");
        }
    }
    let (_, stdout) = &written[2];
    assert!(stdout.contains("it is [redacted:password:"), "{stdout}");
    assert!(stdout.contains("\n  redacted:    "), "{stdout}");
    let report: serde_json::Value = serde_json::from_str(&written[3].1).unwrap();
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

    // Judging the recording gives the same result, and there is nothing more to redact.
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

    // The ledger's recording is exact.
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

/// An example of each class, as units, environments, command lines and logs show it: the line, and the secret in it.
/// They are assembled here, so that secret scanners do not report this repository.
fn one_of_each_class() -> Vec<(String, String)> {
    let letters = |length: usize| -> String {
        "Zb3dE5gH1jK7mN9pQ2sT4vW6xY8c"
            .chars()
            .cycle()
            .take(length)
            .collect()
    };
    let shaped = |before: &str, prefix: &str, length: usize| {
        let secret = format!("{prefix}{}", letters(length));
        (format!("{before}{secret}"), secret)
    };
    let beside = |before: &str, secret: &str| (format!("{before}{secret}"), secret.to_owned());
    let base64 = letters(64);
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{base64}\n-----END RSA PRIVATE KEY-----");
    vec![
        beside("Environment=DB_PASSWORD=", "hunter2-one"),
        beside(
            "Environment=\"MODE=fast\" \"API_TOKEN=two words ",
            "written-2\"",
        ),
        beside("SECRET_KEY=", "s3cret-three"),
        beside("ExecStart=/bin/serve --password ", "p4ss-four"),
        beside("ExecStart=/bin/serve --api-key=", "k5y-five"),
        beside("api_key: ", "k6y-six"),
        beside("{\"client_secret\": \"", "s7cret-seven"),
        beside("SetCredential=db:", "cr8dential"),
        (
            "postgres://app:p9ss-nine@db/app".to_owned(),
            "p9ss-nine".to_owned(),
        ),
        beside("Authorization: Bearer ", "b10-Bearer.ten"),
        beside("Authorization: Basic ", "YXBwOnAxMS1lbGV2ZW4="),
        beside("Cookie: session=", "c12-twelve"),
        beside(
            "PVEAPIToken=root@pam!ci=",
            "0f7a1c52-8d1e-4c3b-9a57-1b2c3d4e5f60",
        ),
        (pem, base64),
        shaped("key ", "AKIA", 0),
        shaped("", "ghp_", 36),
        shaped("", "glpat-", 20),
        shaped("", "xoxb-123456789012-1234567890123-", 24),
        shaped("", "sk-proj-", 64),
        shaped("", "sk-ant-api03-", 80),
        shaped("", "hf_", 34),
        shaped("", "AIza", 35),
        shaped("", "sk_live_", 24),
        shaped("", "npm_", 36),
        shaped("", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", 43),
        shaped("root:", "$6$saltsalt$", 86),
    ]
    .into_iter()
    .map(|(line, secret)| match secret.as_str() {
        "AKIA" => (
            format!("{line}ABCDEFGH234567QR"),
            format!("{secret}ABCDEFGH234567QR"),
        ),
        _ => (line, secret),
    })
    .collect()
}

#[test]
fn a_secret_of_every_class_is_removed_from_every_file() {
    let environment = environment();
    let examples = one_of_each_class();
    let mut printed = String::from("DB_PASSWORD=hunter2/x\n");
    for (line, _) in &examples {
        printed.push_str(line);
        printed.push('\n');
    }
    environment.write("work/work.env", &printed);
    environment.write("work/a.service", &printed);
    let exact = written(&environment, &["--no-redact"]);
    let written = written(&environment, &[]);
    let (_, recording) = &exact[4];
    for (_, secret) in &examples {
        let secret = secret.trim_end_matches('"');
        assert!(recording.contains(secret), "{secret} was not collected");
        for (name, text) in &written {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
}

#[test]
fn no_redact_keeps_secrets() {
    let environment = environment();
    let written = written(&environment, &["--no-redact"]);
    for (name, text) in written.iter().filter(|(name, _)| name.ends_with(".json")) {
        for secret in SECRETS {
            assert!(text.contains(secret), "{name} lacks {secret}:\n{text}");
        }
    }
    let report: serde_json::Value = serde_json::from_str(&written[3].1).unwrap();
    assert_eq!(report["redacted"], serde_json::Value::Null);
}

#[test]
fn a_dry_run_hides_secret_vars() {
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

/// A recording made by a version of lxcdiag that did not redact.
#[test]
fn judge_redacts_a_recording_with_secrets() {
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
        let written = [
            finished.stdout.clone(),
            finished.stderr.clone(),
            environment.read("work/a.json"),
            environment.read("work/a.txt"),
        ];
        for secret in SECRETS {
            assert!(
                written.iter().all(|text| !text.contains(secret)),
                "{secret}: {finished}"
            );
        }
    }
}
