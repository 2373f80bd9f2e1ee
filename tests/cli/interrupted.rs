//! Interrupted runs.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::environment::Environment;
use crate::wait::{wait_for, wait_until};

/// The second check writes its process ID to a file, and hangs.
fn environment() -> Environment {
    let environment = Environment::new();
    let began = environment.path("began");
    let program = format!("echo $$ >{}; exec sleep 600\n", began.display());
    environment.write("work/hangs", &program);
    environment.write(
        "work/slow.yaml",
        &format!(
            "runbook: slow
title: x
checks:
  - {{ id: first, title: First, run: [echo, collected], facts: {{ match: '^(?<word>.+)$' }} }}
  - {{ id: hangs, title: Hangs, run: [sh, {program}], timeout: 500s, pass: exit == 0 }}
  - {{ id: never, title: Never, run: [touch, never], changes: true, pass: exit == 0 }}
",
            program = environment.path("work/hangs").display()
        ),
    );
    environment
}

const RUN: [&str; 7] = [
    "run",
    "./slow.yaml",
    "--ct",
    "958",
    "--format",
    "json",
    "--allow-changes",
];

/// Waits until the second check's command hangs, and returns its process ID.
fn hanging(environment: &Environment) -> String {
    wait_for("the command begins", || {
        let text = std::fs::read_to_string(environment.path("began")).unwrap_or_default();
        Some(text.strip_suffix('\n')?.to_owned())
    })
}

#[track_caller]
fn assert_gone(pid: &str) {
    wait_until("the command is gone", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    });
}

fn report(mut child: Child) -> (Option<i32>, Value) {
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    let status = child.wait().unwrap();
    (status.code(), serde_json::from_str(&stdout).unwrap())
}

#[test]
fn a_signal_ends_the_run_with_what_was_collected() {
    for (signal, name, status) in [
        (Signal::INT, "SIGINT", 130),
        (Signal::TERM, "SIGTERM", 143),
        (Signal::HUP, "SIGHUP", 143),
    ] {
        let environment = environment();
        let record = ["--record", "cut.json"];
        let mut command = environment.command_as_root(&[&RUN[..], &record].concat());
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = hanging(&environment);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let (code, report) = report(child);
        assert_eq!(code, Some(status), "{name}");
        let reason = format!("interrupted by {name}");
        assert_eq!(report["cut_short"], reason);
        assert_eq!(report["checks"][0]["facts"]["word"], "collected");
        assert_eq!(report["checks"][1]["outcome"], "errored");
        assert_eq!(report["checks"][2]["outcome"], "skipped");
        assert_eq!(report["checks"][2]["reason"], reason);
        assert_gone(&pid);
        assert!(!environment.path("work/never").exists());
        // The recording gives the same report.
        let judge = [
            "judge",
            "cut.json",
            "--runbook",
            "./slow.yaml",
            "--format",
            "json",
        ];
        let judged: Value = serde_json::from_str(&environment.lxcdiag(&judge).stdout).unwrap();
        for part in ["checks", "timeline", "hypotheses", "verdict"] {
            assert_eq!(judged[part], report[part], "{part}");
        }
    }
}

#[test]
fn the_runs_timeout_ends_it() {
    let environment = environment();
    let mut command = environment.command_as_root(&[&RUN[..], &["--timeout", "10s"]].concat());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (code, report) = report(child);
    assert_eq!(code, Some(3));
    assert_eq!(report["cut_short"], "the run timed out after 10 s");
    assert_gone(&hanging(&environment));
}

/// The checksum of a file that takes far longer than the time limit, or a signal, may wait.
fn slow_probe() -> (Environment, String) {
    let environment = Environment::new();
    environment.write(
        "work/probe.yaml",
        "runbook: probe
title: x
vars:
  path: { about: the file }
checks:
  - { id: source, title: Source, host: { source: '{{ path }}' } }
",
    );
    let path = environment.path("host/big");
    let file = std::fs::File::create(path).unwrap();
    file.set_len(1 << 30).unwrap();
    (environment, "path=/big".to_owned())
}

