//! Filters of the templates for texts that are longer than a field, and for numbers.

use minijinja::value::Value;
use minijinja::{HtmlEscape, context};
use regex::Regex;

use crate::report::code::{Part, parts};
use crate::report::words;
use crate::terminal_text::{clipped, visible_text};

/// Bytes of the head of an output, and of its tail.
const OUTPUT: usize = 32 * 1024;
/// Characters of a remedy.
const REMEDY: usize = 16_384;

/// A text of any length, made visible and escaped.
fn whole(text: &str) -> Value {
    Value::from_safe_string(HtmlEscape(&visible_text(text)).to_string())
}

/// A text that may be long: its head, its tail, and the number of bytes omitted between. `written` is the number
/// of bytes that the command wrote: more than were kept, or fewer, because invalid UTF-8 is longer here.
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

/// Head and tail of a text; the head is all of a short text.
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

/// A sentence, with its code as code.
pub(super) fn prose(text: &str, code: Option<&Regex>) -> Value {
    let mut markup = String::new();
    for part in parts(text, code) {
        markup.push_str(&match part {
            Part::Text(text) => whole(text).to_string(),
            Part::Code(text) => format!("<code>{}</code>", whole(text)),
        });
    }
    Value::from_safe_string(markup)
}

/// The parts of a remedy.
pub(super) fn blocks(remedy: &str, code: Option<&Regex>) -> Vec<Value> {
    words::blocks(&clipped(remedy, REMEDY))
        .iter()
        .map(|block| {
            let text = match block.is_command {
                true => whole(&block.text),
                false => prose(&block.text, code),
            };
            context! { command => block.is_command, text }
        })
        .collect()
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
