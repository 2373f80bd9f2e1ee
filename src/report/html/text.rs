//! Filters of the templates for texts that are longer than a field, and for numbers.

use minijinja::value::Value;
use minijinja::{HtmlEscape, context};

use crate::terminal_text::{clipped, visible_text};

/// Bytes of an output that the page shows from its beginning, and as many from its end.
const OUTPUT: usize = 32 * 1024;
/// Characters of what to do.
const REMEDY: usize = 16_384;

/// A text of any length, made visible and escaped.
fn whole(text: &str) -> Value {
    Value::from_safe_string(HtmlEscape(&visible_text(text)).to_string())
}

/// A text that may be long: its head, its tail, and how many bytes are left out between. `written` is how
/// many the command wrote: more than were kept, or fewer, as what is not UTF-8 is longer here.
pub(super) fn excerpt(text: &str, written: Option<u64>) -> Value {
    let (head, tail) = ends(text);
    let bytes = written.unwrap_or_default().max(text.len() as u64);
    let omitted = bytes - (head.len() + tail.len()) as u64;
    context! {
        bytes => written.map(grouped),
        head => whole(head),
        omitted => (!tail.is_empty()).then(|| grouped(omitted)),
        tail => whole(tail),
    }
}

/// Head and tail of a text; of one that is short enough, all of it is the head.
fn ends(text: &str) -> (&str, &str) {
    if text.len() <= 2 * OUTPUT {
        return (text, "");
    }
    let boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (0..=OUTPUT).rev().find(boundary).unwrap_or_default();
    let tail = (text.len() - OUTPUT..).find(boundary).unwrap_or_default();
    (text.split_at(head).0, text.split_at(tail).1)
}

/// A number as people read it: `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
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

/// Facts as JSON; nothing if there are none.
pub(super) fn pretty(facts: &Value) -> String {
    match facts.len() {
        None | Some(0) => String::new(),
        Some(_) => serde_json::to_string_pretty(facts).unwrap_or_default(),
    }
}

/// A remedy's paragraphs, and its commands, which are the indented lines: each block of them without the
/// indent that all of its lines have.
pub(super) fn blocks(remedy: &str) -> Vec<Value> {
    let text = clipped(remedy, REMEDY);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    lines
        .chunk_by(|a, b| indent(a) > 0 && indent(b) > 0)
        .map(|lines| {
            let indents = lines.iter().map(|line| indent(line));
            let least = indents.min().unwrap_or_default();
            let lines: Vec<_> = lines.iter().filter_map(|line| line.get(least..)).collect();
            context! { command => least > 0, text => whole(&lines.join("\n")) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_blocks_of_their_own() {
        let text = "Wait for it:\n    for i in 1 2; do\n      sleep 1\n    done\n\nNo delay cures this.\nSee:\n  ls\n";
        let blocks: Vec<_> = blocks(text)
            .into_iter()
            .map(|block| {
                let text = block.get_attr("text").unwrap().to_string();
                (block.get_attr("command").unwrap().is_true(), text)
            })
            .collect();
        let expected = [
            (false, "Wait for it:"),
            (true, "for i in 1 2; do\n  sleep 1\ndone"),
            (false, "No delay cures this."),
            (false, "See:"),
            (true, "ls"),
        ];
        assert_eq!(
            blocks,
            expected.map(|(command, text)| (command, text.to_owned()))
        );
    }

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
    fn a_long_text_is_cut_between_characters() {
        let (head, tail) = ("a".repeat(OUTPUT - 1), "c".repeat(OUTPUT - 1));
        let text = format!("{head}é{}é{tail}", "b".repeat(10));
        assert_eq!(ends(&text), (head.as_str(), tail.as_str()));
        let omitted = excerpt(&text, Some(1_000_000)).get_attr("omitted").unwrap();
        assert_eq!(
            omitted.as_str(),
            Some("934,466"),
            "with what was never kept"
        );
    }

    #[test]
    fn a_text_of_exactly_the_limit_is_shown_whole() {
        let text = "x".repeat(2 * OUTPUT);
        assert_eq!(ends(&text), (text.as_str(), ""));
        assert!(excerpt(&text, None).get_attr("omitted").unwrap().is_none());
    }
}