#[test]
fn the_time_limit_holds_while_the_host_is_probed() {
    let (environment, source) = slow_probe();
    let run = ["run", "./probe.yaml", "--ct", "958", "--format", "json"];
    let more = ["--var", &source, "--timeout", "300ms"];
    let finished = environment.as_root(&[&run[..], &more].concat());
    assert_eq!(finished.status, Some(3), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["cut_short"], "the run timed out after 0.3 s");
    assert_eq!(report["checks"][0]["outcome"], "skipped");
}

#[test]
fn a_signal_ends_a_run_while_the_host_is_probed() {
    let (environment, source) = slow_probe();
    let run = ["run", "./probe.yaml", "--ct", "958", "--format", "json"];
    let mut command = environment.command_as_root(&[&run[..], &["--var", &source]].concat());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let reads = |pid: u32| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
        files.into_iter().flatten().flatten().any(|file| {
            std::fs::read_link(file.path()).is_ok_and(|target| target.ends_with("host/big"))
        })
    };
    wait_until("the file is read", || reads(child.id()));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (code, report) = report(child);
    assert_eq!(code, Some(143));
    assert_eq!(report["cut_short"], "interrupted by SIGTERM");
    assert_eq!(report["checks"][0]["outcome"], "skipped");
}

/// A runbook that takes half a minute to evaluate what a container printed, before its last command; only in container 958.
fn slow_to_evaluate(environment: &Environment) {
    let program = format!("echo >{}\n", environment.path("began").display());
    environment.write("work/begins", &program);
    let slow = "{% if ct == 958 %}{% for a in range(2000) %}{% for b in range(2000) %}{{ a * b }}\
                {% endfor %}{% endfor %}{% endif %}";
    let mut checks =
        "  - { id: first, title: First, run: [echo, collected], pass: exit == 0 }\n".to_owned();
    for number in 0..300 {
        checks += &format!(
            "  - {{ id: slow{number}, title: Slow, output_of: first, pass: exit == 0, show: '{slow}' }}\n"
        );
    }
    // A signal may end this command: what the first one printed is still evaluated.
    checks += &format!(
        "  - {{ id: second, title: Second, run: [sh, {}], pass: exit == 0 }}\n",
        environment.path("work/begins").display()
    );
    checks += "  - { id: next, title: Next, needs: [slow0], run: [echo], pass: exit == 0 }\n";
    environment.write(
        "work/slow.yaml",
        &format!("runbook: slow\ntitle: x\nchecks:\n{checks}"),
    );
}

/// The report of a command that gets SIGINT while the output of [`slow_to_evaluate`] is evaluated.
fn interrupted_while_evaluating(environment: &Environment, words: &[&str]) -> serde_json::Value {
    let mut command = environment.command_as_root(words);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the second command runs", || {
        environment.path("began").exists()
    });
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, report) = report(child);
    assert_eq!(code, Some(130), "{report:#}");
    assert_eq!(
        report["cut_short"],
        "interrupted by SIGINT, and the output could not be evaluated within 5 s after that"
    );
    assert_eq!(report["verdict"]["id"], "inconclusive");
    report
}

#[test]
fn a_signal_ends_a_run_while_its_output_is_evaluated() {
    let environment = Environment::new();
    slow_to_evaluate(&environment);
    let report = interrupted_while_evaluating(&environment, &RUN);
    let first = &report["checks"][0];
    assert_eq!(first["outcome"], "errored");
    assert_eq!(first["reason"], "its output was not evaluated in time");
    assert_eq!(first["stdout"], "collected\n");
}

/// The same run as part of `lxcdiag 958`.
#[test]
fn a_signal_ends_all_runs_while_the_output_of_one_is_evaluated() {
    let environment = Environment::new();
    slow_to_evaluate(&environment);
    environment.write(
        "work/auto.yaml",
        "runbook: auto\ntitle: x\nchecks: [{ id: container, title: x, host: container }]\n\
         next:\n  - { run: slow }\n  - { run: health }\n",
    );
    let books = environment.path("work");
    let auto = [
        "958",
        "--runbooks",
        books.to_str().unwrap(),
        "--format=json",
    ];
    let report = interrupted_while_evaluating(&environment, &auto);
    let not_looked_at = report["not_looked_at"].to_string();
    assert!(not_looked_at.contains("health"), "{not_looked_at}");
}

