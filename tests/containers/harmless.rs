//! Remedies, pasted although the diagnosis is wrong: the unit runs afterwards, or nothing was harmed.
//!
//! Each state gets the remedies of all hypotheses of all built-in runbooks, as a report prints them. `tests/run` plays the
//! states in [`SHARE`], `tests/run --long` (`LXCDIAG_REMEDIES=all`) all of them. `LXCDIAG_REMEDIES=masked,typo` plays
//! these. `--nocapture` prints the table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::lab::Container;
use crate::lxcdiag::{JSON, run};
use crate::names;
use crate::remedies::{SOURCE, UNIT};
use crate::units::case::{self, Case};
use crate::units::set_up;

/// Scenarios of the lab, of [`UNIT`].
const SCENARIOS: &[&str] = &[
    "binary",
    "capitals",
    "crlf",
    "cut-install",
    "cut-section",
    "dangling",
    "directory",
    "directory-push",
    "disabled",
    "disk-full",
    "disk-full-cut",
    "drop-in-only",
    "empty",
    "healthy",
    "in-wants",
    "late-push",
    "link-loop",
    "masked",
    "masked-elsewhere",
    "missing-program",
    "mode-0000",
    "nested",
    "never-enabled",
    "no-install",
    "push-missing-dir",
    "read-only",
    "removed-later",
    "stale",
    "template-only",
    "typo",
    "wants-is-a-file",
];

/// What a wrong remedy could harm most: a unit that runs, a mask, a file of another name, and what must not be started.
const SHARE: &[&str] = &["healthy", "masked", "typo", "bound.service"];

/// How many containers are used at once.
const LANES: usize = 3;

/// How many remedies are pasted before the container is looked at. Most of them change nothing.
const TOGETHER: usize = 6;

/// A state of a container, and the unit that is diagnosed in it.
struct State {
    name: String,
    unit: String,
    how: How,
}

enum How {
    Scenario,
    Unit(Box<Case>),
    Script(String),
}

/// The scenarios, a failing unit for each verdict of `unit-failed`, and the names that are something else.
fn every_state() -> Vec<State> {
    let scenarios = SCENARIOS.iter().map(|name| State {
        name: (*name).to_owned(),
        unit: UNIT.to_owned(),
        how: How::Scenario,
    });
    let mut verdicts = BTreeSet::new();
    let units = case::all().into_iter().filter_map(|case| {
        let is_new = verdicts.insert(case.verdict().to_owned());
        (is_new && case.on(&["bookworm"]).contains(&"bookworm")).then(|| State {
            name: case.unit.clone(),
            unit: case.unit.clone(),
            how: How::Unit(Box::new(case)),
        })
    });
    let names = names::states().into_iter().map(|name| State {
        name: name.verdict.to_owned(),
        unit: name.unit.to_owned(),
        how: How::Script(name.script),
    });
    scenarios.chain(units).chain(names).collect()
}

fn chosen_states() -> Vec<State> {
    let wanted = std::env::var("LXCDIAG_REMEDIES").unwrap_or_else(|_| SHARE.join(","));
    let mut states = every_state();
    if wanted != "all" {
        let names: BTreeSet<_> = wanted.split(',').collect();
        states.retain(|state| names.contains(state.name.as_str()));
        assert_eq!(states.len(), names.len(), "unknown state in {wanted}");
    }
    states
}

/// What a remedy could harm.
#[derive(Debug, PartialEq, Eq)]
pub struct Harmable {
    /// By path: whatever belongs to a service.
    files: BTreeMap<String, FileState>,
    /// The active units, and the process of the unit.
    active: BTreeSet<String>,
    /// The other unit files that can be loaded, with their states.
    unit_files: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    mode: String,
    /// Type, owner, target of the link, and SHA-256.
    content: String,
}

/// What a remedy did.
enum Effect {
    None,
    Repaired,
    /// Something is there that was not, and nothing is worse; the unit does not run.
    Added,
    Harmed(String),
}

