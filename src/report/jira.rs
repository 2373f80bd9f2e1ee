//! The report in Jira's own markup, short enough for a comment.

use std::fmt::Write as _;

use regex::Regex;

use super::code::{self, Part, parts};
use super::model::Report;
use super::table::short_time;
use super::words::blocks;
use crate::judge::results::Outcome;
use crate::terminal_text::{clipped, visible, visible_lines};

/// Jira takes comments of 32,767 characters. Lists end here.
const MOST: usize = 24_000;
/// Characters of a text in a list.
const LINE: usize = 400;

pub(super) fn render(report: &Report) -> String {
    let code = code::finder(&report.code);
    let sentence = |text: &str| sentence(text, code.as_ref());
    let mut text = String::new();
    let target = &report.target;
    let _ = writeln!(text, "h2. {}\n", escaped(&report.headline()));
    let _ = writeln!(
        text,
        "Container {} on {}, {} UTC: {}\n",
        target.ct,
        escaped(&target.node),
        escaped(&short_time(&report.started_at)),
        escaped(&report.runbook.title)
    );
    if let Some(reason) = &report.cut_short {
        let _ = writeln!(text, "*Ended early:* {}\n", sentence(reason));
    }
    if let Some(words) = report.race_sentence() {
        let _ = writeln!(text, "*{words}*\n");
    }
    let _ = writeln!(text, "{}\n", sentence(report.explanation()));
    let grounds = report.main_hypothesis().map(|row| row.basis(3));
    let grounds = grounds.into_iter().flatten();
    let besides = report.besides();
    let besides = besides
        .iter()
        .flat_map(|(label, texts)| texts.iter().map(move |says| (*label, says)));
    let besides = besides.map(|(label, says)| format!("* *{label}:* {}", escaped(says)));
    list(
        &mut text,
        grounds
            .flat_map(|(label, mut texts)| {
                if texts.is_empty() {
                    texts.push("none".into());
                }
                let line = move |says: &str| format!("* *{label}:* {}", sentence(says));
                texts.into_iter().map(move |says| line(&says))
            })
            .chain(besides),
    );
    let remedy = blocks(&report.verdict.remedy);
    if !remedy.is_empty() {
        text.push_str("h3. What to do\n\n");
    }
    for block in remedy {
        match block.is_command {
            true => commands(&mut text, &block.text),
            false => {
                let _ = writeln!(text, "{}\n", sentence(&block.text));
            }
        }
    }
    let checks = report.checks.iter();
    let failed: Vec<_> = checks
        .filter(|row| matches!(row.outcome, Outcome::Failed | Outcome::Errored))
        .collect();
    if !failed.is_empty() {
        text.push_str("h3. Failed checks\n\n||Check||Outcome||Observed||\n");
    }
    list(
        &mut text,
        failed.into_iter().map(|row| {
            let (title, observed) = (escaped(&row.title), sentence(&row.observed));
            format!("|{title} |{} |{observed} |", row.outcome.name())
        }),
    );
    let events: Vec<_> = report.timeline.iter().filter(|row| row.decisive).collect();
    if !events.is_empty() {
        text.push_str("h3. Deciding moments\n\n||Time (UTC)||What||\n");
    }
    list(
        &mut text,
        events
            .into_iter()
            .map(|row| format!("|{} |{} |", escaped(&row.at), escaped(&row.what))),
    );
    text
}

/// Lines, as many as a comment takes.
fn list(text: &mut String, lines: impl Iterator<Item = String>) {
    let before = text.len();
    let mut left = 0;
    for line in lines {
        match text.chars().count() + line.chars().count() < MOST {
            true => {
                text.push_str(&line);
                text.push('\n');
            }
            false => left += 1,
        }
    }
    if left > 0 {
        let _ = writeln!(text, "\n{left} more in the report as a file");
    }
    if text.len() > before {
        text.push('\n');
    }
}

/// A script to copy. If it could end the block, each of its lines is text.
fn commands(text: &mut String, script: &str) {
    let script = visible_lines(script);
    if script.contains("{code") || script.contains("{noformat") {
        for line in script.lines() {
            let _ = writeln!(text, "{}", entities(line));
        }
        text.push('\n');
    } else {
        let _ = writeln!(text, "{{code:bash}}\n{}\n{{code}}\n", script.trim_end());
    }
}

/// The same for a sentence, with its code as code.
fn sentence(text: &str, code: Option<&Regex>) -> String {
    let text = clipped(&visible(text), LINE);
    let parts = parts(&text, code).into_iter();
    let parts = parts.map(|part| match part {
        Part::Text(text) => entities(text),
        Part::Code(code) => format!("{{{{{}}}}}", entities(code)),
    });
    parts.collect()
}

/// Text in which nothing is markup, a link or a mention.
fn escaped(text: &str) -> String {
    entities(&clipped(&visible(text), LINE))
}

/// With each ASCII character that may be markup as an entity: a backslash does not protect all of them.
fn entities(text: &str) -> String {
    let mut safe = String::new();
    for (place, c) in text.chars().enumerate() {
        match c {
            // A line that begins with `h1.` or `bq.` is not text.
            '.' if place < 4 => safe.push_str("&#46;"),
            '.' | ',' | '\'' | '"' | '/' | '%' | '=' => safe.push(c),
            c if c.is_ascii_punctuation() => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}
