//! With --read-only the container stays as it was.

use std::collections::BTreeSet;

use crate::lab::Container;

/// All that can be told of each file, and what systemd has loaded.
const LISTING: &str = r#"
    find / /run /dev/shm $(awk '$3 == "tmpfs" { print $2 }' /proc/mounts) -xdev \
        -printf '%p %y %m %U:%G %s modified %T+ changed %C+ -> %l\n'
    systemctl list-units --all --full --plain --no-legend --no-pager
    systemctl list-unit-files --full --no-legend --no-pager
    systemctl list-jobs --no-legend --no-pager
    systemctl show -p UnitsLoadTimestampMonotonic,GeneratorsStartTimestampMonotonic,NFailedUnits,Environment
    systemctl show -p NeedDaemonReload,ActiveEnterTimestampMonotonic,InvocationID -- '*'
"#;

/// Two directories that something is made in and taken away again, by the enabling on a copy and by `systemd-analyze
/// verify`; and systemd's note of when it read the unit directories, which it makes whenever it is asked for a unit that
/// it had not found before.
const TOUCHED: [&str; 3] = ["/run", "/tmp", "/run/systemd/systemd-units-load"];

/// The line as far as it must stay the same; `None` for what a running container changes by itself.
fn lasting(line: &str) -> Option<&str> {
    let path = line.split(' ').next().unwrap_or_default();
    let journals = ["/var/log/journal/", "/run/log/journal/"];
    if journals.iter().any(|journal| path.starts_with(journal)) {
        return None;
    }
    if TOUCHED.contains(&path) {
        return line.split(" modified ").next();
    }
    Some(line)
}

fn listing(container: &Container) -> BTreeSet<String> {
    let text = container.sh(LISTING);
    let lines: BTreeSet<_> = text
        .lines()
        .filter_map(lasting)
        .map(str::to_owned)
        .collect();
    assert!(lines.len() > 2_000, "a listing of {} lines", lines.len());
    lines
}

#[track_caller]
fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let gone: Vec<_> = before.difference(after).collect();
    let new: Vec<_> = after.difference(before).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "before: {gone:#?}\nafter: {new:#?}"
    );
}

fn stays_as_it_was(container: &Container) {
    container.inject("late-push", &["--delay", "0.3"]);
    // systemd-tmpfiles and the like at the end of the boot.
    let mut before = listing(container);
    for _ in 0..10 {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = listing(container);
        if now == before {
            break;
        }
        before = now;
    }
    let ended = container.diagnose(&["--read-only"]);
    assert_eq!(ended.verdict().id, "race-condition");
    let after = listing(container);
    assert_same(&before, &after);
    assert_eq!(ended.outcome("counterfactual"), "passed");

    // The listing does see what a run changes.
    assert_eq!(container.diagnose(&[]).outcome("enable"), "passed");
    let changed = listing(container);
    let link = "/etc/systemd/system/multi-user.target.wants/embedding_server.service";
    assert!(changed.iter().any(|line| line.starts_with(link)));
    assert!(changed.difference(&after).count() >= 4);
}

#[test]
fn read_only() {
    stays_as_it_was(&Container::privileged());
}

#[test]
fn read_only_unprivileged() {
    stays_as_it_was(&Container::unprivileged());
}

/// Not even when the runbook's checks are given up half way.
#[test]
fn read_only_and_interrupted() {
    let container = Container::privileged();
    container.inject("late-push", &["--delay", "0.3"]);
    std::thread::sleep(std::time::Duration::from_secs(1));
    let before = listing(&container);
    // From before the first command to about the last.
    for timeout in ["50ms", "150ms", "200ms", "250ms", "300ms", "350ms"] {
        container.diagnose(&["--read-only", "--timeout", timeout]);
        container.assert_nothing_left();
    }
    assert_same(&before, &listing(&container));
}
