//! Values that are only known within bounds, as the template engine sees them: times and gaps.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::bounds::{Bounds, Comparison};
use super::trace::Trace;
use crate::evidence::time::{Interval, StampSource, parse_time};

/// A point in time.
pub(super) struct Moment(pub(super) Interval);

impl Moment {
    pub(super) fn value(time: Interval) -> Value {
        Value::from_object(Self(time))
    }

    const fn bounds(&self) -> Bounds<i64> {
        Bounds {
            least: self.0.start,
            most: self.0.end,
        }
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    /// The order for sorted lists, map keys and equality. It cannot be unknown here, so an unknown order makes the whole
    /// result unknown.
    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        let known = self
            .bounds()
            .compare(Comparison::Less, other.bounds())
            .is_some()
            && self
                .bounds()
                .compare(Comparison::Greater, other.bounds())
                .is_some();
        if !known {
            Trace::refuse(|| order_of(self.0, other.0));
        }
        Some((self.0.start, self.0.end).cmp(&(other.0.start, other.0.end)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Its text, which the engine uses for an item of a list.
impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.start != self.0.end {
            Trace::note_inexact_text();
        }
        fmt::Display::fmt(&self.0, f)
    }
}

/// A number between two bounds: the seconds from one time to another, and results computed from them. Even if the bounds
/// are equal, its text is unknown: `1` or `1.0`.
pub(super) struct Gap(pub(super) Bounds<f64>);

impl Gap {
    /// The seconds from `a` to `b`: a plain number if both times are exact.
    pub(super) fn between(a: Interval, b: Interval) -> Value {
        let (least, most) = a.gap(b);
        if least == most {
            return Value::from(least);
        }
        Self::value(Bounds { least, most })
    }

    pub(super) fn value(bounds: Bounds<f64>) -> Value {
        Trace::note_uncertain();
        Value::from_object(Self(bounds))
    }
}

impl Object for Gap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        let Bounds { least, most } = self.0;
        self.0.is_zero().map_or_else(
            || Trace::decide(|| format!("cannot tell whether {least} to {most} is 0")),
            |zero| !zero,
        )
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Trace::refuse(|| "the order of inexact numbers".to_owned());
        let key = |bounds: Bounds<f64>| (bounds.least, bounds.most);
        key(self.0).partial_cmp(&key(other.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Debug for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Trace::note_inexact_text();
        write!(f, "{} to {}", self.0.least, self.0.most)
    }
}

/// The value as a point in time, if it is one.
pub fn moment_of(value: &Value) -> Option<Interval> {
    value
        .downcast_object_ref::<Moment>()
        .map(|moment| moment.0)
        .or_else(|| parse_time(value.as_str()?, StampSource::Unstated))
}

pub(super) fn moment(value: &Value) -> Result<Interval, Error> {
    moment_of(value).ok_or_else(|| invalid(format!("`{value}` is not a point in time")))
}

pub(super) fn moment_bounds(value: &Value) -> Option<Bounds<i64>> {
    value.downcast_object_ref().map(Moment::bounds)
}

/// [`f64`] cannot distinguish larger whole numbers.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// The bounds of a number, exact or not.
pub(super) fn number_bounds(value: &Value) -> Option<Bounds<f64>> {
    if let Some(gap) = value.downcast_object_ref::<Gap>() {
        return Some(gap.0);
    }
    let number = match value.kind() {
        ValueKind::Bool => f64::from(u8::from(value.is_true())),
        ValueKind::Number => f64::try_from(value.clone()).ok()?,
        _ => return None,
    };
    (number.is_finite() && number.abs() <= MOST_EXACT).then_some(Bounds {
        least: number,
        most: number,
    })
}

pub(super) fn is_gap(value: &Value) -> bool {
    value.downcast_object_ref::<Gap>().is_some()
}

/// Whether it contains an inexact gap.
pub(super) fn contains_gap(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Plain => is_gap(value),
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .is_ok_and(|mut items| items.any(|item| contains_gap(&item))),
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.any(|key| {
                contains_gap(&key) || value.get_item(&key).is_ok_and(|item| contains_gap(&item))
            })
        }),
        _ => false,
    }
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The open question of two overlapping times.
pub(super) fn order_of(a: Interval, b: Interval) -> String {
    format!("cannot tell which of {a} and {b} came first")
}
