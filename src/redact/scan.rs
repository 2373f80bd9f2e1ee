//! One pass over a text, which tries each built-in rule where one of its hints occurs.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr2, memrchr2};

use super::api_tokens::API_TOKENS;
use super::names::Name;
use super::shapes::{Check, SHAPES, Shape};
use super::span::{Line, Span};
use super::tokens::{Token, touches};
use super::value::{byte, is_harmless, is_percent_encoded, slice};
use super::{assignment, manifest, pem};

/// How far a shape is matched. A longer secret is followed to the end of the word.
const WINDOW: usize = 16 << 10;

/// How often each byte of a line may be read again, on average, for names without a value. After that, whatever follows a
/// name on the line counts as its value and is read once.
const READINGS: usize = 16;

/// Parts of telling names, as short as possible without being frequent in ordinary text.
const NAME_HINTS: &[&str] = &[
    "pass",
    "pwd",
    "kennwort",
    "_pat",
    "_salt",
    "psk",
    "rootpw",
    "bindpw",
    "_pw",
    "-pw",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "cookie",
    "amz-signature",
    "session_id",
    "session-id",
    "sessionid",
    "sessid",
];
const SECRET_HINTS: &[&str] = &["kind: secret", "kind\":\"secret", "kind\": \"secret"];
const PEM_HINTS: &[&str] = &["-----BEGIN", "---- BEGIN", "-----END", "---- END"];

/// The rule that a hint belongs to.
#[derive(Clone, Copy)]
enum Rule {
    Name,
    Pem,
    Manifest,
    Shape(&'static Shape),
}

struct Hints {
    automaton: AhoCorasick,
    rules: Vec<Rule>,
}

/// Built when the first text is searched, in a fraction of a millisecond.
static HINTS: LazyLock<Option<Hints>> = LazyLock::new(|| {
    let shapes = SHAPES.iter().chain(&API_TOKENS);
    let shapes =
        shapes.flat_map(|shape| shape.hints.iter().map(|hint| (*hint, Rule::Shape(shape))));
    let pem = PEM_HINTS.iter().map(|hint| (*hint, Rule::Pem));
    let names = NAME_HINTS.iter().map(|hint| (*hint, Rule::Name));
    let manifests = SECRET_HINTS.iter().map(|hint| (*hint, Rule::Manifest));
    let (hints, rules): (Vec<_>, Vec<_>) = shapes.chain(pem).chain(manifests).chain(names).unzip();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(hints)
        .ok()?;
    Some(Hints { automaton, rules })
});

/// The secrets that the built-in rules find in a text, in no particular order. Words within tokens are not names.
pub(super) fn spans(text: &[u8], tokens: &[Token<'_>]) -> Vec<Span> {
    let mut scan = Scan {
        text,
        spans: Vec::new(),
        line: None,
        readings: 0,
        names_end: 0,
        pem_end: 0,
        manifest_end: 0,
        last_shape: (0, 0),
        unmatched: 0,
    };
    let Some(hints) = &*HINTS else {
        return Vec::new();
    };
    for hint in hints.automaton.find_overlapping_iter(text) {
        if touches(tokens, hint.start(), hint.end()) {
            continue;
        }
        match hints.rules.get(hint.pattern().as_usize()) {
            Some(Rule::Name) => scan.name(hint.start(), hint.end()),
            Some(Rule::Pem) => scan.pem(hint.start()),
            Some(Rule::Manifest) => scan.manifest(hint.start()),
            Some(Rule::Shape(shape)) => scan.shape(shape, hint.start()),
            None => {}
        }
    }
    scan.spans
}

struct Scan<'t> {
    text: &'t [u8],
    spans: Vec<Span>,
    line: Option<Line>,
    /// How many bytes of the line may still be read again.
    readings: usize,
    /// Names before this index are done, with their values.
    names_end: usize,
    /// Private keys before this index are done.
    pem_end: usize,
    /// Manifests of Kubernetes before this index are done.
    manifest_end: usize,
    /// The latest secret that was found by its shape.
    last_shape: (usize, usize),
    /// The end of a word in which a shape did not match that matches all of a word or nothing.
    unmatched: usize,
}

impl Scan<'_> {
    fn name(&mut self, hint: usize, to: usize) {
        if hint < self.names_end {
            return;
        }
        // A name does not extend into a secret.
        let latest = self.spans.iter().rev().take(8);
        let ends = latest.map(|span| span.to).filter(|to| *to <= hint);
        let floor = ends.fold(self.names_end, usize::max);
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let before = slice(self.text, floor, hint);
        let mut from = hint - before.iter().rev().take_while(is_name).count();
        let to = to
            + slice(self.text, to, self.text.len())
                .iter()
                .take_while(is_name)
                .count();
        if from > 0
            && byte(self.text, from - 1) == b'\\'
            && matches!(byte(self.text, from), b'n' | b't' | b'r')
        {
            // The letter belongs to an escaped line break.
            from += 1;
        }
        if is_percent_encoded(slice(self.text, from.saturating_sub(1), hint)) {
            from += 2;
        }
        let line = self.line_of(from);
        let found = assignment::find(self.text, line, from, to, self.readings == 0);
        self.spans.extend(found.spans);
        self.names_end = found.next.max(to);
        let again = found.read.saturating_sub(self.names_end);
        self.readings = self.readings.saturating_sub(again);
    }

