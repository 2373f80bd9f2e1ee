//! Where the report goes, and what is said where it cannot.

use std::process::Stdio;

use crate::environment::Environment;

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write(
        "work/up.yaml",
        "runbook: up\ntitle: x\nchecks:\n  - { id: up, title: Is it up, run: ['true'], pass: exit == 0 }\n",
    );
    environment
}

fn repository(path: &str) -> String {
    format!("{}/runbooks/tests/{path}", env!("CARGO_MANIFEST_DIR"))
}

const RUN: [&str; 4] = ["run", "./up.yaml", "--ct", "958"];

/// A full disk shows only when the file is written.
#[test]
fn a_report_that_cannot_be_written_does_not_prevent_other_output() {
    let environment = environment();
    std::os::unix::fs::symlink("/dev/full", environment.path("work/full.json")).unwrap();
    let more = [
        "--output",
        "full.json",
        "--output",
        "b.json",
        "--record",
        "c.json",
    ];
    let finished = environment.as_root(&[&RUN[..], &more].concat());
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(finished.stdout.contains("HEALTHY"), "{finished}");
    assert!(
        finished.stderr.contains("cannot write full.json: "),
        "{finished}"
    );
    assert!(environment.path("work/b.json").exists());
    assert!(environment.path("work/c.json").exists());
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_container_is_changed() {
    let environment = environment();
    let ran = environment.path("work/ran");
    environment.write(
        "work/change.yaml",
        &format!(
            "runbook: change\ntitle: Change\nchecks:\n  - {{ id: touch, title: Touch, run: [touch, '{}'], changes: true, \
             pass: exit == 0 }}\n",
            ran.display()
        ),
    );
    for option in ["--output", "--record", "--bundle"] {
        let file = match option {
            "--bundle" => "none/a.tar.gz",
            _ => "none/a.json",
        };
        let arguments = [
            "run",
            "./change.yaml",
            "--ct",
            "958",
            "--allow-changes",
            option,
            file,
        ];
        let finished = environment.as_root(&arguments);
        assert_eq!(finished.status, Some(73), "{finished}");
        assert_eq!(finished.stdout, "");
        let message = format!("cannot write {file}: ");
        assert!(finished.stderr.contains(&message), "{finished}");
        assert!(!ran.exists(), "{option}");
    }
}

#[test]
fn a_closed_stdout_or_stderr_changes_no_exit_status() {
    let environment = environment();
    let late = &repository("recordings/late-push-252.json");
    let healthy = &repository("recordings/healthy-252.json");
    let suite = &repository("unit-failed.yaml");
    let commands: [(&[&str], i32); 11] = [
        (&["--help"], 0),
        (&["list"], 0),
        (&["show", "race-condition"], 0),
        (&["validate", "up.yaml"], 0),
        (&["judge", late, healthy], 1),
        (&["diff", late, healthy], 1),
        (&["test", suite], 0),
        (&["run", "./up.yaml", "--ct", "958", "--dry-run"], 0),
        (&["run", "./up.yaml", "--ct", "958"], 0),
        (&["run", "./up.yaml", "--ct", "958", "--var", "x"], 64),
        (&["sweep", "./up.yaml", "--all"], 0),
    ];
    for (arguments, status) in commands {
        let closed = || std::io::pipe().map(|(_, write)| write).unwrap();
        let mut command = environment.command_as_root(arguments);
        let output = command.stdout(closed()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {stderr}"
        );
        assert!(status == 64 || stderr.is_empty(), "{arguments:?}: {stderr}");

        let mut command = environment.command_as_root(arguments);
        command.stderr(closed()).env("LXCDIAG_LOG", "trace");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn what_a_file_contains_cannot_act_on_the_terminal_or_leak() {
    let environment = environment();
    let hostile = r"\u001b]0;owned\u0007\u202e DB_PASSWORD=hunter2/x";
    let recording = format!("{{\"schema\": \"{hostile}\"}}");
    environment.write("work/a.json", &recording);
    let text = std::fs::read_to_string(repository("recordings/healthy-252.json")).unwrap();
    let recording = text.replacen("\"looked\"", &format!("\"{hostile}\""), 1);
    assert_ne!(recording, text);
    environment.write("work/b.json", &recording);
    environment.write(
        "work/c.yaml",
        &format!("runbook: race-condition\ntests: [{{ recording: \"{hostile}\", verdict: x }}]\n"),
    );
    environment.write("work/d.yaml", &format!("runbook: \"{hostile}\"\n"));
    for arguments in [
        &["judge", "a.json"][..],
        &["judge", "b.json"],
        &["diff", "a.json", "b.json"],
        &["test", "c.yaml"],
        &["validate", "d.yaml"],
    ] {
        let finished = environment.lxcdiag(arguments);
        assert_eq!(finished.status, Some(65), "{finished}");
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!finished.stderr.contains(acts), "{:?}", finished.stderr);
        assert!(!finished.stderr.contains("hunter2"), "{finished}");
    }
}

#[test]
fn a_full_disk_under_stdout_is_reported() {
    let environment = environment();
    for arguments in [&["list"][..], &RUN] {
        let mut command = environment.command_as_root(arguments);
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        command.stdout(Stdio::from(full));
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(73), "{stderr}");
        assert!(stderr.contains("cannot write stdout: "), "{stderr}");
    }
}

#[test]
fn an_invalid_log_filter_hides_no_warning() {
    let environment = environment();
    environment.write("work/provision.log", "all is well\n");
    let stderr = |filter: &str| {
        let arguments = [&RUN[..], &["--log", "provision.log"]].concat();
        let mut command = environment.command_as_root(&arguments);
        command.env("LXCDIAG_LOG", filter);
        let finished = environment.finished(command);
        assert_eq!(finished.status, Some(0), "{finished}");
        finished.stderr
    };
    for filter in ["nonsense", "=,=", "lxcdiag=debug", "verbose,debug"] {
        let stderr = stderr(filter);
        assert!(
            stderr.contains("LXCDIAG_LOG is not understood"),
            "{filter}: {stderr}"
        );
        assert!(
            stderr.contains("no known systemctl failure"),
            "{filter}: {stderr}"
        );
    }
    for filter in ["", "warn", "DEBUG", "trace"] {
        let stderr = stderr(filter);
        assert!(!stderr.contains("LXCDIAG_LOG"), "{filter}: {stderr}");
        assert!(
            stderr.contains("no known systemctl failure"),
            "{filter}: {stderr}"
        );
    }
    assert_eq!(stderr("error"), "");
}