impl Container {
    fn make(&self, state: &State) {
        match &state.how {
            How::Scenario => {
                self.inject(&state.name, &["--delay", "0.3"]);
            }
            How::Unit(case) => {
                self.reset();
                set_up(self, &[case]);
            }
            How::Script(script) => {
                self.reset();
                self.sh(script);
            }
        }
    }

    pub fn harmable(&self, unit: &str) -> Harmable {
        // Accounts are only added.
        let text = self.sh(&format!(
            "where='/etc /opt /srv /home /usr/lib/systemd'
            find $where -xdev -printf '%p|%m|%y %U:%G %l\\n'
            echo sums
            find $where -xdev -type f ! -path '/etc/*passwd*' ! -path '/etc/*shadow*' ! -path '/etc/*group*' ! -path '/etc/sub?id*' -exec sha256sum {{}} +
            echo units
            systemctl list-units --plain --no-legend --state=active --type=service,socket,timer,mount,path,target | cut -d' ' -f1
            systemctl show -p MainPID -- '{unit}' | grep -v =0
            echo unit-files
            systemctl list-unit-files --no-legend | grep -v '^{unit} ' | cut -d' ' -f1,2"
        ));
        let (files, rest) = text.split_once("sums\n").unwrap();
        let (sums, rest) = rest.split_once("units\n").unwrap();
        let (active, unit_files) = rest.split_once("unit-files\n").unwrap();
        let mut described = BTreeMap::new();
        for line in files.lines() {
            let mut parts = line.splitn(3, '|').map(str::to_owned);
            let mut part = || parts.next().unwrap_or_default();
            let (path, mode, content) = (part(), part(), part());
            described.insert(path, FileState { mode, content });
        }
        for line in sums.lines() {
            let (sum, path) = line.split_once("  ").unwrap();
            if let Some(file) = described.get_mut(path) {
                file.content.push_str(sum);
            }
        }
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        Harmable {
            files: described,
            active: lines(active),
            unit_files: lines(unit_files),
        }
    }

    /// The state of the container, without what changes by itself.
    fn settled(&self, unit: &str, restless: &Restless) -> Harmable {
        let mut now = self.harmable(unit);
        now.active.retain(|active| !restless.is(active));
        now
    }

