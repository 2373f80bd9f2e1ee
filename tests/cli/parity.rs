//! A sweep diagnoses a container as a run does: the same state gives the same verdict, checks and evidence.

use regex::Regex;
use serde_json::Value;

use crate::environment::Environment;

const RUNBOOK: &str = r#"runbook: parity
title: Parity
vars:
  since: { default: '-24h', about: how far back }
  source: { default: /source, about: a file on the host }
let:
  changed_before: own_changes | length
checks:
  - { id: config, title: Config, host: container, pass: running, show: '{{ hostname }} {{ lock | default("no lock") }}' }
  - id: state
    title: State
    shell: 'cat [WORK]/state'
    timeout: 2s
    facts: { match: '^state (?<word>\w+)$' }
    pass: word == 'good'
    crit: word == 'bad'
    show: '{{ word }} since {{ since }}, {{ changed_before }} changes before'
    events: [{ at: started_at, what: 'state {{ word }}' }]
  - { id: units, title: Units, shell: 'cat [WORK]/units', each: line, facts: { match: '^(?<name>\w+)$' }, warn: records | length > 5, metric: { value: records | length } }
  - { id: unit, title: Unit, needs: [units], for_each: units.name, run: [test, '{{ item }}', '!=', four], pass: exit == 0 }
  - { id: slow, title: Slow, shell: 'sh [WORK]/slow', timeout: 1s, pass: exit == 0 }
  - { id: file, title: File, host: { source: '{{ source }}' }, show: '{{ size }} bytes' }
  - { id: repair, title: Repair, changes: true, shell: 'echo >>[WORK]/repaired', pass: exit == 0 }
hypotheses:
  - id: broken
    title: Broken
    about: It is {{ state.word }}.
    evidence:
      - { if: state.word == 'bad', then: confirms, says: 'the state is {{ state.word }}' }
      - { if: repair.passed, then: weakens, says: it could be repaired }
      - { if: slow.failed, then: supports, says: it is slow }
      - { if: changed_before > 0, then: supports, says: it was changed before }
    remedy: 'pct exec {{ ct }} -- repair'
  - id: locked
    title: Locked
    about: It is locked.
    race: true
    evidence: [{ if: config.lock is defined, then: supports, says: 'lock {{ config.lock }}' }]
    remedy: wait
healthy: { if: state.passed, says: all is well }
"#;

fn environment(state: &str) -> Environment {
    let environment = Environment::new();
    let work = environment.path("work");
    let runbook = RUNBOOK.replace("[WORK]", work.to_str().unwrap());
    environment.write("work/parity.yaml", &runbook);
    environment.write("work/state", &format!("state {state}\n"));
    environment.write("work/units", "one\ntwo\nthree\n");
    environment.write("work/slow", "exit 0\n");
    environment.write("host/source", "x");
    environment
}

/// The diagnosis of a container: of a run, or of a sweep.
#[derive(Debug, PartialEq)]
struct Diagnosis {
    verdict: String,
    /// Each check with its outcome, severity and what was observed.
    checks: Vec<String>,
    /// The text of the report on the page.
    page: String,
}

impl Diagnosis {
    /// That a check begins with these words: its ID and its outcome.
    #[track_caller]
    fn assert_check(&self, words: &str) {
        let mut checks = self.checks.iter();
        assert!(
            checks.any(|check| check.starts_with(words)),
            "{:?}",
            self.checks
        );
    }
}

fn words(value: &Value, keys: &[&str]) -> String {
    let words: Vec<_> = keys.iter().filter_map(|key| value[key].as_str()).collect();
    words.join(" ")
}

fn diagnosed(environment: &Environment, arguments: &[&str], page: &str) -> Diagnosis {
    let options = [
        "./parity.yaml",
        "--ct",
        "958",
        "--output",
        "page.html",
        "--format",
        "json",
    ];
    let arguments = [&arguments[..1], &options, &arguments[1..]].concat();
    let finished = environment.as_root(&arguments);
    let report: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished}"));
    let found = report.pointer("/containers/0/visited").unwrap_or(&report);
    let verdict = found["verdict"]
        .as_str()
        .or(found["verdict"]["id"].as_str());
    let checks = found["checks"].as_array().unwrap().iter();
    let directory = environment.path("work");
    let directory = directory.parent().unwrap().to_str().unwrap();
    Diagnosis {
        verdict: verdict.unwrap().to_owned(),
        checks: checks
            .map(|check| words(check, &["id", "outcome", "severity", "observed"]))
            .map(|check| steady(&check, directory))
            .collect(),
        page: steady(&environment.read(&format!("work/{page}")), directory),
    }
}

