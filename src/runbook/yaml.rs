//! A YAML text as values with their positions.
//!
//! serde_yaml reads the values, saphyr-parser finds the positions.

use std::rc::Rc;

use serde_yaml::Value;

use super::error::Position;
use super::spot::Spot;
use super::yaml_error::YamlError;

/// The only document of a text.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) spot: Rc<Spot>,
}

/// Reads the only document in the text of a file; `None` if there is none.
pub(super) fn parse(text: &str, file: &str) -> Result<Option<Document>, YamlError> {
    if let Some((byte, c)) = text.char_indices().find(|(_, c)| is_forbidden(*c)) {
        let position = Position::of_byte(text.as_bytes(), byte);
        let message = format!(
            "invalid character U+{:04X}\nhint: delete it, or write it as an escape in double quotes",
            u32::from(c),
        );
        return Err(YamlError::new(Some(position), message));
    }
    let Some(spot) = Spot::of_text(text, file)? else {
        return Ok(None);
    };
    match serde_yaml::from_str(text) {
        Ok(Value::Null) => Ok(None),
        Ok(value) => Ok(Some(Document { value, spot })),
        Err(error) => Err(YamlError::new(None, format!("invalid YAML: {error}"))),
    }
}

/// Characters that are not printable in YAML 1.2, byte order marks after the start, and line ends of
/// YAML 1.1 only.
fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(
            c,
            '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether values and positions have the same structure.
    fn agree(value: &Value, spot: &Spot) -> bool {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                spot.keys.is_empty() && spot.values.is_empty()
            }
            Value::Sequence(items) => {
                items.len() == spot.values.len()
                    && items
                        .iter()
                        .zip(&spot.values)
                        .all(|(item, spot)| agree(item, spot))
            }
            Value::Mapping(entries) => {
                entries.len() == spot.values.len()
                    && entries
                        .values()
                        .zip(&spot.values)
                        .all(|(value, spot)| agree(value, spot))
            }
            Value::Tagged(tagged) => agree(&tagged.value, spot),
        }
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "\n", "\n  ", "\n    ", "- ", ": ", "? ", "[", "]", "{", "}", ", ", "&a ", "*a", "!t ",
            "!!str ", "|\n", "|2-\n", ">\n  ", "'", "\"", "\\", "\\n", " #", "%", "@", "---\n",
            "...\n", "<<: ", "null", "~", "0x1F", "-1", ".nan", "1e999", "true", "a", "b:", "c: ",
            "\u{85}", "\u{2028}", "\t", "é", "\r", "-", "?", ":", ",", " ", "  ", "''", "x y",
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn values_and_positions_agree(pieces in prop::collection::vec(piece(), 0..16)) {
            let text = pieces.concat();
            if let Ok(Some(document)) = parse(&text, "x.yaml") {
                prop_assert!(agree(&document.value, &document.spot), "{text:?} {document:?}");
            }
        }
    }
}
