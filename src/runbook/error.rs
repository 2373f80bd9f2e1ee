//! Errors in a runbook, each with its position.

use std::fmt;

use super::path::Path;
use crate::terminal_text::visible;

/// The number of errors that are reported at once.
pub(super) const MAX_ERRORS: usize = 50;

/// All errors in one runbook; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RunbookErrors {
    /// The errors, in the order of the file.
    pub errors: Vec<RunbookError>,
    /// The number of errors that are not in `errors`.
    pub omitted: usize,
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RunbookError {
    /// The file, or another source of the text.
    pub file: String,
    /// The position; absent if the error is about the whole file.
    pub position: Option<Position>,
    /// The path within the runbook, such as `checks[3].needs[0]`; empty for the whole runbook.
    pub path: String,
    /// What is wrong. A second line, `hint: …`, can say what to do.
    pub message: String,
}

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Starts at 1.
    pub line: usize,
    /// In characters; starts at 1.
    pub column: usize,
}

impl Position {
    /// The position of a byte of `text`.
    pub(super) fn of_byte(text: &[u8], byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |n| n + 1);
        let line = before.get(line_start..).unwrap_or_default();
        Self {
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: String::from_utf8_lossy(line).chars().count() + 1,
        }
    }
}

/// An error whose position is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) path: Path,
    pub(super) message: String,
}

impl RunbookErrors {
    pub(super) fn one(
        file: &str,
        position: Option<Position>,
        path: &Path,
        message: String,
    ) -> Self {
        Self {
            errors: vec![RunbookError {
                file: file.to_owned(),
                position,
                path: path.to_string(),
                message,
            }],
            omitted: 0,
        }
    }
}

impl fmt::Display for RunbookErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.errors.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        match self.omitted {
            0 => Ok(()),
            more => write!(f, "\nand {more} more errors"),
        }
    }
}

impl fmt::Display for RunbookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.file))?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_not_bytes() {
        let text = "a\nbé€x".as_bytes();
        let at = |byte| {
            let Position { line, column } = Position::of_byte(text, byte);
            (line, column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (2, 1));
        assert_eq!(at(text.len() - 1), (2, 4));
        assert_eq!(at(999), (2, 5));
    }
}
