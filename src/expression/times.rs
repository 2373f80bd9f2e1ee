//! The functions and filters for points in time.

use std::collections::BTreeMap;

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error};

use super::trace::Trace;
use super::uncertain::{Gap, Moment, invalid, moment, moment_of, order_of};
use crate::evidence::time::Interval;

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function("before", |a: Value, b: Value| ordered(&a, &b));
    environment.add_function("after", |a: Value, b: Value| ordered(&b, &a));
    environment.add_function("interval", |a: Value, b: Value| {
        Ok::<_, Error>(Moment::value(Interval::spanning(moment(&a)?, moment(&b)?)))
    });
    environment.add_function("earlier", |a: Value, b: Value| {
        Ok::<_, Error>(Moment::value(Interval::earlier(moment(&a)?, moment(&b)?)))
    });
    environment.add_function("later", |a: Value, b: Value| {
        Ok::<_, Error>(Moment::value(Interval::later(moment(&a)?, moment(&b)?)))
    });
    environment.add_function("together", |a: Value, b: Value| {
        Ok::<_, Error>(moment(&a)?.before(moment(&b)?).is_none())
    });
    environment.add_function("last_before", |list: Value, limit: Value| {
        let limit = moment(&limit)?;
        moments(&list, "at")?
            .into_iter()
            .map(|(time, _)| time)
            .filter(|time| time.before(limit) == Some(true))
            .max_by_key(|time| time.end)
            .map(Moment::value)
            .ok_or_else(|| invalid(format!("none of them lies wholly before {limit}")))
    });
    environment.add_function("first_after", |list: Value, limit: Value| {
        let limit = moment(&limit)?;
        moments(&list, "at")?
            .into_iter()
            .map(|(time, _)| time)
            .filter(|time| limit.before(*time) == Some(true))
            .min_by_key(|time| time.start)
            .map(Moment::value)
            .ok_or_else(|| invalid(format!("none of them lies wholly after {limit}")))
    });
    environment.add_function("gap", |a: Value, b: Value| {
        Ok::<_, Error>(Gap::between(moment(&a)?, moment(&b)?))
    });
    environment.add_filter("outside", |list: Value, spans: Value| {
        outside(&list, &spans)
    });
    environment.add_filter(
        "wholly_before",
        |list: Value, limit: Value, attribute: Option<String>| {
            let limit = moment(&limit)?;
            keep(&list, attribute, |time| time.before(limit) == Some(true))
        },
    );
    environment.add_filter(
        "wholly_after",
        |list: Value, limit: Value, attribute: Option<String>| {
            let limit = moment(&limit)?;
            keep(&list, attribute, |time| limit.before(time) == Some(true))
        },
    );
    environment.add_filter(
        "followed_by",
        |records: Value, list: Value, key: Option<String>| {
            followed_by(&records, &list, key.as_deref())
        },
    );
    environment.add_filter("clock_steps", |records: Value| clock_steps(&records));
}

fn ordered(a: &Value, b: &Value) -> Result<bool, Error> {
    Ok(is_before(moment(a)?, moment(b)?))
}

/// Whether one time is before another. Where that is not known, either answer is tried.
fn is_before(a: Interval, b: Interval) -> bool {
    a.before(b)
        .unwrap_or_else(|| Trace::decide(|| order_of(a, b)))
}

/// The times in a list, each with the item it came from: times themselves, or records whose time
/// is in `attribute`. A record without one is passed over.
fn moments(list: &Value, attribute: &str) -> Result<Vec<(Interval, Value)>, Error> {
    Ok(list
        .try_iter()?
        .filter_map(|item| {
            let time = moment_of(&item).or_else(|| moment_of(&item.get_attr(attribute).ok()?))?;
            Some((time, item))
        })
        .collect())
}

fn keep(
    list: &Value,
    attribute: Option<String>,
    wanted: impl Fn(Interval) -> bool,
) -> Result<Value, Error> {
    let attribute = attribute.unwrap_or_else(|| "at".to_owned());
    Ok(moments(list, &attribute)?
        .into_iter()
        .filter(|(time, _)| wanted(*time))
        .map(|(_, item)| item)
        .collect())
}

/// The records, each with the first time of `list` that does not lie wholly before its own (`next`)
/// and the least seconds between the two (`wait`); less than none where their order is not known.
/// A record that nothing follows has neither. An item of `list` that has a `key` counts only for
/// records of the same value.
fn followed_by(records: &Value, list: &Value, key: Option<&str>) -> Result<Value, Error> {
    let list = moments(list, "at")?;
    let key_of = |record: &Value| {
        let value = record.get_attr(key?).ok()?;
        (!value.is_undefined()).then_some(value)
    };
    moments(records, "at")?
        .into_iter()
        .map(|(time, record)| {
            let mut fields = BTreeMap::from([("at".to_owned(), Moment::value(time))]);
            if record.kind() == ValueKind::Map {
                for name in record.try_iter()? {
                    fields.insert(name.to_string(), record.get_item(&name)?);
                }
            }
            let next = list
                .iter()
                .filter(|(at, _)| at.before(time) != Some(true))
                .filter(|(_, item)| key_of(item).is_none_or(|value| key_of(&record) == Some(value)))
                .map(|(at, _)| *at)
                .min_by_key(|at| (at.start, at.end));
            if let Some(next) = next {
                fields.insert("next".to_owned(), Moment::value(next));
                fields.insert("wait".to_owned(), Value::from(time.gap(next).0));
            }
            Ok(Value::from(fields))
        })
        .collect::<Result<Vec<_>, Error>>()
        .map(Value::from)
}

/// How far the wall clock may move against the monotonic one without a step: slewing takes an hour
/// for this much.
const CLOCK_STEP: i64 = 500_000_000;

/// The records of one boot (`boot`) before which the wall clock (`at`) was set, which shows in the
/// monotonic clock (`monotonic`, in microseconds).
fn clock_steps(records: &Value) -> Result<Value, Error> {
    let mut steps = Vec::new();
    let mut last: Option<(Value, i64)> = None;
    for (at, record) in moments(records, "at")? {
        let boot = record.get_attr("boot")?;
        let Some(monotonic) = record.get_attr("monotonic")?.as_i64() else {
            continue;
        };
        let offset = at.start.saturating_sub(monotonic.saturating_mul(1_000));
        if let Some((last_boot, last_offset)) = &last
            && *last_boot == boot
            && offset.abs_diff(*last_offset) > CLOCK_STEP.unsigned_abs()
        {
            steps.push(record);
        }
        last = Some((boot, offset));
    }
    Ok(steps.into_iter().collect())
}

/// The items of `list` that cannot lie in any of the `spans` (records with `begin` and `end`).
fn outside(list: &Value, spans: &Value) -> Result<Value, Error> {
    let spans = spans
        .try_iter()?
        .map(|span| {
            Ok(Interval::spanning(
                moment(&span.get_attr("begin")?)?,
                moment(&span.get_attr("end")?)?,
            ))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    keep(list, None, |time| {
        spans.iter().all(|span| span.before(time).is_some())
    })
}
