//! `lxcdiag trace`: the traced command notices nothing, and the trace has every call.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::environment::{Environment, LXCDIAG};
use crate::wait::{wait_for, wait_until};

const PUSH_FAILED: &str = "failed to create file: /etc/systemd/system/: Is a directory";
const ENABLE_FAILED: &str =
    "Failed to enable unit: Unit file embedding_server.service does not exist.";

/// An environment whose `pct` is this script.
fn with_pct(script: &str) -> Environment {
    let environment = Environment::new();
    environment.write_pct(script);
    std::fs::create_dir(environment.path("tmp")).unwrap();
    environment
}

/// A shell script, with `pct` on its PATH and these words before it.
fn command(environment: &Environment, before: &[&str], script: &str) -> Command {
    let mut command = match before {
        [] => environment.command_of("bash", &["-c", script]),
        // A job in the background of a script ignores some signals.
        _ => environment.command_of(
            "env",
            &[
                &["--default-signal", LXCDIAG],
                before,
                &["bash", "-c", script],
            ]
            .concat(),
        ),
    };
    let path = format!("{}:/usr/bin:/bin", environment.path("bin").display());
    command
        .env("PATH", path)
        .env("TMPDIR", environment.path("tmp"));
    command
}

fn traced(environment: &Environment, options: &[&str], script: &str) -> Output {
    let before = [&["trace", "--output", "trace.json"], options, &["--"]].concat();
    let output = command(environment, &before, script).output().unwrap();
    assert_nothing_left(environment);
    output
}

fn trace(environment: &Environment) -> Value {
    serde_json::from_str(&environment.read("work/trace.json")).unwrap()
}

