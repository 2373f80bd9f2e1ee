//! What separates a name from its value.

use memchr::{memchr, memchr2};

use crate::redact::names::Name;
use crate::redact::span::Line;
use crate::redact::value::{Quote, byte, is_random, is_strong, slice};

/// What separates a name from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `=` without blanks.
    Equals,
    /// `: `, ` = ` and similar.
    Apart,
    /// `:` without blanks.
    Colon,
    /// Blanks after an option, or before a quoted value.
    Blank,
    /// `<name>`.
    Tag,
    /// `=` or `:` as a URL encodes it: `%3D`.
    Encoded,
}

/// The separator after a name, where the value starts, and whether the name is quoted.
pub(super) fn find_sign(
    text: &[u8],
    line: Line,
    from: usize,
    to: usize,
    is_option: bool,
    name: Name,
) -> Option<(Sign, usize, bool)> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let blanks = |at: usize| skip_blanks(text, at, line.end);
    let (mut at, mut quoted) = (to, false);
    if let Some((_, behind)) = Quote::at(text, to).filter(|_| to < line.end) {
        (at, quoted) = (behind, true);
        at += usize::from(byte(text, at) == b']');
    }
    if let Some(value) = behind_encoded_sign(slice(text, at, line.end)) {
        return Some((Sign::Encoded, at + value, false));
    }
    at += encoded(slice(text, at, line.end), &[b"%5D"]);
    let near = at;
    at = blanks(at);
    let sign = byte(slice(text, at, line.end), 0);
    match (sign, byte(text, at + 1)) {
        (b'=' | b'!' | b'<' | b'>', b'=') => None,
        (b'=', next) => {
            let behind = at + 1 + usize::from(next == b'>');
            let value = blanks(behind);
            let joined = next != b'>' && !slice(text, near, value).iter().any(is_blank);
            Some((
                if joined { Sign::Equals } else { Sign::Apart },
                value,
                quoted,
            ))
        }
        // LDIF marks base64 with a second colon.
        (b':', b':') => {
            let is_value = is_blank(&byte(text, at + 2));
            is_value.then(|| (Sign::Apart, blanks(at + 2), quoted))
        }
        (b'-', b'>') if is_blank(&byte(text, at + 2)) => {
            Some((Sign::Apart, blanks(at + 2), quoted))
        }
        // `/proc/PID/cmdline` has NUL between the words.
        (0, _) if is_option && at == line.end && line.end < text.len() && byte(text, at) == 0 => {
            Some((Sign::Blank, at + 1, quoted))
        }
        (b':' | b'+', b'=') => Some((Sign::Apart, blanks(at + 2), quoted)),
        (b':', _) => {
            // `/etc/pam.d/passwd: …` is about a file.
            let is_file = matches!(byte(text, from.wrapping_sub(1)), b'/') && !quoted;
            let value = blanks(at + 1);
            let apart = value > at + 1 || quoted || value == line.end;
            (!is_file).then_some((if apart { Sign::Apart } else { Sign::Colon }, value, quoted))
        }
        (b'>', _) if quoted || byte(text, from.wrapping_sub(1)) == b'<' => {
            Some((Sign::Tag, skip_cdata(text, at + 1), quoted))
        }
        (b',', _) if is_option && quoted => Some((Sign::Blank, blanks(at + 1), quoted)),
        _ => named_value(text, to)
            .map(|value| (Sign::Apart, value, true))
            .or_else(|| Some((Sign::Tag, end_of_tag(text, line, from, to)?, false)))
            .or_else(|| {
                let sees_value = at > to
                    && !quoted
                    && (is_option
                        || is_set_before(slice(text, line.start, from))
                        || is_only_pair(text, line, from, at, name)
                        || matches!(name.class, "password" | "authorization")
                            && Quote::at(text, at).is_some());
                sees_value.then_some((Sign::Blank, at, quoted))
            }),
    }
}

/// How XML marks text that it does not parse.
pub(super) const CDATA: &[u8] = b"<![CDATA[";

fn skip_cdata(text: &[u8], at: usize) -> usize {
    at + match slice(text, at, text.len()).starts_with(CDATA) {
        true => CDATA.len(),
        false => 0,
    }
}

/// Whether the text before a name is a statement that sets it to the word after it: in a Dockerfile, csh, fish, nginx.
fn is_set_before(lead: &[u8]) -> bool {
    const STATEMENTS: &[&[u8]] = &[
        b"ENV",
        b"SetEnv",
        b"fastcgi_param",
        b"proxy_set_header",
        b"set -gx",
        b"set -x",
        b"setenv",
    ];
    let lead = slice(lead, lead.len().saturating_sub(64), lead.len()).trim_ascii_end();
    STATEMENTS.iter().any(|statement| lead.ends_with(statement))
}

