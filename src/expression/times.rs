//! The functions and filters for points in time.

use std::collections::BTreeMap;

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error};

use super::trace::Trace;
use super::uncertain::{Gap, Moment, invalid, moment, moment_of, order_of};
use crate::evidence::time::{FILE_STAMP_SLACK, Interval};

/// How far apart two events can be whose file timestamps do not show their order: each timestamp may be early by one
/// tick of the kernel's clock.
const SAME_TICK: i64 = 2 * FILE_STAMP_SLACK;

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
        let before = times(&list)?.filter(|time| is_before(*time, limit));
        before
            .reduce(Interval::later)
            .map(Moment::value)
            .ok_or_else(|| invalid(format!("no time in the list is before {limit}")))
    });
    environment.add_function("first_after", |list: Value, limit: Value| {
        let limit = moment(&limit)?;
        let after = times(&list)?.filter(|time| is_before(limit, *time));
        after
            .reduce(Interval::earlier)
            .map(Moment::value)
            .ok_or_else(|| invalid(format!("no time in the list is after {limit}")))
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
            keep(&list, attribute, |time| is_before(time, limit))
        },
    );
    environment.add_filter(
        "wholly_after",
        |list: Value, limit: Value, attribute: Option<String>| {
            let limit = moment(&limit)?;
            keep(&list, attribute, |time| is_before(limit, time))
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

/// Whether one time is before another. If that is unknown, both answers are tried.
fn is_before(a: Interval, b: Interval) -> bool {
    a.before(b)
        .unwrap_or_else(|| Trace::decide(|| order_of(a, b)))
}

/// The times in a list, each with the item it came from: times themselves, or records whose time
/// is in `attribute`. A record without one is skipped.
fn moments(list: &Value, attribute: &str) -> Result<Vec<(Interval, Value)>, Error> {
    Ok(list
        .try_iter()?
        .filter_map(|item| {
            let time = moment_of(&item).or_else(|| moment_of(&item.get_attr(attribute).ok()?))?;
            Some((time, item))
        })
        .collect())
}

fn times(list: &Value) -> Result<impl Iterator<Item = Interval>, Error> {
    Ok(moments(list, "at")?.into_iter().map(|(time, _)| time))
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

/// The records, each with the first time of `list` that is not before its own (`next`), and the seconds between the two
/// (`wait`, and as a plain number `least_wait`). A record without a later time has none of these. An item of `list` with
/// a `key` counts only for records with the same value.
///
/// A time that is earlier by at most [`SAME_TICK`] counts as later as well, with a negative wait.
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
            let concern = list
                .iter()
                .filter(|(_, item)| key_of(item).is_none_or(|value| key_of(&record) == Some(value)))
                .map(|(at, _)| *at);
            if let Some(next) = first_from(time, concern) {
                let (least, _) = time.gap(next);
                fields.insert("next".to_owned(), Moment::value(next));
                fields.insert("wait".to_owned(), Gap::between(time, next));
                fields.insert("least_wait".to_owned(), Value::from(least));
            }
            Ok(Value::from(fields))
        })
        .collect::<Result<Vec<_>, Error>>()
        .map(Value::from)
}

/// The first time that is not earlier than `time` by more than [`SAME_TICK`].
fn first_from(time: Interval, candidates: impl Iterator<Item = Interval>) -> Option<Interval> {
    let limit = time.shifted(Interval::at(-SAME_TICK));
    let possible: Vec<_> = candidates.filter(|at| at.end >= limit.start).collect();
    let earliest = possible.iter().map(|at| at.start).min()?;
    let certain = possible.iter().filter(|at| at.start >= limit.end);
    let latest = match certain.map(|at| at.end).min() {
        Some(latest) => latest,
        // All of them are so close that possibly none is after it.
        None => {
            let is_followed = Trace::decide(|| {
                format!("cannot tell whether any time in the list is after {time}")
            });
            possible
                .iter()
                .map(|at| at.end)
                .max()
                .filter(|_| is_followed)?
        }
    };
    Some(Interval::new(earliest.max(limit.start), latest))
}

/// How far the wall clock may deviate from the monotonic one without a step: slewing takes an hour for
/// this much.
const CLOCK_STEP: i64 = 500_000_000;

/// The records of one boot (`boot`) before which the wall clock (`at`) was set, as the monotonic clock
/// shows (`monotonic`, in microseconds).
fn clock_steps(records: &Value) -> Result<Value, Error> {
    let mut steps = Vec::new();
    let mut last: Option<(Value, Interval)> = None;
    for (at, record) in moments(records, "at")? {
        let boot = record.get_attr("boot")?;
        let Some(monotonic) = record.get_attr("monotonic")?.as_i64() else {
            continue;
        };
        let offset = at.shifted(Interval::at(monotonic.saturating_mul(-1_000)));
        if let Some((last_boot, last_offset)) = &last
            && *last_boot == boot
            && is_step(*last_offset, offset, at)
        {
            steps.push(record);
        }
        last = Some((boot, offset));
    }
    Ok(steps.into_iter().collect())
}

fn is_step(from: Interval, to: Interval, at: Interval) -> bool {
    let least = to.start.saturating_sub(from.end);
    let most = to.end.saturating_sub(from.start);
    if least > CLOCK_STEP || most < -CLOCK_STEP {
        true
    } else if least >= -CLOCK_STEP && most <= CLOCK_STEP {
        false
    } else {
        Trace::decide(|| format!("cannot tell whether the clock was set before {at}"))
    }
}

/// The items of `list` that are in none of the `spans` (records with `begin` and `end`). An item that is outside by at
/// most [`SAME_TICK`] is in the span.
fn outside(list: &Value, spans: &Value) -> Result<Value, Error> {
    let spans = spans
        .try_iter()?
        .map(|span| {
            let begin = moment(&span.get_attr("begin")?)?;
            let end = moment(&span.get_attr("end")?)?;
            Ok((
                Interval::earlier(begin, end).shifted(Interval::at(-SAME_TICK)),
                Interval::later(begin, end).shifted(Interval::at(SAME_TICK)),
            ))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    keep(list, None, |time| {
        spans
            .iter()
            .all(|(begin, end)| !is_within(time, *begin, *end))
    })
}

fn is_within(time: Interval, begin: Interval, end: Interval) -> bool {
    if time.end < begin.start || time.start > end.end {
        false
    } else if time.start >= begin.end && time.end <= end.start {
        true
    } else {
        Trace::decide(|| format!("cannot tell whether {time} is between {begin} and {end}"))
    }
}
