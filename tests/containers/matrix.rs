//! Every incident on every systemd: scenario × version, injected into real containers, diagnosed by the built binary.
//!
//! Eight containers (privileged and unprivileged, Debian 11 to 14) work in parallel. `LXCDIAG_TEST_MATRIX_ONLY=late`
//! tries only the rows with that in their name. `--nocapture` prints the table even if every cell is right.

mod cases;
mod incidents;
mod table;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::expected::{ELSEWHERE, EXPECTED, UNPRIVILEGED, difference};
use crate::lab::{self, Container, lab, succeed};
use crate::lxcdiag::{Ended, JSON, start};
use cases::Case;

/// Two containers for each, one of them unprivileged.
const SUITES: [(&str, &str); 4] = [
    ("bullseye", "247"),
    ("bookworm", "252"),
    ("trixie", "257"),
    ("forky", "262"),
];

/// One scenario on one systemd.
struct Cell {
    case: &'static Case,
    version: &'static str,
    /// What differs from the expected verdict, a line for each run.
    wrong: Vec<String>,
    /// Whether enabling the unit manually succeeded, if lxcdiag tried.
    enables: Option<bool>,
}

#[test]
fn every_cell_is_right() {
    let ids = lab::ids(lab::MATRIX);
    let (privileged, unprivileged) = ids.split_at(SUITES.len());
    for (index, (suite, _)) in SUITES.iter().enumerate() {
        succeed(lab().args([
            "up",
            "--suite",
            suite,
            "--ct",
            &privileged[index].to_string(),
            "--unprivileged-ct",
            &unprivileged[index].to_string(),
        ]));
    }
    let mut cells: Vec<Cell> = std::thread::scope(|scope| {
        let lanes: Vec<_> = [
            (privileged, cases::privileged()),
            (unprivileged, cases::unprivileged()),
        ]
        .into_iter()
        .flat_map(|(ids, cases)| {
            SUITES
                .iter()
                .zip(ids)
                .map(move |((_, version), id)| (*id, *version, cases))
        })
        .map(|(id, version, cases)| scope.spawn(move || lane(id, version, cases)))
        .collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap())
            .collect()
    });
    cells.sort_by_key(|cell| (cell.case.position(), cell.version));
    let table = table::drawn(&cells);
    println!("\n{table}");
    let wrong = cells.iter().filter(|cell| !cell.wrong.is_empty()).count();
    assert!(wrong == 0, "{wrong} cells are wrong:\n\n{table}");
}

/// One container's cases, one after the other.
fn lane(id: u32, version: &'static str, cases: &'static [Case]) -> Vec<Cell> {
    let only = std::env::var("LXCDIAG_TEST_MATRIX_ONLY").unwrap_or_default();
    let everywhere = std::env::var_os("LXCDIAG_TEST_MATRIX_ALL").is_some();
    let container = Container::free_one_of(&[id]);
    cases
        .iter()
        .filter(|case| {
            let named = case.name.contains(&only) || only == "incidents" && case.truth.is_some();
            named && case.is_played_on(version, everywhere)
        })
        .map(|case| {
            // A failure of the lab makes one cell wrong, not the whole table.
            catch_unwind(AssertUnwindSafe(|| try_case(&container, case, version))).unwrap_or_else(
                |panic| Cell {
                    case,
                    version,
                    wrong: vec![message_of(&*panic)],
                    enables: None,
                },
            )
        })
        .collect()
}

fn message_of(panic: &dyn std::any::Any) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}

/// Injected once; diagnosed without changes, with the time of the failure, with changes, and once more after them.
fn try_case(container: &Container, case: &'static Case, version: &'static str) -> Cell {
    let injected = container.inject(case.expected.scenario, case.inject);
    let mut cell = Cell {
        case,
        version,
        wrong: Vec::new(),
        enables: None,
    };
    let diagnose = |options: &[&str]| container.diagnose(&[case.options, options].concat());
    if let Some(program) = case.stops_in {
        let ended = stopped_meanwhile(container, program);
        cell.compare("--read-only", &ended, case.expected.unaided);
        return cell;
    }
    let ended = diagnose(&["--read-only"]);
    cell.compare("--read-only", &ended, case.expected.unaided);
    if let Some(failed_at) = &injected.failed_at {
        let ended = diagnose(&["--read-only", "--failed-at", failed_at]);
        cell.compare("--failed-at", &ended, case.expected.told());
    }
    if let Some(log) = &injected.log {
        let ended = diagnose(&["--read-only", "--log", log]);
        cell.compare("--log", &ended, case.logged);
    }
    if case.truth.is_some() {
        return cell;
    }
    let ended = diagnose(&[]);
    cell.compare("changing", &ended, case.expected.unaided);
    cell.enables = match &*ended.outcome("enable") {
        "passed" => Some(true),
        "failed" => Some(false),
        _ => None,
    };
    let ended = diagnose(&["--read-only"]);
    let afterwards = case.afterwards.unwrap_or(case.expected.unaided);
    cell.compare("afterwards", &ended, afterwards);
    container.assert_nothing_left();
    cell
}

impl Cell {
    fn compare(&mut self, run: &str, ended: &Ended, expected: &str) {
        self.wrong.extend(difference(run, ended, expected));
        let Some(truth) = self.case.truth.filter(|_| !ended.stdout.is_empty()) else {
            return;
        };
        let truth = match self.case.truth_now {
            Some(now) if run == "--read-only" => now,
            _ => truth,
        };
        for claim in incidents::false_claims(ended, truth) {
            self.wrong
                .push(format!("{run}: CERTAIN AND WRONG: {claim}"));
        }
    }
}

/// A run during which the container is stopped: while this program runs in it.
fn stopped_meanwhile(container: &Container, program: &str) -> Ended {
    container.sh(&format!(
        "program=$(command -v {program}) && rm \"$program\" &&
         printf '#!/bin/sh\\nexec sleep 31415.9\\n' >\"$program\" && chmod 755 \"$program\""
    ));
    let mut command = container.lxcdiag("race-condition");
    let running = start(command.args(JSON).arg("--read-only"));
    container.wait_for("sleep 31415.9");
    container.pct("stop");
    running.ended()
}

/// Whether "if enabling it manually succeeds, it was a race" would have been right.
fn rule_is_right(cell: &Cell) -> Option<bool> {
    let says_race = cell.enables?;
    let expected = cell.case.expected.told();
    let truth = |race: &str| expected.split_once(", race ").unwrap().1.contains(race);
    if truth("unknown") {
        return None;
    }
    Some(says_race == (truth("confirmed") || truth("likely") && !truth("unlikely")))
}

#[test]
fn every_scenario_has_its_verdict() {
    let output = succeed(lab().arg("scenarios"));
    let text = String::from_utf8(output.stdout).unwrap();
    let scenarios: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let expected: BTreeSet<_> = EXPECTED
        .iter()
        .chain(UNPRIVILEGED)
        .map(|expected| expected.scenario)
        .chain(ELSEWHERE)
        .chain(incidents::incidents().iter().map(|it| it.expected.scenario))
        .collect();
    assert_eq!(scenarios, expected);
}
