//! From YAML values to a runbook's types, or to the first error in their shape, with its path.

use std::fmt;
use std::iter::Enumerate;
use std::slice;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_yaml::Value;

use super::error::Finding;
use super::path::Path;
use super::printable::quoted;
use super::spot::Spot;
use super::yaml::Document;
use crate::nearest_name::{listed, suggestion};

/// Reads a document as a `T`.
pub(super) fn typed<T: for<'de> Deserialize<'de>>(document: &Document) -> Result<T, Finding> {
    let root = Shape {
        value: &document.value,
        spot: &document.spot,
        path: Path::default(),
    };
    T::deserialize(root).map_err(|error| {
        let error = error.at(&Path::default());
        Finding {
            path: error.path.unwrap_or_default(),
            message: error.message,
        }
    })
}

/// An error. Its path is added on the way out.
#[derive(Debug)]
struct ShapeError {
    path: Option<Path>,
    message: String,
    /// The unknown key, if that is the error.
    unknown_key: Option<String>,
}

impl ShapeError {
    fn new(message: String) -> Self {
        Self {
            path: None,
            message,
            unknown_key: None,
        }
    }

    fn at(mut self, path: &Path) -> Self {
        if self.path.is_none() {
            self.path = Some(match &self.unknown_key {
                Some(key) if path.last_key() != Some(key) || !path.is_on_key() => {
                    path.key(key).on_key()
                }
                _ => path.clone(),
            });
        }
        self
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ShapeError {}

impl de::Error for ShapeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let hint = hint(found, &expected.to_string());
        let (found, expected) = (found_in_words(found), expected_in_words(expected));
        Self::new(format!("expected {expected}, found {found}{hint}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = suggestion(variant, expected.iter().copied());
        Self::new(format!("unknown value {}{hint}", quoted(variant)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = match field {
            "<<" => String::from(
                "\nhint: write out the keys, or use an alias for the whole value; merge keys are \
                 not supported",
            ),
            // In `{ … }` a comma ends a value, even inside an expression.
            _ if field.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') => {
                String::from("\nhint: quote text that contains a comma")
            }
            _ => suggestion(field, expected.iter().copied()),
        };
        Self {
            unknown_key: Some(field.to_owned()),
            ..Self::new(format!("unknown key {}{hint}", quoted(field)))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("missing key `{field}`"))
    }
}

fn found_in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("the text {}", quoted(text)),
        Unexpected::Signed(number) => format!("the number `{number}`"),
        Unexpected::Unsigned(number) => format!("the number `{number}`"),
        Unexpected::Float(number) => format!("the number `{number}`"),
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unit | Unexpected::Option => String::from("nothing"),
        Unexpected::Seq => String::from("a list"),
        Unexpected::Map => String::from("a mapping"),
        other => other.to_string(),
    }
}

/// How to write what is expected.
fn hint(found: Unexpected<'_>, expected: &str) -> String {
    match (found, expected) {
        (Unexpected::Str(text), "a sequence") => {
            let list = list_of_words(text).unwrap_or_else(|| String::from("[…, …]"));
            format!("\nhint: write `{list}`")
        }
        (Unexpected::Map, "a sequence") => String::from("\nhint: start each entry with `- `"),
        (Unexpected::Seq, _) if expected.starts_with("an expression") => {
            String::from("\nhint: put the list under `all:` or `any:`")
        }
        _ => String::new(),
    }
}

/// How to write the list of a key, if the words of the text that was found are not its entries.
fn hint_for_list(key: Option<&str>, text: &str) -> Option<String> {
    let hint = match key? {
        "run" => match list_of_words(text) {
            Some(list) => return Some(format!("write `{list}`, or use `shell`")),
            None => "write each word as an entry, as in `[cat, /etc/fstab]`, or use `shell`",
        },
        "remedies" => "write the text under `remedy`, or start each entry with `- `",
        "checks" | "hypotheses" | "evidence" | "events" | "next" | "tests" => {
            "start each entry with `- `"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// The words of a text as a list, if it has nothing that needs quotes.
fn list_of_words(text: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || " _-./=".contains(c);
    let words: Vec<_> = text.split_whitespace().collect();
    (text.chars().all(plain) && text.len() < 60).then(|| format!("[{}]", words.join(", ")))
}

/// How to write the text of a key for which a list was found.
fn hint_for_text(key: Option<&str>) -> Option<&'static str> {
    Some(match key? {
        "commands" | "shell" => "write `|` after the key, and one command on each line below",
        "remedy" => "write one sentence, or use `remedies`",
        _ => return None,
    })
}

fn expected_in_words(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    let words = match expected.as_str() {
        "a sequence" => "a list",
        "a map" => "a mapping",
        "a string" | "a borrowed string" | "string" => "text",
        "a boolean" => "`true` or `false`",
        "i32" => "a whole number",
        other => other,
    };
    words.to_owned()
}

/// A value with its position and path.
#[derive(Clone)]
struct Shape<'v> {
    value: &'v Value,
    spot: &'v Spot,
    path: Path,
}

impl Shape<'_> {
    fn found(&self) -> Unexpected<'_> {
        match self.value {
            Value::String(text) => Unexpected::Str(text),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Unexpected::Signed(number),
                (None, number) => Unexpected::Float(number.unwrap_or(f64::NAN)),
            },
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Null => Unexpected::Unit,
            Value::Sequence(_) => Unexpected::Seq,
            Value::Mapping(_) => Unexpected::Map,
            Value::Tagged(_) => Unexpected::Other("a tag"),
        }
    }
}

