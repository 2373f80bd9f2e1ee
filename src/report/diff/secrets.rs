//! Tokens of secrets: each report numbers its own, so the numbers of two reports cannot be compared.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::constant_pattern::constant_pattern;

static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r"\[redacted:(?<class>[^\]]*):[0-9]+\]"));

/// Removes the number of every token: `[redacted:password:1]` becomes `[redacted:password]`. Returns whether
/// there was one.
pub(super) fn take_numbers_out(value: &mut Value) -> bool {
    match value {
        Value::String(text) => match without_numbers(text) {
            Some(changed) => {
                *text = changed;
                true
            }
            None => false,
        },
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |any, item| take_numbers_out(item) | any),
        Value::Object(fields) => fields
            .values_mut()
            .fold(false, |any, field| take_numbers_out(field) | any),
        _ => false,
    }
}

/// A text without the numbers of its tokens; `None` if it has none.
fn without_numbers(text: &str) -> Option<String> {
    match TOKEN.replace_all(text, "[redacted:$class]") {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_lose_their_number() {
        assert_eq!(
            without_numbers("a=[redacted:api-key:12];[redacted:x:1]").as_deref(),
            Some("a=[redacted:api-key];[redacted:x]")
        );
        for text in [
            "",
            "a:1]",
            "[redacted:a]",
            "[redacted:a:]",
            "[redacted:a:1",
            "[redacted:a:b]",
        ] {
            assert_eq!(without_numbers(text), None, "{text}");
        }
    }
}
