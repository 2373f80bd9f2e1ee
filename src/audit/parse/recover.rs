//! Parses a script in spite of syntax that the parser does not know: the whole at once if possible, otherwise without
//! the lines that it stumbles over, otherwise command by command.

use std::borrow::Cow;

use brush_parser::ParseError;

use super::super::syntax::{Lost, Script};
use super::super::text::Text;
use super::{Source, convert};
use crate::bash_parser::{is_too_deep, parse_program};

/// How many lines are replaced before the script is parsed command by command.
const MOST_REPAIRS: usize = 25;

/// So much text is parsed for a script in the search for its commands.
const MOST_TEXT: usize = 2 << 20;

pub(super) fn parse(text: &Text, depth: usize) -> Script {
    if is_too_deep(text.as_str()) {
        return by_commands(text, depth);
    }
    let text = match rewritten(text.as_str()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(chars) => Cow::Owned(text.with_chars(chars)),
    };
    repaired(&text, depth).unwrap_or_else(|| by_commands(&text, depth))
}

/// The script without the lines that the parser stumbles over.
fn repaired(text: &Text, depth: usize) -> Option<Script> {
    let source = Source::new(text, depth);
    let mut chars = text.as_str().to_owned();
    let mut lost = Vec::new();
    for _ in 0..=MOST_REPAIRS.min(MOST_TEXT / chars.len().max(1)) {
        match parse_program(&chars) {
            Ok(program) => {
                let text = text.with_chars(chars);
                let list = convert::program(&Source::new(&text, depth), &program, &mut lost);
                return Some(Script { list, lost });
            }
            Err(ParseError::ParsingNear(position)) => {
                let line = blank_line(&mut chars, source.byte(&position))?;
                lost.push(Lost {
                    place: text.place_at(line),
                    why: "syntax that lxcdiag does not know".to_owned(),
                });
            }
            Err(_) => return None,
        }
    }
    None
}

/// Constructs that the parser does not know, as others of the same length and nearly the same meaning: `select` is
/// a loop, the target of `&> >(…)` is a process, and a pattern in `$(case …)` may have its opening parenthesis.
fn rewritten(chars: &str) -> Cow<'_, str> {
    let mut changes: Vec<(usize, &str)> = Vec::new();
    let mut in_case = 0_usize;
    let mut start = 0;
    for line in chars.split_inclusive('\n') {
        let code = line.trim_start();
        let at = start + (line.len() - code.len());
        if is_select(code) {
            changes.push((at, "for   "));
        }
        for (found, _) in line.match_indices("&>") {
            let rest = line.get(found + 2..).unwrap_or_default();
            if rest.trim_start().starts_with(">(") {
                changes.push((start + found, " >"));
            }
        }
        let begin = line.find("$(case ");
        in_case += usize::from(begin.is_some());
        if in_case > 0 {
            let separators = [" in ", ";; "].into_iter();
            let mut patterns: Vec<usize> = separators
                .flat_map(|it| line.match_indices(it))
                .map(|(found, it)| found + it.len())
                .filter(|found| *found > begin.unwrap_or(0))
                .collect();
            if begin.is_none() && at > start {
                patterns.push(at - start);
            }
            for found in patterns {
                if is_case_pattern(line.get(found..).unwrap_or_default()) {
                    changes.push((start + found - 1, "("));
                }
            }
            in_case -= usize::from(line.contains("esac"));
        }
        start += line.len();
    }
    if changes.is_empty() {
        return Cow::Borrowed(chars);
    }
    let mut bytes = chars.as_bytes().to_vec();
    for (at, with) in changes {
        replace(&mut bytes, at, with.as_bytes());
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(chars), Cow::Owned)
}

/// Whether a line begins the loop `select NAME in …`.
fn is_select(code: &str) -> bool {
    let name = code
        .strip_prefix("select ")
        .unwrap_or_default()
        .trim_start();
    let rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    rest.len() < name.len() && (rest.starts_with(" in ") || rest.starts_with([';', '\n']))
}

/// Whether a text begins with a pattern of `case` and its closing parenthesis.
fn is_case_pattern(code: &str) -> bool {
    let pattern = code.split_once(')').map_or("", |(pattern, _)| pattern);
    let plain = |c: char| c.is_alphanumeric() || "*?|_-.\"'[]".contains(c);
    !matches!(pattern, "" | "esac") && pattern.chars().all(plain)
}

fn replace(bytes: &mut [u8], at: usize, with: &[u8]) {
    if let Some(part) = bytes.get_mut(at..at + with.len()) {
        part.copy_from_slice(with);
    }
}

/// Puts `:` in place of the line at a byte. The length stays. None if there is nothing left to replace.
fn blank_line(chars: &mut String, at: usize) -> Option<usize> {
    let before = chars.get(..at.min(chars.len()))?;
    let start = before.rfind('\n').map_or(0, |found| found + 1);
    let line = chars.get(start..)?.lines().next()?;
    if line.trim().is_empty() || line.starts_with(':') {
        return None;
    }
    // Characters keep their index, bytes need not: `Source` counts characters only if there are others than ASCII.
    if !line.is_ascii() {
        return None;
    }
    let blank = format!(":{}", " ".repeat(line.len() - 1));
    let end = start + line.len();
    chars.replace_range(start..end, &blank);
    Some(start)
}

/// The script in pieces, each as many lines as it takes to be complete.
fn by_commands(text: &Text, depth: usize) -> Script {
    let chars = text.as_str();
    let mut list = Vec::new();
    let mut lost = Vec::new();
    let mut start = 0;
    let mut parsed = 0;
    let end = chars.len();
    while start < end {
        let rest = chars.get(start..).unwrap_or_default();
        let mut length = 0;
        let mut complete = None;
        for line in rest.split_inclusive('\n') {
            let is_inside = length > 0 && line.starts_with([' ', '\t', '\n']);
            length += line.len();
            if is_inside && length < rest.len() {
                // An indented line ends no command that begins before it, as a rule.
                continue;
            }
            parsed += length;
            if parsed > MOST_TEXT {
                break;
            }
            let piece = rest.get(..length).unwrap_or_default();
            if is_too_deep(piece) {
                break;
            }
            match parse_program(piece) {
                Ok(program) => {
                    complete = Some(program);
                    break;
                }
                Err(ParseError::ParsingNear(_)) => break,
                Err(_) => {}
            }
        }
        if let Some(program) = complete {
            let piece = text.slice(start, start + length);
            let source = Source::new(&piece, depth);
            list.extend(convert::program(&source, &program, &mut lost));
        } else {
            lost.push(Lost {
                place: text.place_at(start),
                why: "syntax that lxcdiag does not know".to_owned(),
            });
            if parsed > MOST_TEXT {
                break;
            }
            length = rest.find('\n').map_or(rest.len(), |found| found + 1);
        }
        start += length.max(1);
    }
    Script { list, lost }
}
