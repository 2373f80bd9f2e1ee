//! Every incident on every systemd: scenario × version, injected into real containers, looked at by the built binary.
//!
//! Wants root on a Debian machine, as `--test containers` does, and half a dozen containers of its own (privileged and
//! unprivileged, Debian 11, 12 and 13), which work side by side. `LXCDIAG_TEST_MATRIX_ONLY=late` tries only the rows
//! with that in their name. `--nocapture` shows the table also where every cell of it is right.

// Written to be read, not reused: what goes wrong in a test is to stop it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod cases;
mod table;

// What the tests in containers have, and these need not all of.
#[allow(dead_code)]
#[path = "../containers/expected.rs"]
mod expected;
#[allow(dead_code)]
#[path = "../containers/lab.rs"]
mod lab;
#[allow(dead_code)]
#[path = "../containers/lxcdiag.rs"]
mod lxcdiag;
#[allow(dead_code)]
#[path = "../containers/processes.rs"]
mod processes;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cases::Case;
use expected::{difference, is_as_expected};
use lab::{Container, lab, succeed};
use lxcdiag::{Ended, JSON, start};

/// Two for each: the first three privileged, the others not.
const CONTAINERS: &str = "940,941,942,943,944,945";
const SUITES: [(&str, &str); 3] = [("bullseye", "247"), ("bookworm", "252"), ("trixie", "257")];

/// One scenario on one systemd.
struct Cell {
    case: &'static Case,
    version: &'static str,
    /// What differs from what was expected, a line for each run.
    wrong: Vec<String>,
    /// Whether enabling it by hand succeeded, where lxcdiag tried.
    enables: Option<bool>,
}

#[test]
fn every_cell_is_right() {
    let ids = lab::ids("LXCDIAG_TEST_MATRIX_CTS", CONTAINERS);
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

/// One container's share, one after the other.
fn lane(id: u32, version: &'static str, cases: &'static [Case]) -> Vec<Cell> {
    let only = std::env::var("LXCDIAG_TEST_MATRIX_ONLY").unwrap_or_default();
    let container = Container::free_one_of(&[id]);
    cases
        .iter()
        .filter(|case| case.name.contains(&only))
        .map(|case| {
            // A lab that fails makes one cell wrong, not the whole table.
            catch_unwind(AssertUnwindSafe(|| try_case(&container, case, version))).unwrap_or_else(
                |panic| Cell {
                    case,
                    version,
                    wrong: vec![words_of(&*panic)],
                    enables: None,
                },
            )
        })
        .collect()
}

fn words_of(panic: &dyn std::any::Any) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a word").to_owned()
}

/// Injected once; looked at without a change, told when the failure was, with the changes, and once more after them.
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
    }
}

/// The container is stopped while this program runs in it for lxcdiag.
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

/// What the plan of the incident would have said, and whether an expert agrees.
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
fn alternatives_are_understood() {
    let expected = "healthy -, race unlikely|ruled_out";
    assert!(is_as_expected("healthy -, race ruled_out", expected));
    assert!(!is_as_expected("healthy -, race likely", expected));
    assert!(!is_as_expected(
        "healthy confirmed, race ruled_out",
        expected
    ));
}
