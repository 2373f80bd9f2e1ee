//! What a sweep remembers for the next one.

use std::hash::{BuildHasher as _, RandomState};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::sweeps::{arguments, environment, sweep};
use crate::wait::wait_until;

#[test]
fn a_second_sweep_tells_only_what_differs() {
    let environment = environment();
    let more = ["--ct", "101-102", "--on-change"];
    let first = sweep(&environment, &more);
    assert!(first.stdout.contains("new             102"), "{first}");
    assert!(first.stdout.contains("bad since -24h"), "{first}");
    let second = sweep(&environment, &more);
    assert_eq!(
        (second.stdout.as_str(), second.status),
        ("", Some(2)),
        "{second}"
    );
    environment.write("work/102", "echo found ok\n");
    let third = sweep(&environment, &more);
    assert!(third.stdout.contains("gone            102"), "{third}");
    // The sweep tells the runbook when the last one was.
    assert!(third.stdout.contains("bad since @1"), "{third}");
    assert_eq!(third.status, Some(0));
}

#[test]
fn what_is_gone_is_told_once_of_a_quiet_sweep_too() {
    let environment = environment();
    let more = ["--ct", "102", "--on-change", "--quiet"];
    let first = sweep(&environment, &more);
    assert!(first.stdout.contains("new             102"), "{first}");
    environment.write("work/102", "echo found ok\n");
    let second = sweep(&environment, &more);
    assert!(second.stdout.contains("gone            102"), "{second}");
    let third = sweep(&environment, &more);
    assert_eq!((third.stdout.as_str(), third.status), ("", Some(0)));
}

#[test]
fn what_is_waived_or_not_confirmed_does_not_count() {
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
    let told: Vec<_> = (0..4).map(|_| sweep(&environment, &confirm)).collect();
    // The sweep with the waiver was the first of three.
    let statuses: Vec<_> = told.iter().map(|finished| finished.status).collect();
    assert_eq!(statuses, [Some(0), Some(2), Some(2), Some(2)]);
    let printed: Vec<_> = told
        .iter()
        .map(|finished| !finished.stdout.is_empty())
        .collect();
    assert_eq!(printed, [false, true, false, false]);
}

/// The check that its evidence rests on timed out: that is no recovery.
#[test]
fn what_could_not_be_judged_has_neither_gone_nor_become_better() {
    let environment = environment();
    let hypothesis = "hypotheses:
  - id: broken
    title: It is broken
    about: It is.
    evidence: [{ if: \"what == 'bad'\", then: confirms, says: it is bad }]
    remedy: Mend it.
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
    assert_eq!(first.stdout.matches("new   ").count(), 2, "{first}");
    environment.write("work/102", "sleep 31415\n");
    let second = sweep(&environment, &more);
    assert!(second.stdout.contains("timed out"), "{second}");
    assert!(second.stdout.contains("new   "), "{second}");
    for false_word in ["gone", "better", "broken"] {
        assert!(!second.stdout.contains(false_word), "{second}");
    }
    environment.write("work/102", "echo found ok\n");
    let third = sweep(&environment, &more);
    assert_eq!(third.stdout.matches("gone   ").count(), 2, "{third}");
}

#[test]
fn what_could_not_be_written_is_told_again() {
    let environment = environment();
    let more = ["--ct", "102", "--on-change", "--output", "none/sweep.json"];
    let first = sweep(&environment, &more);
    assert_eq!(first.status, Some(73), "{first}");
    let second = sweep(&environment, &more[..3]);
    assert!(second.stdout.contains("new             102"), "{second}");
}

/// The clock was years ahead at the last sweep: nothing has happened since then, nor is that well.
#[test]
fn a_last_sweep_that_is_yet_to_come_is_forgotten() {
    let environment = environment();
    let first = sweep(&environment, &["--ct", "102"]);
    assert_eq!(first.status, Some(2), "{first}");
    let memory = environment.read("work/memory/small.json");
    let mut memory: Value = serde_json::from_str(&memory).unwrap();
    memory["swept_at"]["102"] = 4_000_000_000_000_000_000_i64.into();
    environment.write("work/memory/small.json", &memory.to_string());
    let second = sweep(&environment, &["--ct", "102"]);
    assert!(second.stdout.contains("bad since -24h"), "{second}");
}

#[test]
fn sweeps_with_one_runbook_do_not_overlap() {
    let environment = environment();
    let mut first = environment.command_as_root(&arguments("memory", &["--ct", "103"]));
    let mut first = first.stdout(Stdio::null()).spawn().unwrap();
    wait_until("the first sweep begins", || {
        !environment.pct_calls().is_empty()
    });
    let second = sweep(&environment, &["--ct", "101"]);
    assert_eq!(second.status, Some(69), "{second}");
    assert!(
        second
            .stderr
            .contains("another sweep with small is under way"),
        "{second}"
    );
    first.wait().unwrap();
    assert_eq!(sweep(&environment, &["--ct", "101"]).status, Some(0));
}

/// Told and counted is what a sweep that came to its end has found, once for each; whenever others were killed.
#[test]
fn killed_at_any_moment_it_loses_and_doubles_nothing() {
    let environment = environment();
    let more = ["--ct", "101-102", "--on-change"];
    let begun = Instant::now();
    let first = sweep(&environment, &more);
    let whole = begun.elapsed();
    assert!(first.stdout.contains("new             102"), "{first}");
    let memory =
        || -> Value { serde_json::from_str(&environment.read("work/memory/small.json")).unwrap() };
    let mut last = memory();
    let (mut ended, mut cut) = (0, 0);
    for round in 0..20 {
        let mut command = environment.command_as_root(&arguments("memory", &more));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Anywhere from before the lock is taken to after the memory is written.
        let somewhere = f64::from(RandomState::new().hash_one(round) as u32) / f64::from(u32::MAX);
        std::thread::sleep(whole.mul_f64(1.2 * somewhere));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"", "told of once more in round {round}");

        let mut now = memory();
        let (was, is) = (
            &last["known"]["102"]["state"],
            &now["known"]["102"]["state"],
        );
        assert_eq!((&is["told"], &is["since"]), (&true.into(), &was["since"]));
        let counted = is["seen"].as_u64().unwrap() - was["seen"].as_u64().unwrap();
        // It is the old memory to the byte, or that of one sweep more.
        if now["swept_at"] == last["swept_at"] {
            assert_eq!(now, last, "round {round}");
            cut += 1;
        } else {
            assert_eq!(counted, 1, "round {round}");
            ended += 1;
        }
        last = now.take();
    }
    assert!(cut > 0, "no sweep was killed before its end");
    // Still known, and told of no second time.
    let after = sweep(&environment, &more);
    assert_eq!(after.stdout, "", "{after}");
    let seen = memory()["known"]["102"]["state"]["seen"].as_u64();
    assert_eq!(seen, Some(1 + ended + 1));
}
