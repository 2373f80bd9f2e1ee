//! The kinds of values, and which of them can be compared.
//!
//! The engine itself compares any two values: a text is more than every number, `"9"` is more than `"27"`, and a list is
//! more than both. A comparison that is not about what the author meant has no answer here.

use std::fmt;

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::uncertain::{invalid, is_gap, moment_bounds};

/// The kind of a value that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number. True and false count as 1 and 0.
    Number,
    /// A point in time.
    Time,
    /// A list.
    List,
    /// Named values.
    Record,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Time => "a time",
            Self::List => "a list",
            Self::Record => "a record",
        })
    }
}

impl Kind {
    pub(super) fn of(value: &Value) -> Option<Self> {
        if is_gap(value) {
            return Some(Self::Number);
        }
        if moment_bounds(value).is_some() {
            return Some(Self::Time);
        }
        match value.kind() {
            ValueKind::String => Some(Self::Text),
            ValueKind::Number | ValueKind::Bool => Some(Self::Number),
            ValueKind::Seq | ValueKind::Iterable => Some(Self::List),
            ValueKind::Map => Some(Self::Record),
            _ => None,
        }
    }
}

/// Whether two values can be equal, or with `is_order`, whether one can be less than the other.
///
/// # Errors
/// They cannot be compared.
pub(super) fn check_comparable(a: &Value, b: &Value, is_order: bool) -> Result<(), Error> {
    let (Some(left), Some(right)) = (Kind::of(a), Kind::of(b)) else {
        return Ok(());
    };
    if left != right {
        return Err(invalid(format!("cannot compare {left} with {right}")));
    }
    if !is_order {
        return Ok(());
    }
    match left {
        Kind::Text if [a, b].into_iter().any(begins_with_number) => Err(invalid(format!(
            "cannot order `{a}` and `{b}`: numbers as texts"
        ))),
        Kind::List | Kind::Record => Err(invalid(format!("cannot order {left} and {right}"))),
        Kind::Text | Kind::Number | Kind::Time => Ok(()),
    }
}

/// Whether the items of a list have an order.
///
/// # Errors
/// They have none.
pub(super) fn check_order(list: &Value) -> Result<(), Error> {
    let mut items = list.try_iter()?;
    let Some(first) = items.next() else {
        return Ok(());
    };
    items.try_for_each(|item| check_comparable(&first, &item, true))
}

/// Whether a text stands for a number, at least at its beginning: `27`, `-3`, `90%`.
fn begins_with_number(text: &Value) -> bool {
    let text = text.as_str().unwrap_or_default().trim_start();
    let digits = text.strip_prefix(['-', '+', '.']).unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit())
}
