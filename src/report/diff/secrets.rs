//! Tokens of secrets: each report numbers its own, so that two numbers say nothing of two secrets.

use serde_json::Value;

/// Takes the number out of every token, `[redacted:password:1]` becoming `[redacted:password]`.
/// Whether there was one.
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

/// `None` where the text has no token.
fn without_numbers(text: &str) -> Option<String> {
    let mut parts = text.split("[redacted:");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    let mut any = false;
    for part in parts {
        changed.push_str("[redacted:");
        match part.split_once(']').and_then(|(token, behind)| {
            let (class, number) = token.rsplit_once(':')?;
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then_some((class, behind))
        }) {
            Some((class, behind)) => {
                any = true;
                changed.push_str(class);
                changed.push(']');
                changed.push_str(behind);
            }
            None => changed.push_str(part),
        }
    }
    any.then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_lose_their_number() {
        let without = |text| without_numbers(text);
        assert_eq!(
            without("a=[redacted:api-key:12];[redacted:x:1]").as_deref(),
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
            assert_eq!(without(text), None, "{text}");
        }
    }
}
