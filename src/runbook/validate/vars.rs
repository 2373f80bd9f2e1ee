//! Vars and lets: their names, and the defaults.

use std::collections::BTreeMap;

use super::Findings;
use crate::evidence::fact::{Fact, FactType};
use crate::runbook::model::{Runbook, Var};
use crate::runbook::path::Path;
use crate::runbook::pattern::{reason, whole_pattern};
use crate::runbook::printable::{printable, quoted};

/// Why a value is not one that a var takes.
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
    /// It is not of the form that the var's `matches` asks for.
    #[error(
        "{value} does not match `{pattern}` as a whole",
        value = quoted(value),
        pattern = printable(pattern)
    )]
    NoMatch {
        /// The value.
        value: String,
        /// The pattern.
        pattern: String,
    },
}

/// Whether a var can take a value: the whole of it matches, and it is of the var's type.
///
/// # Errors
/// Why it cannot.
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
                pattern: pattern.clone(),
            })
        }
        _ => Ok(()),
    }
}

fn in_words(kind: FactType) -> &'static str {
    match kind {
        FactType::Text => "a text",
        FactType::Int => "a whole number",
        FactType::Number => "a number",
        FactType::Bool => "one of `yes`, `true`, `1`, `on`, `no`, `false`, `0`, `off`",
        FactType::Time | FactType::FileTime | FactType::ClockTime => {
            "a point in time, such as `2026-01-02T03:04:05Z`"
        }
        FactType::Duration => "a length of time, such as `10s`, `500ms` or `1min 30s`",
    }
}

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let root = Path::default();
    for (name, var) in &runbook.vars {
        let path = root.key("vars").key(name);
        found.name(&path.clone().on_key(), name);
        found.not_blank(&path.key("about"), &var.about);
        let compiles = match var.matches.as_deref().map(whole_pattern) {
            Some(Err(error)) => {
                let message = format!("not a regular expression: {}", reason(&error));
                found.add(path.key("matches"), message);
                false
            }
            _ => true,
        };
        if let Some(default) = &var.default {
            if default.contains("{{") {
                found.add(
                    path.key("default"),
                    "a default is taken as it is written; put a template under `let`",
                );
            } else if compiles && let Err(error) = check_value(var, default) {
                found.add(path.key("default"), format!("the default {error}"));
            }
        }
    }
    let mut taken: BTreeMap<&str, &str> = runbook
        .vars
        .keys()
        .map(|name| (name.as_str(), "var"))
        .collect();
    let lets = runbook.lets.keys().map(|name| {
        let path = root.key("let").key(name).on_key();
        (name.as_str(), "let", path)
    });
    let checks = runbook.checks.iter().enumerate().map(|(index, check)| {
        let path = root.key("checks").index(index).key("id");
        (check.id.as_str(), "check", path)
    });
    for (name, kind, path) in lets.chain(checks) {
        found.name(&path, name);
        if let Some(other) = taken.insert(name, kind) {
            let message = format!("there is already a {other} {}; rename one", quoted(name));
            found.add(path, message);
        }
    }
}
