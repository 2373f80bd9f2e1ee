//! Text of a runbook in messages.

use crate::terminal_text::{clipped, visible};

/// Text of a runbook for a message: harmless to a terminal, and at most one line.
pub(super) fn printable(text: &str) -> String {
    clipped(&visible(text), 60)
}

/// The same in backquotes.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", printable(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_messages_cannot_control_the_terminal() {
        assert_eq!(quoted("a\u{1b}[2J\u{202e}b"), "`a\\x1b[2J\\u{202e}b`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(60)));
    }
}
