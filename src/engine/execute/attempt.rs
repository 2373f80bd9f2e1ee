//! What is put down of an attempt at a check.

use crate::container::Exchange;
use crate::evidence::recording::{Attempt, Ending, Output, Recording};
use crate::runbook::Check;

/// The recorded answer to a check, where the very same was asked.
pub(super) fn played_back(
    recording: &Recording,
    check: &Check,
    item: Option<String>,
    argv: Vec<String>,
) -> Attempt {
    let recorded = recording
        .attempts
        .iter()
        .find(|attempt| attempt.check == check.id && attempt.item == item && attempt.argv == argv);
    match recorded {
        Some(attempt) => attempt.clone(),
        None => {
            let reason = "the recording that is played back has no answer to this".to_owned();
            Attempt {
                argv,
                ..untried(check, item, Ending::Errored(reason))
            }
        }
    }
}

/// What was not run, and why.
pub(super) fn untried(check: &Check, item: Option<String>, ending: Ending) -> Attempt {
    Attempt {
        check: check.id.clone(),
        item,
        argv: Vec::new(),
        changes: check.changes,
        started_at: None,
        duration: None,
        ending,
        stdout: Output::default(),
        stderr: Output::default(),
        found: Vec::new(),
        session_lost: false,
    }
}

/// What was run.
pub(super) fn attempt_of(
    check: &Check,
    item: Option<String>,
    argv: Vec<String>,
    exchange: Exchange,
) -> Attempt {
    Attempt {
        argv,
        started_at: exchange.started_at,
        duration: exchange.duration,
        stdout: exchange.stdout,
        stderr: exchange.stderr,
        session_lost: exchange.session_lost,
        ..untried(check, item, exchange.ending)
    }
}
