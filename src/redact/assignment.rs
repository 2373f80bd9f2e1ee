//! The value beside a telling name: `NAME=value`, `name: value`, `"name": "value"`, `--name value`.

mod headers;

use memchr::{memchr, memchr2, memmem};

use super::names::{Name, classify};
use super::span::{Line, Span};
use super::value::{
    Quote, byte, is_harmless, is_random, is_strong, run_of_slashes, slice, without_punctuation,
    word_end,
};

/// What separates a name from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
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
}

/// A name in a text, and the context that determines its value.
#[derive(Debug, Clone, Copy)]
struct Assignment<'t> {
    text: &'t [u8],
    line: Line,
    name: Name,
    /// Where the name starts and ends.
    from: usize,
    to: usize,
    sign: Sign,
    /// Where the value starts.
    value: usize,
    /// The name has its own quotes.
    quoted_name: bool,
    /// The quote directly before the name.
    opened: Option<Quote>,
    /// Whether prose counts as a value.
    strict: bool,
}

/// What a rule found beside a name.
#[derive(Debug)]
pub(super) struct Found {
    /// The secrets.
    pub(super) spans: Vec<Span>,
    /// Where the next name can start.
    pub(super) next: usize,
    /// How far the rule read, which may be further.
    pub(super) read: usize,
}

impl Found {
    const fn nothing(next: usize) -> Self {
        Self::until(Vec::new(), next)
    }

    const fn until(spans: Vec<Span>, next: usize) -> Self {
        Self {
            spans,
            next,
            read: next,
        }
    }
}

/// Finds the secrets beside the name at `from..to`. If `strict`, prose counts as a value too, so that no byte is read
/// twice.
pub(super) fn find(text: &[u8], line: Line, from: usize, to: usize, strict: bool) -> Found {
    let word = slice(text, from, to);
    let bare = word.iter().position(|byte| *byte != b'-').unwrap_or(0);
    let is_option = bare > 0;
    let opened = Quote::before(text, from);
    let set_credential = is_set_credential(slice(word, bare, word.len()));
    let name = match classify(slice(word, bare, word.len())) {
        Some(name) => name,
        None => return Found::nothing(to),
    };
    let Some((sign, value, quoted_name)) = find_sign(text, line, from, to, is_option, name) else {
        return Found::nothing(to);
    };
    let assignment = Assignment {
        text,
        line,
        name,
        from,
        to,
        sign,
        value,
        quoted_name,
        opened,
        strict,
    };
    if is_set_credential_value(set_credential, sign) {
        return assignment.credential();
    }
    match name.class {
        "authorization" => assignment.authorization(),
        "cookie" if assignment.is_cookie_header() => assignment.cookies(),
        _ => assignment.plain(is_option),
    }
}

/// Whether this is systemd's `SetCredential=id:value`, in any spelling (systemd.exec(5), systemd-nspawn(1)).
fn is_set_credential(name: &[u8]) -> bool {
    let name: Vec<u8> = name
        .iter()
        .filter(|byte| **byte != b'-')
        .map(u8::to_ascii_lowercase)
        .collect();
    matches!(&*name, b"setcredential" | b"setcredentialencrypted")
}

fn is_set_credential_value(is_it: bool, sign: Sign) -> bool {
    is_it && matches!(sign, Sign::Equals | Sign::Blank)
}

/// The separator after a name, where the value starts, and whether the name is quoted.
fn find_sign(
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
        (b':', b':') => None,
        (b':' | b'+', b'=') => Some((Sign::Apart, blanks(at + 2), quoted)),
        (b':', _) => {
            // `/etc/pam.d/passwd: …` is about a file.
            let is_file = matches!(byte(text, from.wrapping_sub(1)), b'/') && !quoted;
            let value = blanks(at + 1);
            let apart = value > at + 1 || quoted || value == line.end;
            (!is_file).then_some((if apart { Sign::Apart } else { Sign::Colon }, value, quoted))
        }
        (b'>', _) if quoted || byte(text, from.wrapping_sub(1)) == b'<' => {
            Some((Sign::Tag, at + 1, quoted))
        }
        (b',', _) if is_option && quoted => Some((Sign::Blank, blanks(at + 1), quoted)),
        _ => named_value(text, to)
            .map(|value| (Sign::Apart, value, true))
            .or_else(|| Some((Sign::Tag, end_of_tag(text, line, from, to)?, false)))
            .or_else(|| {
                let sees_value = at > to
                    && !quoted
                    && (is_option
                        || matches!(name.class, "password" | "authorization")
                            && Quote::at(text, at).is_some());
                sees_value.then_some((Sign::Blank, at, quoted))
            }),
    }
}

