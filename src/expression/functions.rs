//! The functions, filters and tests that runbooks have beyond Jinja's own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{DynObject, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use regex::Regex;

use crate::evidence::fact::duration_in_words;
use crate::evidence::time::{Interval, parse_time};
use crate::shell_quote;

/// What the evaluation under way in this thread came across.
#[derive(Debug, Default)]
pub(super) struct Trace {
    missing: RefCell<Vec<MissingName>>,
    upper: Cell<bool>,
    took_gap: Cell<bool>,
}

thread_local! {
    static TRACE: Trace = Trace::default();
}

/// A name that was read and had no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MissingName {
    pub(super) name: String,
    reason: String,
}

impl fmt::Display for MissingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

impl Trace {
    /// Begins an evaluation with every gap at its least, or at its most.
    pub(super) fn start(upper: bool) {
        TRACE.with(|trace| {
            trace.missing.borrow_mut().clear();
            trace.upper.set(upper);
            trace.took_gap.set(false);
        });
    }

    /// Makes an evaluation amid another one, whose trace stays as it is.
    pub(super) fn apart<T>(evaluate: impl FnOnce() -> T) -> T {
        let outer = TRACE.with(Self::take);
        let result = evaluate();
        TRACE.with(|trace| {
            trace.missing.replace(outer.missing.into_inner());
            trace.upper.set(outer.upper.get());
            trace.took_gap.set(outer.took_gap.get());
        });
        result
    }

    fn take(&self) -> Self {
        Self {
            missing: RefCell::new(self.missing.take()),
            upper: Cell::new(self.upper.get()),
            took_gap: Cell::new(self.took_gap.get()),
        }
    }

    pub(super) fn took_gap() -> bool {
        TRACE.with(|trace| trace.took_gap.get())
    }

    /// Takes what was missing.
    pub(super) fn missing() -> Vec<MissingName> {
        TRACE.with(|trace| trace.missing.take())
    }

    pub(super) fn note_missing(name: String, reason: &str) {
        let missing = MissingName {
            name,
            reason: reason.to_owned(),
        };
        TRACE.with(|trace| {
            let mut all = trace.missing.borrow_mut();
            if !all.contains(&missing) {
                all.push(missing);
            }
        });
    }

    /// Whether a gap is to be at its most; that one was asked for is noted.
    fn gap_is_upper() -> bool {
        TRACE.with(|trace| {
            trace.took_gap.set(true);
            trace.upper.get()
        })
    }
}

