//! Errors about text that is not valid YAML.

use saphyr_parser::ScanError;

use super::error::Position;
use super::path::Path;

/// Why a text cannot be read as YAML.
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

    /// A syntax error. `open` is the list or mapping that it is in, and its position.
    pub(super) fn syntax(text: &str, error: &ScanError, open: Option<(&str, Position)>) -> Self {
        let index = error.marker().index();
        let characters = text.char_indices().nth(index);
        let (byte, character) = characters.unwrap_or((text.len(), ' '));
        let byte = match error.info() {
            KEY_WITHOUT_COLON => start_of_line_before(text, byte),
            UNKNOWN_ESCAPE => unknown_escape(text, byte),
            problem if problem.contains("tab") => nearest_tab(text, byte),
            _ => byte,
        };
        let open = open.map_or(String::from("the document"), |(kind, start)| {
            let Position { line, column } = start;
            format!("the {kind} that starts at line {line} column {column}")
        });
        let known = PROBLEMS
            .iter()
            .find(|(part, ..)| error.info().contains(part));
        let message = match known {
            Some((_, problem, hint)) => format!("{problem}\nhint: {hint}")
                .replace("{open}", &open)
                .replace("{character}", &character.to_string()),
            None => error.info().to_owned(),
        };
        let position = Position::of_byte(text.as_bytes(), byte);
        Self::new(Some(position), format!("invalid YAML: {message}"))
    }
}

const KEY_WITHOUT_COLON: &str = "simple key expect ':'";
const UNKNOWN_ESCAPE: &str = "while parsing a quoted scalar, found unknown escape character";

/// Parts of the parser's messages, each with the problem in plain words and what to do.
#[rustfmt::skip]
const PROBLEMS: &[(&str, &str, &str)] = &[
    (KEY_WITHOUT_COLON, "a key without `: `", "write `key: value`, with a space after the colon"),
    (UNKNOWN_ESCAPE, "unknown escape in double quotes",
        "use single quotes, or write each backslash twice"),
    ("mapping values are not allowed", "unexpected `: `",
        "quote text that contains `: `, or fix the indentation"),
    ("expected '-' indicator", "expected `- ` in {open}",
        "indent all entries of a list by the same amount"),
    ("did not find expected key", "expected a key in {open}",
        "fix the indentation, or quote the whole value"),
    ("invalid trailing content", "unexpected text after quotes", "quote the whole value"),
    ("expected <document start>", "unexpected text after the end of the document",
        "fix the indentation, or quote the text"),
    ("illegal placement of ':'", "unexpected `:` in {open}",
        "close the bracket, or quote text that contains brackets or commas"),
    ("expected ','", "expected a comma or a closing bracket in {open}",
        "close the bracket, or quote text that contains brackets or commas"),
    ("scanning a quoted scalar, found unexpected", "the quotes are not closed", "close the quotes"),
    ("indentation in quoted scalar", "the quotes are not closed", "close the quotes"),
    ("unknown anchor", "unknown alias", "quote text that starts with `*`"),
    ("expected alphabetic or numeric", "an alias or anchor without a name",
        "quote text that starts with `*` or `&`"),
    ("unexpected character", "a value cannot start with `{character}`", "quote the text"),
    ("tab", "unexpected tab", "indent with spaces"),
    ("recursion limit", "nested too deeply", "reduce the nesting"),
];

/// The parser reports a key without a colon only where the next line starts.
fn start_of_line_before(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or(text).trim_end();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let indentation = before.get(line..).unwrap_or_default();
    before.len() - indentation.trim_start().len()
}

/// The parser reports an unknown escape where the quotes begin.
fn unknown_escape(text: &str, quotes: usize) -> usize {
    let mut rest = text.char_indices().skip_while(|(byte, _)| *byte < quotes);
    while let Some((byte, c)) = rest.next() {
        if c == '\\'
            && let Some((_, escape)) = rest.next()
            && !"0abt\tnvfre \"/\\N_LPxuU\n\r".contains(escape)
        {
            return byte;
        }
    }
    quotes
}

/// The parser reports a tab after it, or where the text before it starts.
fn nearest_tab(text: &str, byte: usize) -> usize {
    let (before, after) = text.split_at_checked(byte).unwrap_or((text, ""));
    match after.find('\t') {
        _ if before.ends_with('\t') => byte - 1,
        Some(distance) => byte + distance,
        None => byte,
    }
}
