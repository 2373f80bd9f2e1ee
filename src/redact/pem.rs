//! Private keys in PEM (RFC 7468): complete or truncated, on lines of their own or in a string with `\n`.

use memchr::{memchr, memmem};

use super::span::Span;
use super::value::{byte, slice, start_of_line};

/// The class of a private key.
const CLASS: &str = "private-key";
/// The maximum length of a private key in bytes.
const LONGEST: usize = 32 << 10;
/// The minimum length of base64 that counts on a line with other text.
const LEAST_RUN: usize = 16;

/// The private key that starts with a `-----BEGIN` at `at`, and the index after it.
pub(super) fn from_begin(text: &[u8], at: usize) -> Option<(Vec<Span>, usize)> {
    let body = at + label(slice(text, at, text.len()), b"BEGIN")?;
    let near = slice(text, body, text.len().min(body + LONGEST));
    if let Some((from, to)) = end_marker(near) {
        let spans = match is_bare(slice(near, 0, from)) {
            true => vec![Span::new(at, body + to, CLASS)],
            // Each line has a prefix, as in a log.
            false => {
                let mut spans = runs(text, body, body + from);
                spans.push(Span::new(at, body, CLASS));
                spans.push(Span::new(body + from, body + to, CLASS));
                spans
            }
        };
        return Some((spans, body + to));
    }
    let to = body + body_length(near);
    Some((vec![Span::new(at, to, CLASS)], to))
}

/// The private key that ends with an `-----END` at `at`, and whose start is missing; and the index after it.
pub(super) fn from_end(text: &[u8], at: usize, floor: usize) -> Option<(Vec<Span>, usize)> {
    let to = at + label(slice(text, at, text.len()), b"END")?;
    let floor = floor.max(at.saturating_sub(LONGEST));
    let mut spans = Vec::new();
    let mut line_start = start_of_line(text, floor, at);
    // In a string, the whole body is on one line.
    let mut from = at - base64_before(slice(text, line_start, at));
    let mut bare = slice(text, line_start, from).trim_ascii().is_empty();
    // The last line of a body can be short. It belongs to the body if the line above it is long.
    let mut short = None;
    while line_start > floor && (bare || from == at) {
        let line_end = line_start - 1;
        line_start = start_of_line(text, floor, line_end);
        let line = slice(text, line_start, line_end).trim_ascii_end();
        let word = base64_before(line);
        let end = line_start + line.len();
        let whole = line.trim_ascii_start().len() == word;
        if word < LEAST_RUN {
            if word == 0 || short.is_some() || from < at || !spans.is_empty() {
                break;
            }
            short = Some((end - word, end, whole));
            continue;
        }
        for (begin, end, whole) in short.take().into_iter().chain([(end - word, end, whole)]) {
            bare &= whole;
            if bare {
                from = begin;
            } else {
                // Each line has a prefix, as in a log.
                spans.push(Span::new(begin, end, CLASS));
            }
        }
    }
    spans.push(Span::new(from, to, CLASS));
    Some((spans, to))
}

/// The length of the body characters at the end of a text.
fn base64_before(text: &[u8]) -> usize {
    let is_word = |byte: &&u8| is_body(**byte) && !byte.is_ascii_whitespace();
    text.iter().rev().take_while(is_word).count()
}

/// The length of `-----BEGIN … PRIVATE KEY-----`, or of `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----`.
fn label(text: &[u8], word: &[u8]) -> Option<usize> {
    const MOST: usize = 80;
    let line = slice(text, 0, text.len().min(MOST));
    let rest = line.strip_prefix(b"----")?;
    let rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(word)?;
    let key = memmem::find(rest, b"PRIVATE KEY")?;
    let is_label =
        |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" -_".contains(byte);
    let dashes = key + memmem::find(slice(rest, key, rest.len()), b"----")?;
    let closing = slice(rest, dashes, rest.len())
        .iter()
        .take(5)
        .take_while(|byte| **byte == b'-')
        .count();
    slice(rest, 0, dashes)
        .iter()
        .all(is_label)
        .then_some(line.len() - rest.len() + dashes + closing)
}

/// Whether a private key begins in a text, and does not end in it.
pub(super) fn is_open(text: &[u8]) -> bool {
    let begin = memmem::rfind_iter(text, b"BEGIN").find_map(|word| {
        let at = slice(text, 0, word).trim_ascii_end().len();
        let dashes = slice(text, 0, at)
            .iter()
            .rev()
            .take_while(|byte| **byte == b'-')
            .count();
        let at = at - dashes.min(5);
        Some(at + label(slice(text, at, text.len()), b"BEGIN")?)
    });
    begin.is_some_and(|body| end_marker(slice(text, body, text.len())).is_none())
}

/// Where the first end marker of a private key starts and ends.
fn end_marker(text: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(found) = memmem::find(slice(text, at, text.len()), b"----") {
        let from = at + found;
        let rest = slice(text, from, text.len());
        if label(rest, b"BEGIN").is_some() {
            return None;
        }
        if let Some(length) = label(rest, b"END") {
            return Some((from, from + length));
        }
        at = from + 1;
    }
    None
}

/// Characters of a body: base64, line breaks and indentation, escaped or not.
fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'+' | b'/' | b'=' | b'\\')
        || byte.is_ascii_whitespace()
}

/// Whether there is only a body between the markers, with the headers of RFC 1421 (`Proc-Type:`) if any.
fn is_bare(body: &[u8]) -> bool {
    body.split(|byte| *byte == b'\n').all(|line| {
        let line = line.trim_ascii();
        let header = |name: &[u8]| line.starts_with(name);
        (line.iter().all(|byte| is_body(*byte)) && !line.contains(&b' '))
            || [&b"Proc-Type:"[..], b"DEK-Info:", b"Comment:", b"Version:"]
                .into_iter()
                .any(header)
    })
}

/// Each run of base64 on the lines between the markers.
fn runs(text: &[u8], from: usize, to: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = from;
    while at < to {
        let base64 =
            |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let length = slice(text, at, to).iter().take_while(base64).count();
        let run = slice(text, at, at + length);
        let number = run.iter().all(|byte| byte.is_ascii_hexdigit());
        if length >= LEAST_RUN && !number {
            spans.push(Span::new(at, at + length, CLASS));
        }
        at += length.max(1);
    }
    spans
}

/// The length of a body without an end marker: lines that end with base64, or the rest of a string.
fn body_length(text: &[u8]) -> usize {
    let mut at = text
        .iter()
        .take_while(|byte| is_body(**byte) && **byte != b'\n')
        .count();
    let mut full = false;
    while byte(text, at) == b'\n' {
        let rest = slice(text, at + 1, text.len());
        let line = slice(rest, 0, memchr(b'\n', rest).unwrap_or(rest.len()));
        let bare = line.trim_ascii();
        let word = base64_before(line.trim_ascii_end());
        let header = [&b"Proc-Type:"[..], b"DEK-Info:", b"Comment:"]
            .into_iter()
            .any(|name| bare.starts_with(name));
        // The last line of a body can be short.
        let last = full && word == bare.len();
        if !(word >= LEAST_RUN || header || bare.is_empty() && !full || last) {
            break;
        }
        at += 1 + line.len();
        if last && word < LEAST_RUN {
            break;
        }
        full |= word >= LEAST_RUN;
    }
    at - slice(text, 0, at)
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}