/// A point in time as expressions see it: an interval, compared only by `before` and its like.
#[derive(Debug)]
pub(super) struct Moment(pub(super) Interval);

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some((self.0.start, self.0.end).cmp(&(other.0.start, other.0.end)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The point in time that a value is, if it is one.
pub fn moment_of(value: &Value) -> Option<Interval> {
    value
        .downcast_object_ref::<Moment>()
        .map(|moment| moment.0)
        .or_else(|| value.as_str().and_then(parse_time))
}

fn moment(value: &Value) -> Result<Interval, Error> {
    moment_of(value).ok_or_else(|| refuse(format!("`{value}` is not a point in time")))
}

fn refuse(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn ordered(a: &Value, b: &Value) -> Result<bool, Error> {
    let (a, b) = (moment(a)?, moment(b)?);
    a.before(b).ok_or_else(|| {
        refuse(format!(
            "the order of {a} and {b} is not known: they are too close"
        ))
    })
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

fn time_value(time: Interval) -> Value {
    Value::from_object(Moment(time))
}

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function("before", |a: Value, b: Value| ordered(&a, &b));
    environment.add_function("after", |a: Value, b: Value| ordered(&b, &a));
    environment.add_function("interval", |a: Value, b: Value| {
        Ok::<_, Error>(time_value(Interval::spanning(moment(&a)?, moment(&b)?)))
    });
    environment.add_function("earlier", |a: Value, b: Value| {
        Ok::<_, Error>(time_value(Interval::earlier(moment(&a)?, moment(&b)?)))
    });
    environment.add_function("later", |a: Value, b: Value| {
        Ok::<_, Error>(time_value(Interval::later(moment(&a)?, moment(&b)?)))
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
            .map(time_value)
            .ok_or_else(|| refuse(format!("none of them lies wholly before {limit}")))
    });
    environment.add_function("first_after", |list: Value, limit: Value| {
        let limit = moment(&limit)?;
        moments(&list, "at")?
            .into_iter()
            .map(|(time, _)| time)
            .filter(|time| limit.before(*time) == Some(true))
            .min_by_key(|time| time.start)
            .map(time_value)
            .ok_or_else(|| refuse(format!("none of them lies wholly after {limit}")))
    });
    environment.add_function("unknown", |reason: String| Err::<Value, _>(refuse(reason)));
    register_filters(environment);

    environment.add_function("gap", |a: Value, b: Value| {
        let (least, most) = moment(&a)?.gap(moment(&b)?);
        Ok::<_, Error>(if Trace::gap_is_upper() { most } else { least })
    });
}

fn register_filters(environment: &mut Environment<'static>) {
    environment.add_filter("duration", duration_in_words);
    environment.add_filter("quote", |text: String| shell_quote::word(&text));
    environment.add_filter("template_of", |unit: String| template_of(&unit));
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
    environment.add_filter("regex_escape", |text: String| regex::escape(&text));
    environment.add_filter("same_but_for_spelling", |paths: Value, name: String| {
        named_like(&paths, |file| folded(file) == folded(&name))
    });
    environment.add_filter("spelled_like", |paths: Value, name: String| {
        named_like(&paths, |file| {
            strsim::osa_distance(&folded(file), &folded(&name)) <= MISSPELLINGS
        })
    });
    let patterns = Patterns::default();
    environment.add_test("matching", move |text: &str, pattern: &str| {
        patterns
            .get(pattern)
            .map(|regex| regex.is_match(text))
            .map_err(|error| refuse(error.to_string()))
    });
}

/// Compiled patterns: to compile one takes a thousand times as long as to match a line with it,
/// and a journal has thousands of lines.
#[derive(Debug, Default)]
struct Patterns(Mutex<BTreeMap<String, Arc<Regex>>>);

impl Patterns {
    /// More than any runbook has; past it, those made of what was found give way.
    const MOST: usize = 200;

    fn get(&self, pattern: &str) -> Result<Arc<Regex>, regex::Error> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = known.get(pattern) {
            return Ok(Arc::clone(regex));
        }
        let regex = Arc::new(Regex::new(pattern)?);
        if known.len() >= Self::MOST {
            known.clear();
        }
        known.insert(pattern.to_owned(), Arc::clone(&regex));
        Ok(regex)
    }
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
            let mut fields = BTreeMap::from([("at".to_owned(), time_value(time))]);
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
                fields.insert("next".to_owned(), time_value(next));
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

/// Wrong, missing, added or swapped letters that still make a misspelling of the same name.
const MISSPELLINGS: usize = 2;

/// A name without its case and its separators.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The paths whose last component is wanted.
fn named_like(paths: &Value, wanted: impl Fn(&str) -> bool) -> Result<Value, Error> {
    Ok(paths
        .try_iter()?
        .filter(|path| {
            let path = path.as_str().unwrap_or_default();
            wanted(path.rsplit('/').next().unwrap_or(path))
        })
        .collect())
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

/// The unit file that an instance is made from (`worker@a.service` → `worker@.service`); any
/// other unit's file has the unit's own name.
fn template_of(unit: &str) -> String {
    match (unit.find('@'), unit.rfind('.')) {
        (Some(at), Some(dot)) if at < dot => {
            let (head, tail) = (unit.get(..=at), unit.get(dot..));
            format!("{}{}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        _ => unit.to_owned(),
    }
}