    /// What is active only now and then.
    fn restless(&self, unit: &str) -> Restless {
        let first = self.harmable(unit).active;
        let mut restless = Restless::default();
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(300));
            let next = self.harmable(unit).active;
            restless
                .units
                .extend(first.symmetric_difference(&next).cloned());
        }
        // Its process is another one each time, also after the state was made again.
        let restarts = self.sh(&format!("systemctl show --value -p NRestarts -- '{unit}'"));
        let is_restarted = !matches!(restarts.trim(), "" | "0");
        restless.is_process = is_restarted || restless.units.iter().any(|it| is_process(it));
        if restless.is_process {
            restless.units.insert(unit.to_owned());
        }
        let jobs = self.sh("systemctl list-jobs --no-legend");
        let mut waiting = jobs.lines().filter_map(|job| job.strip_suffix(" waiting"));
        restless.is_queued = waiting.any(|job| job.split_whitespace().any(|word| word == unit));
        restless
    }

    /// The commands of each hypothesis, without repetitions, and whose they are.
    fn every_remedy(&self, unit: &str) -> BTreeMap<String, Owners> {
        let var = format!("unit={unit}");
        let runbooks: [(&str, &[&str]); 5] = [
            ("race-condition", &["--var", &var]),
            ("unit-failed", &["--var", &var]),
            ("health", &[]),
            ("race-risk", &[]),
            ("race-probe", &[]),
        ];
        let mut scripts = BTreeMap::<String, Owners>::new();
        for (runbook, options) in runbooks {
            let mut command = self.lxcdiag(runbook);
            let ended = run(command.args(JSON).arg("--read-only").args(options));
            let (report, verdict) = (ended.report(), ended.verdict().id);
            for hypothesis in report["hypotheses"].as_array().unwrap() {
                let remedy = hypothesis["remedy"].as_str().unwrap().lines();
                let lines: Vec<_> = remedy.filter_map(|line| line.strip_prefix("  ")).collect();
                if lines.is_empty() {
                    continue;
                }
                let id = hypothesis["id"].as_str().unwrap();
                let remedy = scripts.entry(lines.join("\n") + "\n").or_default();
                remedy.of.push(format!("{runbook}:{id}"));
                remedy.is_of_the_verdict |= id == verdict;
            }
        }
        scripts
    }

    /// Pastes commands, and ends each `systemctl` that waits for a job of the unit, as a user who presses Ctrl-C does.
    fn paste_and_interrupt(&self, script: &str, unit: &str) -> Output {
        let interrupt = format!(
            r#"clients() {{
              for process in /proc/[0-9]*; do
                case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in
                  "systemctl "*" {unit} ") echo "${{process#/proc/}}" ;;
                esac
              done
            }}
            before=$(clients)
            sleep 1
            for process in $(clients); do
              case " $(echo $before) " in *" $process "*) kill "$process" || : ;; esac
            done"#
        );
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    self.sh(&interrupt);
                }
            });
            let output = self.paste(script, Some(SOURCE));
            is_done.store(true, Ordering::Relaxed);
            output
        })
    }

    /// Pastes these remedies in one shell. Only if something has changed, each by itself, from the same state.
    fn try_remedies(
        &self,
        state: &State,
        restless: &Restless,
        before: &mut Harmable,
        remedies: &[(&String, &Owners)],
        effects: &mut Vec<(String, Effect)>,
    ) {
        let script: String = remedies.iter().map(|(script, _)| script.as_str()).collect();
        let output = match restless.is_queued {
            true => self.paste_and_interrupt(&script, &state.unit),
            false => self.paste(&script, Some(SOURCE)),
        };
        let after = self.settled(&state.unit, restless);
        if after == *before {
            effects.extend(
                remedies
                    .iter()
                    .map(|(_, owners)| (owners.in_short(), Effect::None)),
            );
            return;
        }
        if let [(script, owners)] = remedies {
            let is_active = format!("systemctl is-active '{}' || :", state.unit);
            let runs = self.sh(&is_active).trim() == "active";
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let effect = match harm(before, &after, owners.is_of_the_verdict) {
                Some(harm) => Effect::Harmed(format!("{harm}\n{script}{said}")),
                None if runs => Effect::Repaired,
                None => Effect::Added,
            };
            effects.push((owners.in_short(), effect));
        }
        self.make(state);
        *before = self.settled(&state.unit, restless);
        if remedies.len() > 1 {
            for remedy in remedies.chunks(1) {
                self.try_remedies(state, restless, before, remedy, effects);
            }
        }
    }
}

/// What changes by itself, such as a unit that is restarted again and again.
#[derive(Debug, Default)]
struct Restless {
    units: BTreeSet<String>,
    /// Whether the unit has another process now and then.
    is_process: bool,
    /// Whether a job of the unit waits in the queue of systemd, and `systemctl start` waits for that job.
    is_queued: bool,
}

impl Restless {
    fn is(&self, active: &str) -> bool {
        self.units.contains(active) || self.is_process && is_process(active)
    }
}

fn is_process(active: &str) -> bool {
    active.starts_with("MainPID=")
}

/// The hypotheses that have the same remedy.
#[derive(Debug, Default)]
struct Owners {
    of: Vec<String>,
    is_of_the_verdict: bool,
}

impl Owners {
    fn in_short(&self) -> String {
        let more = self.of.len() - 1;
        let own = if self.is_of_the_verdict {
            " (the verdict)"
        } else {
            ""
        };
        let others = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        format!("{}{others}{own}", self.of[0])
    }
}

