//! The filters, tests and functions that expressions can call.

use minijinja::{Environment, ErrorKind};

use super::syntax::SyntaxError;
use crate::nearest_name::nearest;

/// The filters, for suggestions. The engine can be asked for one of them, but does not list them.
const FILTERS: &[&str] = &[
    "abs",
    "after_last",
    "attr",
    "batch",
    "bool",
    "chain",
    "clock_steps",
    "default",
    "dictsort",
    "duration",
    "first",
    "float",
    "followed_by",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "outside",
    "percentile",
    "quote",
    "regex_escape",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "same_but_for_spelling",
    "select",
    "selectattr",
    "slice",
    "sort",
    "spelled_like",
    "split",
    "string",
    "sum",
    "template_of",
    "title",
    "trim",
    "unique",
    "upper",
    "whole_messages",
    "wholly_after",
    "wholly_before",
    "zip",
];

/// The tests, for suggestions.
const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "equalto",
    "even",
    "float",
    "greaterthan",
    "in",
    "integer",
    "iterable",
    "lessthan",
    "mapping",
    "matching",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "undefined",
];

fn has_filter(environment: &Environment<'_>, name: &str) -> bool {
    let called = environment.empty_state().apply_filter(name, &[]);
    !called.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter)
}

fn has_test(environment: &Environment<'_>, name: &str) -> bool {
    let called = environment.empty_state().perform_test(name, &[]);
    !called.is_err_and(|error| error.kind() == ErrorKind::UnknownTest)
}

pub(super) fn check_filter(environment: &Environment<'_>, name: &str) -> Result<(), SyntaxError> {
    match has_filter(environment, name) {
        true => Ok(()),
        false => Err(unknown(format!("filter `{name}`"), name, FILTERS)),
    }
}

pub(super) fn check_test(environment: &Environment<'_>, name: &str) -> Result<(), SyntaxError> {
    match has_test(environment, name) {
        true => Ok(()),
        false => Err(unknown(format!("test `is {name}`"), name, TESTS)),
    }
}

pub(super) fn check_function(environment: &Environment<'_>, name: &str) -> Result<(), SyntaxError> {
    let known: Vec<_> = environment.globals().map(|(name, _)| name).collect();
    match known.contains(&name) {
        true => Ok(()),
        false => Err(unknown(format!("function `{name}`"), name, &known)),
    }
}

/// What resembles the name, or is a longer form of it.
fn unknown(what: String, name: &str, known: &[&str]) -> SyntaxError {
    let longer = || {
        known
            .iter()
            .copied()
            .find(|it| name.len() > 2 && it.starts_with(name))
    };
    let near = nearest(name, known.iter().copied()).or_else(longer);
    let hint = near.map_or_else(String::new, |near| {
        format!("\nhint: did you mean `{near}`?")
    });
    SyntaxError {
        message: format!("unknown {what}{hint}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parsed::ENGINE;
    use super::*;

    #[test]
    fn what_is_suggested_exists() {
        for name in FILTERS {
            assert!(has_filter(&ENGINE, name), "{name}");
        }
        for name in TESTS {
            assert!(has_test(&ENGINE, name), "{name}");
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_one() {
        let message = |result: Result<(), SyntaxError>| result.unwrap_err().message;
        for (found, right) in [
            (message(check_filter(&ENGINE, "len")), "length"),
            (message(check_filter(&ENGINE, "lenght")), "length"),
            (message(check_test(&ENGINE, "match")), "matching"),
            (message(check_function(&ENGINE, "befor")), "before"),
        ] {
            assert!(
                found.ends_with(&format!("did you mean `{right}`?")),
                "{found}"
            );
        }
        assert_eq!(
            message(check_filter(&ENGINE, "zzz")),
            "unknown filter `zzz`"
        );
    }
}
