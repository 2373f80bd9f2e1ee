//! A YAML text as a tree: keys in their order and never twice, numbers as they were written.
//!
//! The tree stands between the YAML library and the [`Runbook`](super::Runbook), so that one place
//! refuses duplicate keys, tags and aliases without end, and another explains wrong shapes.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::Position;
use super::locate::{beginning, error_position, position};
use super::path::{Path, Segment};
use super::printable::quoted;
use super::{limits, yaml_error};

/// More values than any runbook has. Aliases can stand for billions, in a short text.
const MOST_NODES: usize = 100_000;

const SECOND_DOCUMENT: &str = "a second document begins here, after `---`; a file holds one";

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A text, number, truth value or nothing, with the text that stands for it.
    Scalar(String, Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys and their values.
    Map(Vec<(String, Node)>),
}

/// What a scalar is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    Text,
    Int(i64),
    Number(f64),
    Bool(bool),
    Null,
}

/// Why a text is no tree.
#[derive(Debug)]
pub(super) struct TreeError {
    pub(super) position: Option<Position>,
    pub(super) path: Path,
    pub(super) message: String,
}

/// Reads the one document in `text`; nothing where there is none.
pub(super) fn parse(text: &str) -> Result<Node, TreeError> {
    let at = |position, path, message| TreeError {
        position,
        path,
        message,
    };
    if let Some((position, message)) = limits::refuse(text) {
        return Err(at(position, Path::default(), message));
    }
    let mut documents = serde_yaml::Deserializer::from_str(text);
    let mut state = State::default();
    let mut node = match documents.next() {
        None => Node::Scalar(String::new(), Scalar::Null),
        Some(document) => match Strict(&mut state).deserialize(document) {
            Ok(node) => node,
            Err(error) => {
                return Err(match state.problem {
                    // Within an alias the place is the anchor's; tell what holds the alias.
                    Some(message) if state.nodes > MOST_NODES => {
                        let path = state.path.first();
                        at(position(text, &path), path, message)
                    }
                    Some(message) => at(error_position(&error), state.path, message),
                    None => {
                        let (position, message) = yaml_error::explain(&error, text);
                        at(position, Path::default(), message)
                    }
                });
            }
        },
    };
    if let Some(second) = documents.next() {
        let (position, message) = match beginning(second) {
            Ok(position) => (position, SECOND_DOCUMENT.to_owned()),
            Err(error) => yaml_error::explain(&error, text),
        };
        return Err(at(position, Path::default(), message));
    }
    // What is a number to YAML may be a text to us, and `2.10` is not `2.1`.
    if !matches!(node, Node::Scalar(_, Scalar::Null))
        && let Some(document) = serde_yaml::Deserializer::from_str(text).next()
        && let Err(error) = AsWritten(&mut node).deserialize(document)
    {
        let (position, message) = yaml_error::explain(&error, text);
        return Err(at(position, Path::default(), message));
    }
    Ok(node)
}

#[derive(Default)]
struct State {
    path: Path,
    nodes: usize,
    problem: Option<String>,
}

impl State {
    fn refuse<T, E: de::Error>(&mut self, message: String) -> Result<T, E> {
        self.problem.get_or_insert(message);
        Err(E::custom("refused"))
    }
}

/// Builds a tree, and refuses what a runbook may not have.
struct Strict<'s>(&'s mut State);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.0.nodes += 1;
        if self.0.nodes > MOST_NODES {
            return self.0.refuse(format!(
                "more than {MOST_NODES} values, counting what aliases (`*name`) stand for; \
                 nothing needs so many"
            ));
        }
        deserializer.deserialize_any(self)
    }
}

fn scalar<E>(text: impl ToString, kind: Scalar) -> Result<Node, E> {
    Ok(Node::Scalar(text.to_string(), kind))
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        scalar(value, Scalar::Text)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        scalar(value, Scalar::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        scalar(value, Scalar::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        let kind = i64::try_from(value).map_or(Scalar::Number(value as f64), Scalar::Int);
        scalar(value, kind)
    }
    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        scalar(value, Scalar::Number(value as f64))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        scalar(value, Scalar::Number(value as f64))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        scalar(value, Scalar::Number(value))
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        scalar("", Scalar::Null)
    }
    fn visit_none<E>(self) -> Result<Node, E> {
        scalar("", Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        loop {
            self.0.path.push(Segment::Index(items.len()));
            let Some(item) = seq.next_element_seed(Strict(self.0))? else {
                break;
            };
            self.0.path.pop();
            items.push(item);
        }
        self.0.path.pop();
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut seen = HashSet::new();
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(Key {
            state: self.0,
            seen: &seen,
        })? {
            seen.insert(key.clone());
            self.0.path.push(Segment::Key(key.clone()));
            let value = map.next_value_seed(Strict(self.0))?;
            self.0.path.pop();
            entries.push((key, value));
        }
        Ok(Node::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        self.0.refuse(String::from(
            "a tag of YAML's, which has no meaning here; put a text that begins with `!` in quotes",
        ))
    }
}

/// A key that is a text and was not there before.
struct Key<'s> {
    state: &'s mut State,
    seen: &'s HashSet<String>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<String, E> {
        if self.seen.contains(key) {
            self.state.path.push(Segment::Key(key.to_owned()));
            return self.state.refuse(format!(
                "the key {} is here a second time; keep one of the two",
                quoted(key)
            ));
        }
        Ok(key.to_owned())
    }
    fn visit_bool<E: de::Error>(self, key: bool) -> Result<String, E> {
        self.not_text(&key.to_string())
    }
    fn visit_i64<E: de::Error>(self, key: i64) -> Result<String, E> {
        self.not_text(&key.to_string())
    }
    fn visit_u64<E: de::Error>(self, key: u64) -> Result<String, E> {
        self.not_text(&key.to_string())
    }
    fn visit_f64<E: de::Error>(self, key: f64) -> Result<String, E> {
        self.not_text(&key.to_string())
    }
    fn visit_unit<E: de::Error>(self) -> Result<String, E> {
        self.not_text("null")
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        self.state.refuse(String::from(
            "a mapping where a key belongs; put a text that begins with `{{` in quotes",
        ))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        self.state.refuse(String::from(
            "a list where a key belongs; put a text that begins with `[` in quotes",
        ))
    }
    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<String, A::Error> {
        self.state.refuse(String::from(
            "a tag of YAML's, which has no meaning here; put a text that begins with `!` in quotes",
        ))
    }
}

impl Key<'_> {
    fn not_text<E: de::Error>(self, key: &str) -> Result<String, E> {
        self.state
            .refuse(format!("{} as a key; keys are names", quoted(key)))
    }
}

/// Reads the text again, and puts the texts of numbers, truth values and nulls as they were
/// written into a tree that was built from it.
struct AsWritten<'n>(&'n mut Node);

impl<'de> DeserializeSeed<'de> for AsWritten<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            Node::Scalar(_, Scalar::Text) => {
                deserializer.deserialize_ignored_any(IgnoredAny)?;
                Ok(())
            }
            Node::Scalar(..) => deserializer.deserialize_str(self),
            Node::List(_) => deserializer.deserialize_seq(self),
            Node::Map(_) => deserializer.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for AsWritten<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was there before")
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        if let Node::Scalar(text, _) = self.0 {
            value.clone_into(text);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let Node::List(items) = self.0 {
            for item in items {
                seq.next_element_seed(AsWritten(item))?;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if let Node::Map(entries) = self.0 {
            for (_, value) in entries {
                map.next_key::<IgnoredAny>()?;
                map.next_value_seed(AsWritten(value))?;
            }
        }
        Ok(())
    }
}
