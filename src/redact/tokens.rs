//! Tokens, which replace secrets: `[redacted:CLASS:NUMBER]`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;
use serde_json::Value;

use super::value::slice;
use crate::report::{Redaction, Report};

/// The start of every token.
pub(super) const TOKEN: &str = "[redacted:";

/// A token in a text, from an earlier redaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    from: usize,
    to: usize,
    pub(super) class: &'t str,
    pub(super) number: u64,
}

/// The tokens in a text, in order.
pub(super) fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    static OPENING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TOKEN));
    let starts = OPENING.find_iter(text);
    starts.filter_map(|from| token_at(text, from)).collect()
}

fn token_at(text: &[u8], from: usize) -> Option<Token<'_>> {
    const LONGEST: usize = 128;
    let near = slice(text, from, text.len().min(from + LONGEST));
    let end = memchr(b']', near)?;
    let inner = std::str::from_utf8(near.get(TOKEN.len()..end)?).ok()?;
    let (class, number) = inner.rsplit_once(':')?;
    let is_class = class
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let token = Token {
        from,
        to: from + end + 1,
        class,
        number: number.parse().ok()?,
    };
    (is_class && !class.is_empty()).then_some(token)
}

/// Whether a range overlaps one of these tokens.
pub(super) fn touches(tokens: &[Token<'_>], from: usize, to: usize) -> bool {
    let first = tokens.partition_point(|token| token.to <= from);
    tokens.get(first).is_some_and(|token| token.from < to)
}

/// The number of tokens of each class in each field of a report.
pub(super) fn redactions(report: &Report) -> Vec<Redaction> {
    let mut counts = BTreeMap::new();
    let report = serde_json::to_value(report).unwrap_or_default();
    count("", &report, &mut counts);
    let redaction = |((place, class), count)| Redaction {
        class,
        place,
        count,
    };
    counts.into_iter().map(redaction).collect()
}

/// Counts the tokens in a value by place and class. An item of a list is identified by its id, if it has one.
fn count(place: &str, value: &Value, counts: &mut BTreeMap<(String, String), u64>) {
    let mut count_in = |text: &str| {
        for token in tokens(text.as_bytes()) {
            let key = (place.to_owned(), token.class.to_owned());
            *counts.entry(key).or_default() += 1;
        }
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => count_in(text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let place = match item.get("id") {
                    Some(Value::String(id)) => format!("{place}[{id}]"),
                    _ => format!("{place}[{index}]"),
                };
                count(&place, item, counts);
            }
        }
        Value::Object(fields) => {
            fields.keys().for_each(|name| count_in(name));
            for (name, field) in fields {
                let place = match place {
                    "" => name.clone(),
                    _ => format!("{place}.{name}"),
                };
                count(&place, field, counts);
            }
        }
    }
}