/// What is worse than before, if anything. The right remedy may change a mode.
fn harm(before: &Harmable, after: &Harmable, is_right: bool) -> Option<String> {
    let is_same = |one: &FileState, other: &FileState| {
        one.content == other.content && (is_right || one.mode == other.mode)
    };
    let is_kept = |path: &String, file: &FileState| {
        // Where the unit is masked, the right remedy removes the mask.
        if is_right && file.content == "l 0:0 /dev/null" {
            return true;
        }
        // systemd reads only the names of these links.
        let is_dependency = path.contains(".wants/") || path.contains(".requires/");
        let is_link = |file: &FileState| file.content.starts_with('l');
        if is_dependency && is_link(file) && after.files.get(path).is_some_and(is_link) {
            return true;
        }
        let is_copy = |other: &str| {
            let suffix = other.strip_prefix(path.as_str());
            let suffix = suffix.and_then(|rest| rest.strip_prefix('.'));
            suffix.is_some_and(|suffix| {
                suffix == "crlf" || suffix.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let mut same = after.files.iter().filter(|(_, other)| is_same(file, other));
        same.any(|(other, _)| other == path || is_copy(other))
    };
    let lost: Vec<_> = before
        .files
        .iter()
        .filter(|(path, file)| !is_kept(path, file))
        .collect();
    let stopped: Vec<_> = before.active.difference(&after.active).collect();
    let changed: Vec<_> = before.unit_files.difference(&after.unit_files).collect();
    let is_well = lost.is_empty() && stopped.is_empty() && changed.is_empty();
    (!is_well).then(|| {
        let is_new = |(path, _): &(&String, &FileState)| !before.files.contains_key(*path);
        let new: Vec<_> = after.files.iter().filter(is_new).collect();
        let started: Vec<_> = after.active.difference(&before.active).collect();
        format!("lost {lost:?}, stopped {stopped:?}, changed {changed:?}, new {new:?}, started {started:?}")
    })
}

/// What became of a state: a line of the table, and what was harmed.
fn played(state: &State) -> (String, Vec<String>) {
    let container = Container::privileged();
    container.make(state);
    let restless = container.restless(&state.unit);
    let remedies = container.every_remedy(&state.unit);
    let remedies: Vec<_> = remedies.iter().collect();
    let mut effects = Vec::new();
    let mut before = container.settled(&state.unit, &restless);
    for together in remedies.chunks(TOGETHER) {
        container.try_remedies(state, &restless, &mut before, together, &mut effects);
    }
    let mut repaired = Vec::new();
    let mut added = 0;
    let mut harmed = Vec::new();
    for (whose, effect) in effects {
        match effect {
            Effect::None => {}
            Effect::Repaired => repaired.push(whose),
            Effect::Added => added += 1,
            Effect::Harmed(how) => harmed.push(format!("{whose} in {}: {how}", state.name)),
        }
    }
    let line = format!(
        "{:24} {:>8} {:>9} {:>9} {:>5} {:>7}  {}",
        state.name,
        remedies.len(),
        remedies.len() - repaired.len() - added - harmed.len(),
        repaired.len(),
        added,
        harmed.len(),
        repaired.join(", ")
    );
    (line, harmed)
}

#[test]
fn a_remedy_for_another_fault_does_no_harm() {
    let states = chosen_states();
    let next = AtomicUsize::new(0);
    let harmed = Mutex::new(Vec::new());
    println!(
        "state                    remedies no effect  repaired added  harmed  what runs the unit"
    );
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(state) = states.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (line, harm) = played(state);
                    println!("{line}");
                    for harm in &harm {
                        println!("{harm}");
                    }
                    harmed.lock().unwrap().extend(harm);
                }
            });
        }
    });
    let harmed = harmed.into_inner().unwrap();
    assert!(harmed.is_empty(), "{}", harmed.join("\n\n"));
}

#[test]
fn the_states_of_every_run_exist_and_names_are_unique() {
    let states = every_state();
    let names: BTreeSet<_> = states.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names.len(), states.len());
    assert!(SHARE.iter().all(|name| names.contains(name)));
}
