//! The evidence of a run whose output takes too long to evaluate. Pure.

use super::stop::Stop;
use crate::evidence::recording::{Attempt, Ending, Output, Recording};

/// The recording of a run that ended early, without the results of what it read: its checks are errored.
pub fn unevaluated(mut recording: Recording, stopped: Stop) -> Recording {
    recording.cut_short = Some(format!(
        "{stopped}, and the output could not be evaluated within 5 s after that"
    ));
    for attempt in &mut recording.attempts {
        if matches!(attempt.ending, Ending::Exited(_) | Ending::Probed) {
            attempt.ending = Ending::Errored("its output was not evaluated in time".to_owned());
            attempt.found.clear();
        }
    }
    recording
}

/// A copy without the output of the commands, of which only the number of bytes is left. It takes little memory.
pub fn copy_without_output(recording: &mut Recording) -> Recording {
    let attempts = std::mem::take(&mut recording.attempts);
    let head = recording.clone();
    recording.attempts = attempts;
    Recording {
        attempts: recording.attempts.iter().map(without_output).collect(),
        ..head
    }
}

fn without_output(attempt: &Attempt) -> Attempt {
    let dropped = |output: &Output| Output {
        dropped: output.total_bytes(),
        ..Output::default()
    };
    Attempt {
        check: attempt.check.clone(),
        item: attempt.item.clone(),
        argv: attempt.argv.clone(),
        ending: attempt.ending.clone(),
        stdout: dropped(&attempt.stdout),
        stderr: dropped(&attempt.stderr),
        found: Vec::new(),
        ..*attempt
    }
}
