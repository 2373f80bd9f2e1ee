//! The report as Markdown, for a ticket on GitHub, GitLab or Jira.
//!
//! What is not this module's own word goes through `escape`: nothing that a container says becomes
//! a link, a mention, an image or HTML.

mod about;
mod commands;
mod escape;
mod tables;
mod verdict;

use super::model::Report;

/// Characters of the whole, at most: GitHub takes 65,536 a comment, and whoever writes it adds some.
const MOST: usize = 60_000;

/// How much of each thing there is room for.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Characters of an output.
    output: usize,
    /// Characters of a text within a line.
    line: usize,
    /// Items of a list, rows of a table.
    items: usize,
}

impl Room {
    /// A quarter less for each output; once these are short, half of all else.
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
    let mut room = Room {
        output: MOST,
        line: 400,
        items: 200,
    };
    loop {
        let text = document(report, room);
        if text.chars().count() < MOST || room.items == 0 {
            return text;
        }
        room = room.smaller();
    }
}

fn document(report: &Report, room: Room) -> String {
    let mut text = String::new();
    verdict::headline(&mut text, report, room);
    verdict::remedy(&mut text, report, room);
    tables::checks(&mut text, report, room);
    tables::timeline(&mut text, report, room);
    verdict::others(&mut text, report, room);
    about::made_on(&mut text, report, room);
    commands::commands(&mut text, report, room);
    about::redacted(&mut text, report, room);
    text
}

/// The first items of a list.
fn some_of<T>(items: &[T], room: Room) -> impl Iterator<Item = &T> {
    items.iter().take(room.items)
}

/// How many items of a list there was no room for.
fn tell_rest(text: &mut String, count: usize, room: Room) {
    if let more @ 1.. = count.saturating_sub(room.items) {
        text.push_str(&format!("\n… and {more} more, in the JSON report.\n"));
    }
}