/// Diagnoses a container twice, in two environments that were prepared in the same way, as either may leave a trace.
#[track_caller]
fn assert_same(prepare: impl Fn() -> Environment, changes: bool, more: &[&str]) -> Diagnosis {
    let run = if changes {
        &["run", "--allow-changes"][..]
    } else {
        &["run", "--read-only"]
    };
    let sweep = if changes {
        &["sweep", "--allow-changes"][..]
    } else {
        &["sweep"]
    };
    let run = diagnosed(&prepare(), &[run, more].concat(), "page.html");
    let sweep = diagnosed(&prepare(), &[sweep, more].concat(), "page.reports/958.html");
    assert_eq!(run.verdict, sweep.verdict);
    assert_eq!(run.checks, sweep.checks);
    let lines = run.page.lines().zip(sweep.page.lines());
    let differ: Vec<_> = lines.filter(|(run, sweep)| run != sweep).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    assert_eq!(run.page, sweep.page);
    run
}

/// The text of a page, without what differs from run to run. The option that allows changes has another name in a sweep.
fn steady(text: &str, directory: &str) -> String {
    let patterns = [
        (r"(?s)<(style|script|svg)\b.*?</(style|script|svg)>", ""),
        (r"<[^>]*>", "\n"),
        (r"\s*\n\s*", "\n"),
        (r"lxcdiag (run|sweep) .*", "[COMMAND]"),
        (
            r"(\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(\.\d+)?Z?( UTC)?",
            "[TIME]",
        ),
        // The runbook's: it has the path of the directory in it.
        (r"\b[0-9a-f]{64}\b", "[SHA-256]"),
        (r"(≤ )?[\d.]+ (µs|ms|s)\b", "[LONG]"),
        (
            "--read-only is given|--allow-changes is not given",
            "[NO CHANGES]",
        ),
    ];
    let text = text.replace("&#x2f;", "/").replace(directory, "[DIR]");
    patterns.iter().fold(text, |text, (pattern, steady)| {
        let pattern = Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *steady).into_owned()
    })
}

#[test]
fn read_only() {
    for (state, verdict) in [
        ("good", "healthy"),
        ("bad", "broken"),
        ("odd", "inconclusive"),
    ] {
        let found = assert_same(|| environment(state), false, &[]);
        assert_eq!(found.verdict, verdict, "{}", found.page);
        found.assert_check("repair skipped");
    }
}

#[test]
fn with_changes() {
    let found = assert_same(|| environment("bad"), true, &[]);
    found.assert_check("repair passed");
}

/// What lxcdiag itself changed in an earlier run.
#[test]
fn after_earlier_changes() {
    let changed = || {
        let environment = environment("good");
        environment.as_root(&["run", "./parity.yaml", "--ct", "958", "--allow-changes"]);
        assert!(environment.path("work/repaired").exists());
        environment
    };
    for changes in [false, true] {
        let found = assert_same(changed, changes, &[]);
        assert!(found.page.contains("1 changes before"), "{}", found.page);
        assert!(
            found.page.contains("it was changed before"),
            "{}",
            found.page
        );
    }
}

#[test]
fn in_a_locked_container() {
    let locked = || {
        let environment = environment("bad");
        let config = "hostname: embed\nostype: debian\nlock: disk\n";
        environment.write("host/etc/pve/nodes/pve1/lxc/958.conf", config);
        environment
    };
    let found = assert_same(locked, true, &[]);
    found.assert_check("repair skipped");
}

#[test]
fn since_a_time() {
    let found = assert_same(
        || environment("good"),
        false,
        &["--var", "since=2026-01-02"],
    );
    assert!(
        found.page.contains("good since 2026-01-02"),
        "{}",
        found.page
    );
}

#[test]
fn when_a_command_hangs() {
    let hanging = || {
        let environment = environment("good");
        environment.write("work/slow", "echo half; sleep 600\n");
        environment
    };
    let found = assert_same(hanging, false, &[]);
    found.assert_check("slow errored");
}

#[test]
fn when_the_shell_is_lost() {
    let lost = || {
        let environment = environment("good");
        environment.write("work/slow", "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat)\n");
        environment
    };
    let found = assert_same(lost, false, &[]);
    assert_ne!(
        found.checks,
        assert_same(|| environment("good"), false, &[]).checks
    );
}

#[test]
fn when_the_host_cannot_be_read() {
    let missing = || {
        let environment = environment("good");
        std::fs::remove_file(environment.path("host/source")).unwrap();
        environment
    };
    let found = assert_same(missing, false, &[]);
    found.assert_check("file errored");
}
