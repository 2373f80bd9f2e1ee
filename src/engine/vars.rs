//! The values of a runbook's vars: those that the user set, and the defaults. Pure.

use std::collections::BTreeMap;

use super::unit::UNIT;
use crate::nearest_name::suggestion;
use crate::runbook::{Runbook, ValueError, Var, check_value};

/// Every var that has a value, and the names of those with their default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    pub values: BTreeMap<String, String>,
    pub defaulted: Vec<String>,
}

/// A value that a runbook does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VarError {
    #[error("invalid `--var {given}`: expected NAME=VALUE")]
    NoEquals { given: String },
    #[error("runbook {runbook} has no var `{name}`{suggestion}")]
    Unknown {
        runbook: String,
        name: String,
        suggestion: String,
    },
    #[error("var `{name}` ({about}): {problem}")]
    Refused {
        name: String,
        about: String,
        problem: ValueError,
    },
}

impl VarError {
    /// The same error with the value as `shown` prints it. `shown` gets the var's name, if known.
    pub fn shown(mut self, shown: impl FnOnce(Option<&str>, &str) -> String) -> Self {
        match &mut self {
            Self::NoEquals { given } => *given = shown(None, given),
            Self::Refused { name, problem, .. } => {
                let (ValueError::WrongType { value, .. } | ValueError::NoMatch { value, .. }) =
                    problem;
                *value = shown(Some(name), value);
            }
            Self::Unknown { .. } => {}
        }
        self
    }
}

/// The name of a unit, which may be given without `.service`, as for systemctl.
pub fn with_suffix(var: &Var, unit: &str) -> String {
    let service = format!("{unit}.service");
    match check_value(var, unit).is_err() && check_value(var, &service).is_ok() {
        true => service,
        false => unit.to_owned(),
    }
}

/// Combines the given `name=value` pairs with the runbook's defaults.
///
/// # Errors
/// The runbook does not have the var, or the var does not accept the value.
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
        let value = match name {
            UNIT => with_suffix(var, value),
            _ => value.to_owned(),
        };
        check_value(var, &value).map_err(|problem| VarError::Refused {
            name: name.to_owned(),
            about: var.about.clone(),
            problem,
        })?;
        values.insert(name.to_owned(), value);
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
    fn a_var_that_is_not_set_has_its_default() {
        let values = resolved(&["window=5s"]).unwrap();
        let pairs = [("unit", "a.service"), ("window", "5s")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values.values, BTreeMap::from(pairs));
        assert_eq!(values.defaulted, ["unit"]);
    }

    #[test]
    fn the_value_starts_after_the_first_equals_sign_and_the_last_one_counts() {
        let values = resolved(&["unit=b.service", "unit=a=b.service", "source="]).unwrap();
        assert_eq!(values.values["unit"], "a=b.service");
        assert_eq!(values.values["source"], "");
        assert_eq!(values.defaulted, ["window"]);
    }

    #[test]
    fn a_unit_without_its_type_is_a_service() {
        assert_eq!(resolved(&["unit=b"]).unwrap().values["unit"], "b.service");
        let message = resolved(&["unit=B b"]).unwrap_err().to_string();
        assert!(message.contains("`B b` is not in the form"), "{message}");
    }

    #[test]
    fn a_default_that_the_user_gives_does_not_count_as_default() {
        assert_eq!(resolved(&["unit=a.service"]).unwrap().defaulted, ["window"]);
    }

    #[test]
    fn an_invalid_value_is_refused_with_the_reason() {
        let message = |given| resolved(&[given]).unwrap_err().to_string();
        assert_eq!(message("unit"), "invalid `--var unit`: expected NAME=VALUE");
        assert_eq!(
            message("umit=x"),
            "runbook test has no var `umit`\nhint: did you mean `unit`?"
        );
        assert_eq!(
            message("=x"),
            "runbook test has no var ``\nhint: choose one of `unit`, `window`, `source`"
        );
        assert_eq!(
            message("unit=x.socket"),
            "var `unit` (the unit): `x.socket` is not in the form that the runbook requires: `[a-z=]+\\.service`"
        );
        assert_eq!(
            message("window=soon"),
            "var `window` (the longest gap): `soon` is not a duration, such as `10s`, \
             `500ms` or `1min 30s`"
        );
    }
}
