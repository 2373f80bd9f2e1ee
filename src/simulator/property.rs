//! What must hold in every history: nothing that is confirmed is false, nothing that is ruled out is true.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::backend::{record, runbook};
use super::generator::generate;
use super::history::History;
use super::truth::{HEALTHY, RACE, Truth, truth};
use super::{Nanos, SECOND};
use crate::judge::{Diagnosis, Level, VerdictKind, evaluate};
use crate::runbook::Runbook;

/// How many histories `cargo test` tries; `LXCDIAG_HISTORIES` sets another number, `LXCDIAG_FIRST_SEED`
/// where they begin.
const HISTORIES: u64 = 300;

/// How many of these may be judged wrong. The aim is none.
const WRONG_ALLOWED: usize = 80;

/// A history with its truth and lxcdiag's verdicts.
pub(super) struct Judged {
    pub(super) truth: Truth,
    /// The verdict on each hypothesis.
    pub(super) levels: BTreeMap<String, Level>,
}

/// Plays a history, runs lxcdiag at its end, and judges what it recorded.
pub(super) fn judged(runbook: &Arc<Runbook>, history: &History) -> Judged {
    let mut world = history.play();
    let execution = record(runbook, history, &mut world);
    let diagnosis = evaluate(runbook, &execution.recording, execution.results);
    Judged {
        truth: truth(history, &world),
        levels: levels(&diagnosis),
    }
}

fn levels(diagnosis: &Diagnosis) -> BTreeMap<String, Level> {
    let of_hypotheses = diagnosis.hypotheses.iter();
    let mut levels: BTreeMap<_, _> = of_hypotheses.map(|it| (it.id.clone(), it.level)).collect();
    if let Some(race) = diagnosis.verdict.race {
        levels.insert(RACE.to_owned(), race);
    }
    if diagnosis.verdict.kind == VerdictKind::Healthy {
        levels.insert(HEALTHY.to_owned(), Level::Confirmed);
    }
    levels
}

impl Judged {
    /// The hypotheses of which something false is certain.
    pub(super) fn wrong(&self) -> Vec<(&str, Level)> {
        let levels = self.levels.iter().map(|(id, level)| (&**id, *level));
        levels
            .filter(|(id, level)| match self.truth.of(id) {
                Some(true) => *level == Level::RuledOut,
                Some(false) => *level == Level::Confirmed,
                None => false,
            })
            .collect()
    }
}

/// How often each level was given, of hypotheses that are true and that are false.
#[derive(Default)]
struct Table {
    rows: BTreeMap<String, [[usize; 5]; 2]>,
    wrong: usize,
}

const LEVELS: [Level; 5] = [
    Level::Confirmed,
    Level::Likely,
    Level::Unknown,
    Level::Unlikely,
    Level::RuledOut,
];

impl Table {
    fn add(&mut self, judged: &Judged) {
        for (id, level) in &judged.levels {
            let Some(holds) = judged.truth.of(id) else {
                continue;
            };
            let row = self.rows.entry(id.clone()).or_default();
            let column = LEVELS.iter().position(|known| known == level);
            row[usize::from(!holds)][column.unwrap_or_default()] += 1;
        }
        self.wrong += usize::from(!judged.wrong().is_empty());
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{:20} {:^36} | {:^36}\n{:20}",
            "", "true", "false", "hypothesis"
        );
        for _ in 0..2 {
            for name in ["conf.", "likely", "unkn.", "unlik.", "ruled"] {
                write!(text, " {name:>6}").unwrap();
            }
            text.push_str("  |");
        }
        for (id, row) in &self.rows {
            write!(text, "\n{id:20}").unwrap();
            for half in row {
                for count in half {
                    write!(text, " {count:>6}").unwrap();
                }
                text.push_str("  |");
            }
        }
        text
    }
}

/// A history as a list of what happened, what was known, and what lxcdiag makes of it.
pub(super) fn explained(runbook: &Arc<Runbook>, history: &History) -> String {
    let mut world = history.play();
    record(runbook, history, &mut world);
    let judged = judged(runbook, history);
    let seconds = |at: Nanos| at as f64 / SECOND as f64;
    let mut text = format!("{:?}\n", history.setup);
    for (at, event) in &history.events {
        writeln!(text, "{:>14.6} {event:?}", seconds(*at)).unwrap();
    }
    for ran in &world.commands {
        let (at, said) = (seconds(ran.at), ran.said.stderr.lines().next());
        let said = said.unwrap_or("done");
        writeln!(text, "{at:>14.6} {:?} {:?}: {said}", ran.who, ran.verb).unwrap();
    }
    writeln!(text, "{:>14.6} lxcdiag runs", seconds(history.run_at)).unwrap();
    writeln!(text, "given: {:?}", history.inputs).unwrap();
    if let Some(at) = history.inputs.stated_failure(&history.play()) {
        writeln!(text, "failure stated at {:.6}", seconds(at)).unwrap();
    }
    let held: Vec<_> = judged.truth.held().collect();
    let open: Vec<_> = judged.truth.open().collect();
    writeln!(text, "true: {held:?}, not judged: {open:?}").unwrap();
    for (id, level) in judged.wrong() {
        writeln!(text, "WRONG: {id} {}", level.words()).unwrap();
    }
    text
}

/// Prints one history, the one of `LXCDIAG_SEED`.
#[test]
fn a_history_can_be_explained() {
    println!(
        "{}",
        explained(&runbook(), &generate(number("LXCDIAG_SEED", 1)))
    );
}

fn number(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn what_is_certain_is_true() {
    let runbook = runbook();
    let first = number("LXCDIAG_FIRST_SEED", 1);
    let count = number("LXCDIAG_HISTORIES", HISTORIES);
    let mut table = Table::default();
    let mut examples = BTreeMap::new();
    for seed in first..first + count {
        let history = generate(seed);
        let judged = judged(&runbook, &history);
        for (id, level) in judged.wrong() {
            let seeds: &mut Vec<u64> = examples.entry((id.to_owned(), level.words())).or_default();
            seeds.push(seed);
        }
        table.add(&judged);
    }
    println!("{}\n", table.text());
    for ((id, words), seeds) in &examples {
        let first: Vec<_> = seeds.iter().take(6).collect();
        println!("{id} {words}, wrong in {}: seeds {first:?}", seeds.len());
    }
    println!("{} of {count} histories are judged wrong", table.wrong);
    assert!(
        table.wrong <= WRONG_ALLOWED * count as usize / HISTORIES as usize,
        "{} of {count} histories are judged wrong",
        table.wrong
    );
}
