//! Failures of systemctl that the script ignores.

use super::super::event::Status;
use super::super::finding::Severity::{Note, Warning};
use super::super::finding::{Draft, Sure};
use super::super::rule::Rule;
use super::super::view::View;

pub(super) fn swallowed(view: &View, found: &mut Vec<Draft>) {
    for (_, event, _, call) in view.systemctls() {
        if !(call.reloads() || call.enables() || call.starts()) {
            continue;
        }
        let (severity, why) = match event.status {
            Status::OrTrue => (Warning, "`|| true` throws its failure away"),
            Status::Piped => (
                Warning,
                "the pipe throws its exit status away (no `pipefail`)",
            ),
            Status::Declaration => (
                Warning,
                "`local` and `export` throw the exit status of `$(…)` away",
            ),
            Status::Unchecked if !event.captured => (
                Note,
                "nothing checks its exit status, and `set -e` does not apply here",
            ),
            _ => continue,
        };
        let verb = view.shown(&call.verb);
        let message = format!("if `systemctl {verb}` fails, the script goes on: {why}");
        found.push(Draft::new(
            Rule::ErrorSwallowed,
            severity,
            Sure::Certain,
            event,
            message,
        ));
    }
}
