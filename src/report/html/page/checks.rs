//! The checks: a row of the table each, and each with its command and outputs.

use serde::Serialize;

use super::short;
use crate::evidence::fact::duration_in_words;
use crate::judge::findings::{Outcome, Severity};
use crate::report::model::{Bearing, CheckRow, Report};
use crate::shell_quote::command_line;

/// Bytes of an output that the page shows from its beginning, and as many from its end.
const OUTPUT: usize = 32 * 1024;

/// How many checks came out so.
#[derive(Serialize)]
pub(super) struct OutcomeCount {
    outcome: &'static str,
    count: usize,
}

/// A check.
#[derive(Serialize)]
pub(super) struct CheckView {
    step: String,
    id: String,
    title: String,
    outcome: &'static str,
    /// The outcome, or the limit that is exceeded, which matters more.
    word: &'static str,
    /// Its class in the style sheet, and its mark.
    tone: &'static str,
    mark: &'static str,
    /// Where it stands when sorted: what is wrong comes first.
    outcome_order: u8,
    observed: String,
    reason: String,
    began: String,
    began_clock: String,
    took: String,
    /// In microseconds, to sort by; empty where it never began.
    took_order: String,
    race: &'static str,
    race_order: u8,
    signal: Option<i32>,
    /// Its command and what that wrote.
    texts: Vec<Shown>,
}

/// A text that may be long: its beginning and its end.
#[derive(Serialize)]
struct Shown {
    name: &'static str,
    /// How many the command wrote.
    bytes: Option<String>,
    head: String,
    /// The bytes between, where there are some.
    left_out: Option<String>,
    tail: String,
}

pub(super) fn outcomes(report: &Report) -> Vec<OutcomeCount> {
    let outcomes = [
        Outcome::Failed,
        Outcome::Errored,
        Outcome::Skipped,
        Outcome::Passed,
    ];
    let count = |outcome: Outcome| OutcomeCount {
        outcome: outcome.name(),
        count: report
            .checks
            .iter()
            .filter(|row| row.outcome == outcome)
            .count(),
    };
    let counts = outcomes.into_iter().map(count);
    counts.filter(|outcome| outcome.count > 0).collect()
}

pub(super) fn views(report: &Report) -> Vec<CheckView> {
    report.checks.iter().map(view).collect()
}

fn view(row: &CheckRow) -> CheckView {
    let name = row.outcome.name();
    let (word, tone, mark, outcome_order) = match (row.severity, row.outcome) {
        (Some(Severity::Critical), _) => ("critical", "bad", "✗", 0),
        (Some(Severity::Warning), _) => ("warning", "doubt", "!", 1),
        (None, Outcome::Failed) => (name, "bad", "✗", 2),
        (None, Outcome::Errored) => (name, "doubt", "!", 3),
        (None, Outcome::Skipped) => (name, "idle", "–", 4),
        (None, Outcome::Passed) => (name, "good", "✓", 5),
    };
    let began = row.started_at.as_deref().unwrap_or_default();
    CheckView {
        step: short(row.step.as_deref().unwrap_or_default()),
        id: short(&row.key.to_string()),
        title: short(&row.title),
        outcome: name,
        word,
        tone,
        mark,
        outcome_order,
        observed: short(&row.observed),
        reason: short(&row.reason),
        began_clock: began.get(11..26).unwrap_or_default().to_owned(),
        began: short(began),
        took: row
            .duration_ms
            .map(|ms| duration_in_words(ms / 1e3))
            .unwrap_or_default(),
        took_order: row
            .duration_ms
            .map(|ms| format!("{:.0}", ms * 1e3))
            .unwrap_or_default(),
        race: row.race.words(),
        race_order: match row.race {
            Bearing::DecisiveAgainst => 0,
            Bearing::DecisiveFor => 1,
            Bearing::Against => 2,
            Bearing::For => 3,
            Bearing::Nothing => 4,
        },
        signal: row.signal,
        texts: texts(row),
    }
}

/// The command and what it wrote; of a look at the host, what it found.
fn texts(row: &CheckRow) -> Vec<Shown> {
    let texts = if row.argv.is_empty() {
        let found = match row.facts.as_object() {
            Some(facts) if !facts.is_empty() => serde_json::to_string_pretty(facts),
            _ => Ok(String::new()),
        };
        vec![shown("Found", &found.unwrap_or_default(), None)]
    } else {
        vec![
            shown("Command", &command_line(&row.argv), None),
            shown("Standard output", &row.stdout, Some(row.stdout_bytes)),
            shown("Standard error", &row.stderr, Some(row.stderr_bytes)),
        ]
    };
    let written = texts.into_iter().filter(|text| !text.head.is_empty());
    written.collect()
}

/// A text, of which so many bytes were written: more than were kept, or less, as what is no UTF-8 is
/// longer here.
fn shown(name: &'static str, text: &str, written: Option<u64>) -> Shown {
    let bytes = written.unwrap_or_default().max(text.len() as u64);
    let (head, tail) = if text.len() <= 2 * OUTPUT {
        (text, "")
    } else {
        let whole = |at: &usize| text.is_char_boundary(*at);
        let head = (0..=OUTPUT).rev().find(whole).unwrap_or_default();
        let tail = (text.len() - OUTPUT..).find(whole).unwrap_or_default();
        (text.split_at(head).0, text.split_at(tail).1)
    };
    let left_out = bytes - (head.len() + tail.len()) as u64;
    Shown {
        name,
        bytes: written.map(grouped),
        head: head.to_owned(),
        left_out: (!tail.is_empty()).then(|| grouped(left_out)),
        tail: tail.to_owned(),
    }
}

/// A number as people read it: `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters_and_the_rest_is_counted() {
        let text = format!(
            "{}é{}é{}",
            "a".repeat(OUTPUT - 1),
            "b".repeat(10),
            "c".repeat(OUTPUT - 1)
        );
        let shown = shown("Standard output", &text, Some(text.len() as u64));
        assert_eq!(shown.head, "a".repeat(OUTPUT - 1));
        assert_eq!(shown.tail, "c".repeat(OUTPUT - 1));
        assert_eq!(shown.left_out.as_deref(), Some("14"));
    }

    #[test]
    fn what_was_dropped_when_it_was_collected_counts_as_left_out() {
        let text = "x".repeat(3 * OUTPUT);
        let shown = shown("Standard output", &text, Some(1_000_000));
        assert_eq!(shown.bytes.as_deref(), Some("1,000,000"));
        assert_eq!(shown.left_out.as_deref(), Some("934,464"));
    }

    #[test]
    fn a_text_of_just_so_much_is_shown_whole() {
        let text = "x".repeat(2 * OUTPUT);
        let shown = shown("Command", &text, None);
        assert_eq!((shown.head, shown.left_out), (text, None));
    }
}
