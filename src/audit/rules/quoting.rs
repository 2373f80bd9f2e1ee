//! Words that reach the wrong program, and variables that the wrong shell expands.

use super::super::event::{EventKind, Use};
use super::super::finding::Severity::{Error, Warning};
use super::super::finding::{Draft, Sure};
use super::super::rule::Rule;
use super::super::view::View;

/// `pct exec ID bash -c …` without `--`.
pub(super) fn dash(view: &View, found: &mut Vec<Draft>) {
    for (_, event) in view.indexed() {
        let EventKind::Exec(exec) = &event.kind else {
            continue;
        };
        if let Some(dash) = &exec.dash {
            let message = format!(
                "pct takes `{}` for an option of its own and exits 2: write `--` before the command",
                view.shown(dash)
            );
            let rule = Rule::ExecDashWithoutSeparator;
            found.push(Draft::new(rule, Error, Sure::Certain, event, message));
        }
    }
}

pub(super) fn variables(view: &View, found: &mut Vec<Draft>) {
    for (_, event) in view.indexed() {
        match &event.kind {
            EventKind::LostVariable { name, use_of } => {
                let what = match use_of {
                    Use::Unit => "the name of a unit",
                    Use::Path => "the path of a unit",
                    Use::Container => "the arguments of pct",
                };
                let message = format!(
                    "only the host's script sets `${name}`: the quotes keep it from being filled in, so it is empty in \
                     {what}"
                );
                found.push(Draft::new(
                    Rule::VariableLost,
                    Error,
                    Sure::Likely,
                    event,
                    message,
                ));
            }
            EventKind::EarlyVariable { name, certain } => {
                let (severity, sure) = match certain {
                    true => (Error, Sure::Certain),
                    false => (Warning, Sure::Possible),
                };
                let message = format!(
                    "the host's shell fills in `${name}` before the container's shell sets it, so it is empty: write \
                     `\\${name}`"
                );
                found.push(Draft::new(
                    Rule::ExpandedTooEarly,
                    severity,
                    sure,
                    event,
                    message,
                ));
            }
            _ => {}
        }
    }
}
