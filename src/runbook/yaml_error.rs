//! What the YAML library says about a text that is not YAML, in words that help to mend it.

use super::error::Position;
use super::path::Path;

/// Why a text is not read.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) position: Option<Position>,
    pub(super) path: Path,
    pub(super) message: String,
}

impl YamlError {
    pub(super) fn new(position: Option<Position>, message: String) -> Self {
        Self {
            position,
            path: Path::default(),
            message,
        }
    }
}

/// Where the mistake is, and what it is.
pub(super) fn explain(error: &serde_yaml::Error, text: &str) -> YamlError {
    let message = error.to_string();
    let (problem, context) = split_positions(&message);
    let position = match context.position {
        // The end of the file is far from the quote that is missing.
        Some(begin) if is_told_late(problem) => Some(begin),
        _ => error_position(error),
    };
    if let Some(c) = character_at(error, text)
        && problem.starts_with("found character that cannot start any token")
    {
        let message = match c {
            '\t' => String::from("not valid YAML: a tab; indent with spaces"),
            c => format!("not valid YAML: a text cannot begin with `{c}`; put it in quotes"),
        };
        return YamlError::new(position, message);
    }
    let context = match context.position {
        Some(begin) if Some(begin) != position => {
            format!(
                "{} at line {} column {}",
                context.text, begin.line, begin.column
            )
        }
        _ => context.text.to_owned(),
    };
    not_valid(position, problem, &context)
}

/// A problem that a YAML parser reports, with advice for those that are often met.
pub(super) fn not_valid(position: Option<Position>, problem: &str, context: &str) -> YamlError {
    let advice = advice(problem).map(|advice| format!("; {advice}"));
    let advice = advice.unwrap_or_default();
    YamlError::new(
        position,
        format!("not valid YAML: {problem}{context}{advice}"),
    )
}

fn error_position(error: &serde_yaml::Error) -> Option<Position> {
    error.location().map(|location| Position {
        line: location.line(),
        column: location.column(),
    })
}

fn character_at(error: &serde_yaml::Error, text: &str) -> Option<char> {
    text.get(error.location()?.index()..)?.chars().next()
}

fn is_told_late(problem: &str) -> bool {
    problem.starts_with("found unexpected end of stream")
        || problem.starts_with("could not find expected ':'")
}

fn advice(problem: &str) -> Option<&'static str> {
    let is = |start: &str| problem.starts_with(start);
    if is("mapping values are not allowed") {
        Some("put a text with `: ` in it in quotes, or mend the indentation")
    } else if is("did not find expected key") {
        Some("mend the indentation, or put the whole value in quotes where only its beginning is")
    } else if is("did not find expected '-' indicator") {
        Some("indent the entries of a list alike, each with its `- `")
    } else if is("did not find expected ',' or") {
        Some("close the bracket, or put a text with brackets or commas in it in quotes")
    } else if is("found unexpected end of stream") || is("found unexpected document indicator") {
        Some("close the quotes")
    } else if is("found unknown escape character") {
        Some("in double quotes a backslash is written twice; use single quotes for patterns")
    } else if is("unknown anchor") || is("did not find expected alphabetic or numeric character") {
        Some("put a text that begins with `*` or `&` in quotes")
    } else if is("could not find expected ':'") {
        Some("write `key: value`, with a space after the colon")
    } else if is("did not find expected <document start>") {
        Some("the document has ended before; mend the indentation, or put the text in quotes")
    } else if is("found a tab character") || is("tabs disallowed") {
        Some("indent with spaces")
    } else if is("recursion limit exceeded") {
        Some("nest it less deeply")
    } else {
        None
    }
}

/// What was being read, as the library tells it, and where that began.
struct Context<'a> {
    text: &'a str,
    position: Option<Position>,
}

/// The library writes `PROBLEM at line 1 column 2, CONTEXT at line 3 column 4`, with less of it
/// where there is less to tell.
fn split_positions(message: &str) -> (&str, Context<'_>) {
    let (problem, rest) = message.split_once(" at line ").unwrap_or((message, ""));
    let (text, place) = match rest
        .find(", ")
        .and_then(|comma| rest.split_at_checked(comma))
    {
        Some((_, context)) => context.split_once(" at line ").unwrap_or((context, "")),
        None => ("", ""),
    };
    let position = place.split_once(" column ").and_then(|(line, column)| {
        Some(Position {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        })
    });
    (problem, Context { text, position })
}
