//! `fix` in real containers: the fault is gone, or nothing was harmed.

use std::io::Write as _;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::lab::{self, Container};
use crate::lxcdiag::{Ended, bare, run, start};
use crate::remedies::{SOURCE, UNIT};
use crate::wait::wait_until;

impl Container {
    fn fix(&self, runbook: &str, options: &[&str]) -> Command {
        let mut command = bare();
        command
            .args(["fix", runbook, "--yes", "--ct"])
            .arg(self.id.to_string())
            .arg("--pct")
            .arg(lab::pct())
            .args(options)
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("XDG_STATE_HOME", self.directory.path());
        command
    }

    fn fixed(&self, options: &[&str]) -> Ended {
        run(&mut self.fix("race-condition", options))
    }

    fn unit_states(&self) -> String {
        self.sh(&format!(
            "systemctl is-enabled {UNIT} 2>&1; systemctl is-active {UNIT}; :"
        ))
    }
}

#[test]
fn a_race_is_repaired() {
    let container = Container::privileged();
    let failed_at = container.inject("late-push", &["--delay", "0.3"]).failed_at;
    let ended = container.fixed(&["--failed-at", &failed_at.unwrap()]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stdout.contains("(race-condition)"), "{ended:?}");
    assert!(ended.stderr.contains("lxcdiag: fixed: "), "{ended:?}");
    assert_eq!(container.unit_states(), "enabled\nactive\n");
}

#[test]
fn a_failed_push_is_repaired_from_the_source_on_the_host() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    let without = container.fixed(&[]);
    assert_ne!(without.status, 0, "{without:?}");
    assert!(without.stderr.contains("SOURCE"), "{without:?}");
    assert!(
        container.unit_states().ends_with("inactive\n"),
        "{without:?}"
    );
    let ended = container.fixed(&["--var", &format!("source={SOURCE}")]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(container.unit_states(), "enabled\nactive\n");
}

#[test]
fn the_command_at_the_end_of_a_report_fixes_the_container() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    let mut command = container.lxcdiag("race-condition");
    let diagnosed = run(command.args(["--read-only", "--var", "window=90s", "--unit", UNIT]));
    let last = diagnosed.stdout.lines().last().unwrap();
    let id = container.id;
    let pct = lab::pct();
    let pct = pct.display();
    assert_eq!(
        last.trim(),
        format!("lxcdiag fix --ct {id} --unit {UNIT} --var window=90s --pct {pct}")
    );
    let mut fix = bare();
    fix.args(last.split_whitespace().skip(1))
        .args(["--yes", "--var", &format!("source={SOURCE}")])
        .env("LXCDIAG_HOST_ROOT", lab::host_root())
        .env("XDG_STATE_HOME", container.directory.path());
    let ended = run(&mut fix);
    assert!(ended.stderr.contains("lxcdiag: fixed: "), "{ended:?}");
    assert_eq!(container.unit_states(), "enabled\nactive\n");
}

#[test]
fn an_inconclusive_run_ends_with_the_command_that_finds_the_cause() {
    let container = Container::privileged();
    container.inject("missing-program", &[]);
    let mut command = container.lxcdiag("race-condition");
    let diagnosed = run(command.args(["--read-only", "--unit", UNIT]));
    assert_eq!(diagnosed.status, 3, "{diagnosed:?}");
    let last = diagnosed.stdout.lines().last().unwrap();
    let (id, pct) = (container.id, lab::pct());
    assert_eq!(
        last.trim(),
        format!("lxcdiag {id} --unit {UNIT} --pct {}", pct.display())
    );
    let mut overview = bare();
    overview
        .args(last.split_whitespace().skip(1))
        .env("LXCDIAG_HOST_ROOT", lab::host_root())
        .env("XDG_STATE_HOME", container.directory.path());
    let found = run(&mut overview);
    assert!(found.stdout.contains("(program-missing)"), "{found:?}");
}

/// The user types the path when asked.
#[test]
fn the_source_is_asked_for() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    let fix = container.fix("race-condition", &[]);
    let words = std::iter::once(fix.get_program()).chain(fix.get_args());
    let words: Vec<_> = words.filter(|word| *word != "--yes").collect();
    let words = words.join(std::ffi::OsStr::new(" "));
    let mut command = Command::new("script");
    command
        .args(["-qec", words.to_str().unwrap(), "/dev/null"])
        .env_clear()
        .envs(
            fix.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(format!("y\n{SOURCE}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(keys);
    let shown = String::from_utf8_lossy(&output.stdout);
    let asked = "SOURCE (set SOURCE to the path of the unit file on the host): ";
    assert!(shown.contains(asked), "{shown}");
    assert!(shown.contains("lxcdiag: fixed: "), "{shown}");
    assert_eq!(container.unit_states(), "enabled\nactive\n");
}

/// What fix has enabled is meant to be: unlike what lxcdiag only tried, it counts as healthy.
#[test]
fn a_later_verdict_counts_the_repair_and_shows_whose_it_was() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    let fixed = container.fixed(&["--var", &format!("source={SOURCE}")]);
    assert_eq!(fixed.status, 0, "{fixed:?}");
    let later = container.diagnose(&["--read-only"]);
    assert_eq!(later.verdict().id, "healthy", "{later:?}");
    let report = later.report();
    let timeline = report["timeline"].as_array().unwrap();
    let by_fix = |event: &&serde_json::Value| {
        let what = event["what"].as_str().unwrap();
        what.starts_with("lxcdiag fix: creates /etc/systemd/system/embedding_server.service")
    };
    assert!(timeline.iter().any(|event| by_fix(&event)), "{later:?}");
}

#[test]
fn a_diagnosis_that_is_wrong_harms_nothing() {
    let container = Container::privileged();
    container.inject("healthy", &[]);
    let files = "cd /etc/systemd/system && find . -printf '%p %m %s %T@ %l\\n' | sort";
    let (before, states) = (container.sh(files), container.unit_states());
    // The time is wrong: nothing failed then.
    let ended = container.fixed(&["--failed-at", "2026-01-02T03:04:05Z"]);
    assert_eq!(container.sh(files), before, "{ended:?}");
    assert_eq!(container.unit_states(), states, "{ended:?}");
    // The name is wrong.
    let other = container.fixed(&["--var", "unit=embeding_server.service"]);
    assert_ne!(other.status, 0, "{other:?}");
    assert_eq!(container.sh(files), before, "{other:?}");
    assert_eq!(container.unit_states(), states, "{other:?}");
}

#[test]
fn a_signal_ends_the_command_in_the_container() {
    let container = Container::pristine();
    container.sh(
        "printf '[Service]\\nType=oneshot\\nTimeoutStartSec=600\\nExecStart=/bin/sleep 600\\n' >/etc/systemd/system/slow.service
        systemctl daemon-reload",
    );
    let running = start(&mut container.fix("unit-failed", &["--var", "unit=slow"]));
    let is_client = "grep -lx systemctl -z /proc/[0-9]*/cmdline 2>/dev/null || :";
    let waits = || !container.sh(is_client).is_empty();
    wait_until("the unit is being started", waits);
    running.signal(Signal::TERM);
    let ended = running.ended();
    assert_eq!(ended.status, 143, "{ended:?}");
    wait_until("the command has ended in the container", || !waits());
}
