//! bash scripts by brush-parser, which panics on some texts and overflows the stack on others. Pure.

use std::cell::Cell;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::Once;

use brush_parser::ast::Program;
use brush_parser::{ParseError, Parser, ParserOptions};

/// The parser's time grows with the square of the words in a line.
const MOST_WORDS: usize = 20_000;
/// Deeper blocks would overflow the parser's stack.
const DEEPEST_BLOCK: usize = 150;
/// The parser takes twice as long for each further level of parentheses.
const DEEPEST_PARENTHESES: usize = 16;
/// The parser's time doubles with each `((` and each `case` in another that is not closed.
const DEEPEST_AMBIGUITY: usize = 9;

thread_local! {
    /// Whether a panic is to be expected, and not to be printed.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Parses a script that is not [too deep](is_too_deep).
///
/// # Errors
/// The script is not valid, or the parser panics.
pub(crate) fn parse_program(text: &str) -> Result<Program, ParseError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                usual(panic);
            }
        }));
    });
    EXPECTED.set(true);
    let parsed =
        catch_unwind(|| Parser::new(text.as_bytes(), &ParserOptions::default()).parse_program());
    EXPECTED.set(false);
    parsed.unwrap_or(Err(ParseError::ParsingAtEndOfInput))
}

/// Whether blocks may be nested too deeply: an upper bound, counted without parsing. Prose in a heredoc counts, too.
pub(crate) fn is_too_deep(chars: &str) -> bool {
    let (mut blocks, mut parentheses) = (0_usize, 0_usize);
    let (mut cases, mut doubled) = (0_usize, 0_usize);
    let (mut before, mut blanks) = (' ', 0_usize);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    for token in chars.split_inclusive(|c: char| !word(c)) {
        let last = token.chars().next_back().unwrap_or(' ');
        let name = token.trim_end_matches(|c: char| !word(c));
        match name {
            "if" | "do" | "while" | "until" => blocks += 1,
            "fi" | "done" => blocks = blocks.saturating_sub(1),
            "case" => cases += 1,
            "esac" => cases = cases.saturating_sub(1),
            _ => {}
        }
        let is_pair = name.is_empty() && last == before;
        match last {
            '{' => blocks += 1,
            '}' => blocks = blocks.saturating_sub(1),
            '(' => {
                parentheses += 1;
                doubled += usize::from(is_pair);
            }
            ')' => {
                parentheses = parentheses.saturating_sub(1);
                doubled = doubled.saturating_sub(usize::from(is_pair));
            }
            _ => {}
        }
        blanks = match last {
            '\n' => 0,
            ' ' | '\t' => blanks + 1,
            _ => blanks,
        };
        if blanks > MOST_WORDS
            || blocks > DEEPEST_BLOCK
            || parentheses > DEEPEST_PARENTHESES
            || cases.max(doubled) > DEEPEST_AMBIGUITY
        {
            return true;
        }
        before = last;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_on_which_the_parser_panics_is_an_error() {
        for script in ["\"${x:-<<EOF\n}trap f EXIT\nEOF\n", "if"] {
            assert!(parse_program(script).is_err(), "{script}");
        }
        assert!(parse_program("if true; then :; fi").is_ok());
    }
}
