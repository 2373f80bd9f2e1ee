//! Values: where they end, which are no secret, and which may be looked for elsewhere.

use memchr::memchr;

use super::names::Name;

/// The byte at an index; 0 past the end.
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or_default()
}

/// The bytes of a range; none where it is no range of the text.
pub(super) fn slice(text: &[u8], from: usize, to: usize) -> &[u8] {
    text.get(from..to).unwrap_or_default()
}

/// A quotation mark as it stands within other quotations: `"` by itself, `\"` in a JSON string,
/// `\\\"` in a JSON string in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    mark: u8,
    slashes: usize,
}

impl Quote {
    /// The quotation mark at an index, and the index behind it.
    pub(super) fn at(text: &[u8], at: usize) -> Option<(Self, usize)> {
        let slashes = run_of_slashes(text, at);
        let mark = byte(text, at + slashes);
        let is_one = is_mark(mark) && (slashes + 1).is_power_of_two();
        is_one.then_some((Self { mark, slashes }, at + slashes + 1))
    }

    /// The quotation mark directly before an index.
    pub(super) fn before(text: &[u8], end: usize) -> Option<Self> {
        let at = end.checked_sub(1)?;
        let slashes = slashes_before(text, at, 0);
        let is_one = is_mark(byte(text, at)) && (slashes + 1).is_power_of_two();
        is_one.then(|| Self {
            mark: byte(text, at),
            slashes,
        })
    }

    /// Where the quotation ends that begins at `from`, and the index behind its closing mark. Where
    /// it is not closed, it ends with what is around it, or with the line.
    pub(super) fn close(self, text: &[u8], from: usize, line_end: usize) -> (usize, usize) {
        let mut at = from;
        while let Some(found) = memchr(self.mark, slice(text, at, line_end)) {
            let mark = at + found;
            let slashes = slashes_before(text, mark, from);
            if slashes < self.slashes {
                return (mark - slashes, mark - slashes);
            }
            // Each quotation around doubles the backslashes and adds the mark's own.
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

/// Where a value without quotation marks ends: at a blank, at one of `stops`, at the closing mark
/// of a quotation around it, and within JSON at an escaped line break.
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

/// Whether a quotation mark before this byte is a closing one; 0 is the end of the line.
fn closes(next: u8) -> bool {
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

/// Values that say of a secret only whether there is one, or of what kind it is.
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

/// Longer values are never taken for harmless.
const LONGEST_HARMLESS: usize = 256;

/// Whether a value beside a secret's name is none: nothing, a truth value, a reference, a mask, the
/// path of a file, and for a name that may be a count, a number.
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
        || (name.counts && text.parse::<f64>().is_ok())
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

/// `***`, `xxxx`, `…`: what is left of a secret that another has removed.
fn is_mask(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next().unwrap_or_default();
    let long = text.len() > 2 || first == '*';
    long && "*xX•.…#-_?".contains(first) && letters.all(|c| c == first)
}

/// An absolute path whose first directory is in lower case, as all of a system's are; a key in
/// base64 may begin with a slash too.
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

/// Whether a value looks like a secret beside a name that may mean something else: a hash does not,
/// and `cache_key` is one's.
pub(super) fn is_random(value: &[u8]) -> bool {
    is_strong(value) && !value.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a value is unlikely to be an ordinary word, so that it may be looked for without its name
/// beside it: six bytes or more of two kinds, or sixteen; digits alone are a number or a time.
/// A capital at the beginning and what joins words are no kinds.
pub(super) fn is_strong(value: &[u8]) -> bool {
    // What ends with it is padded base64, or a name in front of nothing.
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
