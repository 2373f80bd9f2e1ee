//! What the fuzz target `render` calls with any bytes: texts, separated by 0xff.

use super::{hostile, jira, json, junit, markdown};

/// Any text in every field of a report, in every format.
pub fn holds(bytes: &[u8]) {
    let texts = bytes.split(|byte| *byte == 0xff);
    let texts: Vec<_> = texts
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect();
    let mut report = hostile::report(&texts);
    // A part of it has every kind of field, and is done in a tenth of the time.
    report.checks.truncate(6);
    report.timeline.truncate(3);
    report.hypotheses.truncate(4);
    markdown::holds(&report);
    jira::holds(&report);
    junit::holds(&report);
    json::holds(&report);
}
