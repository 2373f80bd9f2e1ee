//! What the user hands in, and what the container shows where the user hands in nothing.

use crate::lab::Container;
use crate::lxcdiag::{JSON, run};

/// A provisioning log of the container, in a file of its own.
fn log(container: &Container, lines: &str) -> String {
    let path = container.directory.path().join("provision.log");
    std::fs::write(&path, lines).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_failure_in_the_future_is_refused() {
    let container = Container::pristine();
    let ended = container.diagnose(&["--read-only", "--failed-at", "2199-01-02T03:04:05Z"]);
    assert_eq!(ended.status, 64, "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let message =
        "the time of the failure is in the future: 2199-01-02T03:04:05.000000Z (--failed-at)";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);

    let id = container.id;
    let line = "Failed to enable unit: Unit file embedding_server.service does not exist.";
    let log = log(
        &container,
        &format!("[ct {id}] begin\n2199-01-02T03:04:05Z [ct {id}] {line}\n"),
    );
    let ended = container.diagnose(&["--read-only", "--log", &log]);
    assert_eq!(ended.status, 64, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("(provision.log:2)"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_header_names_the_line_of_the_failure() {
    let container = Container::privileged();
    let injected = container.inject("log-shell", &[]);
    let log = injected.log.unwrap();
    let lines = std::fs::read_to_string(&log).unwrap();
    let at = lines
        .lines()
        .position(|line| line.contains("does not exist"));
    let name = log.rsplit('/').next().unwrap();
    let source = format!(" UTC ({name}:{})", at.unwrap() + 1);
    let mut command = container.lxcdiag("race-condition");
    let ended = run(command.args(["--read-only", "--log", &log]));
    let header = ended.stdout.lines().find(|line| line.contains("failed at"));
    assert!(
        header.is_some_and(|line| line.contains(&source)),
        "no {source:?} in:\n{}",
        ended.stdout
    );
}

#[test]
fn without_anything_of_the_default_unit_the_user_must_name_one() {
    let container = Container::pristine();
    let ended = container.diagnose(&["--read-only"]);
    assert_eq!(ended.status, 64, "{}", ended.stdout);
    assert_eq!(ended.stdout, "");
    for expected in [
        "nothing of embedding_server.service was found",
        "hint: give the unit with --var unit=NAME",
    ] {
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn the_unit_is_that_of_the_log() {
    let container = Container::pristine();
    let id = container.id;
    let said = container.sh("systemctl enable worker.service 2>&1 || true");
    let log = log(
        &container,
        &format!("+ pct exec {id} -- systemctl enable worker.service\n{said}"),
    );
    let mut command = container.lxcdiag("race-condition");
    let ended = run(command.args(JSON).args(["--read-only", "--log", &log]));
    let report = ended.report();
    assert_eq!(report["vars"]["unit"], "worker.service", "{}", ended.stderr);
    assert_eq!(report["verdict"]["id"], "file-missing");
}

#[test]
fn the_unit_is_that_of_the_last_failed_push() {
    let container = Container::pristine();
    container.sh("mkdir /etc/systemd/system/worker.service");
    let source = container.directory.path().join("worker.service");
    std::fs::write(&source, "[Service]\nExecStart=/bin/true\n").unwrap();
    let mut push = std::process::Command::new(crate::lab::pct());
    push.args(["push", &container.id.to_string()])
        .arg(source)
        .arg("/etc/systemd/system/worker.service");
    crate::lab::quiet(&mut push);
    let ended = container.diagnose(&["--read-only"]);
    let report = ended.report();
    assert_eq!(report["vars"]["unit"], "worker.service", "{}", ended.stderr);
    assert_eq!(report["verdict"]["id"], "broken-link");
}