/// The index after blanks, and after escape sequences that set a terminal's colour.
fn skip_blanks(text: &[u8], from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end {
        let rest = slice(text, at, end);
        at += match rest {
            [b' ' | b'\t', ..] => 1,
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
fn named_value(text: &[u8], to: usize) -> Option<usize> {
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

impl<'t> Assignment<'t> {
    /// The end of the value's line, which may be the line after the name's.
    fn line_end(&self) -> usize {
        if self.value <= self.line.end {
            return self.line.end;
        }
        let rest = slice(self.text, self.value, self.text.len());
        self.value + memchr(b'\n', rest).unwrap_or(rest.len())
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(from, to, self.name.class)
    }

    /// Whether the name comes first on its line, or in the string that holds it.
    fn is_first(&self) -> bool {
        const FAR: usize = 32;
        let lead = slice(self.text, self.line.start, self.from);
        if self.opened.is_some() || self.line.json && lead.ends_with(b"\\") | lead.ends_with(b"\\n")
        {
            return true;
        }
        if lead.len() > FAR {
            return false;
        }
        let words = lead
            .split(|byte| b" \t-#+>".contains(byte))
            .filter(|word| !word.is_empty());
        words
            .into_iter()
            .all(|word| matches!(word, b"export" | b"declare" | b"set" | b"x"))
    }

    /// Where the value starts and ends, and the index after it and its closing quote.
    fn extent(&self, is_option: bool) -> (usize, usize, usize) {
        let line_end = self.line_end();
        if let Some((quote, inside)) =
            Quote::at(self.text, self.value).filter(|_| self.value < line_end)
        {
            let (to, behind) = quote.close(self.text, inside, line_end);
            // A shell joins `"ab"cd`.
            if byte(self.text, behind).is_ascii_alphanumeric() && self.sign == Sign::Equals {
                let to = self.word(behind, line_end, b"");
                return (self.value, to, to);
            }
            return (inside, to, behind);
        }
        if let Some(quote) = self
            .opened
            .filter(|_| !self.quoted_name && self.sign != Sign::Blank)
        {
            let (to, behind) = quote.close(self.text, self.value, line_end);
            let inner = self.inner_line_end(to);
            return (self.value, inner, if inner < to { inner } else { behind });
        }
        let to = match self.sign {
            Sign::Tag => self.word(self.value, line_end, b"<"),
            Sign::Colon => self.word(self.value, line_end, b":,;"),
            _ if self.quoted_name => self.word(self.value, line_end, b",}]"),
            Sign::Blank => self.word(self.value, line_end, b""),
            Sign::Equals | Sign::Apart => match byte(self.text, self.from.wrapping_sub(1)) {
                b'?' | b'&' => self.word(self.value, line_end, b"&#;"),
                b';' => self.word(self.value, line_end, b";"),
                _ if self.is_first() && !is_option => self.rest(line_end),
                _ => self.word(self.value, line_end, b""),
            },
        };
        let bare = without_punctuation(slice(self.text, self.value, to));
        (self.value, self.value + bare.len(), to)
    }

    fn word(&self, from: usize, line_end: usize, stops: &[u8]) -> usize {
        word_end(self.text, from, line_end, self.line.json, stops)
    }

    /// The end of the current line within a JSON string.
    fn inner_line_end(&self, end: usize) -> usize {
        let escaped = |rest| memmem::find(rest, b"\\n");
        match self.line.json {
            true => {
                escaped(slice(self.text, self.value, end)).map_or(end, |found| self.value + found)
            }
            false => end,
        }
    }

    /// The rest of the line, which belongs to the value in an EnvironmentFile= and, up to a comment, in YAML. Only one word
    /// if further assignments follow.
    fn rest(&self, line_end: usize) -> usize {
        let end = self.inner_line_end(line_end);
        let rest = slice(self.text, self.value, end);
        let first = self.word(self.value, end, b"");
        let more = slice(self.text, first, end);
        let assigns = |word: &[u8]| {
            let name = word
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte))
                .count();
            name > 0 && byte(word, name) == b'='
        };
        let rest = match self.sign {
            Sign::Equals if more.split(|byte| *byte == b' ').any(assigns) => return first,
            Sign::Equals => rest,
            _ => slice(rest, 0, memmem::find(rest, b" #").unwrap_or(rest.len())),
        };
        self.value + rest.trim_ascii_end().len()
    }

    /// The rule for all names except those of HTTP headers.
    fn plain(&self, is_option: bool) -> Found {
        if let Some(block) = self.block() {
            return block;
        }
        let mut assignment = *self;
        if self.sign == Sign::Apart
            && byte(self.text, self.value) == b'{'
            && let Some(value) = named_value(self.text, self.value + 1)
        {
            // `"password": {"value": "x"}`
            (assignment.value, assignment.quoted_name) = (value, true);
        }
        assignment.single(is_option)
    }

    /// The rule for a value that is neither a block nor `{"value": …}`.
    fn single(&self, is_option: bool) -> Found {
        let value = slice(self.text, self.value, self.line_end());
        if let Some(open @ (b'[' | b'{')) = value.first()
            && matches!(
                value.get(1),
                None | Some(b' ' | b'"' | b'\'' | b'\\' | b'[' | b']' | b'}')
            )
            && self.sign == Sign::Apart
        {
            return self.list(*open);
        }
        let (from, to, behind) = self.extent(is_option);
        let value = slice(self.text, from, to);
        if is_harmless(value, self.name) {
            return Found::nothing(behind.max(self.to));
        }
        if !self.strict && self.is_prose(value, behind, is_option) {
            // The next word may be a name.
            return Found {
                read: behind,
                ..Found::nothing(self.value.max(self.to))
            };
        }
        Found::until(vec![self.span(from, to)], behind)
    }

    /// Whether the name is part of a sentence, so that no value follows.
    fn is_prose(&self, value: &[u8], behind: usize, is_option: bool) -> bool {
        const AFTER_OPTION: &[&[u8]] = &[
            b"and", b"are", b"can", b"flag", b"for", b"from", b"has", b"instead", b"is", b"may",
            b"must", b"needs", b"option", b"options", b"or", b"to", b"was", b"with",
        ];
        let strong = is_strong(value);
        if self.name.ambiguous {
            return !is_random(value);
        }
        let quoted = self.quoted_name
            || self.opened.is_some()
            || behind > self.value && Quote::at(self.text, self.value).is_some();
        // `passwd: …`, `chpasswd: …`
        let name = slice(self.text, self.from, self.to);
        let program = name.ends_with(b"passwd") && name.iter().all(u8::is_ascii_lowercase);
        match self.sign {
            Sign::Equals | Sign::Tag => false,
            Sign::Blank if is_option => value.starts_with(b"-") || AFTER_OPTION.contains(&value),
            Sign::Blank => false,
            _ if quoted && !program => false,
            // A user or a database of this name: /etc/passwd, nsswitch.conf; and the program passwd.
            Sign::Colon => !strong || program,
            Sign::Apart if program || !self.name.is_last => !strong || value.contains(&b' '),
            Sign::Apart if self.is_first() => false,
            Sign::Apart => {
                let rest = slice(self.text, behind, self.line_end());
                let last = rest.iter().all(u8::is_ascii_whitespace);
                !(strong || last && self.name.class == "password")
            }
        }
    }

    /// The strings of a list on the same line. The keys of a mapping are names themselves.
    fn list(&self, open: u8) -> Found {
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

    /// A YAML block: `password: |` and the lines below that are indented further.
    fn block(&self) -> Option<Found> {
        let value = slice(self.text, self.value, self.line.end);
        let ([b'|' | b'>', b'-' | b'+' | b'0'..=b'9', rest @ ..] | [b'|' | b'>', rest @ ..]) =
            value
        else {
            return None;
        };
        if self.sign != Sign::Apart || !rest.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
        let own = indent(slice(self.text, self.line.start, self.from));
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

    /// `SetCredential=id:value`: the value ends with the line, or with the word on a command line.
    fn credential(&self) -> Found {
        let (from, to, behind) = self.extent(self.sign == Sign::Blank);
        let value = slice(self.text, from, to);
        let Some(colon) = memchr(b':', value) else {
            return Found::nothing(behind);
        };
        let from = from + colon + 1;
        if is_harmless(slice(self.text, from, to), self.name) {
            return Found::nothing(behind);
        }
        Found::until(vec![self.span(from, to)], behind)
    }
}
