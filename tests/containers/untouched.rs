//! With --read-only the container stays as it was.

use std::collections::BTreeSet;

use crate::lab::Container;
use crate::wait::wait_for;

/// All attributes of each file, and what systemd has loaded.
const LISTING: &str = r#"
    find / /run /dev/shm $(awk '$3 == "tmpfs" { print $2 }' /proc/mounts) -xdev \
        -printf '%p %y %m %U:%G %s modified %T+ changed %C+ -> %l\n'
    systemctl list-units --all --full --plain --no-legend --no-pager
    systemctl list-unit-files --full --no-legend --no-pager
    systemctl list-jobs --no-legend --no-pager
    systemctl show -p UnitsLoadTimestampMonotonic,GeneratorsStartTimestampMonotonic,NFailedUnits,Environment
    systemctl show -p NeedDaemonReload,ActiveEnterTimestampMonotonic,InvocationID -- '*'
"#;

/// Two directories in which enabling on a copy and `systemd-analyze verify` create and remove files; and systemd's timestamp
/// of the unit directories, which it updates when it is asked for a unit that it had not found before.
const TOUCHED: [&str; 3] = ["/run", "/tmp", "/run/systemd/systemd-units-load"];

/// The part of a line that must stay the same; `None` for what a running container changes by itself.
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

/// The listing of a container that has settled: systemd-tmpfiles and similar units run at the end of the boot.
fn settled(container: &Container) -> BTreeSet<String> {
    let mut before = listing(container);
    wait_for("two equal listings", || {
        std::thread::sleep(std::time::Duration::from_millis(500));
        let now = listing(container);
        let same = now == before;
        before.clone_from(&now);
        same.then_some(now)
    })
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
    let before = settled(container);
    let ended = container.diagnose(&["--read-only"]);
    assert_eq!(ended.verdict().id, "race-condition");
    let after = listing(container);
    assert_same(&before, &after);
    assert_eq!(ended.outcome("counterfactual"), "passed");

    // The listing shows what a run changes.
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

/// The run is interrupted between and during its checks.
#[test]
fn read_only_and_interrupted() {
    let container = Container::privileged();
    container.inject("late-push", &["--delay", "0.3"]);
    let before = settled(&container);
    // From before the first command to about the last.
    for timeout in ["50ms", "150ms", "200ms", "250ms", "300ms", "350ms"] {
        container.diagnose(&["--read-only", "--timeout", timeout]);
        container.assert_nothing_left();
    }
    assert_same(&before, &listing(&container));
}