fn calls(environment: &Environment) -> Vec<Value> {
    let trace = trace(environment);
    trace["runs"][0]["calls"].as_array().unwrap().clone()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn assert_nothing_left(environment: &Environment) {
    let left: Vec<_> = std::fs::read_dir(environment.path("tmp"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Starts a traced script that sleeps in `pct`, and waits until it does.
fn sleeping(environment: &Environment, script: &str) -> (Child, String) {
    let before = ["trace", "--output", "trace.json", "--"];
    let child = command(environment, &before, script)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = wait_for("pct runs", || {
        let text = std::fs::read_to_string(environment.path("pid")).ok()?;
        Some(text.strip_suffix('\n')?.to_owned())
    });
    (child, pid)
}

fn sleeps(environment: &Environment) {
    let pid = environment.path("pid");
    environment.write_pct(&format!("echo $$ >{}; exec sleep 600\n", pid.display()));
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), signal).unwrap();
}

#[track_caller]
fn assert_gone(pid: &str) {
    wait_until("pct is gone", || {
        !Path::new(&format!("/proc/{pid}")).exists()
    });
}

#[test]
fn a_traced_command_has_the_same_streams_and_exit_status() {
    let environment = with_pct("echo \"out $*\"; echo \"err $*\" >&2; cat; exit 3\n");
    let script = "echo input | pct exec 958 -- true; echo \"status $?\"; exit 7";
    let plain = command(&environment, &[], script).output().unwrap();
    let traced = traced(&environment, &[], script);
    assert_eq!(traced.status.code(), Some(7));
    assert_eq!(text(&traced.stdout), text(&plain.stdout));
    assert_eq!(
        text(&plain.stdout),
        "out exec 958 -- true\ninput\nstatus 3\n"
    );
    // The timeline follows.
    assert!(text(&traced.stderr).starts_with(&text(&plain.stderr)));
    let call = &calls(&environment)[0];
    assert_eq!(call["program"], "pct");
    assert_eq!(call["ct"], 958);
    assert_eq!(call["exit"], 3);
    assert_eq!(call["stderr"], "err exec 958 -- true\n");
    assert!(call["started_at"].as_str() < call["finished_at"].as_str());
}

#[test]
fn the_order_of_two_streams_in_one_pipe_stays() {
    let script = "for i in 1 2 3 4 5 6 7 8; do echo out $i; echo err $i >&2; done\n";
    let environment = with_pct(script);
    let script = "pct list 2>&1";
    let plain = command(&environment, &[], script).output().unwrap();
    let traced = traced(&environment, &[], script);
    assert_eq!(text(&traced.stdout), text(&plain.stdout));
    assert_eq!(calls(&environment)[0]["stdout_included"], true);
}

#[test]
fn the_real_program_has_the_environment_and_the_files_of_the_script() {
    let environment =
        with_pct("env | grep -v ^_= | sort; ls -l /proc/self/fd | sed 's/.* \\([0-9]\\)/\\1/'\n");
    let script = "exec 5</etc 7>/dev/null; pct list >seen; cat seen";
    let plain = command(&environment, &[], script).output().unwrap();
    let traced = traced(&environment, &[], script);
    let without_pipes = |output: &Output| {
        let text = text(&output.stdout);
        let lines = text.lines().filter(|line| {
            !line.starts_with("1 ->") && !line.starts_with("2 ->") && !line.contains("/proc/")
        });
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_pipes(&traced), without_pipes(&plain));
    assert!(text(&traced.stdout).contains("5 -> /etc\n"));
}

#[test]
fn a_push_has_the_size_and_the_hash_of_its_file() {
    let environment = with_pct("");
    environment.write("work/unit", "abc");
    traced(
        &environment,
        &[],
        "pct push 958 unit /etc/systemd/system/unit --perms 644",
    );
    let push = &calls(&environment)[0]["push"];
    assert_eq!(push["destination"], "/etc/systemd/system/unit");
    assert_eq!(push["size"], 3);
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(push["sha256"], sha256);
}

#[test]
fn a_push_that_fails_with_exit_status_0_is_marked() {
    let environment = with_pct(&format!("echo '{PUSH_FAILED}' >&2\n"));
    let output = traced(&environment, &[], "pct push 958 units /etc/systemd/system/");
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stderr);
    assert!(shown.contains("FAILED   pct push 958"), "{shown}");
    assert!(
        shown.contains(&format!("exit status 0: {PUSH_FAILED}")),
        "{shown}"
    );
}

#[test]
fn secrets_in_arguments_are_redacted() {
    let environment = with_pct("");
    let script =
        "pct exec 958 -- env DB_PASSWORD=hunter2-Xy7q set-password --password hunter2-Xy7q";
    let output = traced(&environment, &[], script);
    assert!(!environment.read("work/trace.json").contains("hunter2-Xy7q"));
    assert!(!text(&output.stderr).contains("hunter2-Xy7q"));
}

#[test]
fn a_program_that_a_signal_kills_ends_its_caller_in_the_same_way() {
    let environment = with_pct("kill -TERM $$\n");
    let script = "pct list; echo \"status $?\"";
    let traced_output = traced(&environment, &[], script);
    assert_eq!(text(&traced_output.stdout), "status 143\n");
    assert_eq!(calls(&environment)[0]["signal"], 15);
    let itself = traced(&environment, &[], "kill -KILL $$");
    assert_eq!(itself.status.signal(), Some(9));
}

#[test]
fn a_signal_ends_the_command_and_leaves_nothing_behind() {
    for (signal, number) in [(Signal::TERM, 15), (Signal::INT, 2), (Signal::HUP, 1)] {
        let environment = with_pct("");
        sleeps(&environment);
        let (child, pid) = sleeping(&environment, "exec pct exec 958 -- sleep");
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(number), "{output:?}");
        assert_gone(&pid);
        assert_nothing_left(&environment);
        assert_eq!(calls(&environment)[0]["signal"], number);
    }
}

#[test]
fn a_killed_tracer_leaves_nothing_behind() {
    let environment = with_pct("");
    sleeps(&environment);
    let script = "echo $$ >script; pct exec 958 -- sleep; echo went on >later";
    let (mut child, pid) = sleeping(&environment, script);
    let own = format!("{}/lxcdiag-trace.", environment.path("tmp").display());
    assert!(runs_from(&own));
    send(&child, Signal::KILL);
    child.wait().unwrap();
    assert_gone(environment.read("work/script").trim());
    // As without the tracer, a call that was running goes on.
    assert!(Path::new(&format!("/proc/{pid}")).exists());
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::TERM).unwrap();
    wait_until("the directory is removed", || {
        let mut left = std::fs::read_dir(environment.path("tmp")).unwrap();
        left.next().is_none()
    });
    wait_until("no process of lxcdiag is left", || !runs_from(&own));
    assert!(!environment.path("work/later").exists());
}

