//! The operators of expressions for values between two bounds.
//!
//! A comparison that has the same result for every number between the bounds has that result. Otherwise it is an open
//! question, and both answers are tried. What cannot be computed is refused, and makes the result unknown. Exact numbers
//! are left to the engine's own operators.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use minijinja::value::{Object, ObjectRepr, Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, Expression, State, context};

use super::bounds::{Bounds, Comparison};
use super::kind;
use super::parsed::ENGINE;
use super::trace::Trace;
use super::uncertain::{Gap, contains_gap, invalid, is_gap, moment_bounds, number_bounds};

const ARITHMETIC: [&str; 8] = ["+", "-", "*", "/", "//", "%", "**", "~"];

/// How many values a list can have that an operator makes, as many as one of `range`, with those in its lists. The engine
/// counts such an operator as one step, however long its result is.
const MOST_VALUES: usize = 100_000;

/// How many bytes a text can have that an operator or a template makes.
const MOST_BYTES: usize = 4 << 20;

/// In the engine's order.
const COMPARISONS: [&str; 8] = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"];

const LINKS: [&str; 8] = [
    "link ==",
    "link !=",
    "link <",
    "link <=",
    "link >",
    "link >=",
    "link in",
    "link not in",
];

/// The function for a comparison that is followed by another one, as in `a < b < c`, by its index in [`COMPARISONS`].
pub(super) fn link(comparison: usize) -> &'static str {
    LINKS.get(comparison).copied().unwrap_or_default()
}

/// Adds each operator as a function with its name.
pub(super) fn register(engine: &mut Environment<'static>) {
    for operator in ARITHMETIC {
        engine.add_function(operator, move |a: Value, b: Value| {
            compute(operator, &a, &b)
        });
    }
    engine.add_function("too long", || Err::<Value, _>(too_long()));
    engine.add_function("negate", |a: Value| match number_bounds(&a) {
        Some(bounds) if is_gap(&a) => Ok(Gap::value(bounds.negate())),
        _ => plain("negate", &a, &a),
    });
    for (operator, link) in COMPARISONS.into_iter().zip(LINKS) {
        engine.add_function(operator, move |a: Value, b: Value| {
            compare(operator, &a, &b)
        });
        engine.add_function(link, move |a: Value, b: Value| {
            let holds = compare(operator, &a, &b)?;
            Ok::<_, Error>(Value::from_object(Link { holds, right: b }))
        });
    }
    engine.add_function("item", |container: Value, key: Value| {
        if contains_gap(&key) {
            return Err(inexact("a key"));
        }
        plain("item", &container, &key)
    });
    engine.add_function("map", |entries: Rest<Value>| {
        let pairs = entries.chunks_exact(2).map(|entry| match entry {
            [key, value] if !contains_gap(key) => Ok((key.clone(), value.clone())),
            _ => Err(inexact("a key")),
        });
        pairs
            .collect::<Result<BTreeMap<Value, Value>, _>>()
            .map(Value::from_object)
    });
    engine.add_function(
        "changed",
        |state: &mut State, arguments: Rest<ValueOrKwargs>| {
            let arguments = arguments.into_values();
            match arguments.split_first() {
                Some((object, arguments)) if !arguments.iter().any(contains_gap) => {
                    object.call_method(state, "changed", arguments)
                }
                _ => Err(inexact("`loop.changed`")),
            }
        },
    );
}

/// The `a < b` of `a < b < c`.
#[derive(Debug)]
struct Link {
    holds: bool,
    right: Value,
}

