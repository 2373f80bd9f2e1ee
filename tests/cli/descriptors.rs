//! The caller's open file descriptors stay with lxcdiag.

use crate::environment::Environment;

/// Held by the caller: a directory, a file to write to, and numbers with gaps between them.
const HELD: &str = "3<. 4>held 9</";

/// Lists the descriptors that `pct` was started with, then runs the command here. `ls` itself opens the next free one
/// to read the directory.
const PCT: &str = "ls /proc/self/fd >\"${0%/bin/pct}/inherited\"\n\
    while [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n";
const STREAMS_AND_OF_LS: &str = "0\n1\n2\n3\n";

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write_pct(PCT);
    environment.write(
        "work/open.yaml",
        "runbook: open\ntitle: Open\nchecks:\n  \
         - { id: open, title: Open, run: [ls, /proc/self/fd], pass: exit == 0 }\n",
    );
    environment
}

/// What a command that a check runs has inherited, from the report written to `path`.
fn seen_by_the_check(environment: &Environment, path: &str) -> String {
    let report: serde_json::Value = serde_json::from_str(&environment.read(path)).unwrap();
    report["checks"][0]["stdout"].as_str().unwrap().to_owned()
}

#[test]
fn run_passes_on_only_the_standard_streams() {
    let environment = environment();
    let run = ["run", "./open.yaml", "--ct", "958", "--output", "r.json"];
    let command = environment.command_as_root(&run);
    let finished = environment.finished(environment.redirected(&command, HELD));
    assert_eq!(finished.status, Some(0), "{finished}");
    assert_eq!(environment.read("inherited"), STREAMS_AND_OF_LS);
    assert_eq!(
        seen_by_the_check(&environment, "work/r.json"),
        STREAMS_AND_OF_LS
    );
}

#[test]
fn sweep_passes_on_only_the_standard_streams() {
    let environment = environment();
    let sweep = ["sweep", "./open.yaml", "--ct", "958"];
    let command = environment.command_as_root(&sweep);
    let finished = environment.finished(environment.redirected(&command, HELD));
    assert_eq!(finished.status, Some(0), "{finished}");
    assert_eq!(environment.read("inherited"), STREAMS_AND_OF_LS);
}

#[test]
fn a_file_that_the_caller_has_open_can_be_named_by_its_descriptor() {
    let environment = environment();
    environment.write("work/deploy.log", "2026-01-02T03:04:05Z all is well\n");
    let run = [
        "run",
        "./open.yaml",
        "--ct",
        "958",
        "--log",
        "/dev/fd/7",
        "--record",
        "/dev/fd/8",
    ];
    let command = environment.command_as_root(&run);
    let finished = environment.finished(environment.redirected(&command, "7<deploy.log 8>r.json"));
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(!finished.stderr.contains("cannot"), "{finished}");
    assert!(environment.read("work/r.json").contains("\"argv\""));
}

/// Running out of descriptors in the middle of a run would look like faults of the container.
#[test]
fn a_limit_of_open_files_is_raised_or_refused() {
    let environment = Environment::new();
    let demo = |limit: &str| {
        let script = format!(
            "ulimit {limit}; exec {} run race-condition --demo",
            crate::environment::LXCDIAG
        );
        environment.finished(environment.command_of("sh", &["-c", &script]))
    };
    let raised = demo("-Sn 10");
    assert_eq!(raised.status, Some(1), "{raised}");
    let refused = demo("-n 10");
    assert_eq!(refused.status, Some(69), "{refused}");
    assert_eq!(
        refused.stderr,
        "lxcdiag: cannot start: only 10 files may be open\nhint: raise the limit: ulimit -n 1024\n"
    );
}

/// The main thread's stack is as large as the caller allows.
#[test]
fn a_small_stack_of_the_caller_is_enough() {
    let environment = Environment::new();
    let script = format!(
        "ulimit -s 128; exec {} run race-condition --demo",
        crate::environment::LXCDIAG
    );
    let finished = environment.finished(environment.command_of("sh", &["-c", &script]));
    assert_eq!(finished.status, Some(1), "{finished}");
}
