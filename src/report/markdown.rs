//! The report as Markdown, for a ticket on GitHub, GitLab or Jira.
//!
//! Every text that is not this module's own goes through `escape`: nothing that a container prints becomes a
//! link, a mention, an image or HTML.

mod about;
mod commands;
mod escape;
mod tables;
mod verdict;

use regex::Regex;

use super::code;
use super::model::Report;

/// Characters of the report, at most: a comment on GitHub has at most 65,536, and its author adds some.
const MOST: usize = 60_000;

/// How much of each part is shown, and how.
#[derive(Debug, Clone, Copy)]
struct Limits<'a> {
    /// Characters of an output.
    output: usize,
    /// Characters of a text within a line.
    line: usize,
    /// Items of a list, rows of a table.
    items: usize,
    /// What finds the code in the runbook's sentences.
    code: Option<&'a Regex>,
}

impl Limits<'_> {
    /// A sentence of the runbook.
    fn sentence(self, text: &str) -> String {
        escape::sentence(text, self.code, self.line)
    }

    /// A quarter less for each output; once outputs are short, half of everything else.
    fn smaller(self) -> Self {
        match self.output {
            400.. => Self {
                output: self.output / 4 * 3,
                ..self
            },
            _ => Self {
                line: self.line / 2,
                items: self.items / 2,
                ..self
            },
        }
    }
}

pub(super) fn render(report: &Report) -> String {
    let code = code::finder(&report.code);
    let mut limits = Limits {
        output: MOST,
        line: 400,
        items: 200,
        code: code.as_ref(),
    };
    loop {
        let text = document(report, limits);
        if text.chars().count() < MOST || limits.items == 0 {
            return text;
        }
        limits = limits.smaller();
    }
}

fn document(report: &Report, limits: Limits) -> String {
    let mut text = String::new();
    verdict::headline(&mut text, report, limits);
    verdict::remedy(&mut text, report, limits);
    tables::checks(&mut text, report, limits);
    tables::timeline(&mut text, report, limits);
    tables::script(&mut text, report, limits);
    verdict::others(&mut text, report, limits);
    about::about(&mut text, report, limits);
    commands::commands(&mut text, report, limits);
    about::redacted(&mut text, report, limits);
    text
}

/// The first items of a list.
fn some_of<'a, T>(items: &'a [T], limits: Limits) -> impl Iterator<Item = &'a T> {
    items.iter().take(limits.items)
}

/// How many items of a list are not shown.
fn note_rest(text: &mut String, count: usize, limits: Limits) {
    if let more @ 1.. = count.saturating_sub(limits.items) {
        text.push_str(&format!("\n… and {more} more in the JSON report.\n"));
    }
}
