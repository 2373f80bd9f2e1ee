//! The line on stderr that says which check is running. On a terminal only.

use std::io::{IsTerminal as _, Write as _};

use crate::report::visible;

/// The line; nothing where stderr is no terminal.
pub(super) struct LiveLine {
    columns: Option<usize>,
}

impl LiveLine {
    pub(super) fn new() -> Self {
        let stderr = std::io::stderr();
        let columns = if stderr.is_terminal() {
            rustix::termios::tcgetwinsize(&stderr).ok()
        } else {
            None
        };
        Self {
            columns: columns.map(|size| usize::from(size.ws_col)),
        }
    }

    /// Shows what is running, cut to the terminal's width.
    pub(super) fn show(&self, what: &str) {
        if let Some(columns) = self.columns {
            let line: String = visible(what)
                .chars()
                .take(columns.saturating_sub(4))
                .collect();
            self.write(&format!("\r\x1b[K{line} …"));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.columns.is_some() {
            self.write("\r\x1b[K");
        }
    }

    fn write(&self, text: &str) {
        // Nobody needs to know that nobody sees it.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
