//! The values of a Kubernetes Secret, in YAML or JSON. Their keys need not be telling, and base64 hides nothing.

use memchr::{memchr, memmem};

use super::names::Name;
use super::span::Span;
use super::value::{byte, is_harmless, slice, start_of_line};

/// The maximum length of a manifest in bytes.
const LONGEST: usize = 64 << 10;
const NAME: Name = Name {
    class: "secret",
    ambiguous: false,
    may_be_count: false,
    is_last: true,
};

/// The values of the manifest that says at `at` that it is a Secret, and the index after it. It begins after `floor`.
pub(super) fn from_kind(text: &[u8], at: usize, floor: usize) -> Option<(Vec<Span>, usize)> {
    let word = slice(text, at, text.len().min(at + LONGEST));
    let kind = word.iter().position(u8::is_ascii_uppercase)?;
    let rest = slice(word, kind, word.len()).strip_prefix(b"Secret")?;
    // `SecretList` and `SecretStore` are other kinds.
    if rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let floor = floor.max(at.saturating_sub(LONGEST));
    let ceiling = text.len().min(at + LONGEST);
    let mut spans = Vec::new();
    let end = match byte(text, at + b"kind".len()) {
        b'"' => in_json(text, at, (floor, ceiling), &mut spans),
        _ => in_yaml(text, at, (floor, ceiling), &mut spans),
    };
    Some((spans, end.max(at + kind)))
}

/// A line, without its line break.
#[derive(Clone, Copy)]
struct Line<'t> {
    start: usize,
    text: &'t [u8],
    /// The column of its first key. The `- ` of an item is part of the indent.
    column: usize,
    is_item: bool,
}

impl<'t> Line<'t> {
    fn at(text: &'t [u8], start: usize, ceiling: usize) -> Self {
        let rest = slice(text, start, ceiling);
        let line = slice(rest, 0, memchr(b'\n', rest).unwrap_or(rest.len()));
        let blanks = line.iter().take_while(|byte| **byte == b' ').count();
        let is_item = slice(line, blanks, line.len()).starts_with(b"- ");
        Self {
            start,
            text: line,
            column: blanks + if is_item { 2 } else { 0 },
            is_item,
        }
    }

    fn words(&self) -> &'t [u8] {
        slice(self.text, self.column, self.text.len()).trim_ascii_end()
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Finds the values below `data:` and `stringData:`, which are in the same mapping as the kind, before or after it.
fn in_yaml(
    text: &[u8],
    at: usize,
    (floor, ceiling): (usize, usize),
    spans: &mut Vec<Span>,
) -> usize {
    let kind = Line::at(text, start_of_line(text, floor, at), ceiling);
    let column = at - kind.start;
    let belongs = |line: &Line<'_>| {
        line.words().is_empty() || line.column >= column && !line.text.starts_with(b"---")
    };
    let mut start = kind.start;
    let mut first = kind;
    while start > floor && !(first.is_item && first.column == column) {
        let before = Line::at(text, start_of_line(text, floor, start - 1), ceiling);
        if !belongs(&before) {
            break;
        }
        (start, first) = (before.start, before);
    }
    let mut is_data = false;
    let mut block = None;
    let mut at = start;
    while at < ceiling {
        let line = Line::at(text, at, ceiling);
        let is_next_item = line.is_item && line.column == column && line.start > kind.start;
        if !belongs(&line) || is_next_item {
            break;
        }
        at = line.end() + 1;
        let words = line.words();
        if words.is_empty() {
            continue;
        }
        if line.column == column {
            is_data = matches!(words, b"data:" | b"stringData:");
            block = None;
            continue;
        }
        let is_in_block = block.is_some_and(|key: usize| line.column > key);
        if !is_data || words.starts_with(b"#") && !is_in_block {
            continue;
        }
        let from = match is_in_block {
            true => 0,
            false => {
                block = Some(line.column);
                match memmem::find(words, b": ") {
                    Some(colon) => colon + 2,
                    // The value is on the next lines.
                    None => continue,
                }
            }
        };
        let value = slice(words, from, words.len());
        let lead = value.len() - value.trim_ascii_start().len();
        let value = value.trim_ascii_start();
        // `|` and `>` begin a block.
        if !(value.starts_with(b"|") || value.starts_with(b">")) || is_in_block {
            add(spans, line.start + line.column + from + lead, value);
        }
    }
    at.min(ceiling)
}

/// Finds the strings of `"data"` and `"stringData"` in the object that contains the kind.
fn in_json(
    text: &[u8],
    at: usize,
    (floor, ceiling): (usize, usize),
    spans: &mut Vec<Span>,
) -> usize {
    let mut depth = 0_usize;
    let open = slice(text, floor, at).iter().rposition(|byte| {
        match byte {
            b'}' => depth += 1,
            b'{' if depth == 0 => return true,
            b'{' => depth -= 1,
            _ => {}
        }
        false
    });
    let start = floor + open.unwrap_or_default();
    let mut tokens = Tokens {
        text,
        at: start,
        ceiling,
    };
    let mut path: Vec<&[u8]> = Vec::new();
    let mut key: &[u8] = b"";
    let mut string = None;
    for token in tokens.by_ref() {
        match token {
            Token::String(from, to) => string = Some((from, to)),
            Token::Mark(b':') => {
                key = string
                    .take()
                    .map_or(b"", |(from, to)| slice(text, from, to));
            }
            Token::Mark(mark) => {
                // The first mapping is the manifest itself.
                let is_data =
                    path.len() == 2 && matches!(path.last(), Some(&(b"data" | b"stringData")));
                if let Some((from, to)) = string.take().filter(|_| is_data) {
                    add(spans, from, slice(text, from, to));
                }
                match mark {
                    b'{' | b'[' => path.push(std::mem::take(&mut key)),
                    b'}' | b']' => {
                        path.pop();
                        if path.is_empty() {
                            break;
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    tokens.at
}

enum Token {
    /// The content of a string, as start and end.
    String(usize, usize),
    Mark(u8),
}

/// The strings and marks of a JSON text.
struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
    ceiling: usize,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.at < self.ceiling {
            let here = byte(self.text, self.at);
            self.at += 1;
            match here {
                b'"' => {
                    let from = self.at;
                    while self.at < self.ceiling && byte(self.text, self.at) != b'"' {
                        self.at += if byte(self.text, self.at) == b'\\' {
                            2
                        } else {
                            1
                        };
                    }
                    let to = self.at.min(self.ceiling);
                    self.at = to + 1;
                    return Some(Token::String(from, to));
                }
                b'{' | b'}' | b'[' | b']' | b':' | b',' => return Some(Token::Mark(here)),
                _ => {}
            }
        }
        None
    }
}

fn add(spans: &mut Vec<Span>, from: usize, value: &[u8]) {
    let quoted = |quote: u8| {
        let inner = value.strip_prefix(&[quote])?;
        inner.strip_suffix(&[quote])
    };
    let (from, value) = match quoted(b'"').or_else(|| quoted(b'\'')) {
        Some(inner) => (from + 1, inner),
        None => (from, value),
    };
    if !value.is_empty() && value != b"{}" && !is_harmless(value, NAME) {
        spans.push(Span::new(from, from + value.len(), NAME.class));
    }
}
