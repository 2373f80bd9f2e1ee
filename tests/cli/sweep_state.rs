//! What a sweep keeps for the next one.

use std::hash::{BuildHasher as _, RandomState};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::environment::{Environment, Finished};
use crate::sweeps::{arguments, environment, rows, sweep};
use crate::wait::wait_until;

fn state(environment: &Environment) -> Value {
    serde_json::from_str(&environment.read("work/state/small.json")).unwrap()
}

/// The changes that a sweep reports: container, kind, and what is wrong.
fn changes(finished: &Finished) -> Vec<String> {
    let sweep: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished}"));
    let changes = sweep["changes"].as_array().unwrap().iter();
    changes
        .map(|change| {
            let text = |key: &str| change[key].as_str().unwrap();
            let (kind, status, says) = (text("change"), text("status"), text("says"));
            format!("{} {kind} {status} {says}", change["ct"])
        })
        .collect()
}

/// Lists what is in work/102, one unit per line; in work/mounts, how full each file system is.
const LISTS: &str = "runbook: small
title: Is all well?
checks:
  - id: units
    title: Failed units
    shell: cat ./units
    each: line
    facts: { match: '^(?<unit>\\S+) (?<restarts>\\d+)$' }
    pass: records | length == 0
    crit: records | length > 0
    show: \"{{ unit | join(', ') or 'none' }}\"
  - id: space
    title: Disk space
    shell: cat ./mounts
    each: line
    facts: { match: '^(?<percent>\\d+) (?<mount>\\S+)$', types: { percent: int } }
    pass: percent | max < 80
    warn: percent | max >= 80
    crit: percent | max >= 95
    show: \"{{ percent | max }} % of {{ (records | sort(attribute='percent') | last).mount }}\"
