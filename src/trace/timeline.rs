//! A trace as text: one line for each call, failures marked. Pure.

use std::fmt::Write as _;

use crate::evidence::provision_log::call_failure;
use crate::evidence::time::{SECOND, seconds};
use crate::evidence::trace::{Call, Push, Run, SourceKind, Trace};
use crate::shell_quote::command_line;
use crate::terminal_text::{clipped, visible};

/// Characters of a command line that are shown.
const COMMAND: usize = 160;
/// Characters of a SHA-256 that are shown.
const HASH: usize = 12;
/// What a trace cannot show.
const LIMITS: &str = "Not traced: calls by absolute path, with a different PATH (sudo, env -i), and on other hosts (ssh).";

/// The timeline of a trace: at most that many runs, the last ones.
pub fn timeline(trace: &Trace, runs: usize) -> String {
    let mut text = String::new();
    let command = clipped(&visible(&command_line(&trace.command)), COMMAND);
    let hidden = trace.runs.len().saturating_sub(runs);
    let _ = writeln!(text, "Trace of {command}");
    if hidden > 0 {
        let _ = writeln!(text, "The last {runs} of {} runs:", trace.runs.len());
    }
    for run in trace.runs.iter().skip(hidden) {
        add_run(&mut text, run);
    }
    let _ = writeln!(text, "{LIMITS}");
    text
}

fn add_run(text: &mut String, run: &Run) {
    let failed = run.calls.iter().filter(|call| call_failure(call).is_some());
    let delay = run
        .settle_ms
        .map_or_else(String::new, |delay| format!(", {delay} ms after each push"));
    let _ = writeln!(
        text,
        "{}: {} traced, {} failed; {}{delay}",
        run.started_at,
        match run.calls.len() {
            1 => "1 call".to_owned(),
            count => format!("{count} calls"),
        },
        failed.count(),
        run.ending,
    );
    let mut boots: Vec<&Call> = Vec::new();
    for call in &run.calls {
        if let Some(boot) = call.boot {
            let known = boots.iter().position(|known| known.ct == call.ct);
            let before = known.and_then(|known| boots.get(known).and_then(|call| call.boot));
            if before.is_some_and(|before| before.to < boot.from) {
                let _ = writeln!(
                    text,
                    "  {}  container restarted",
                    time_of_day(boot.from.nanos())
                );
            }
            boots.retain(|known| known.ct != call.ct);
            boots.push(call);
        }
        add_call(text, call);
    }
}

fn add_call(text: &mut String, call: &Call) {
    let failure = call_failure(call);
    let took = call
        .finished_at
        .map(|end| seconds(end.nanos().saturating_sub(call.started_at.nanos())));
    let state = match (&failure, took) {
        (Some(failure), _) if failure.is_certain => "FAILED".to_owned(),
        (Some(_), _) => call
            .ending
            .exit
            .map_or("killed".to_owned(), |exit| format!("exit {exit}")),
        (None, Some(_)) => "ok".to_owned(),
        (None, None) => "running".to_owned(),
    };
    let took = took.map_or_else(String::new, |took| format!("{took:.3} s"));
    let command = clipped(&visible(&command_line(&call.words())), COMMAND);
    let _ = writeln!(
        text,
        "  {}  {took:>10}  {state:<7}  {command}{}",
        time_of_day(call.started_at.nanos()),
        call.push.as_ref().map_or_else(String::new, describe)
    );
    if let Some(failure) = failure.filter(|failure| failure.is_certain) {
        let _ = writeln!(
            text,
            "      {}: {}",
            call.ending,
            clipped(&visible(&failure.text), COMMAND)
        );
    }
}

/// The source of a push, in parentheses.
fn describe(push: &Push) -> String {
    let what = match (push.kind, push.size) {
        (SourceKind::File, Some(size)) => {
            let hash = push.sha256.as_deref().and_then(|hash| hash.get(..HASH));
            let hash = hash.map_or_else(String::new, |hash| format!(", SHA-256 {hash}…"));
            let changed = if push.changed {
                ", changed during the push"
            } else {
                ""
            };
            format!("{size} bytes{hash}{changed}")
        }
        (SourceKind::File, None) => "file".to_owned(),
        (SourceKind::Directory, _) => "source is a directory".to_owned(),
        (SourceKind::Missing, _) => "source not found".to_owned(),
        (SourceKind::Other, _) => "source is a pipe or device".to_owned(),
    };
    format!("   ({what})")
}

/// `03:04:05.678901`, in UTC.
fn time_of_day(nanos: i64) -> String {
    let micros = nanos.rem_euclid(86_400 * SECOND) / 1_000;
    let seconds = micros / 1_000_000;
    format!(
        "{:02}:{:02}:{:02}.{:06}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
        micros % 1_000_000
    )
}
