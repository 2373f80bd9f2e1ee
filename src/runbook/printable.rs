//! Pieces of a runbook in messages about it.

/// Text of a runbook as a message may show it: no control characters, which would reach the
/// reader's terminal, and no more than a line's worth.
pub(super) fn printable(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .flat_map(|c| match c {
            c if c.is_control() => c.escape_default().collect::<Vec<_>>(),
            c => vec![c],
        })
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
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
        assert_eq!(quoted("a\u{1b}[2Jb"), "`a\\u{1b}[2Jb`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(60)));
    }
}