hypotheses:
  - id: failed
    title: Units have failed
    about: It is.
    evidence: [{ if: units.records | length > 0, then: confirms, says: \"failed: {{ units.unit | join(', ') }}\" }]
    remedy: Repair it.
";

#[test]
fn each_failed_unit_and_each_full_disk_is_reported_separately() {
    let environment = environment();
    let path = environment.path("work");
    environment.write(
        "work/small.yaml",
        &LISTS.replace("./", &format!("{}/", path.display())),
    );
    let sweep = |units: &str, mounts: &str| {
        environment.write("work/units", units);
        environment.write("work/mounts", mounts);
        let more = ["--ct", "102", "--on-change", "--format", "json"];
        sweep(&environment, &more)
    };
    let first = sweep("a.service 3\n", "96 /\n50 /srv\n");
    assert_eq!(
        changes(&first),
        [
            "102 new critical Failed units: a.service",
            "102 new critical Disk space: 96 % of /",
        ]
    );
    // Counts and percentages vary.
    let second = sweep("a.service 4\n", "97 /\n51 /srv\n");
    assert_eq!(changes(&second), [""; 0]);
    let third = sweep("a.service 4\nb.service 1\n", "98 /\n85 /srv\n");
    assert_eq!(
        changes(&third),
        [
            "102 new critical Failed units: b.service",
            "102 new warning Disk space: 85 % of /srv",
        ]
    );
    let fourth = sweep("b.service 1\n", "50 /\n86 /srv\n");
    assert_eq!(
        changes(&fourth),
        [
            "102 gone critical Failed units: a.service",
            "102 gone critical Disk space: 98 % of /",
        ]
    );
    assert_eq!(fourth.status, Some(2), "{fourth}");
}

#[test]
fn an_item_is_resolved_when_no_items_are_left() {
    let environment = environment();
    let path = environment.path("work");
    let runbook = "runbook: small
title: Is all well?
checks:
  - { id: units, title: Units, shell: cat ./units, each: line, facts: { match: '^(?<name>.+)$' } }
  - id: why
    title: Result
    needs: [units]
    for_each: units.name
    run: [echo, failed]
    facts: { match: '^(?<result>.+)$' }
    crit: result == 'failed'
healthy: { if: units.passed, says: all is well }
";
    let runbook = runbook.replace("./", &format!("{}/", path.display()));
    environment.write("work/small.yaml", &runbook);
    let sweep = |units: &str| {
        environment.write("work/units", units);
        let more = ["--ct", "102", "--on-change", "--format", "json"];
        sweep(&environment, &more)
    };
    let reported = [sweep("a\nb\n"), sweep("b\n"), sweep("")].map(|finished| {
        let sweep: Value = serde_json::from_str(&finished.stdout).unwrap();
        let changes = sweep["changes"].as_array().unwrap().iter();
        let words = changes.map(|it| format!("{} {}", it["change"], it["id"]).replace('"', ""));
        words.collect::<Vec<_>>()
    });
    assert_eq!(reported[0], ["new why[a]", "new why[b]"]);
    assert_eq!(reported[1], ["gone why[a]"]);
    assert_eq!(reported[2], ["gone why[b]"]);
}

#[test]
fn a_state_file_of_an_older_version_is_replaced_with_a_warning() {
    let environment = environment();
    environment.write(
        "work/state/small.json",
        r#"{"schema":"lxcdiag.sweep-memory/1","swept_at":{"102":5},"known":{"102":{"state":{"status":"critical","says":"State: bad since @1","since":4,"seen":2,"told":true}}}}"#,
    );
    let sweep = || sweep(&environment, &["--ct", "102", "--on-change"]);
    let first = sweep();
    assert!(first.stdout.contains("new     102"), "{first}");
    let warning =
        "has the format of an older version of lxcdiag; this sweep starts without a previous one";
    assert!(first.stderr.contains(warning), "{first}");
    let second = sweep();
    assert_eq!((second.stdout.as_str(), second.stderr.as_str()), ("", ""));
}

#[test]
fn a_container_that_has_stopped_is_reported_until_it_runs_again() {
    let environment = environment();
    let sockets = environment.read("host/proc/net/unix");
    let without = |ct: &str| {
        let lines = sockets.lines().filter(|line| !line.contains(ct));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    // 101 has never been seen running.
    environment.write("host/proc/net/unix", &without("/101/"));
    let more = ["--ct", "101-102", "--on-change"];
    let first = sweep(&environment, &more);
    assert!(first.stdout.contains("skipped 101"), "{first}");
    environment.write("host/proc/net/unix", &without("/10"));
    let second = sweep(&environment, &more);
    let says = "new     102  pve1  db    warning  stopped; last seen running at";
    assert!(second.stdout.contains(says), "{second}");
    assert!(second.stdout.contains("skipped 101"), "{second}");
    assert_eq!(second.status, Some(1), "{second}");
    let third = sweep(&environment, &more);
    assert_eq!((third.stdout.as_str(), third.status), ("", Some(1)));
    let running = ["--ct", "101-102", "--running"];
    let fourth = sweep(&environment, &running);
    assert!(!fourth.stdout.contains("102"), "{fourth}");
    environment.write("host/proc/net/unix", &sockets);
    let fifth = sweep(&environment, &more);
    let says = "resolved  102  pve1  db    -       stopped";
    assert!(fifth.stdout.contains(says), "{fifth}");
}

/// A runbook's names are not those of a container's states.
#[test]
fn a_container_with_a_problem_called_unreachable_was_swept() {
    let environment = environment();
    let runbook = environment.read("work/small.yaml");
    let runbook = runbook.replace("state", "unreachable");
    environment.write("work/small.yaml", &runbook);
    let more = ["--ct", "102", "--on-change"];
    let first = sweep(&environment, &more);
    assert!(first.stdout.contains("bad since -24h"), "{first}");
    environment.write("work/102", "echo found worse\n");
    let second = sweep(&environment, &more);
    let words: Vec<_> = second.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("worse since @1"), "{second}");
}

#[test]
fn a_container_that_should_start_at_boot_and_has_stopped_is_critical() {
    let environment = environment();
    environment.write(
        "host/etc/pve/nodes/pve1/lxc/102.conf",
        "hostname: db\nonboot: 1\n",
    );
    let json = ["--ct", "102", "--format", "json"];
    sweep(&environment, &json);
    environment.write("host/proc/net/unix", "Num RefCount Protocol Flags\n");
    let finished = sweep(&environment, &json);
    assert_eq!(rows(&finished), [(102, "stopped critical".to_owned())]);
    assert_eq!(finished.status, Some(2), "{finished}");
    let waiver = "- { container: 102, check: stopped, reason: retired, until: 2999-12-31 }\n";
    environment.write("work/waivers.yaml", waiver);
    let waived = ["--ct", "102", "--waivers", "waivers.yaml"];
    let finished = sweep(&environment, &waived);
    assert!(finished.stdout.contains("retired"), "{finished}");
    assert_eq!(finished.status, Some(0), "{finished}");
}

#[test]
fn a_second_sweep_reports_only_changes() {
    let environment = environment();
    let more = ["--ct", "101-102", "--on-change"];
    let first = sweep(&environment, &more);
    assert!(first.stdout.contains("new     102"), "{first}");
    assert!(first.stdout.contains("bad since -24h"), "{first}");
    let second = sweep(&environment, &more);
    assert_eq!(
        (second.stdout.as_str(), second.status),
        ("", Some(2)),
        "{second}"
    );
    environment.write("work/102", "echo found ok\n");
    let third = sweep(&environment, &more);
    assert!(third.stdout.contains("resolved  102"), "{third}");
    // The runbook gets the time of the last sweep.
    assert!(third.stdout.contains("bad since @1"), "{third}");
    assert_eq!(third.status, Some(0));
}

#[test]
fn a_quiet_sweep_reports_a_resolved_problem_once() {
    let environment = environment();
    let more = ["--ct", "102", "--on-change", "--quiet"];
    let first = sweep(&environment, &more);
    assert!(first.stdout.contains("new     102"), "{first}");
    environment.write("work/102", "echo found ok\n");
    let second = sweep(&environment, &more);
    assert!(second.stdout.contains("resolved  102"), "{second}");
    let third = sweep(&environment, &more);
    assert_eq!((third.stdout.as_str(), third.status), ("", Some(0)));
}

#[test]
fn a_waived_or_unconfirmed_problem_does_not_count() {
    let environment = environment();
    environment.write(
        "work/waivers.yaml",
        "- { container: 102, check: state, reason: replaced soon, until: 2999-12-31 }\n",
    );
    let waived = ["--ct", "102", "--waivers", "waivers.yaml"];
    let finished = sweep(&environment, &waived);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(finished.stdout.contains("replaced soon"), "{finished}");
    let confirm = ["--ct", "102", "--confirm", "3", "--on-change"];
    let sweeps: Vec<_> = (0..4).map(|_| sweep(&environment, &confirm)).collect();
    // A sweep without --on-change does not count.
    let statuses: Vec<_> = sweeps.iter().map(|finished| finished.status).collect();
    assert_eq!(statuses, [Some(0), Some(0), Some(2), Some(2)]);
    let printed: Vec<_> = sweeps
        .iter()
        .map(|finished| !finished.stdout.is_empty())
        .collect();
    assert_eq!(printed, [false, false, true, false]);
}

/// The check that its evidence depends on timed out.
#[test]
fn a_problem_that_cannot_be_judged_is_neither_resolved_nor_improved() {
    let environment = environment();
    let hypothesis = "hypotheses:
  - id: broken
    title: It is broken
    about: It is.
    evidence: [{ if: \"what == 'bad'\", then: confirms, says: it is bad }]
    remedy: Repair it.
";
    let runbook = environment.read("work/small.yaml");
    let runbook = runbook.replace("healthy:", &format!("{hypothesis}healthy:"));
    let runbook = runbook
        .replace("what ==", "state.what ==")
        .replace("crit: state.", "crit: ");
    let runbook = runbook.replace("pass: state.", "pass: ");
    environment.write("work/small.yaml", &runbook);
    let more = ["--ct", "102", "--on-change"];
    let first = sweep(&environment, &more);
    // The check and the hypothesis that explains it are one problem.
    assert_eq!(first.stdout.matches("new   ").count(), 1, "{first}");
    environment.write("work/102", "sleep 31415\n");
    let second = sweep(&environment, &more);
    assert!(second.stdout.contains("timed out"), "{second}");
    assert!(second.stdout.contains("new   "), "{second}");
    for false_word in ["resolved", "improved", "broken"] {
        assert!(!second.stdout.contains(false_word), "{second}");
    }
    environment.write("work/102", "echo found ok\n");
    let third = sweep(&environment, &more);
    assert_eq!(third.stdout.matches("resolved  ").count(), 1, "{third}");
}

#[test]
fn a_change_that_could_not_be_written_is_reported_again() {
    let environment = environment();
    let more = ["--ct", "102", "--on-change", "--output", "none/sweep.json"];
    let first = sweep(&environment, &more);
    assert_eq!(first.status, Some(73), "{first}");
    let second = sweep(&environment, &more[..3]);
    assert!(second.stdout.contains("new     102"), "{second}");
}

/// The clock was years ahead at the last sweep.
#[test]
fn a_last_sweep_in_the_future_is_forgotten() {
    let environment = environment();
    let first = sweep(&environment, &["--ct", "102", "--on-change"]);
    assert_eq!(first.status, Some(2), "{first}");
    let mut state = state(&environment);
    state["containers"]["102"]["swept_at"] = 4_000_000_000_000_000_000_i64.into();
    environment.write("work/state/small.json", &state.to_string());
    environment.write("work/102", "echo found worse\n");
    let second = sweep(&environment, &["--ct", "102", "--on-change"]);
    let words: Vec<_> = second.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("worse since -24h"), "{second}");
}

#[test]
fn sweeps_with_one_runbook_do_not_overlap() {
    let environment = environment();
    let mut first = environment.command_as_root(&arguments(&["--ct", "103"]));
    let mut first = first.stdout(Stdio::null()).spawn().unwrap();
    wait_until("the first sweep begins", || {
        !environment.pct_calls().is_empty()
    });
    let second = sweep(&environment, &["--ct", "101"]);
    assert_eq!(second.status, Some(69), "{second}");
    assert!(
        second
            .stderr
            .contains("another sweep with small is running"),
        "{second}"
    );
    first.wait().unwrap();
    assert_eq!(sweep(&environment, &["--ct", "101"]).status, Some(0));
}

/// A sweep that is killed has no effect on the next one.
#[test]
fn a_sweep_killed_at_any_moment_loses_and_repeats_nothing() {
    let environment = environment();
    let more = ["--ct", "101-102", "--on-change"];
    let begun = Instant::now();
    let first = sweep(&environment, &more);
    let whole = begun.elapsed();
    assert!(first.stdout.contains("new     102"), "{first}");
    let mut last = state(&environment);
    let (mut ended, mut cut) = (0, 0);
    for round in 0..20 {
        let mut command = environment.command_as_root(&arguments(&more));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Anywhere from before the lock is taken to after the state is written.
        let somewhere = f64::from(RandomState::new().hash_one(round) as u32) / f64::from(u32::MAX);
        std::thread::sleep(whole.mul_f64(1.2 * somewhere));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"", "reported again in round {round}");

        let now = state(&environment);
        let known = |state: &Value| state["containers"]["102"]["problems"][0].clone();
        let (was, is) = (known(&last), known(&now));
        assert_eq!(
            (&is["reported"], &is["since"]),
            (&true.into(), &was["since"])
        );
        let counted = is["seen"].as_u64().unwrap() - was["seen"].as_u64().unwrap();
        // It is the old state, or that of one more sweep.
        if now["containers"]["101"] == last["containers"]["101"] {
            assert_eq!(now, last, "round {round}");
            cut += 1;
        } else {
            assert_eq!(counted, 1, "round {round}");
            ended += 1;
        }
        last = now;
    }
    assert!(cut > 0, "no sweep was killed before its end");
    // Still known, and not reported again.
    let after = sweep(&environment, &more);
    assert_eq!(after.stdout, "", "{after}");
    let seen = state(&environment)["containers"]["102"]["problems"][0]["seen"].as_u64();
    assert_eq!(seen, Some(1 + ended + 1));
}
