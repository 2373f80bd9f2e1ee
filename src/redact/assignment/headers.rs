//! HTTP headers, which are secret only in part.

use memchr::memchr;

use super::{Assignment, Found, Quote, Sign, is_harmless, is_strong, slice, without_punctuation};

/// Schemes with one word of credentials (RFC 9110, 11.6.2; some are vendor-specific).
const SCHEMES: &[&str] = &[
    "apikey",
    "basic",
    "bearer",
    "bot",
    "key",
    "negotiate",
    "ntlm",
    "token",
];
/// Schemes with a list of parameters.
const WITH_LISTS: &[&str] = &["aws4-hmac-sha256", "digest", "hawk", "oauth"];

impl Assignment<'_> {
    /// `Authorization: SCHEME CREDENTIALS`. The scheme is not secret.
    pub(super) fn authorization(&self) -> Found {
        if self.sign == Sign::Tag {
            return Found::nothing(self.to);
        }
        let (from, end) = self.header();
        // Go prints the values of a header as a list.
        let list = slice(self.text, from, end).starts_with(b"[");
        let from = from + usize::from(list);
        let (from, end) = match Quote::at(self.text, from).filter(|_| list) {
            Some((quote, inside)) => (inside, quote.close(self.text, inside, end).0),
            None => (from, end),
        };
        let scheme_end = self.word(from, end, b"");
        let scheme =
            String::from_utf8_lossy(slice(self.text, from, scheme_end)).to_ascii_lowercase();
        let behind = slice(self.text, scheme_end, end);
        let second = scheme_end + behind.iter().take_while(|byte| **byte == b' ').count();
        let (from, to) = match scheme.as_str() {
            scheme if SCHEMES.contains(&scheme) => (second, self.word(second, end, b"")),
            scheme if WITH_LISTS.contains(&scheme) => (second, self.inner_line_end(end)),
            // A Proxmox API token has its own rule.
            scheme if !self.strict && scheme.contains("apitoken=") => {
                return Found {
                    read: scheme_end,
                    ..Found::nothing(self.value)
                };
            }
            scheme if self.strict || is_strong(scheme.as_bytes()) => (from, scheme_end),
            _ => {
                return Found {
                    read: scheme_end,
                    ..Found::nothing(self.to)
                };
            }
        };
        let value = without_punctuation(slice(self.text, from, to));
        if is_harmless(value, self.name) {
            return Found::nothing(to.max(self.to));
        }
        Found::until(vec![self.span(from, from + value.len())], to)
    }

    /// Whether this is one of the two headers, and not a variable of that name.
    pub(super) fn is_cookie_header(&self) -> bool {
        let name = slice(self.text, self.from, self.to);
        name.eq_ignore_ascii_case(b"cookie") || self.sets_cookie()
    }

    fn sets_cookie(&self) -> bool {
        slice(self.text, self.from, self.to).eq_ignore_ascii_case(b"set-cookie")
    }

    /// `Cookie: a=1; b=2`: every value. `Set-Cookie:`: the first value; the rest are attributes (RFC 6265). Not a cookie
    /// without a name: `cookie=x`.
    pub(super) fn cookies(&self) -> Option<Found> {
        let (from, end) = self.header();
        let end = self.inner_line_end(end);
        let most = if self.sets_cookie() { 1 } else { usize::MAX };
        let first = slice(self.text, from, self.word(from, end, b";"));
        if matches!(self.sign, Sign::Equals | Sign::Encoded) && !first.contains(&b'=') {
            return None;
        }
        let mut spans = Vec::new();
        let mut at = from;
        for pair in slice(self.text, from, end)
            .split(|byte| *byte == b';')
            .take(most)
        {
            if let Some(equals) = memchr(b'=', pair) {
                let value = slice(pair, equals + 1, pair.len()).trim_ascii_end();
                if !is_harmless(value, self.name) {
                    let begin = at + equals + 1;
                    spans.push(self.span(begin, begin + value.len()));
                }
            }
            at += pair.len() + 1;
        }
        Some(Found::until(spans, end))
    }

    /// Where the value of a header starts and ends: with its quotes, with the quotes around the header, or with the line.
    fn header(&self) -> (usize, usize) {
        let line_end = self.line_end();
        let around = self.opened.filter(|_| !self.quoted_name);
        match (
            Quote::at(self.text, self.value).filter(|_| self.value < line_end),
            around,
        ) {
            (Some((quote, inside)), _) => (inside, quote.close(self.text, inside, line_end).0),
            (None, Some(quote)) => (self.value, quote.close(self.text, self.value, line_end).0),
            (None, None) => (self.value, line_end),
        }
    }
}
