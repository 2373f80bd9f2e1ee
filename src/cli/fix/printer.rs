//! Prints what a remedy prints, on a thread of its own: a terminal or pager that does not read must not delay a signal.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::cli::output::print_error;
use crate::redact::is_inside_key;

/// A private key is shorter. It is redacted as a whole.
const LONGEST_KEY: usize = 32 * 1024;

/// Prints lines, without secrets, in their order.
pub(super) struct Printer {
    lines: Sender<String>,
    printing: JoinHandle<()>,
}

impl Printer {
    /// `shown` removes the secrets.
    pub(super) fn new(shown: impl Fn(&str) -> String + Send + 'static) -> Self {
        let (lines, received) = channel();
        let printing = std::thread::spawn(move || print_all(&received, shown));
        Self { lines, printing }
    }

    pub(super) fn line(&self, line: &str) {
        // The thread ends only after this.
        let _ = self.lines.send(line.to_owned());
    }

    /// Waits until everything is printed.
    pub(super) async fn finish(self) {
        drop(self.lines);
        let _ = tokio::task::spawn_blocking(|| self.printing.join()).await;
    }
}

fn print_all(received: &Receiver<String>, shown: impl Fn(&str) -> String) {
    let print = |text: &str| {
        for line in shown(text).lines() {
            print_error(&format!("  | {line}"));
        }
    };
    let mut text = String::new();
    for line in received {
        text.push_str(&line);
        text.push('\n');
        if !is_inside_key(&text) || text.len() > LONGEST_KEY {
            print(&std::mem::take(&mut text));
        }
    }
    print(&text);
}
