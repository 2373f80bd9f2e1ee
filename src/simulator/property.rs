//! What must hold in every history: nothing that is confirmed is false, nothing that is ruled out is true.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread::available_parallelism;

use super::SECOND;
use super::backend::{record, runbook, whole_recording};
use super::generator::generate;
use super::history::History;
use super::shrink::shrink;
use super::truth::{HEALTHY, RACE, Truth, truth};
use crate::judge::{Diagnosis, Level, VerdictKind, evaluate};
use crate::runbook::Runbook;

/// How many histories `cargo test` tries; `LXCDIAG_HISTORIES` sets another number, `LXCDIAG_FIRST_SEED`
/// where they begin.
const HISTORIES: u64 = 10_000;

/// Per cent of the hypotheses called likely that must be true. The aim is 80.
const LIKELY_AND_TRUE: usize = 75;

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
    let results = execution.results.expect("it is never stopped");
    let diagnosis = evaluate(runbook, &execution.recording, results);
    Judged {
        truth: truth(history, &world),
        levels: levels(&diagnosis),
    }
}

pub(super) fn levels(diagnosis: &Diagnosis) -> BTreeMap<String, Level> {
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
    /// The hypotheses that are confirmed or likely.
    fn supported(&self) -> impl Iterator<Item = (&str, Level)> {
        let levels = self.levels.iter().map(|(id, level)| (&**id, *level));
        levels.filter(|(_, level)| matches!(level, Level::Confirmed | Level::Likely))
    }

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

    fn merge(&mut self, other: Self) {
        for (id, row) in other.rows {
            let sum = self.rows.entry(id).or_default();
            for (sum, half) in sum.iter_mut().zip(row) {
                for (sum, count) in sum.iter_mut().zip(half) {
                    *sum += count;
                }
            }
        }
        self.wrong += other.wrong;
    }

    /// Per cent of the hypotheses called likely that are true.
    fn likely_and_true(&self) -> usize {
        let likely = |half: usize| self.rows.values().map(|row| row[half][1]).sum::<usize>();
        100 * likely(0) / (likely(0) + likely(1)).max(1)
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

/// A history in the form in which it can be kept, with what was said in it and what lxcdiag makes of it.
fn explained(runbook: &Arc<Runbook>, history: &History) -> String {
    let world = history.play();
    let judged = judged(runbook, history);
    let held: Vec<_> = judged.truth.held().collect();
    let open: Vec<_> = judged.truth.open().collect();
    let mut text = format!("# true: {}\n", held.join(", "));
    writeln!(text, "# not judged: {}", open.join(", ")).unwrap();
    for (id, level) in judged.supported() {
        writeln!(text, "# {}: {id}", level.words()).unwrap();
    }
    for (id, level) in judged.wrong() {
        writeln!(text, "# wrong: {id} {}", level.words()).unwrap();
    }
    for ran in &world.commands {
        let said = ran.said.stderr.lines().next().unwrap_or("done");
        let at = ran.at as f64 / SECOND as f64;
        writeln!(text, "# {at:.6} {:?} {:?}: {said}", ran.who, ran.verb).unwrap();
    }
    if let Some(at) = history.inputs.stated_failure(&world) {
        writeln!(
            text,
            "# {:.6} is the stated time",
            at as f64 / SECOND as f64
        )
        .unwrap();
    }
    text + &history.to_text()
}

/// The shortest history that is judged wrong in one of the ways in which this one is.
fn shortest(runbook: &Arc<Runbook>, history: History, id: &str) -> History {
    let is_wrong = |history: &History| {
        let judged = judged(runbook, history);
        judged.wrong().iter().any(|(wrong, _)| *wrong == id)
    };
    shrink(history, is_wrong)
}

/// Prints one history, that of `LXCDIAG_SEED` or of the file `LXCDIAG_HISTORY`, and the shortest that is wrong in
/// each of its ways. `LXCDIAG_RECORDING` names a file for its recording, which `lxcdiag judge` reads.
#[test]
fn a_history_can_be_explained() {
    let runbook = runbook();
    let history = match std::env::var("LXCDIAG_HISTORY") {
        Ok(path) => History::of_text(&std::fs::read_to_string(path).expect("a history")),
        Err(_) => generate(number("LXCDIAG_SEED", 1)),
    };
    println!("{}", explained(&runbook, &history));
    if let Ok(path) = std::env::var("LXCDIAG_RECORDING") {
        let recording = whole_recording(&runbook, &history);
        let json = serde_json::to_string(&recording).expect("plain data");
        std::fs::write(path, json).expect("a file that can be written");
    }
    for (id, _) in judged(&runbook, &history).wrong() {
        let shortest = shortest(&runbook, history.clone(), id);
        println!("{}", explained(&runbook, &shortest));
    }
}

pub(super) fn number(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |text| text.parse().expect("a number"))
}

/// Seeds of histories by the hypothesis that is judged wrong in them, with its level.
type Wrong = BTreeMap<(String, &'static str), Vec<u64>>;

/// Calls a function in as many threads as there are processors, with the number of each and of all.
pub(super) fn on_all_processors<T: Send>(work: impl Fn(u64, u64) -> T + Sync) -> Vec<T> {
    let threads = available_parallelism().map_or(1, NonZero::get) as u64;
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread, threads)))
            .collect();
        let parts = threads.into_iter().map(|thread| thread.join().unwrap());
        parts.collect()
    })
}

/// Judges the histories of seeds.
fn tried(runbook: &Arc<Runbook>, seeds: Range<u64>) -> (Table, Wrong) {
    let parts = on_all_processors(|thread, threads| {
        let (mut table, mut wrong) = (Table::default(), Wrong::new());
        for seed in seeds.clone().filter(|seed| seed % threads == thread) {
            let judged = judged(runbook, &generate(seed));
            for (id, level) in judged.wrong() {
                let seeds = wrong.entry((id.to_owned(), level.words())).or_default();
                seeds.push(seed);
            }
            table.add(&judged);
        }
        (table, wrong)
    });
    let (mut table, mut wrong) = (Table::default(), Wrong::new());
    for (part, seeds) in parts {
        table.merge(part);
        for (kind, seeds) in seeds {
            wrong.entry(kind).or_default().extend(seeds);
        }
    }
    wrong.values_mut().for_each(|seeds| seeds.sort_unstable());
    (table, wrong)
}

#[test]
fn what_is_certain_is_true() {
    let runbook = runbook();
    let first = number("LXCDIAG_FIRST_SEED", 1);
    let count = number("LXCDIAG_HISTORIES", HISTORIES);
    let (table, wrong) = tried(&runbook, first..first + count);
    println!("{}\n", table.text());
    for ((id, words), seeds) in &wrong {
        let first: Vec<_> = seeds.iter().take(6).collect();
        println!("{id} {words}, wrong in {}: seeds {first:?}", seeds.len());
    }
    if table.wrong > 0 {
        for ((id, _), seeds) in &wrong {
            let shortest = shortest(&runbook, generate(seeds[0]), id);
            println!("{}", explained(&runbook, &shortest));
        }
    }
    let likely = table.likely_and_true();
    println!("{} of {count} histories are judged wrong", table.wrong);
    println!("{likely} % of what is likely is true");
    assert_eq!(table.wrong, 0, "histories are judged wrong");
    assert!(
        likely >= LIKELY_AND_TRUE,
        "at least {LIKELY_AND_TRUE} % should"
    );
}
