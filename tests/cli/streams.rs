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

const RUN: [&str; 4] = ["run", "./up.yaml", "--ct", "958"];

#[test]
fn a_report_that_cannot_be_written_is_on_stdout_all_the_same() {
    let environment = environment();
    let more = [
        "--output",
        "none/a.json",
        "--output",
        "b.json",
        "--record",
        "c.json",
    ];
    let finished = environment.as_root(&[&RUN[..], &more].concat());
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(finished.stdout.contains("HEALTHY"), "{finished}");
    assert!(
        finished.stderr.contains("cannot write none/a.json: "),
        "{finished}"
    );
    // What could be written was.
    assert!(environment.path("work/b.json").exists());
    assert!(environment.path("work/c.json").exists());
}

#[test]
fn a_recording_that_cannot_be_written_is_told() {
    let environment = environment();
    let finished = environment.as_root(&[&RUN[..], &["--record", "none/c.json"]].concat());
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(finished.stdout.contains("HEALTHY"));
    assert!(
        finished.stderr.contains("cannot write none/c.json: "),
        "{finished}"
    );
}

/// Every command that prints, with a reader of stdout, of stderr, that has gone away.
#[test]
fn a_reader_that_goes_away_is_nobodys_fault() {
    let environment = environment();
    let commands: [&[&str]; 7] = [
        &["--help"],
        &["list"],
        &["show", "race-condition"],
        &["validate", "up.yaml"],
        &["run", "./up.yaml", "--ct", "958", "--dry-run"],
        &["run", "./up.yaml", "--ct", "958"],
        &["run", "./up.yaml", "--ct", "958", "--var", "x"],
    ];
    for arguments in commands {
        let mut command = environment.command_as_root(arguments);
        let (stdout, gone) = std::io::pipe().map(|(read, write)| (write, read)).unwrap();
        drop(gone);
        command.stdout(stdout);
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
        let expected = if arguments.contains(&"--var") { 64 } else { 0 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{arguments:?}: {stderr}"
        );

        let mut command = environment.command_as_root(arguments);
        let (stderr, gone) = std::io::pipe().map(|(read, write)| (write, read)).unwrap();
        drop(gone);
        command.stderr(stderr).env("LXCDIAG_LOG", "trace");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_under_stdout_is_told() {
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
fn a_log_filter_that_is_none_hides_no_warning() {
    let environment = environment();
    environment.write("host/etc/pve/nodes/pve1/lxc/958.conf", "lock: backup\n");
    let stderr = |filter: &str| {
        let mut command = environment.command_as_root(&RUN);
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
        assert!(stderr.contains("is locked: backup"), "{filter}: {stderr}");
    }
    for filter in ["", "warn", "DEBUG", "trace"] {
        let stderr = stderr(filter);
        assert!(!stderr.contains("LXCDIAG_LOG"), "{filter}: {stderr}");
        assert!(stderr.contains("is locked: backup"), "{filter}: {stderr}");
    }
    assert_eq!(stderr("error"), "");
}
