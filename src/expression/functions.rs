//! The functions, filters and tests that runbooks have beyond Jinja's own.

use std::borrow::Cow;

use minijinja::value::Value;
use minijinja::{Environment, Error};
use regex::Regex;

use super::messages::{overtaken, whole_messages};
use super::times;
use super::trace::Trace;
use super::uncertain::{Gap, invalid};
use crate::cache::Cache;
use crate::evidence::fact::duration_in_words;
use crate::shell_quote;

pub(super) fn register(environment: &mut Environment<'static>) {
    times::register(environment);
    environment.add_function("unknown", |reason: String| Err::<Value, _>(invalid(reason)));
    environment.add_filter("duration", duration);
    environment.add_filter("percentile", percentile);
    environment.add_function("upper_bound", upper_bound);
    environment.add_filter("quote", |text: String| shell_quote::word(&text));
    environment.add_filter("template_of", |unit: String| template_of(&unit));
    environment.add_filter("regex_escape", |text: String| regex::escape(&text));
    environment.add_filter("same_but_for_spelling", |paths: Value, name: String| {
        named_like(&paths, |file| folded(file) == folded(&name))
    });
    environment.add_filter("spelled_like", |paths: Value, name: String| {
        named_like(&paths, |file| {
            let (file, name) = (folded(file), folded(&name));
            digits(&file).eq(digits(&name)) && strsim::osa_distance(&file, &name) <= MISSPELLINGS
        })
    });
    environment.add_filter("whole_messages", |lines: Value| whole_messages(&lines));
    environment.add_filter("after_last", |items: Value, of: Value| {
        after_last(&items, &of)
    });
    environment.add_filter(
        "overtaken",
        |lines: Value, of: Vec<String>, by: Vec<String>, kinds: Vec<String>| {
            overtaken(&lines, &of, &by, &kinds)
        },
    );
    // Compiling one takes a thousand times as long as matching a line with it, and a journal has thousands of lines.
    let patterns = Cache::<Regex, MOST_PATTERNS>::default();
    environment.add_test(
        "matching",
        move |text: &str, pattern: &str, names: Option<Vec<String>>| {
            let text = without_names(text, &names.unwrap_or_default());
            patterns
                .get(pattern, || Regex::new(pattern))
                .map(|regex| regex.is_match(&text))
                .map_err(|error| invalid(error.to_string()))
        },
    );
}

/// The numbers in a name: `node2` is not `node1` misspelt, but its neighbour.
fn digits(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_digit)
}

/// More patterns than any runbook has. Beyond this, those that were built from facts are dropped.
const MOST_PATTERNS: usize = 200;

/// A duration in words: about one, if both bounds are the same to two digits, or two.
fn duration(seconds: Value) -> Result<String, Error> {
    let Some(Gap(bounds)) = seconds.downcast_object_ref() else {
        return f64::try_from(seconds).map(duration_in_words);
    };
    let (least, most) = (
        duration_in_words(bounds.least),
        duration_in_words(bounds.most),
    );
    if least == most {
        return Ok(least);
    }
    Trace::note_inexact_text();
    let rounded = to_two_digits(bounds.least);
    Ok(match rounded == to_two_digits(bounds.most) {
        true => format!("about {}", without_zeros(&duration_in_words(rounded))),
        false => format!("{least} to {most}"),
    })
}

/// `2.4 s` for `2.40 s`: the last digit is not known.
fn without_zeros(words: &str) -> String {
    match words.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {unit}")
        }
        _ => words.to_owned(),
    }
}

fn to_two_digits(seconds: f64) -> f64 {
    match seconds == 0.0 || !seconds.is_finite() {
        true => seconds,
        false => {
            let unit = 10_f64.powf(seconds.abs().log10().floor() - 1.0);
            (seconds / unit).round() * unit
        }
    }
}

/// The number in a list that `percent` percent of them do not exceed, by nearest rank.
fn percentile(list: Value, percent: f64) -> Result<f64, Error> {
    let numbers = list.try_iter()?.map(f64::try_from);
    let mut numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable_by(f64::total_cmp);
    let rank = (numbers.len() as f64 * percent / 100.0).ceil().max(1.0);
    let found = numbers.get(rank as usize - 1).copied();
    found.ok_or_else(|| invalid("the list has no such percentile".to_owned()))
}

/// The highest probability of an event that was seen `count` times in `runs`, with 95 % confidence (Clopper and Pearson).
/// If it was never seen, that is about 3 / `runs`.
fn upper_bound(count: u32, runs: u32) -> Result<f64, Error> {
    if runs == 0 || count > runs {
        return Err(invalid(format!("{count} of {runs} is no rate")));
    }
    if count == runs {
        return Ok(1.0);
    }
    // The probability that it is seen so rarely falls as its own probability rises.
    let seen_so_rarely = |p: f64| {
        let odds = (p / (1.0 - p)).ln();
        let mut term = f64::from(runs) * (1.0 - p).ln();
        let mut sum = term.exp();
        for seen in 0..count {
            term += (f64::from(runs - seen) / f64::from(seen + 1)).ln() + odds;
            sum += term.exp();
        }
        sum
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        match seen_so_rarely(middle) > 0.05 {
            true => low = middle,
            false => high = middle,
        }
    }
    Ok(high)
}

/// The items after the last one that is also in another list; none if no item is.
fn after_last(items: &Value, of: &Value) -> Result<Value, Error> {
    let of: Vec<Value> = of.try_iter()?.collect();
    let items: Vec<Value> = items.try_iter()?.collect();
    let last = items.iter().rposition(|item| of.contains(item));
    let after = last.and_then(|last| items.get(last + 1..));
    Ok(after.unwrap_or_default().to_vec().into())
}

/// The text with `x` in place of names of units and programs, whose words say nothing about what happened.
fn without_names<'a>(text: &'a str, names: &[String]) -> Cow<'a, str> {
    let mut text = Cow::from(text);
    for name in names {
        let name = name.rsplit('/').next().unwrap_or(name);
        let stem = name.split(['@', '.']).next().unwrap_or(name);
        for name in [name, stem] {
            if !name.is_empty() && text.contains(name) {
                text = without_name(&text, name).into();
            }
        }
    }
    text
}

/// A word may also be meant as a word. It is a name in a path, or as the program that begins a message.
fn without_name(text: &str, name: &str) -> String {
    let is_word = name.chars().all(char::is_alphabetic);
    let in_a_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut kept = String::new();
    let mut rest = 0;
    for (at, _) in text.match_indices(name) {
        let (before, behind) = (&text[..at], &text[at + name.len()..]);
        let whole = !before.ends_with(in_a_name) && !behind.starts_with(in_a_name);
        let as_name = before.ends_with('/') || before.is_empty() && behind.starts_with([':', '[']);
        if at >= rest && whole && (as_name || !is_word) {
            kept.push_str(&text[rest..at]);
            kept.push('x');
            rest = at + name.len();
        }
    }
    kept.push_str(&text[rest..]);
    kept
}

/// How many wrong, missing, added or swapped letters still count as a misspelling.
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

/// The template of an instance (`worker@a.service` → `worker@.service`); for any other unit, the unit
/// itself.
fn template_of(unit: &str) -> String {
    match (unit.find('@'), unit.rfind('.')) {
        (Some(at), Some(dot)) if at < dot => {
            let (head, tail) = (unit.get(..=at), unit.get(dot..));
            format!("{}{}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        _ => unit.to_owned(),
    }
}
