//! Properties of every report in JSON. The fuzz target `render` uses this file too.

use lxcdiag::report::{Format, Look, Report, render};
use lxcdiag::terminal_text::visible;

/// The data is exact, and nothing in the text acts on a terminal or hides.
pub fn holds(report: &Report) {
    let text = render(report, Format::Json, Look::default());
    let back: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(back, serde_json::to_value(report).unwrap());
    for line in text.lines() {
        assert_eq!(visible(line), line, "something acts or hides");
    }
}
