//! Values: where they end, which are harmless, and which can be searched for elsewhere.

use memchr::memchr;

use super::names::Name;

/// The byte at an index; 0 past the end.
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or_default()
}

/// The bytes of a range; empty if the range is not within the text.
pub(super) fn slice(text: &[u8], from: usize, to: usize) -> &[u8] {
    text.get(from..to).unwrap_or_default()
}

/// Whether a text begins with a percent-encoded character.
pub(super) fn is_percent_encoded(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// The start of the line that contains `at`, not before `floor`.
pub(super) fn start_of_line(text: &[u8], floor: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', slice(text, floor, at)).map_or(floor, |found| floor + found + 1)
}

/// A quote, which may be nested: `"` by itself, `\"` in a JSON string, `\\\"` in a JSON string within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    mark: u8,
    slashes: usize,
}

impl Quote {
    /// The quote at an index, and the index after it.
    pub(super) fn at(text: &[u8], at: usize) -> Option<(Self, usize)> {
        let slashes = run_of_slashes(text, at);
        let mark = byte(text, at + slashes);
        let is_one = is_mark(mark) && (slashes + 1).is_power_of_two();
        is_one.then_some((Self { mark, slashes }, at + slashes + 1))
    }

    /// The quote directly before an index.
    pub(super) fn before(text: &[u8], end: usize) -> Option<Self> {
        let at = end.checked_sub(1)?;
        let slashes = slashes_before(text, at, 0);
        let is_one = is_mark(byte(text, at)) && (slashes + 1).is_power_of_two();
        is_one.then(|| Self {
            mark: byte(text, at),
            slashes,
        })
    }

    /// Where the quoted text that starts at `from` ends, and the index after its closing quote. Without a closing quote, it
    /// ends with the enclosing quotes or with the line.
    pub(super) fn close(self, text: &[u8], from: usize, line_end: usize) -> (usize, usize) {
        let mut at = from;
        while let Some(found) = memchr(self.mark, slice(text, at, line_end)) {
            let mark = at + found;
            let slashes = slashes_before(text, mark, from);
            if slashes < self.slashes {
                return (mark - slashes, mark - slashes);
            }
            // Each enclosing level doubles the backslashes and adds one for the quote itself.
            if slashes % (2 * (self.slashes + 1)) == self.slashes {
                return (mark - self.slashes, mark + 1);
            }
            at = mark + 1;
        }
        (line_end, line_end)
    }
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

pub(super) fn run_of_slashes(text: &[u8], at: usize) -> usize {
    text.iter()
        .skip(at)
        .take_while(|byte| **byte == b'\\')
        .count()
}

fn slashes_before(text: &[u8], at: usize, from: usize) -> usize {
    let before = slice(text, from, at);
    before
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count()
}

/// Where an unquoted value ends: at a blank, at one of `stops`, at the closing quote around it, and in JSON at an escaped
/// line break.
pub(super) fn word_end(
    text: &[u8],
    from: usize,
    line_end: usize,
    json: bool,
    stops: &[u8],
) -> usize {
    let mut at = from;
    while at < line_end {
        let this = byte(text, at);
        let slashes = run_of_slashes(slice(text, at, line_end), 0);
        let marked = byte(text, at + slashes);
        if this <= b' ' || this == 0x7f || stops.contains(&this) {
            return at;
        }
        if is_mark(marked) && closes(byte(slice(text, 0, line_end), at + slashes + 1)) {
            return at;
        }
        if slashes > 0 && json && matches!(marked, b'n' | b'r' | b't') {
            return at;
        }
        at += slashes.max(1);
    }
    line_end
}

/// Whether a quote before this byte is a closing one; 0 is the end of the line.
pub(super) fn closes(next: u8) -> bool {
    next <= b' '
        || matches!(
            next,
            b',' | b';' | b':' | b')' | b']' | b'}' | b'>' | b'\\' | b'&' | b'|'
        )
        || is_mark(next)
}

/// A word without the punctuation that follows it in a sentence, a list or a bracket.
pub(super) fn without_punctuation(word: &[u8]) -> &[u8] {
    let mut word = word;
    for _ in 0..4 {
        word = match word {
            [rest @ .., b',' | b';'] => rest,
            [rest @ .., b')'] if !rest.contains(&b'(') => rest,
            [rest @ .., b']'] if !rest.contains(&b'[') => rest,
            [rest @ .., b'}'] if !rest.contains(&b'{') => rest,
            _ => word,
        };
    }
    word
}

/// Values that only say whether a secret exists, or of what kind it is.
const WORDS: &[&str] = &[
    "",
    "-",
    "0",
    "1",
    "allowed",
    "ask",
    "bool",
    "default",
    "denied",
    "disabled",
    "empty",
    "enabled",
    "false",
    "hidden",
    "int",
    "invalid",
    "missing",
    "n/a",
    "never",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "off",
    "ok",
    "on",
    "optional",
    "prohibit",
    "redacted",
    "required",
    "str",
    "string",
    "true",
    "undefined",
    "unset",
    "yes",
];

/// Longer values are never harmless.
const LONGEST_HARMLESS: usize = 256;

/// Whether the value beside a telling name is not a secret: empty, a truth value, a reference, a mask, a path, or for a
/// possible count, a number.
pub(super) fn is_harmless(value: &[u8], name: Name) -> bool {
    if !super::tokens::tokens(value).is_empty() {
        return true;
    }
    if value.len() > LONGEST_HARMLESS {
        return false;
    }
    let text = String::from_utf8_lossy(value);
    let text = text.trim();
    let bare = text
        .trim_matches(|c| "<>()[]".contains(c))
        .to_ascii_lowercase();
    WORDS.contains(&bare.as_str())
        || (name.may_be_count && text.parse::<f64>().is_ok())
        || is_reference(text)
        || is_mask(text)
        || is_path(text.as_bytes())
}

/// `$NAME`, `${NAME}`, `$(command)`, systemd's `%d/name`, `{{ name }}`, `<name>`, `%s`, `{}`.
fn is_reference(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    let within = |open: &str, close: &str| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
    };
    text.strip_prefix('$')
        .is_some_and(|name| is_name(name) && !name.starts_with(|c: char| c.is_ascii_digit()))
        || within("${", "}").is_some_and(is_name)
        || text.starts_with("$(")
        || text.strip_prefix('%').is_some_and(|rest| {
            let mut rest = rest.chars();
            rest.next().is_some_and(|c| c.is_ascii_alphabetic())
                && matches!(rest.next(), None | Some('/'))
        })
        || within("{{", "}}").is_some()
        || text == "{{"
        || within("<", ">").is_some_and(|name| !name.contains(['<', '>']))
        || within("{", "}").is_some_and(|name| name.is_empty() || is_name(name))
}