impl<'de> de::Deserializer<'de> for Shape<'_> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match (self.value, self.found()) {
            (Value::Sequence(items), _) => visitor.visit_seq(Items {
                items: items.iter().enumerate(),
                shape: &self,
            }),
            (Value::Mapping(entries), _) => visitor.visit_map(Entries {
                entries: entries.iter().enumerate(),
                value: None,
                shape: &self,
            }),
            (_, Unexpected::Str(text)) => visitor.visit_str(text),
            (_, Unexpected::Signed(number)) => visitor.visit_i64(number),
            (_, Unexpected::Float(number)) => visitor.visit_f64(number),
            (_, Unexpected::Bool(value)) => visitor.visit_bool(value),
            (_, Unexpected::Unit) => {
                let expected = expected_in_words(&visitor);
                Err(ShapeError::new(format!(
                    "missing value: expected {expected}"
                )))
            }
            _ => Err(ShapeError::new(String::from(
                "YAML tags are not supported\nhint: quote text that starts with `!`",
            ))),
        }
    }

    /// If text is expected, a number or boolean is read as it is written.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.value {
            Value::Number(_) | Value::Bool(_) => visitor.visit_str(&self.spot.text),
            Value::Sequence(_) => match hint_for_text(self.path.last_key()) {
                Some(hint) => Err(ShapeError::new(format!(
                    "expected text, found a list\nhint: {hint}"
                ))),
                None => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        let text = self.value.as_str().unwrap_or_default();
        match (self.value, hint_for_list(self.path.last_key(), text)) {
            (Value::String(_), Some(hint)) => Err(ShapeError::new(format!(
                "expected a list, found {}\nhint: {hint}",
                found_in_words(self.found())
            ))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.deserialize_str(visitor)
    }

    /// A key without a value is an error: either may be a mistake.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.value {
            Value::Null => Err(ShapeError::new(String::from(
                "missing value\nhint: write a value, or delete the key",
            ))),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        match self.value {
            Value::String(text) => {
                let word: StrDeserializer<'_, ShapeError> = text.as_str().into_deserializer();
                visitor.visit_enum(word)
            }
            _ => Err(ShapeError::new(format!(
                "expected one of {}, found {}",
                listed(variants.iter().copied()),
                found_in_words(self.found()),
            ))),
        }
    }

    /// Unlike serde's default, a list is not read as the values of the keys in order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        match self.value {
            Value::Sequence(_) => Err(de::Error::invalid_type(self.found(), &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'v> {
    items: Enumerate<slice::Iter<'v, Value>>,
    shape: &'v Shape<'v>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ShapeError> {
        let Some((index, value)) = self.items.next() else {
            return Ok(None);
        };
        let path = self.shape.path.index(index);
        self.shape.inner(seed, index, value, path).map(Some)
    }
}

struct Entries<'v> {
    entries: Enumerate<serde_yaml::mapping::Iter<'v>>,
    /// The value of the current key.
    value: Option<(usize, &'v str, &'v Value)>,
    shape: &'v Shape<'v>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = ShapeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ShapeError> {
        let Some((index, (key, value))) = self.entries.next() else {
            return Ok(None);
        };
        let written = self.shape.spot.keys.get(index).map_or("", |(key, _)| key);
        let at = |error: ShapeError| error.at(&self.shape.path.key(written).on_key());
        let Value::String(key) = key else {
            let message = format!("the key {} is not text\nhint: quote it", quoted(written));
            return Err(at(ShapeError::new(message)));
        };
        self.value = Some((index, key, value));
        let name: StrDeserializer<'_, ShapeError> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(at)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ShapeError> {
        let Some((index, key, value)) = self.value.take() else {
            return Err(ShapeError::new(String::from("a value without a key")));
        };
        let path = self.shape.path.key(key);
        self.shape.inner(seed, index, value, path)
    }
}

impl Shape<'_> {
    /// Reads a value inside this one. An error of the type's own also gets the path.
    fn inner<'de, T: DeserializeSeed<'de>>(
        &self,
        seed: T,
        index: usize,
        value: &Value,
        path: Path,
    ) -> Result<T::Value, ShapeError> {
        let at = path.clone();
        // The two parsers agree; otherwise, the position would be that of the outer value.
        let spot = self.spot.values.get(index).map_or(self.spot, |spot| spot);
        seed.deserialize(Shape { value, spot, path })
            .map_err(|error| error.at(&at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml::parse;
    use super::*;
    use crate::expression::Condition;
    use crate::runbook::Metric;

    fn message<T: for<'de> Deserialize<'de> + fmt::Debug>(text: &str) -> String {
        let finding = typed::<T>(&parse(text, "x.yaml").unwrap().unwrap()).unwrap_err();
        format!("{}: {}", finding.path, finding.message)
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let document = parse("value: 2.10\nunit: 0x1F", "x.yaml").unwrap().unwrap();
        let metric: Metric = typed(&document).unwrap();
        assert_eq!(
            (metric.value.as_str(), metric.unit.as_str()),
            ("2.10", "0x1F")
        );
    }

    #[test]
    fn the_path_of_an_unknown_key_includes_the_key() {
        assert_eq!(
            message::<Condition>("all: [a, { anny: [b] }]"),
            "all[1].anny: unknown key `anny`\nhint: did you mean `any`?"
        );
    }

    #[test]
    fn wrong_types_are_reported_in_words() {
        assert_eq!(
            message::<Metric>("value: [1]"),
            "value: expected text, found a list"
        );
        assert_eq!(
            message::<Vec<i32>>("[0, '1']"),
            "[1]: expected a whole number, found the text `1`"
        );
        assert_eq!(
            message::<Metric>("value:"),
            "value: missing value: expected text"
        );
    }
}
