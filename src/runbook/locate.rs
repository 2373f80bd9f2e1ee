//! The line and column of a place in a runbook.
//!
//! The YAML library tells where an error arose, and nothing of the kind about what went well. So
//! the text is read once more, only as far as the place, and there an error is raised.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::Position;
use super::path::{Path, Segment};

/// Where `path` stands in `text`; where it is not there, the nearest thing around it.
///
/// What an alias stands for is found where its anchor is: there it can be mended.
pub(super) fn position(text: &str, path: &Path) -> Option<Position> {
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    let walk = Walk {
        rest: path.segments(),
        on_key: path.is_on_key(),
    };
    let error = walk.deserialize(document).err()?;
    error_position(&error)
}

/// Where a document begins; an error where it is none.
pub(super) fn beginning(
    document: serde_yaml::Deserializer<'_>,
) -> Result<Option<Position>, serde_yaml::Error> {
    let walk = Walk {
        rest: &[],
        on_key: false,
    };
    match walk.deserialize(document) {
        Err(error) if !error.to_string().starts_with(HERE) => Err(error),
        Err(error) => Ok(error_position(&error)),
        Ok(()) => Ok(None),
    }
}

/// Where an error of the YAML library's arose.
pub(super) fn error_position(error: &serde_yaml::Error) -> Option<Position> {
    error.location().map(|location| Position {
        line: location.line(),
        column: location.column(),
    })
}

/// Goes to the end of `rest` and raises an error there.
#[derive(Clone, Copy)]
struct Walk<'a> {
    rest: &'a [Segment],
    on_key: bool,
}

/// The message of the error that is raised.
const HERE: &str = "the place sought";

fn here<T, E: de::Error>() -> Result<T, E> {
    Err(E::custom(HERE))
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a place in a runbook")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Segment::Key(wanted), rest)) = self.rest.split_first() else {
            return here();
        };
        let key = Key {
            wanted,
            stop: self.on_key && rest.is_empty(),
        };
        while let Some(found) = map.next_key_seed(key)? {
            if found {
                map.next_value_seed(Walk { rest, ..self })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        here()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((Segment::Index(wanted), rest)) = self.rest.split_first() else {
            return here();
        };
        for _ in 0..*wanted {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return here();
            }
        }
        seq.next_element_seed(Walk { rest, ..self })?;
        here()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        here()
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        here()
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        here()
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        here()
    }
    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        here()
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        here()
    }
}

/// Compares a key; raises the error on it where it is the key itself that is sought.
#[derive(Clone, Copy)]
struct Key<'a> {
    wanted: &'a str,
    stop: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<bool, E> {
        if key == self.wanted && self.stop {
            return here();
        }
        Ok(key == self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# é
title: 'one'
vars:
  unit: { default:   a.service }
checks:
  - id: first
    needs: [x, yé,  z]
    pass: |
      exit == 0
    empty:
  - &second
    id: second
  - *second
";

    #[test]
    fn keys_and_values_are_found_to_the_column() {
        let root = Path::default();
        let checks = root.key("checks");
        let first = checks.index(0);
        let cases = [
            (root.clone(), (2, 1)),
            (root.key("title"), (2, 8)),
            (root.key("title").on_key(), (2, 1)),
            (root.key("vars").key("unit").on_key(), (4, 3)),
            (root.key("vars").key("unit"), (4, 9)),
            (root.key("vars").key("unit").key("default"), (4, 22)),
            (checks.clone(), (6, 3)),
            (first.clone(), (6, 5)),
            (first.key("needs").index(2), (7, 21)),
            (first.key("pass"), (8, 11)),
            (first.key("empty"), (10, 11)),
            (checks.index(1).key("id"), (12, 9)),
            // What an alias stands for.
            (checks.index(2).key("id"), (12, 9)),
            // What is not there: the nearest thing around it.
            (first.key("absent"), (6, 5)),
            (checks.index(9), (6, 3)),
            (first.key("needs").index(2).key("deeper"), (7, 21)),
        ];
        for (path, (line, column)) in cases {
            assert_eq!(
                position(TEXT, &path),
                Some(Position { line, column }),
                "{path}"
            );
        }
    }
}
