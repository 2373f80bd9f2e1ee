//! What the node reads of a container in place of commands: the same, and also if the container is frozen.

use crate::lab::Container;
use crate::lxcdiag::{Ended, JSON, run};

#[test]
fn the_node_reads_what_the_commands_print() {
    let container = Container::pristine();
    container.sh("mkdir -p '/srv/a b' /srv/fixed /srv/hidden
        mount -t tmpfs -o size=1m none '/srv/a b'
        mount -t tmpfs -o size=1m none /srv/fixed
        mount -o remount,ro /srv/fixed
        head -c 700000 /dev/zero >'/srv/a b/large'");
    let ended = health(&container, &[]);
    for check in ["file_systems", "memory"] {
        assert_eq!(ended.reason(check), "read from the host");
    }
    // The numbers of other file systems change in between.
    let steady = |text: &str| -> Vec<String> {
        let line = |line: &str| match line.split_once("% ") {
            Some((_, mount)) if mount != "/srv/a b" => mount.to_owned(),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect()
    };
    let printed = steady(&container.sh(&script(&ended, "file_systems")));
    assert!(printed.iter().any(|line| line.ends_with("% /srv/a b")));
    assert_eq!(steady(&stdout(&ended, "file_systems")), printed);

    let numbers = |text: &str| -> Vec<f64> {
        let words = text.split_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    let (read, printed) = (
        numbers(&stdout(&ended, "memory")),
        numbers(&container.sh(&script(&ended, "memory"))),
    );
    assert_eq!(read.len(), printed.len());
    // The use, which changes; then the limit and the kills.
    assert!((read[0] - printed[0]).abs() < 64e6, "{read:?} {printed:?}");
    assert_eq!(read[1..3], printed[1..3]);
}

#[test]
fn memory_and_disk_space_of_a_frozen_container_are_known() {
    known_while_frozen(&Container::privileged());
}

#[test]
fn memory_and_disk_space_of_a_frozen_unprivileged_container_are_known() {
    known_while_frozen(&Container::unprivileged());
}

fn known_while_frozen(container: &Container) {
    container.reset();
    let frozen = container.freeze();
    let calls = container.pct_calls();
    let ended = health(container, &["--var", "memory_warn=1"]);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert_eq!(ended.verdict().id, "memory-short");
    assert_eq!(ended.outcome("memory"), "failed");
    assert_eq!(ended.outcome("space"), "passed");
    assert_eq!(ended.outcome("init"), "errored");
    assert!(ended.report()["target"]["os"].is_string());
    assert_eq!(container.pct_calls(), calls);
    // Without a fault that the node sees, nothing can be said about it.
    assert_eq!(health(container, &[]).status, 69);
    drop(frozen);
}

fn health(container: &Container, options: &[&str]) -> Ended {
    run(container.lxcdiag("health").args(JSON).args(options))
}

fn script(ended: &Ended, check: &str) -> String {
    ended.row(check)["argv"][2].as_str().unwrap().to_owned()
}

fn stdout(ended: &Ended, check: &str) -> String {
    ended.row(check)["stdout"].as_str().unwrap().to_owned()
}
