//! What the fuzzer calls with any bytes. Each function holds for all of them, or panics.
//!
//! `fuzz/` has a target for each, and the inputs in `fuzz/seeds` are replayed by the tests here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a fuzzer stops at the first error"
)]

mod redaction;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::audit::{self, audit};
use crate::cli::config::file::Settings;
use crate::evidence::container_id::ContainerId;
use crate::evidence::provision_log::{Log, LoggedTask, failed_command, failed_push, proven_zone};
use crate::evidence::recording::Recording;
use crate::evidence::time::SECOND;
use crate::evidence::trace::Trace;
use crate::judge::evaluate;
use crate::judge::results::CheckResults;
use crate::redact;
use crate::report::diff::{self, Side};
use crate::report::{Format, Layout, render};
use crate::runbook::{Source, describe, lint, mermaid, read, read_with_lines};
use crate::sweep::state::State;
use crate::sweep::waivers;

pub use redaction::redaction;

fn container() -> ContainerId {
    958.try_into().unwrap()
}

/// A recording from elsewhere: it is judged by the runbook in it and reported, or refused.
pub fn recording(bytes: &[u8]) {
    let Ok(mut recording) = serde_json::from_slice::<Recording>(bytes) else {
        return;
    };
    let source = Source::of_recorded(&recording.runbook);
    let Ok(runbook) = read(&source) else {
        return;
    };
    let results = CheckResults::of_recording(&runbook, &recording);
    let diagnosis = evaluate(&runbook, &recording, results);
    let report = redact::report(&runbook, &source.sha256(), &mut recording, &diagnosis);
    for format in [Format::Table, Format::Markdown, Format::Html] {
        let _ = render(&report, format, Layout::default());
    }
}

/// A runbook of a colleague: it is read, examined and described, or refused.
pub fn runbook(bytes: &[u8]) {
    let Ok(source) = Source::from_bytes("fuzzed.yaml", bytes) else {
        return;
    };
    if let Ok(runbook) = read(&source) {
        let _ = describe(&runbook);
        let _ = mermaid(&runbook);
        let _ = lint(&source);
    }
}

/// A provisioning script: it is audited, and patched.
pub fn script(bytes: &[u8]) {
    let source = audit::Source {
        path: "provision.sh".to_owned(),
        text: String::from_utf8_lossy(bytes).into_owned(),
    };
    let _ = audit(&[source], &|_, _| None);
}

/// A provisioning log: every failure that is found has a line in it, and a time that has passed.
pub fn log(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let written = Timestamp::constant(1_767_323_045, 0);
    let ct = container();
    let tasks = ["vzcreate", "vzstart"].map(|kind| LoggedTask {
        kind: kind.to_owned(),
        begin: 1_767_320_000 * SECOND,
    });
    let zone = proven_zone(&text, written, ct, &tasks);
    let failures = Log {
        file: "provision.log",
        text: &text,
        whole: true,
        written,
        zone_is_assumed: zone.is_none(),
        zone: &zone.unwrap_or(TimeZone::UTC),
    }
    .failures(ct);
    for failure in &failures {
        let line = failure.place.as_ref().and_then(|place| place.line);
        let line = line.and_then(|line| text.lines().nth(line - 1)).unwrap();
        assert!(!line.is_empty());
        assert!(failure.at.is_none_or(|at| at.start <= at.end));
    }
    for unit in [None, Some("a.service")] {
        let _ = failed_command(&failures, unit);
        let _ = failed_push(&failures, unit);
    }
}

/// A file of lxcdiag's own, which somebody else may have written: read or refused. The first byte selects the kind.
pub fn file(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind {
        b'c' => drop(read_with_lines::<Settings>("config.yaml", bytes)),
        b'w' => drop(waivers::read("waivers.yaml", bytes)),
        b't' => {
            if let Ok(trace) = serde_json::from_slice::<Trace>(bytes) {
                let _ = trace.pushes(container());
            }
        }
        b's' => {
            if let Ok(mut state) = serde_json::from_slice::<State>(bytes) {
                state.forget_future(0);
                let again = crate::json::compact(&state).unwrap();
                assert_eq!(serde_json::from_str::<State>(&again).unwrap(), state);
            }
        }
        _ => {
            if let Ok(report) = serde_json::from_slice::<Side>(bytes) {
                let same = diff::compare(("a", &report), ("b", &report));
                assert!(same.changes.is_empty());
                let _ = diff::render(&same, Layout::default());
            }
        }
    }
}
