//! Filters for the lines that programs log.

use minijinja::Error;
use minijinja::value::Value;
use regex::RegexSet;

use super::uncertain::invalid;

/// Joins the lines of one message: a line that ends with a colon continues on the next one, and the bare text of an error, such
/// as `Permission denied`, belongs to the line before.
pub(super) fn whole_messages(lines: &Value) -> Result<Value, Error> {
    let mut messages: Vec<String> = Vec::new();
    for line in lines.try_iter()? {
        let line = line.as_str().unwrap_or_default();
        match messages.last_mut() {
            Some(last) if last.len() < LONGEST_MESSAGE && last.ends_with(':') => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            Some(last) if last.len() < LONGEST_MESSAGE && is_bare_error(line) => {
                last.push_str(": ");
                last.push_str(line.trim_start());
            }
            _ => messages.push(line.trim_end().to_owned()),
        }
    }
    Ok(messages.into())
}

/// Messages are not joined beyond this.
const LONGEST_MESSAGE: usize = 400;

/// The text of an error of the C library that programs print, without what they tried to do.
fn is_bare_error(line: &str) -> bool {
    let texts = [
        "Address already in use",
        "Cannot allocate memory",
        "Cannot assign requested address",
        "Connection refused",
        "Is a directory",
        "No space left on device",
        "No such file or directory",
        "Not a directory",
        "Operation not permitted",
        "Permission denied",
        "Read-only file system",
    ];
    // In a chain of causes: `1: Permission denied (os error 13)`.
    let line = line.trim().split(" (os error ").next().unwrap_or(line);
    let line = line
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start_matches(": ")
        .trim_end_matches('.');
    texts.iter().any(|text| line.eq_ignore_ascii_case(text))
}

/// The lines of `of` that a later line of `by` overtakes: they share no kind, which is a regular expression, and no path.
///
/// A program that reports two errors of different kinds went on after the first one. If the second one is about the same path,
/// it may be a consequence: a directory that could not be created does not exist, either.
pub(super) fn overtaken(
    lines: &Value,
    of: &[String],
    by: &[String],
    kinds: &[String],
) -> Result<Value, Error> {
    let kinds = RegexSet::new(kinds).map_err(|error| invalid(error.to_string()))?;
    let lines: Vec<Value> = lines.try_iter()?.collect();
    let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    let is_in = |list: &[String], line: &str| list.iter().any(|item| item == line);
    let overtakes = |later: &str, earlier: &str| {
        let (earlier_kinds, later_kinds) = (kinds.matches(earlier), kinds.matches(later));
        is_in(by, later)
            && !earlier_kinds.iter().any(|kind| later_kinds.matched(kind))
            && !paths(earlier).any(|path| paths(later).any(|other| are_related(path, other)))
    };
    Ok(lines
        .iter()
        .enumerate()
        .filter(|(at, line)| {
            is_in(of, line)
                && lines
                    .iter()
                    .skip(at + 1)
                    .any(|later| overtakes(later, line))
        })
        .map(|(_, line)| Value::from(*line))
        .collect())
}

/// The absolute paths in a line.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "\"'`‘’“”()[]<>{}=,;:".contains(c))
        .map(|word| word.trim_end_matches(['.', '/']))
        .filter(|word| word.starts_with('/') && word.len() > 1)
}

/// Whether one path is the other or above it.
fn are_related(a: &str, b: &str) -> bool {
    let (a, b) = (std::path::Path::new(a), std::path::Path::new(b));
    a.starts_with(b) || b.starts_with(a)
}