/// `***`, `xxxx`, `…`: a secret that another program has masked.
fn is_mask(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next().unwrap_or_default();
    let long = text.len() > 2 || first == '*';
    long && "*xX•.…#-_?".contains(first) && letters.all(|c| c == first)
}

/// An absolute path. Its first directory is in lower case, as on every system; a base64 key can start with a slash too.
pub(super) fn is_path(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix("file://").unwrap_or(&text);
    let text = text.strip_prefix(['~', '@']).unwrap_or(text);
    let Some(rest) = text
        .strip_prefix("./")
        .or_else(|| text.strip_prefix("../"))
        .or_else(|| text.strip_prefix('/'))
    else {
        return false;
    };
    let first = rest.split('/').next().unwrap_or_default();
    first.len() > 1
        && first.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
        })
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-@%,~".contains(&byte))
}

/// Whether the value beside an ambiguous name looks like a secret. A hash does not: `cache_key` is followed by one.
pub(super) fn is_random(value: &[u8]) -> bool {
    is_strong(value) && !value.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a value is unlikely to be an ordinary word, so that it can be searched for without its name: six bytes or more
/// of two kinds, or sixteen. Digits alone are a number or a time. A leading capital and characters that join words do not
/// count as kinds.
pub(super) fn is_strong(value: &[u8]) -> bool {
    // Trailing `=` are the padding of base64, or a name without a value.
    let padding = value.iter().rev().take_while(|byte| **byte == b'=').count();
    let value = slice(value, 0, value.len() - padding);
    let has = |kind: fn(&u8) -> bool| value.iter().skip(1).any(kind);
    let lower = value.iter().any(u8::is_ascii_lowercase);
    let upper = has(u8::is_ascii_uppercase) || (!lower && value.iter().any(u8::is_ascii_uppercase));
    let digit = value.iter().any(u8::is_ascii_digit);
    let joins = |byte: u8| b"-_.:/, \t\r\n".contains(&byte);
    let other = value
        .iter()
        .any(|byte| !byte.is_ascii_alphanumeric() && !joins(*byte));
    let kinds = [lower, upper, digit, other]
        .into_iter()
        .filter(|has| *has)
        .count();
    (value.len() >= 6 && kinds >= 2) || (value.len() >= 16 && (lower || upper || other))
}
