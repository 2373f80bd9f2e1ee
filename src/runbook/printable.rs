//! Pieces of a runbook in messages about it.

use crate::terminal_text::{clipped, visible};

/// Text of a runbook as a message may show it: harmless to a terminal, and no longer than a line.
pub(super) fn printable(text: &str) -> String {
    clipped(&visible(text), 60)
}

/// The same in backticks.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", printable(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_shows_cannot_drive_a_terminal() {
        assert_eq!(quoted("a\u{1b}[2J\u{202e}b"), "`a\\x1b[2J\\u{202e}b`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(60)));
    }
}
