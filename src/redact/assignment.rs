//! The value beside a telling name: `NAME=value`, `name: value`, `"name": "value"`, `--name value`.

mod headers;
mod lines;
mod sign;

use memchr::{memchr, memchr2, memmem};

use super::names::{Name, classify};
use super::span::{Line, Span};
use super::value::{
    Quote, byte, closes, is_harmless, is_random, is_strong, slice, without_punctuation, word_end,
};
use sign::{CDATA, Sign, find_sign, named_value};

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
        "authorization" => assignment
            .items_below()
            .unwrap_or_else(|| assignment.authorization()),
        "cookie" if assignment.is_cookie_header() => assignment
            .cookies()
            .unwrap_or_else(|| assignment.plain(is_option)),
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

impl<'t> Assignment<'t> {
    /// The end of the value's line, which may be the line after the name's.
    fn line_end(&self) -> usize {
        if self.value <= self.line.end {
            return self.line.end;
        }
        let rest = slice(self.text, self.value, self.text.len());
        self.value + memchr2(b'\n', 0, rest).unwrap_or(rest.len())
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
            if matches!(self.sign, Sign::Equals | Sign::Blank)
                && let Some(to) = self.joined(behind, line_end)
            {
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
            Sign::Encoded => self.encoded_end(line_end),
            Sign::Tag if slice(self.text, 0, self.value).ends_with(CDATA) => {
                self.word(self.value, line_end, b"]")
            }
            Sign::Tag => self.word(self.value, line_end, b"<"),
            // A word of `/proc/PID/cmdline` may contain blanks.
            Sign::Blank if byte(self.text, self.value - 1) == 0 => line_end,
            Sign::Colon => self.word(self.value, line_end, b":,;"),
            _ if self.quoted_name => self.word(self.value, line_end, b",}]"),
            Sign::Blank => self.word(self.value, line_end, b""),
            Sign::Equals | Sign::Apart => match byte(self.text, self.from.wrapping_sub(1)) {
                b'?' | b'&' => self.word(self.value, line_end, b"&#;"),
                _ if byte(self.text, self.to) == b'%' => self.word(self.value, line_end, b"&#;"),
                b';' => self.word(self.value, line_end, b";"),
                _ if self.is_first() && !is_option => self.rest(line_end),
                _ => self.word(self.value, line_end, b""),
            },
        };
        let bare = without_punctuation(slice(self.text, self.value, to));
        (self.value, self.value + bare.len(), to)
    }

    /// Where a word ends that continues after a closing quote: a shell joins `"ab"cd'ef'`.
    fn joined(&self, behind: usize, line_end: usize) -> Option<usize> {
        let mut end = behind;
        while end < line_end {
            let next = byte(self.text, end);
            if next.is_ascii_alphanumeric() {
                end = self.word(end, line_end, b"'\"");
                continue;
            }
            let opens = matches!(next, b'"' | b'\'')
                && (slice(self.text, end, end + 3) == b"\"'\""
                    || !closes(byte(self.text, end + 1)));
            match Quote::at(self.text, end).filter(|_| opens) {
                Some((quote, inside)) => end = quote.close(self.text, inside, line_end).1,
                None => break,
            }
        }
        (end > behind).then_some(end)
    }

    /// The end of a percent-encoded value.
    fn encoded_end(&self, line_end: usize) -> usize {
        const ENDS: [&[u8; 3]; 5] = [b"%22", b"%26", b"%27", b"%2C", b"%7D"];
        let end = self.word(self.value, line_end, b"&#;");
        let value = slice(self.text, self.value, end);
        let ends = |part: &[u8]| ENDS.iter().any(|end| part.eq_ignore_ascii_case(*end));
        self.value + value.windows(3).position(ends).unwrap_or(value.len())
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
        if let Some(below) = self.block().or_else(|| self.items_below()) {
            return below;
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
            Sign::Encoded => !strong,
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