/// Whether a line has only a name and a value that looks like a secret, as in `/etc/network/interfaces`: `wpa-psk x`.
fn is_only_pair(text: &[u8], line: Line, from: usize, at: usize, name: Name) -> bool {
    let value = slice(text, at, line.end).trim_ascii_end();
    let lead = slice(text, line.start, from);
    let program = slice(text, from, at).trim_ascii_end().ends_with(b"passwd");
    // The value of a further name.
    let assigns = memchr(b'=', value).is_some_and(|sign| sign + 2 < value.len());
    let looks_secret = match name.class {
        "password" => is_strong(value),
        _ => is_random(value),
    };
    !name.ambiguous
        && name.is_last
        && !program
        && !assigns
        && lead.iter().all(u8::is_ascii_whitespace)
        && !value.iter().any(u8::is_ascii_whitespace)
        && looks_secret
}

/// Where the value starts behind a percent-encoded sign, and the quotes and brackets around it.
fn behind_encoded_sign(text: &[u8]) -> Option<usize> {
    let rest = |at: usize| slice(text, at, text.len());
    let mut at = encoded(text, &[b"%22", b"%27", b"%5D"]);
    let sign = encoded(rest(at), &[b"%3D", b"%3A"]);
    if sign == 0 {
        return None;
    }
    at += sign;
    at += encoded(rest(at), &[b"%20"]);
    Some(at + encoded(rest(at), &[b"%22", b"%27"]))
}

/// The length of one of these percent-encoded characters at the start of a text; 0 if it has none.
fn encoded(text: &[u8], characters: &[&[u8; 3]]) -> usize {
    let first = slice(text, 0, 3);
    let is_one = |character: &&&[u8; 3]| first.eq_ignore_ascii_case(**character);
    characters.iter().find(is_one).map_or(0, |one| one.len())
}

/// The index after blanks, after a backslash that continues the line, and after escape sequences that set a terminal's colour.
fn skip_blanks(text: &[u8], from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end {
        let rest = slice(text, at, end);
        at += match rest {
            [b' ' | b'\t', ..] => 1,
            [b'\\'] if byte(text, end) == b'\n' => {
                return end + 1 + blanks(slice(text, end + 1, text.len()));
            }
            [0x1b, b'[', parameters @ ..] => {
                let is_parameter = |byte: &&u8| byte.is_ascii_digit() || **byte == b';';
                let length = parameters.iter().take_while(is_parameter).count();
                match parameters.get(length) {
                    Some(b'm') => length + 3,
                    _ => break,
                }
            }
            _ => break,
        };
    }
    at
}

fn blanks(text: &[u8]) -> usize {
    const MOST: usize = 256;
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    text.iter().take(MOST).take_while(is_blank).count()
}

/// The index after `<name type="x">`, for an element with attributes.
fn end_of_tag(text: &[u8], line: Line, from: usize, to: usize) -> Option<usize> {
    const LONGEST: usize = 256;
    let attributes = slice(text, to, line.end.min(to + LONGEST));
    let opens = from.checked_sub(1).is_some_and(|at| byte(text, at) == b'<');
    if !opens || !matches!(attributes, [b' ' | b'\t', ..]) {
        return None;
    }
    let end = memchr2(b'>', b'<', attributes)?;
    let closes = byte(attributes, end) == b'>' && byte(attributes, end - 1) != b'/';
    closes.then_some(to + end + 1)
}

/// Where the value starts in `{"name":"DB_PASSWORD","value":"x"}`, or in the same in YAML on two lines.
pub(super) fn named_value(text: &[u8], to: usize) -> Option<usize> {
    const FAR: usize = 64;
    let near = slice(text, to, text.len().min(to + FAR));
    let skip = |at: usize, skipped: &[u8]| {
        let rest = near.get(at..).unwrap_or_default();
        at + rest
            .iter()
            .take_while(|byte| skipped.contains(byte))
            .count()
    };
    let at = skip(0, b"\"'\\, \t\r\n");
    let rest = near.get(at..)?;
    if at == 0 || !rest.get(..5)?.eq_ignore_ascii_case(b"value") {
        return None;
    }
    let sign = skip(at + 5, b"\"'\\ \t");
    matches!(near.get(sign), Some(b':' | b'=')).then(|| to + skip(sign + 1, b" \t"))
}
