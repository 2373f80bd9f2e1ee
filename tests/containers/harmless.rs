//! Remedies, pasted although the diagnosis is wrong: the service runs afterwards, or nothing has changed.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::lab::Container;
use crate::lxcdiag::{JSON, run};
use crate::remedies::{SOURCE, UNIT};

const STATES: &[&str] = &[
    "directory-push",
    "cut-section",
    "healthy",
    "late-push",
    "masked",
    "no-install",
    "nested",
    "stale",
    "empty",
    "typo",
    "cut-install",
    "dangling",
    "mode-0000",
    "directory",
    "binary",
    "drop-in-only",
    "crlf",
    "missing-program",
    "disk-full",
    "push-missing-dir",
    "read-only",
];

/// How many states a run of the tests tries: others each day. `LXCDIAG_REMEDIES=all` tries all of them.
const A_DAY: usize = 3;

/// Today's states.
fn states() -> Vec<&'static str> {
    if std::env::var("LXCDIAG_REMEDIES").is_ok_and(|which| which == "all") {
        return STATES.to_vec();
    }
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let day = usize::try_from(since.as_secs() / 86_400).unwrap();
    let states = STATES.iter().cycle().skip(day * A_DAY % STATES.len());
    states.take(A_DAY).copied().collect()
}

/// What a remedy could harm.
#[derive(Debug, PartialEq, Eq)]
struct State {
    /// Path, type, mode and owner, and content of each file in the unit directory.
    files: BTreeSet<(String, String)>,
    /// The names of the active units, and of the process of the unit.
    active: BTreeSet<String>,
    /// The names and states of other unit files.
    unit_files: BTreeSet<String>,
}

impl Container {
    fn state(&self) -> State {
        let text = self.sh(&format!(
            "cd /etc/systemd/system && find . -printf '%p|%y %m %U:%G %l ' \\( -type f -exec sh -c 'sha256sum <\"$0\"' {{}} \\; -o -printf '\\n' \\)
            echo units
            systemctl list-units --plain --no-legend --state=active --type=service,socket,timer,mount,target | cut -d' ' -f1
            systemctl show -p MainPID -- {UNIT} | grep -v =0
            echo unit-files
            systemctl list-unit-files --no-legend | grep -v '^{UNIT} ' | cut -d' ' -f1,2"
        ));
        let (files, rest) = text.split_once("units\n").unwrap();
        let (active, unit_files) = rest.split_once("unit-files\n").unwrap();
        let file = |line: &str| {
            let (path, rest) = line.split_once('|').unwrap();
            (path.to_owned(), rest.to_owned())
        };
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        State {
            files: files.lines().map(file).collect(),
            active: lines(active),
            unit_files: lines(unit_files),
        }
    }

    /// Makes a state, and returns it.
    fn state_after(&self, scenario: &str) -> State {
        self.inject(scenario, &["--delay", "0.3"]);
        self.state()
    }

    /// The commands for all hypotheses that are not the verdict.
    fn wrong_remedies(&self) -> Vec<(String, String)> {
        let unit = format!("unit={UNIT}");
        let runbooks: [(&str, &[&str]); 4] = [
            ("race-condition", &["--var", &unit]),
            ("unit-failed", &["--var", &unit]),
            ("health", &[]),
            ("race-risk", &[]),
        ];
        let mut scripts = Vec::new();
        for (runbook, options) in runbooks {
            let mut command = self.lxcdiag(runbook);
            let ended = run(command.args(JSON).arg("--read-only").args(options));
            let (report, verdict) = (ended.report(), ended.verdict().id);
            let hypotheses = report["hypotheses"].as_array().unwrap().iter();
            let wrong = hypotheses.filter(|hypothesis| hypothesis["id"] != *verdict);
            scripts.extend(wrong.map(|hypothesis| {
                let remedy = hypothesis["remedy"].as_str().unwrap().lines();
                let lines: Vec<_> = remedy.filter_map(|line| line.strip_prefix("  ")).collect();
                let id = hypothesis["id"].as_str().unwrap();
                (format!("{runbook}: {id}"), lines.join("\n") + "\n")
            }));
        }
        scripts
    }
}

/// A file that is not what it was, and of which no copy was kept.
fn lost<'a>(before: &'a State, after: &State) -> Vec<&'a (String, String)> {
    let is_kept = |(path, content): &(String, String)| {
        let is_copy = |other: &str| {
            let suffix = other
                .strip_prefix(path)
                .and_then(|rest| rest.strip_prefix('.'));
            suffix.is_some_and(|suffix| suffix.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let mut kept = after.files.iter().filter(|(_, other)| other == content);
        kept.any(|(other, _)| other == path || is_copy(other))
    };
    before.files.iter().filter(|file| !is_kept(file)).collect()
}

#[test]
fn a_remedy_for_another_fault_does_no_harm() {
    let container = Container::privileged();
    let mut harm = Vec::new();
    for scenario in states() {
        let mut before = container.state_after(scenario);
        for (id, script) in container.wrong_remedies() {
            let output = container.paste(&script, Some(SOURCE));
            let after = container.state();
            if after == before {
                continue;
            }
            let lost = lost(&before, &after);
            let stopped: Vec<_> = before.active.difference(&after.active).collect();
            let changed: Vec<_> = before.unit_files.difference(&after.unit_files).collect();
            let runs = after.active.contains(UNIT);
            if !(lost.is_empty() && stopped.is_empty() && changed.is_empty() && runs) {
                let said = String::from_utf8_lossy(&output.stderr);
                let new: Vec<_> = after.files.difference(&before.files).collect();
                harm.push(format!(
                    "{id} in {scenario}: lost {lost:?}, stopped {stopped:?}, changed {changed:?}, new {new:?}, runs: {runs}\n{script}{said}"
                ));
            }
            before = container.state_after(scenario);
        }
    }
    assert!(harm.is_empty(), "{}", harm.join("\n\n"));
}