#[test]
fn output_that_takes_long_to_evaluate_does_not_delay_another_container() {
    let environment = Environment::new();
    slow_to_evaluate(&environment);
    environment.write("host/etc/pve/nodes/pve1/lxc/959.conf", "hostname: quick\n");
    environment.write(
        "host/proc/net/unix",
        "Num RefCount Protocol Flags Type St Inode Path\n\
         0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n\
         0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/959/command\n",
    );
    // The second container answers only once the output of the first is being evaluated.
    environment.write_pct(&format!(
        "[ \"$2\" = 958 ] || until [ -e {} ]; do sleep 0.1; done\n\
         while [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n",
        environment.path("began").display()
    ));
    let sweep = [
        "sweep",
        "./slow.yaml",
        "--all",
        "--state",
        "state",
        "--timeout",
        "12s",
        "--format",
        "json",
    ];
    let swept = environment.as_root(&sweep);
    let report: Value = serde_json::from_str(&swept.stdout).unwrap_or_else(|_| panic!("{swept}"));
    let row = |ct: u32| {
        let rows = report["containers"].as_array().unwrap();
        rows.iter().find(|row| row["ct"] == ct).unwrap()
    };
    assert_eq!(row(959)["visited"]["verdict"], "healthy", "{report:#}");
    assert!(
        row(958).to_string().contains("could not be evaluated"),
        "{report:#}"
    );
}

/// A run that waits for its log: a pipe with this writer. It catches SIGTERM already.
fn waiting_for_its_log(environment: &Environment) -> (Child, ChildStdin) {
    let log = ["--log", "/dev/stdin"];
    let mut command = environment.command_as_root(&[&RUN[..], &log].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("SIGTERM is caught", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let mask = status.lines().find_map(|it| it.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
        mask.is_some_and(|mask| mask & 1 << (Signal::TERM.as_raw() - 1) != 0)
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let log = child.stdin.take().unwrap();
    (child, log)
}

#[test]
fn a_signal_before_the_run_begins_ends_it_with_a_report() {
    let environment = environment();
    let (child, log) = waiting_for_its_log(&environment);
    drop(log);
    let (code, report) = report(child);
    assert_eq!(code, Some(143));
    assert_eq!(report["cut_short"], "interrupted by SIGTERM");
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|it| it["outcome"] == "skipped"));
    assert_eq!(checks.len(), 3);
    assert!(!environment.path("began").exists());
}

#[test]
fn a_signal_ends_lxcdiag_while_it_waits_for_its_input() {
    let environment = environment();
    let (mut child, _log) = waiting_for_its_log(&environment);
    wait_until("it ends", || child.try_wait().unwrap().is_some());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn nohup_is_respected() {
    let environment = environment();
    let run = environment.command_as_root(&RUN);
    let mut command = environment.command_of("nohup", &[]);
    command.arg(run.get_program()).args(run.get_args());
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    hanging(&environment);
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (code, report) = report(child);
    assert_eq!(code, Some(143));
    assert_eq!(report["cut_short"], "interrupted by SIGTERM");
}

#[test]
fn a_signal_does_not_cut_what_is_written() {
    let environment = Environment::new();
    let pipe = environment.path("work/pipe.json");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let options = OFlags::NONBLOCK | OFlags::RDONLY;
    let reader = rustix::fs::open(&pipe, options, Mode::empty()).unwrap();
    let run = ["run", "race-condition", "--demo", "--record", "pipe.json"];
    let mut child = environment
        .command(&run)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The recording is larger than the buffer of a pipe.
    wait_until("it writes", || {
        rustix::io::ioctl_fionread(&reader).unwrap() > 0
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    rustix::fs::fcntl_setfl(&reader, OFlags::empty()).unwrap();
    let mut text = String::new();
    std::fs::File::from(reader)
        .read_to_string(&mut text)
        .unwrap();
    let recording: Value = serde_json::from_str(&text).unwrap();
    assert!(recording["attempts"].is_array());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
