//! The values of a runbook's vars: what the user set, and the defaults. Pure.

use std::collections::BTreeMap;

use crate::nearest_name::suggestion;
use crate::runbook::{Runbook, ValueError, check_value};

/// Every var that has a value, and the names of those that nobody set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Values by name.
    pub values: BTreeMap<String, String>,
    /// Names of the vars that have their default.
    pub defaulted: Vec<String>,
}

/// A value that cannot be had as given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VarError {
    /// Not `name=value`.
    #[error("`--var {given}` has no `=`: write `--var NAME=VALUE`")]
    NoEquals {
        /// What was given.
        given: String,
    },
    /// The runbook has no such var.
    #[error("runbook {runbook} has no var `{name}`{suggestion}")]
    Unknown {
        /// The runbook's id.
        runbook: String,
        /// The name given.
        name: String,
        /// The nearest names.
        suggestion: String,
    },
    /// The value is not what the var takes.
    #[error("var `{name}` ({about}): {problem}")]
    Refused {
        /// The var.
        name: String,
        /// What it is.
        about: String,
        /// What is wrong with the value.
        problem: ValueError,
    },
}

impl VarError {
    /// The same with what was given as `tell` has it, which is told its name, where it has one.
    pub fn told(mut self, tell: impl FnOnce(Option<&str>, &str) -> String) -> Self {
        match &mut self {
            Self::NoEquals { given } => *given = tell(None, given),
            Self::Refused { name, problem, .. } => {
                let (ValueError::WrongType { value, .. } | ValueError::NoMatch { value, .. }) =
                    problem;
                *value = tell(Some(name), value);
            }
            Self::Unknown { .. } => {}
        }
        self
    }
}

/// Joins what was given as `name=value` with the runbook's defaults.
///
/// # Errors
/// A name that the runbook does not have, or a value that its var does not take.
pub fn resolve(runbook: &Runbook, given: &[String]) -> Result<Values, VarError> {
    let mut values = BTreeMap::new();
    for setting in given {
        let (name, value) = setting.split_once('=').ok_or_else(|| VarError::NoEquals {
            given: setting.clone(),
        })?;
        let var = runbook.vars.get(name).ok_or_else(|| VarError::Unknown {
            runbook: runbook.id.clone(),
            name: name.to_owned(),
            suggestion: suggestion(name, runbook.vars.keys().map(String::as_str)),
        })?;
        check_value(var, value).map_err(|problem| VarError::Refused {
            name: name.to_owned(),
            about: var.about.clone(),
            problem,
        })?;
        values.insert(name.to_owned(), value.to_owned());
    }
    let mut defaulted = Vec::new();
    for (name, var) in &runbook.vars {
        if let Some(default) = &var.default
            && !values.contains_key(name)
        {
            values.insert(name.clone(), default.clone());
            defaulted.push(name.clone());
        }
    }
    Ok(Values { values, defaulted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::runbook;

    fn with_vars() -> Runbook {
        runbook(
            "runbook: test
title: A test
vars:
  unit: { default: a.service, about: the unit, matches: '[a-z=]+\\.service' }
  window: { default: 60s, type: duration, about: the longest gap }
  source: { about: the file that was pushed }
checks:
  - { id: up, title: x, run: [a], pass: exit == 0 }
",
        )
    }

    fn resolved(given: &[&str]) -> Result<Values, VarError> {
        let given: Vec<_> = given.iter().map(|one| (*one).to_owned()).collect();
        resolve(&with_vars(), &given)
    }

    #[test]
    fn what_nobody_set_has_its_default_if_it_has_one() {
        let values = resolved(&["window=5s"]).unwrap();
        let pairs = [("unit", "a.service"), ("window", "5s")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values.values, BTreeMap::from(pairs));
        assert_eq!(values.defaulted, ["unit"]);
    }

    #[test]
    fn the_value_is_all_behind_the_first_sign_and_the_last_counts() {
        let values = resolved(&["unit=b.service", "unit=a=b.service", "source="]).unwrap();
        assert_eq!(values.values["unit"], "a=b.service");
        assert_eq!(values.values["source"], "");
        assert_eq!(values.defaulted, ["window"]);
    }

    #[test]
    fn the_default_given_by_hand_is_no_default() {
        assert_eq!(resolved(&["unit=a.service"]).unwrap().defaulted, ["window"]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let message = |given| resolved(&[given]).unwrap_err().to_string();
        assert_eq!(
            message("unit"),
            "`--var unit` has no `=`: write `--var NAME=VALUE`"
        );
        assert_eq!(
            message("umit=x"),
            "runbook test has no var `umit`; did you mean `unit`?"
        );
        assert_eq!(
            message("=x"),
            "runbook test has no var ``; there are `unit`, `window`, `source`"
        );
        assert_eq!(
            message("unit=x.socket"),
            r"var `unit` (the unit): `x.socket` does not match `[a-z=]+\.service` as a whole"
        );
        assert_eq!(
            message("window=soon"),
            "var `window` (the longest gap): `soon` is not a length of time, such as `10s`, \
             `500ms` or `1min 30s`"
        );
    }
}
