//! The report as annotations of GitHub Actions: workflow commands, one a line.

use std::fmt::Write as _;

use super::super::finding::Severity;
use super::Report;
use crate::terminal_text::visible;

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for file in &report.files {
        let path = property(&file.path);
        for finding in &file.findings {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let _ = writeln!(
                text,
                "::{command} file={path},line={},endLine={},title={}::{}",
                finding.line,
                finding.end_line,
                finding.rule.name(),
                data(&finding.message)
            );
        }
    }
    text
}

/// The escapes that the runner takes back.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
