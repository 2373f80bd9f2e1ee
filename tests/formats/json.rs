//! Properties of every report in JSON. The fuzz target `render` uses this file too.

use lxcdiag::report::{Format, Layout, Report, render};
use lxcdiag::terminal_text::visible;

/// The data is exact, and the text has no control or invisible characters.
pub fn holds(report: &Report) {
    let text = render(report, Format::Json, Layout::default());
    let back: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(back, serde_json::to_value(report).unwrap());
    for line in text.lines() {
        assert_eq!(visible(line), line, "control or invisible characters");
    }
}
