//! Conditions of three values.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Scope, Unknown};

/// A condition of three values: true, false, or unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Leaf(String),
    /// True where all are; false where one is.
    All(Vec<Condition>),
    /// True where one is; false where all are.
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConditionVisitor;

        impl<'de> Visitor<'de> for ConditionVisitor {
            type Value = Condition;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression in quotes, or `all:`, `any:` or `not:`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Condition, E> {
                Ok(Condition::Leaf(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(de::Error::custom(
                        "the condition is empty\nhint: write an expression, or one of `all:`, `any:`, `not:`",
                    ));
                };
                let condition = match key.as_str() {
                    "all" => Condition::All(map.next_value()?),
                    "any" => Condition::Any(map.next_value()?),
                    "not" => Condition::Not(map.next_value()?),
                    other => return Err(de::Error::unknown_field(other, &["all", "any", "not"])),
                };
                match map.next_key::<String>()? {
                    None => Ok(condition),
                    Some(second) => Err(de::Error::custom(format!(
                        "a condition cannot have both `{key}` and `{second}`\nhint: nest one in the other",
                    ))),
                }
            }
        }

        deserializer.deserialize_any(ConditionVisitor)
    }
}

impl Scope {
    /// Whether a condition holds, by Kleene's logic: unknown only if its unknown parts could change that.
    pub fn judge(&self, condition: &Condition) -> Result<bool, Unknown> {
        match condition {
            Condition::Leaf(source) => self.truth(source),
            Condition::All(parts) => self.join(parts, false),
            Condition::Any(parts) => self.join(parts, true),
            Condition::Not(part) => self.judge(part).map(|holds| !holds),
        }
    }

    /// One part that is `decisive` settles the whole; otherwise one that is unknown makes it unknown.
    fn join(&self, parts: &[Condition], decisive: bool) -> Result<bool, Unknown> {
        let mut result = Ok(!decisive);
        for part in parts {
            match (self.judge(part), &mut result) {
                (Ok(holds), _) if holds == decisive => return Ok(decisive),
                (Ok(_), _) => {}
                (Err(unknown), Ok(_)) => result = Err(unknown),
                (Err(Unknown(more)), Err(Unknown(missing))) => {
                    for one in more {
                        if !missing.contains(&one) {
                            missing.push(one);
                        }
                    }
                }
            }
        }
        result
    }
}
