//! Values in lists, and on the lines below their name.

use memchr::memchr;

use super::{Assignment, Found, Quote, Sign, byte, is_harmless, is_random, is_strong, slice};
use crate::redact::value::run_of_slashes;

impl Assignment<'_> {
    /// The strings of a list on the same line. The keys of a mapping are names themselves.
    pub(super) fn list(&self, open: u8) -> Found {
        let line_end = self.line_end();
        let mut at = self.value + 1;
        let mut spans = Vec::new();
        while open == b'[' && at < line_end && byte(self.text, at) != b']' {
            if matches!(byte(self.text, at), b'{' | b'[') {
                break;
            }
            at += match Quote::at(self.text, at) {
                Some((quote, inside)) => {
                    let (to, behind) = quote.close(self.text, inside, line_end);
                    if !is_harmless(slice(self.text, inside, to), self.name) {
                        spans.push(self.span(inside, to));
                    }
                    behind - at
                }
                None => run_of_slashes(self.text, at).max(1),
            };
        }
        Found::until(spans, at)
    }

    /// Strings on the lines below the name: `"name":`, `"name": [`, and a list in YAML. Without the name on its line, a value
    /// must look like a secret.
    pub(super) fn items_below(&self) -> Option<Found> {
        const MOST: usize = 64;
        let opens = match slice(self.text, self.value, self.line.end).trim_ascii() {
            b"" => false,
            b"[" => true,
            _ => return None,
        };
        if !matches!(self.sign, Sign::Apart | Sign::Equals) || self.value > self.line.end {
            return None;
        }
        let (mut at, mut spans) = (self.line.end + 1, Vec::new());
        for _ in 0..MOST {
            let rest = slice(self.text, at, self.text.len());
            let end = at + memchr(b'\n', rest).unwrap_or(rest.len());
            let Some((from, to)) = self.item(at, end, opens) else {
                break;
            };
            spans.push(self.span(from, to));
            let is_list = slice(self.text, at, from).contains(&b'-');
            at = end + 1;
            if !opens && !is_list {
                break;
            }
        }
        (!spans.is_empty()).then(|| Found::until(spans, at))
    }

    /// The value on a line that has nothing else: a string, or an item of a list in YAML.
    fn item(&self, start: usize, end: usize, in_brackets: bool) -> Option<(usize, usize)> {
        let line = slice(self.text, start, end);
        let blanks = |from: usize| {
            let rest = slice(self.text, from, end);
            from + rest
                .iter()
                .take_while(|byte| **byte == b' ' || **byte == b'\t')
                .count()
        };
        let mut from = blanks(start);
        let is_item = !in_brackets && slice(self.text, from, end).starts_with(b"- ");
        if is_item {
            from = blanks(from + 2);
        }
        let (from, to) = match Quote::at(self.text, from).filter(|_| from < end) {
            Some((quote, inside)) if is_item || in_brackets || self.quoted_name => {
                (inside, quote.close(self.text, inside, end).0)
            }
            None if is_item => (from, start + line.trim_ascii_end().len()),
            quoted if !in_brackets && self.is_block_key() && from - start > self.indent() => {
                match quoted {
                    Some((quote, inside)) => (inside, quote.close(self.text, inside, end).0),
                    None => (from, start + line.trim_ascii_end().len()),
                }
            }
            _ => return None,
        };
        let value = slice(self.text, from, to);
        // Without a mark, several words are a sentence.
        let unmarked = !is_item && !in_brackets && !self.quoted_name;
        if unmarked && value.iter().any(u8::is_ascii_whitespace) {
            return None;
        }
        let telling = match self.name.ambiguous {
            true => is_random(value),
            false => is_strong(value),
        };
        let is_mapping = value.windows(2).any(|pair| pair == b": ") || value.ends_with(b":");
        (telling && !is_mapping && !is_harmless(value, self.name)).then_some((from, to))
    }

    /// Whether the name is a key in a block of YAML, whose value may be on the next line.
    fn is_block_key(&self) -> bool {
        let lead = slice(self.text, self.line.start, self.from);
        self.sign == Sign::Apart && lead.iter().all(|byte| b" -".contains(byte))
    }

    /// How many blanks precede the line of the name.
    fn indent(&self) -> usize {
        indent(slice(self.text, self.line.start, self.from))
    }

    /// A YAML block: `password: |` and the lines below that are indented further.
    pub(super) fn block(&self) -> Option<Found> {
        let value = slice(self.text, self.value, self.line.end);
        let ([b'|' | b'>', b'-' | b'+' | b'0'..=b'9', rest @ ..] | [b'|' | b'>', rest @ ..]) =
            value
        else {
            return None;
        };
        if self.sign != Sign::Apart || !rest.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let own = self.indent();
        let (mut at, mut spans) = (self.line.end + 1, Vec::new());
        while at < self.text.len() {
            let rest = slice(self.text, at, self.text.len());
            let line = slice(rest, 0, memchr(b'\n', rest).unwrap_or(rest.len()));
            let value = line.trim_ascii();
            if !value.is_empty() && indent(line) <= own {
                break;
            }
            if !is_harmless(value, self.name) {
                spans.push(self.span(at + indent(line), at + line.trim_ascii_end().len()));
            }
            at += line.len() + 1;
        }
        Some(Found::until(spans, at))
    }
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}
