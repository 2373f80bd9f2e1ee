//! Any text in every field of a report, in every format: what holds is what the tests say.

#![no_main]

#[path = "../../tests/formats/hostile.rs"]
#[allow(dead_code, reason = "of the tests; the fuzzer finds texts by itself")]
mod hostile;
#[path = "../../tests/formats/json.rs"]
mod json;
#[path = "../../tests/formats/junit.rs"]
mod junit;
#[path = "../../tests/formats/markdown.rs"]
mod markdown;
#[path = "../../tests/formats/rendered.rs"]
mod rendered;

libfuzzer_sys::fuzz_target!(|texts: Vec<String>| {
    let mut report = hostile::report(&texts);
    // A part of it has every kind of field, and is done in a tenth of the time.
    report.checks.truncate(6);
    report.timeline.truncate(3);
    report.hypotheses.truncate(4);
    markdown::holds(&report);
    junit::holds(&report);
    json::holds(&report);
});