impl Object for Link {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// An inexact number where an exact one is needed.
pub(super) fn inexact(place: &str) -> Error {
    invalid(format!("{place} needs an exact number"))
}

/// The engine's own result of an operator.
fn plain(operator: &str, a: &Value, b: &Value) -> Result<Value, Error> {
    type Operators = HashMap<&'static str, Expression<'static, 'static>>;
    static OPERATORS: LazyLock<Operators> = LazyLock::new(|| {
        let binary = ARITHMETIC.into_iter().chain(COMPARISONS);
        let binary = binary.map(|operator| (operator, format!("a {operator} b")));
        let others = [("negate", "-a"), ("item", "a[b]")];
        let others = others.map(|(operator, source)| (operator, source.to_owned()));
        let compiled = binary.chain(others).filter_map(|(operator, source)| {
            let expression = ENGINE.compile_expression_owned(source).ok()?;
            Some((operator, expression))
        });
        compiled.collect()
    });
    match OPERATORS.get(operator) {
        Some(expression) => expression.eval(context! { a, b }),
        None => Err(invalid(format!("no operator `{operator}`"))),
    }
}

fn compute(operator: &str, a: &Value, b: &Value) -> Result<Value, Error> {
    if operator == "~" || !is_gap(a) && !is_gap(b) {
        let result = plain(operator, a, b)?;
        return match is_too_long(&result) {
            true => Err(too_long()),
            false => Ok(result),
        };
    }
    let (Some(left), Some(right)) = (number_bounds(a), number_bounds(b)) else {
        return Err(invalid(format!("`{operator}` needs two numbers")));
    };
    let result = match operator {
        "+" => left.add(right),
        "-" => left.subtract(right),
        "*" => left.multiply(right),
        "/" => left.divide(right),
        _ => None,
    };
    result
        .map(Gap::value)
        .ok_or_else(|| inexact(&format!("`{operator}`")))
}

/// Checks that the text of a template is not too long.
pub(super) fn check_length(text: &str) -> Result<(), Error> {
    match text.len() > MOST_BYTES {
        true => Err(invalid("the text is longer than 4 MiB")),
        false => Ok(()),
    }
}

fn too_long() -> Error {
    invalid("the result of an operator is too long")
}

pub(super) fn is_too_long(value: &Value) -> bool {
    match value.kind() {
        ValueKind::String => value.len().is_some_and(|length| length > MOST_BYTES),
        _ => {
            let mut left = MOST_VALUES;
            !fits(value, &mut left)
        }
    }
}

/// Whether a list has no more values than are left, with those of the lists in it.
fn fits(value: &Value, left: &mut usize) -> bool {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return true;
    }
    let Ok(mut values) = value.try_iter() else {
        return true;
    };
    values.all(|value| {
        let is_left = left.checked_sub(1).map(|less| *left = less).is_some();
        is_left && fits(&value, left)
    })
}

/// Whether a comparison holds. If that depends on the exact values, both answers are tried.
pub(super) fn compare(operator: &str, a: &Value, b: &Value) -> Result<bool, Error> {
    if let Some(link) = a.downcast_object_ref::<Link>() {
        return match (link.holds, operator) {
            (true, _) => compare(operator, &link.right, b),
            // It may be half of a `not in`.
            (false, "in") => Err(invalid("`in` at the end of a chain of comparisons")),
            (false, _) => Ok(false),
        };
    }
    let comparison = match operator {
        "==" => Comparison::Equal,
        "!=" => Comparison::Unequal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        "not in" => return is_in(a, b).map(|found| !found),
        _ => return is_in(a, b),
    };
    if let (Some(left), Some(right)) = (moment_bounds(a), moment_bounds(b)) {
        return Ok(settle(operator, comparison, (a, left), (b, right)));
    }
    let is_order = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
    kind::check_comparable(a, b, is_order)?;
    if a.is_undefined() || b.is_undefined() {
        return plain(operator, a, b).map(|holds| holds.is_true());
    }
    if !contains_gap(a) && !contains_gap(b) {
        return Ok(match comparison {
            Comparison::Equal => a == b,
            Comparison::Unequal => a != b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
        });
    }
    match (number_bounds(a), number_bounds(b)) {
        (Some(left), Some(right)) => Ok(settle(operator, comparison, (a, left), (b, right))),
        _ => Err(inexact(&format!("`{operator}`"))),
    }
}

fn settle<T: PartialOrd + Copy>(
    operator: &str,
    comparison: Comparison,
    (a, left): (&Value, Bounds<T>),
    (b, right): (&Value, Bounds<T>),
) -> bool {
    left.compare(comparison, right)
        .unwrap_or_else(|| Trace::decide(|| format!("cannot tell whether {a} {operator} {b}")))
}

fn is_in(item: &Value, container: &Value) -> Result<bool, Error> {
    match container.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            // Another item may be equal where one cannot be compared.
            let mut incomparable = None;
            for candidate in container.try_iter()? {
                match compare("==", &candidate, item) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(error) => incomparable = Some(error),
                }
            }
            incomparable.map_or(Ok(false), Err)
        }
        ValueKind::String => {
            kind::check_comparable(item, container, false)?;
            plain("in", item, container).map(|found| found.is_true())
        }
        _ if contains_gap(item) => Err(inexact("`in`")),
        _ => plain("in", item, container).map(|found| found.is_true()),
    }
}
