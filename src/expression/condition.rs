//! Conditions of three values.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Evaluator, Scope, Unknown};

/// A condition of three values: true, false, or unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A Jinja expression.
    Leaf(String),
    /// True where all are; false where one is.
    All(Vec<Condition>),
    /// True where one is; false where all are.
    Any(Vec<Condition>),
    /// The opposite.
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
                        "an empty condition: write an expression, or one of `all:`, `any:`, `not:`",
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
                        "`{key}` and `{second}` in one condition: nest one in the other",
                    ))),
                }
            }
        }

        deserializer.deserialize_any(ConditionVisitor)
    }
}

/// The result of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it holds; `None` if unknown.
    pub holds: Option<bool>,
    /// What was missing, if it is unknown.
    pub missing: Vec<String>,
}

impl Judgement {
    const fn known(holds: bool) -> Self {
        Self {
            holds: Some(holds),
            missing: Vec::new(),
        }
    }
}

impl Evaluator {
    /// Evaluates a condition by Kleene's logic: unknown only if the unknown parts could change the result.
    pub fn judge(&self, condition: &Condition, scope: &Scope) -> Judgement {
        match condition {
            Condition::Leaf(source) => match self.truth(source, scope) {
                Ok(holds) => Judgement::known(holds),
                Err(Unknown(missing)) => Judgement {
                    holds: None,
                    missing,
                },
            },
            Condition::All(parts) => self.join(parts, scope, false),
            Condition::Any(parts) => self.join(parts, scope, true),
            Condition::Not(part) => {
                let inner = self.judge(part, scope);
                Judgement {
                    holds: inner.holds.map(|holds| !holds),
                    missing: inner.missing,
                }
            }
        }
    }

    /// One part that is `decisive` settles the whole; else one that is unknown leaves it so.
    fn join(&self, parts: &[Condition], scope: &Scope, decisive: bool) -> Judgement {
        let mut missing = Vec::new();
        let mut unknown = false;
        for part in parts {
            let judgement = self.judge(part, scope);
            match judgement.holds {
                Some(holds) if holds == decisive => return Judgement::known(decisive),
                Some(_) => {}
                None => unknown = true,
            }
            for name in judgement.missing {
                if !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
        if unknown {
            Judgement {
                holds: None,
                missing,
            }
        } else {
            Judgement::known(!decisive)
        }
    }
}
