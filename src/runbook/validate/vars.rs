//! Vars and their defaults; the names of vars, lets and checks.

use std::collections::BTreeMap;

use super::Findings;
use crate::evidence::fact::{Fact, FactType};
use crate::runbook::model::{Runbook, Var};
use crate::runbook::path::Path;
use crate::runbook::pattern::{reason, whole_pattern};
use crate::runbook::printable::quoted;

/// Why a var does not accept a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// It is not of the var's type.
    #[error("{value} is not {kind}", value = quoted(value), kind = in_words(*kind))]
    WrongType {
        /// The value.
        value: String,
        /// The type it should be of.
        kind: FactType,
    },
    /// It does not match the var's `matches`.
    #[error("{} is not {form}", quoted(value))]
    NoMatch {
        /// The value.
        value: String,
        /// What it should be, in words.
        form: String,
    },
}

/// Whether a var accepts a value: all of it matches, and it is of the var's type.
///
/// # Errors
/// Why not.
pub fn check_value(var: &Var, value: &str) -> Result<(), ValueError> {
    if Fact::parse(value, var.kind).is_none() {
        return Err(ValueError::WrongType {
            value: value.to_owned(),
            kind: var.kind,
        });
    }
    match &var.matches {
        Some(pattern) if !whole_pattern(pattern).is_ok_and(|regex| regex.is_match(value)) => {
            Err(ValueError::NoMatch {
                value: value.to_owned(),
                form: var
                    .form
                    .clone()
                    .unwrap_or_else(|| match pattern.len() < 60 {
                        true => {
                            format!("in the form that the runbook requires: {}", quoted(pattern))
                        }
                        false => String::from("in the form that the runbook requires"),
                    }),
            })
        }
        _ => Ok(()),
    }
}

fn in_words(kind: FactType) -> &'static str {
    match kind {
        FactType::Text => "text",
        FactType::Int => "a whole number",
        FactType::Number => "a number",
        FactType::Bool => "one of `yes`, `true`, `1`, `on`, `no`, `false`, `0`, `off`",
        FactType::Time | FactType::FileTime | FactType::ClockTime => {
            "a timestamp, such as `2026-01-02T03:04:05Z`"
        }
        FactType::Duration => "a duration, such as `10s`, `500ms` or `1min 30s`",
    }
}

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let root = Path::default();
    for (name, var) in &runbook.vars {
        let path = root.key("vars").key(name);
        found.not_blank(&path.key("about"), &var.about);
        let compiles = match var.matches.as_deref().map(whole_pattern) {
            Some(Err(error)) => {
                found.add(&path.key("matches"), reason(&error));
                false
            }
            _ => true,
        };
        if let Some(default) = &var.default {
            if default.contains("{{") {
                let message = "a default cannot be a template\nhint: put the template under `let`";
                found.add(&path.key("default"), message);
            } else if compiles && let Err(error) = check_value(var, default) {
                found.add(&path.key("default"), format!("the default {error}"));
            }
        }
    }
    let vars = runbook.vars.keys().map(|name| {
        let path = root.key("vars").key(name).on_key();
        (name, "var", path)
    });
    let lets = runbook.lets.keys().map(|name| {
        let path = root.key("let").key(name).on_key();
        (name, "derived value (`let`)", path)
    });
    let checks = runbook.checks.iter().enumerate().map(|(index, check)| {
        let path = root.key("checks").index(index).key("id");
        (&check.id, "check", path)
    });
    let mut taken = BTreeMap::new();
    for (name, kind, path) in vars.chain(lets).chain(checks) {
        found.name(&path, name);
        if let Some(other) = taken.insert(name, kind) {
            let message = format!(
                "the name {} is already that of a {other}\nhint: rename one",
                quoted(name)
            );
            found.add(&path, message);
        }
    }
}
