//! Progress on stderr, only on a terminal.

use std::io::{Result, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::output::harmless;
use super::terminal;
use crate::terminal_text::visible;

/// How often it is redrawn: the clock advances even if nothing else does.
const TICK: Duration = Duration::from_millis(250);

/// The bar on the screen, which the log must not overwrite.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// The line at the bottom of the terminal, removed on drop.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A line with a message.
    pub(super) fn line() -> Self {
        Self::new(ProgressBar::no_length(), "{wide_msg}")
    }

    /// A message beside a bar with the count of `all` and the elapsed time.
    pub(super) fn bar(all: usize) -> Self {
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        Self::new(
            ProgressBar::new(all),
            "{pos}/{len} {bar:16} {clock} {wide_msg}",
        )
    }

    fn new(bar: ProgressBar, template: &str) -> Self {
        // If stderr is not a terminal, nothing is drawn and no thread is started.
        if !bar.is_hidden() {
            // The templates are constants of this file and are valid.
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(
                style
                    .progress_chars(match terminal::is_ascii() {
                        true => "=>-",
                        false => "━╸─",
                    })
                    .with_key("clock", clock),
            );
            bar.enable_steady_tick(TICK);
            *shown() = Some(bar.clone());
        }
        Self(bar)
    }

    /// Sets the message, which is cut to the terminal's width.
    pub(super) fn say(&self, what: &str) {
        if !self.0.is_hidden() {
            self.0.set_message(visible(what));
        }
    }

    /// One more is done.
    pub(super) fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *shown() = None;
        self.0.finish_and_clear();
    }
}

fn shown() -> std::sync::MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Minutes and seconds since it began.
fn clock(state: &ProgressState, text: &mut dyn std::fmt::Write) {
    let seconds = state.elapsed().as_secs();
    let _ = write!(text, "{}:{:02}", seconds / 60, seconds % 60);
}

/// Stderr for the log, whose lines come above what is shown.
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        let shown = shown().clone();
        let text = harmless(&String::from_utf8_lossy(line));
        // No text may look like a message of its own.
        let text = format!("{}\n", text.trim_end().replace('\n', "\n     | "));
        let write = || std::io::stderr().write_all(text.as_bytes());
        match shown {
            Some(bar) => bar.suspend(write),
            None => write(),
        }?;
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        std::io::stderr().flush()
    }
}
