//! Replacements for the engine's filters and tests that would misinterpret numbers that are not known exactly.
//!
//! Most filters need no replacement: they pass a value on, fail on anything but a plain number, test whether it is true, or
//! convert it to text, and [`super::uncertain`] handles each of these.

use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error};

use super::bounds::Bounds;
use super::kind;
use super::operators::{compare, inexact};
use super::parsed::ENGINE;
use super::trace::Trace;
use super::uncertain::{
    Gap, Moment, contains_gap, is_gap, moment_bounds, moment_of, number_bounds,
};
use crate::evidence::time::Interval;

/// Replaces the engine's filters and tests.
pub(super) fn register(engine: &mut Environment<'static>) {
    for name in ["abs", "int", "float", "round"] {
        engine.add_filter(name, move |arguments: Rest<ValueOrKwargs>| {
            number_filter(name, &arguments.into_values())
        });
    }
    for name in ["min", "max", "sort", "unique", "groupby", "dictsort"] {
        engine.add_filter(name, move |arguments: Rest<ValueOrKwargs>| {
            let result = comparing_filter(name, &arguments.into_values());
            result.inspect(|item| note_if_none(name, item))
        });
    }
    for name in ["first", "last"] {
        engine.add_filter(name, move |list: Value| {
            plain(name, &[list]).inspect(|item| note_if_none(name, item))
        });
    }
    engine.add_filter("attr", |value: Value, key: Value| {
        if contains_gap(&key) {
            return Err(inexact("a key"));
        }
        plain("attr", &[value, key])
    });
    for name in [
        "integer",
        "int",
        "float",
        "odd",
        "even",
        "divisibleby",
        "sameas",
    ] {
        engine.add_test(name, move |arguments: Rest<Value>| {
            if arguments.iter().any(contains_gap) {
                return Err(inexact(&format!("`is {name}`")));
            }
            ENGINE.empty_state().perform_test(name, &arguments)
        });
    }
    engine.add_test("number", |value: Value| {
        if is_gap(&value) {
            return Ok(true);
        }
        ENGINE.empty_state().perform_test("number", &[value])
    });
    for (operator, names) in [
        ("==", &["eq", "equalto", "=="][..]),
        ("!=", &["ne", "!="]),
        ("<", &["lt", "lessthan", "<"]),
        ("<=", &["le", "<="]),
        (">", &["gt", "greaterthan", ">"]),
        (">=", &["ge", ">="]),
        ("in", &["in"]),
    ] {
        for name in names {
            engine.add_test(*name, move |a: Value, b: Value| {
                // A record may lack what it is selected by.
                if a.is_undefined() || b.is_undefined() {
                    return ENGINE.empty_state().perform_test(name, &[a, b]);
                }
                compare(operator, &a, &b)
            });
        }
    }
}

/// Keeps why a filter that takes an item out of a list had none, for the message about the expression.
fn note_if_none(filter: &'static str, item: &Value) {
    if item.is_undefined() {
        Trace::note_empty(filter);
    }
}

fn plain(filter: &str, arguments: &[Value]) -> Result<Value, Error> {
    ENGINE.empty_state().apply_filter(filter, arguments)
}

/// A filter of one number. All but `abs` keep the order of numbers, so the results for the bounds are the bounds of
/// the result.
fn number_filter(name: &str, arguments: &[Value]) -> Result<Value, Error> {
    let Some((number, options)) = arguments.split_first() else {
        return plain(name, arguments);
    };
    let Some(bounds) = number_bounds(number).filter(|_| is_gap(number)) else {
        return plain(name, arguments);
    };
    if name == "abs" {
        return Ok(Gap::value(bounds.absolute()));
    }
    let end = |number: f64| {
        let arguments: Vec<_> = std::iter::once(Value::from(number))
            .chain(options.iter().cloned())
            .collect();
        plain(name, &arguments)
    };
    let (least, most) = (end(bounds.least)?, end(bounds.most)?);
    if name == "int" && least == most {
        return Ok(least);
    }
    match (number_bounds(&least), number_bounds(&most)) {
        (Some(least), Some(most)) => Ok(Gap::value(Bounds {
            least: least.least,
            most: most.most,
        })),
        _ => Err(inexact(&format!("`{name}`"))),
    }
}

/// A filter that compares the items of a list.
fn comparing_filter(name: &str, arguments: &[Value]) -> Result<Value, Error> {
    if let ("min" | "max", [list]) = (name, arguments)
        && let Some(extreme) = extreme(name, list)
    {
        return Ok(extreme);
    }
    let Some((list, options)) = arguments.split_first() else {
        return plain(name, arguments);
    };
    let (names, keywords): (&[Value], Kwargs) = from_args(options)?;
    let attribute = match names.first() {
        Some(attribute) => Some(attribute.clone()),
        None => keywords.get::<Option<Value>>("attribute")?,
    };
    let compared = match attribute.as_ref().and_then(Value::as_str) {
        Some(attributes) => attributes
            .split(',')
            .map(|attribute| {
                let path = [
                    ("attribute", attribute.trim().into()),
                    ("default", ().into()),
                ];
                let path = path.into_iter().collect::<Kwargs>();
                plain("map", &[list.clone(), path.into()])
            })
            .collect::<Result<_, _>>()?,
        _ => vec![list.clone()],
    };
    if compared.iter().chain(options).any(contains_gap) {
        return Err(inexact(&format!("`{name}`")));
    }
    if let "min" | "max" = name {
        for list in &compared {
            kind::check_order(list)?;
        }
    }
    plain(name, arguments)
}

/// The minimum or maximum of a list of numbers or times that are not all known exactly.
fn extreme(name: &str, list: &Value) -> Option<Value> {
    let items: Vec<_> = list.try_iter().ok()?.collect();
    let is_least = name == "min";
    if items.iter().any(is_gap) {
        let bound = |item: &Value| number_bounds(item).filter(|_| item.kind() != ValueKind::Bool);
        let bounds: Vec<_> = items.iter().map(bound).collect::<Option<_>>()?;
        let of = |ends: &dyn Fn(&Bounds<f64>) -> f64| {
            let ends = bounds.iter().map(ends);
            ends.reduce(if is_least { f64::min } else { f64::max })
        };
        return Some(Gap::value(Bounds {
            least: of(&|bounds| bounds.least)?,
            most: of(&|bounds| bounds.most)?,
        }));
    }
    let are_times = items.iter().all(|item| moment_bounds(item).is_some());
    let times = items.iter().filter(|_| are_times).filter_map(moment_of);
    times
        .reduce(if is_least {
            Interval::earlier
        } else {
            Interval::later
        })
        .map(Moment::value)
}
