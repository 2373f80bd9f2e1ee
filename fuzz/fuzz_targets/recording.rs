//! A recording from elsewhere: it is judged by the runbook in it and reported, or refused.

#![no_main]

use lxcdiag::evidence::recording::Recording;
use lxcdiag::judge::evaluate;
use lxcdiag::judge::results::CheckResults;
use lxcdiag::redact;
use lxcdiag::report::{Format, Layout, render};
use lxcdiag::runbook::{Source, read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
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
});