    /// The line that contains an index. Indices are passed in order, so that each byte is searched once.
    fn line_of(&mut self, at: usize) -> Line {
        if let Some(line) = self
            .line
            .filter(|line| (line.start..=line.end).contains(&at))
        {
            return line;
        }
        let floor = self.line.map_or(0, |line| line.end.min(at));
        let start = memrchr2(b'\n', 0, slice(self.text, floor, at))
            .map_or(floor, |found| floor + found + 1);
        let rest = slice(self.text, start, self.text.len());
        let end = start + memchr2(b'\n', 0, rest).unwrap_or(rest.len());
        let end = end - usize::from(end > start && byte(self.text, end - 1) == b'\r');
        let lead = slice(self.text, start, end).trim_ascii_start();
        let json = [&b"{"[..], b"\"", b"[{", b"[\""]
            .iter()
            .any(|open| lead.starts_with(open));
        let line = Line { start, end, json };
        self.line = Some(line);
        self.readings = READINGS * (end - start);
        line
    }

    fn pem(&mut self, at: usize) {
        if at < self.pem_end {
            return;
        }
        if let Some((spans, behind)) = pem::from_begin(self.text, at) {
            self.spans.extend(spans);
            self.pem_end = behind;
        } else if let Some((spans, behind)) = pem::from_end(self.text, at, self.pem_end) {
            self.spans.extend(spans);
            self.pem_end = behind;
        }
    }

    fn manifest(&mut self, at: usize) {
        if at < self.manifest_end {
            return;
        }
        if let Some((spans, behind)) = manifest::from_kind(self.text, at, self.manifest_end) {
            self.spans.extend(spans);
            self.manifest_end = behind;
        }
    }

    fn shape(&mut self, shape: &'static Shape, at: usize) {
        let inside = at > self.last_shape.0 && at < self.last_shape.1;
        let is_unmatched = shape.check == Check::Random && at < self.unmatched;
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        if inside
            || is_unmatched
            || (shape.check != Check::WithinWord
                && is_word(&&byte(self.text, at))
                && !is_edge_before(self.text, at))
        {
            return;
        }
        let window = slice(self.text, at, self.text.len().min(at + WINDOW));
        let Some((from, to)) = shape.secret_in(window) else {
            if shape.check == Check::Random {
                self.unmatched = at + window.iter().take_while(is_word).count();
            }
            return;
        };
        let rest = match to == window.len() {
            true => slice(self.text, at + to, self.text.len()),
            false => &[],
        };
        let (from, to) = (at + from, at + to + rest.iter().take_while(is_word).count());
        self.last_shape = (at, to);
        let name = Name {
            class: shape.class,
            ambiguous: false,
            may_be_count: false,
            is_last: true,
        };
        if is_harmless(slice(self.text, from, to), name) {
            return;
        }
        self.spans.push(Span {
            exact: true,
            ..Span::new(from, to, shape.class)
        });
        if shape.class == "proxmox-token" {
            // `PVEAPIToken` contains the word "token", but the user in its value is not secret.
            self.names_end = self.names_end.max(to);
        }
    }
}

/// Whether a word may start at an index: no letter or digit precedes it, except the end of an escape (`\n`, `%20`,
/// `ESC [31m`).
pub(super) fn is_edge_before(text: &[u8], at: usize) -> bool {
    let back = |count: usize| at.checked_sub(count).map_or(0, |index| byte(text, index));
    let (last, second) = (back(1), back(2));
    if !last.is_ascii_alphanumeric() {
        return true;
    }
    (second == b'\\' && matches!(last, b'n' | b'r' | b't'))
        || (last.is_ascii_hexdigit() && second.is_ascii_hexdigit() && back(3) == b'%')
        || (last == b'm' && (second == b'[' || second.is_ascii_digit() && ends_colour(text, at)))
}

/// Whether the digits and the `m` before an index end a terminal colour: `[0m`, `[1;31m`.
fn ends_colour(text: &[u8], at: usize) -> bool {
    const LONGEST: usize = 12;
    let lead = slice(text, at.saturating_sub(LONGEST), at.saturating_sub(1));
    let open = lead
        .iter()
        .rev()
        .find(|byte| !byte.is_ascii_digit() && **byte != b';');
    open == Some(&b'[')
}
