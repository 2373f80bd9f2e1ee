//! The cells of the map: the result of a check in a container, as a colour, a sign and words.

use serde::Serialize;

use super::super::super::problem::{Problem, Status};
use super::super::super::row::{CheckSummary, Summary};
use super::Sweep;
use crate::judge::results::Outcome;
use crate::terminal_text::visible;

/// What a cell shows. A colour alone is not accessible, and is missing in print.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Sign {
    /// A class of the style sheet.
    pub(super) tone: &'static str,
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    /// An explanation.
    about: &'static str,
    /// Its order: the worst first.
    #[serde(skip)]
    order: u8,
}

/// A check in a container.
#[derive(Serialize)]
pub(super) struct Cell {
    tone: &'static str,
    mark: &'static str,
    title: String,
}

/// Items of a check with `for_each` that are described.
const ITEMS: usize = 5;

const CRITICAL: Sign = Sign {
    tone: "bad",
    mark: "C",
    word: "critical",
    about: "a critical limit exceeded, or a fault confirmed",
    order: 0,
};
const WARNING: Sign = Sign {
    tone: "doubt",
    mark: "W",
    word: "warning",
    about: "a warning limit exceeded, or a fault that is likely",
    order: 1,
};
const UNKNOWN: Sign = Sign {
    tone: "open",
    mark: "?",
    word: "unknown",
    about: "could not be determined",
    order: 2,
};
const SILENT: Sign = Sign {
    tone: "silent",
    mark: "~",
    word: "suppressed",
    about: "waived, or not yet confirmed",
    order: 3,
};
const FAILED: Sign = Sign {
    tone: "failed",
    mark: "×",
    word: "failed",
    about: "not a problem by itself",
    order: 4,
};
pub(super) const SKIPPED: Sign = Sign {
    tone: "idle",
    mark: "–",
    word: "skipped",
    about: "not checked",
    order: 5,
};
const OK: Sign = Sign {
    tone: "good",
    mark: "✓",
    word: "ok",
    about: "no problem",
    order: 6,
};

/// All of them, the worst first.
pub(super) const LEGEND: &[Sign] = &[CRITICAL, WARNING, UNKNOWN, SILENT, FAILED, SKIPPED, OK];

/// The sign of a status.
pub(super) const fn worst(status: Status) -> Sign {
    match status {
        Status::Critical => CRITICAL,
        Status::Warning => WARNING,
        Status::Unknown => UNKNOWN,
        Status::Ok => OK,
    }
}

/// The sign of a problem that does not count.
pub(super) const fn silent(status: Status) -> Sign {
    Sign {
        word: worst(status).word,
        ..SILENT
    }
}

/// A cell for each check of the runbook; of a check with `for_each` the worst of its items.
pub(super) fn cells(sweep: &Sweep, found: &Summary) -> Vec<Cell> {
    let cell = |check: &super::super::CheckTitle| {
        let mut items: Vec<_> = found
            .checks
            .iter()
            .filter(|line| line.key.check == check.id)
            .map(|line| described(line, found.problem_of(&line.key)))
            .collect();
        items.sort_by_key(|(sign, _)| sign.order);
        let (tone, mark) = match items.first() {
            Some((sign, _)) => (sign.tone, sign.mark),
            None => (SKIPPED.tone, SKIPPED.mark),
        };
        let mut words: Vec<_> = items.iter().take(ITEMS).map(|(_, it)| it.clone()).collect();
        match items.len() {
            0 => words.push(SKIPPED.about.to_owned()),
            all if all > ITEMS => words.push(format!("and {} more", all - ITEMS)),
            _ => {}
        }
        let title = format!("{}: {}", check.title, words.join("; "));
        Cell {
            tone,
            mark,
            // On one line: a line break would look like another check.
            title: visible(&title),
        }
    };
    sweep.checks.iter().map(cell).collect()
}

/// The result of a check, as a sign and in words.
fn described(line: &CheckSummary, problem: Option<&Problem>) -> (Sign, String) {
    let item = match &line.key.item {
        Some(item) => format!("[{item}] "),
        None => String::new(),
    };
    let (sign, aside) = match (problem, line.outcome) {
        (
            Some(Problem {
                silent: Some(why),
                status,
                ..
            }),
            _,
        ) => (silent(*status), format!(" ({why})")),
        (Some(problem), _) => (worst(problem.status), String::new()),
        (None, Outcome::Passed) => (OK, String::new()),
        (None, Outcome::Failed) => (FAILED, String::new()),
        (None, Outcome::Errored) => (UNKNOWN, String::new()),
        (None, Outcome::Skipped) => (SKIPPED, String::new()),
    };
    (
        sign,
        format!("{item}{}: {}{aside}", sign.word, line.observed),
    )
}