/// Whether a process was started by a path that begins like this.
fn runs_from(path: &str) -> bool {
    let words = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).ok();
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|entry| words(entry.ok()?))
        .any(|words| words.starts_with(path.as_bytes()))
}

#[test]
fn a_trace_in_a_file_is_shown_as_a_timeline() {
    let environment = with_pct(&format!("[ $1 = exec ] || echo '{PUSH_FAILED}' >&2\n"));
    let script = "pct push 958 a /etc/systemd/system/; pct exec 958 -- \"$(printf 'a\\033[31mb')\"";
    let written = traced(&environment, &[], script);
    let show = environment
        .command(&["trace", "--show", "trace.json"])
        .output()
        .unwrap();
    assert_eq!(show.status.code(), Some(0), "{show:?}");
    let shown = text(&show.stdout);
    // The same as after the command has ended, behind what the command wrote.
    assert!(text(&written.stderr).ends_with(&shown), "{shown}");
    let has_line = |parts: &[&str]| {
        let is_it = |line: &str| parts.iter().all(|part| line.contains(part));
        shown.lines().any(is_it)
    };
    assert!(has_line(&["FAILED", "pct push 958 a"]), "{shown}");
    assert!(has_line(&[" ok ", "pct exec 958"]), "{shown}");
    assert!(has_line(&["exit status 0", PUSH_FAILED]), "{shown}");
    assert!(!shown.contains('\x1b'), "{shown}");
    environment.write("work/other.json", "{}");
    let other = environment.lxcdiag(&["trace", "--show", "other.json"]);
    assert_eq!(other.status, Some(65), "{other}");
    let both = environment.lxcdiag(&["trace", "--show", "trace.json", "--", "true"]);
    assert_eq!(both.status, Some(64), "{both}");
}

#[test]
fn a_signal_that_the_caller_ignores_stays_ignored() {
    let environment = with_pct("kill -INT $$; echo survived\n");
    let output = traced(&environment, &[], "trap '' INT; pct list");
    assert_eq!(text(&output.stdout), "survived\n");
}

#[test]
fn what_a_call_leaves_behind_keeps_its_standard_error() {
    let environment = with_pct(
        "{ while [ ! -e go ]; do sleep 0.01; done; echo late >&2; echo alive >done; } &\n",
    );
    let script = "pct list 2>errors; touch go; while [ ! -s done ]; do sleep 0.01; done; \
                  while [ ! -s errors ]; do sleep 0.01; done";
    traced(&environment, &[], script);
    assert_eq!(environment.read("work/errors"), "late\n");
}

#[test]
fn a_pct_that_the_caller_does_not_have_is_not_found() {
    let environment = with_pct("");
    std::fs::remove_file(environment.path("bin/pct")).unwrap();
    let output = traced(&environment, &[], "pct list");
    assert_eq!(output.status.code(), Some(127));
    assert!(text(&output.stderr).contains("pct: command not found"));
    assert!(calls(&environment).is_empty());
}

#[test]
fn a_delay_after_a_push_holds_the_next_call_back() {
    // The push takes until the next call has looked, but at most 1.5 s.
    let slow = "case $1 in
        push) touch begun; i=0; while [ ! -e looked ] && [ $i -lt 30 ]; do sleep 0.05; i=$((i+1)); done; touch arrived ;;
        exec) [ -e arrived ]; status=$?; touch looked; exit $status ;;
        esac\n";
    let environment = with_pct(slow);
    let script = "rm -f begun looked arrived; pct push 958 a /b & while [ ! -e begun ]; do sleep 0.01; done; \
                  pct exec 958 -- enable; status=$?; wait; exit $status";
    assert_eq!(traced(&environment, &[], script).status.code(), Some(1));
    let settled = traced(&environment, &["--settle", "5s"], script);
    assert_eq!(settled.status.code(), Some(0), "{}", text(&settled.stderr));
}

