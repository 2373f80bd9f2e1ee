//! JSON that is safe to print: the same data, with escapes for characters that would control a terminal, or hide
//! or reorder text on it.

use std::fmt::Write as _;

use serde::Serialize;

use crate::terminal_text::hides_or_reorders;

/// A value on one line.
///
/// # Errors
/// Those of the value's own `Serialize`; plain data has none.
pub fn compact(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(harmless)
}

/// A value on several lines, with a line break at the end.
///
/// # Errors
/// The same.
pub fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(value).map(harmless)?;
    text.push('\n');
    Ok(text)
}

/// Characters that are not ASCII are only in strings, where an escape means the same; of those below 0x20,
/// `serde_json` leaves only line breaks between the values.
fn harmless(json: String) -> String {
    if json.bytes().all(|byte| byte < 0x7f) {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(at) =
        rest.find(|c: char| c >= '\x7f' && (c.is_control() || hides_or_reorders(c)))
    {
        let (plain, found) = rest.split_at(at);
        text.push_str(plain);
        let mut found = found.chars();
        for unit in found
            .next()
            .map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
            .unwrap_or_default()
        {
            let _ = write!(text, "\\u{unit:04x}");
        }
        rest = found.as_str();
    }
    text.push_str(rest);
    text
}

/// How long a character is in this JSON, and at least about as long as it is in the other formats.
pub const fn escaped_length(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' => 5,
        '\0'..'\u{20}' | '\u{7f}'..='\u{9f}' => 6,
        c if hides_or_reorders(c) => 6 * c.len_utf16(),
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_and_invisible_characters_are_escaped() {
        let text = compact(&"a\x1b[2J\x7f\u{9b}31m\u{202e}b\u{200b}é\u{e0041}\n").unwrap();
        let expected = r#""a\u001b[2J\u007f\u009b31m\u202eb\u200bé\udb40\udc41\n""#;
        assert_eq!(text, expected);
    }

    proptest! {
        #[test]
        fn escaped_text_is_not_longer_than_said(text in any::<String>()) {
            let said: usize = text.chars().map(escaped_length).sum();
            prop_assert!(compact(&text).unwrap().len() <= said + 2);
        }

        #[test]
        fn the_value_is_unchanged(key in any::<String>(), value in any::<String>()) {
            let value = serde_json::json!({ key: [value, "\u{202e}\u{7f}\u{e0001}\\\u{200b}"] });
            for text in [compact(&value).unwrap(), pretty(&value).unwrap()] {
                let back: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(&back, &value);
                let acts = |c: char| c != '\n' && c.is_control() || hides_or_reorders(c);
                prop_assert!(!text.chars().any(acts), "{}", text);
            }
        }
    }
}