#[test]
fn repeated_runs_show_whether_the_delay_helps() {
    let environment = with_pct(&format!(
        "case $1 in push) echo '{PUSH_FAILED}' >&2 ;; exec) echo '{ENABLE_FAILED}' >&2; exit 1 ;; esac\n"
    ));
    let script = "pct push 958 units/ /etc/systemd/system/; pct exec 958 -- systemctl enable embedding_server";
    let reset = [
        "--settle",
        "10ms",
        "--repeat",
        "2",
        "--reset",
        "echo reset >>resets",
    ];
    let output = traced(&environment, &reset, script);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stderr);
    for line in [
        "Without the delay: 2 of 2 runs failed: 100 % (95 % interval: 34 % to 100 %)",
        "With 10 ms after each push: 2 of 2 runs failed: 100 % (95 % interval: 34 % to 100 %)",
        &format!(
            "The delay does not help: a push fails in every run with it, and no delay changes that: {PUSH_FAILED}"
        ),
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert_eq!(environment.read("work/resets"), "reset\n".repeat(4));
    assert_eq!(trace(&environment)["runs"].as_array().unwrap().len(), 4);
}

#[test]
fn a_reset_that_fails_ends_the_runs() {
    let environment = with_pct("");
    let output = traced(
        &environment,
        &["--repeat", "3", "--reset", "exit 4"],
        "pct list",
    );
    assert_eq!(output.status.code(), Some(69));
    assert!(text(&output.stderr).contains("`exit 4`: exit status 4"));
}

/// A terminal stays one, except for standard error, and a key reaches the program once.
#[test]
fn a_terminal_stays_a_terminal() {
    let environment = with_pct("for fd in 0 1 2; do [ -t $fd ] && echo \"terminal $fd\"; done\n");
    let shown = |arguments: &str| {
        let lxcdiag = env!("CARGO_BIN_EXE_lxcdiag");
        let line = format!("{lxcdiag} trace --output trace.json -- pct {arguments}");
        let mut command = command(&environment, &[], "exec script -qec \"$LINE\" /dev/null");
        text(&command.env("LINE", line).output().unwrap().stdout)
    };
    let of_exec = shown("exec 958 -- true");
    assert!(
        of_exec.starts_with("terminal 0\r\nterminal 1\r\nTrace of "),
        "{of_exec}"
    );
    let of_enter = shown("enter 958");
    assert!(of_enter.contains("terminal 2\r\n"), "{of_enter}");
    assert_eq!(calls(&environment)[0]["stderr"], Value::Null);
}

#[test]
fn a_trace_gives_the_time_of_the_failure() {
    let environment = with_pct(&format!("echo '{ENABLE_FAILED}' >&2; exit 1\n"));
    traced(
        &environment,
        &[],
        "pct exec 958 -- systemctl enable embedding_server.service",
    );
    let begun = calls(&environment)[0]["started_at"].clone();
    let run = [
        "run",
        "race-condition",
        "--ct",
        "958",
        "--demo",
        "--format",
        "json",
    ];
    let traced_run = [
        &run[..],
        &["--trace", "trace.json", "--record", "recording.json"],
    ]
    .concat();
    let finished = environment.lxcdiag(&traced_run);
    // The demonstration is of an earlier time.
    assert_eq!(finished.status, Some(64), "{finished}");
    assert!(
        finished.stderr.contains("(trace.json, call 1)"),
        "{finished}"
    );
    assert!(
        finished.stderr.contains(begun.as_str().unwrap()),
        "{finished}"
    );

    let recorded = environment.lxcdiag(&[&run[..], &["--record", "recording.json"]].concat());
    assert!(
        recorded.status.is_some_and(|status| status <= 3),
        "{recorded}"
    );
    let judge = [
        "judge",
        "--trace",
        "trace.json",
        "--format",
        "json",
        "recording.json",
    ];
    let report: Value = serde_json::from_str(&environment.lxcdiag(&judge).stdout).unwrap();
    assert_eq!(report["failed_at_source"], "trace.json, call 1");
    assert_eq!(report["failed_at"], begun);
    let events = report["timeline"].as_array().unwrap();
    assert!(events.iter().any(|event| event["source"] == "--trace"));
}

#[test]
fn a_file_that_is_no_trace_is_refused() {
    let environment = Environment::new();
    environment.write("work/other.json", "{\"schema\": \"lxcdiag.report/1\"}");
    let run = [
        "run",
        "race-condition",
        "--ct",
        "958",
        "--demo",
        "--trace",
        "other.json",
    ];
    let finished = environment.lxcdiag(&run);
    assert_eq!(finished.status, Some(65), "{finished}");
    assert!(finished.stderr.contains("not a trace"), "{finished}");
}
