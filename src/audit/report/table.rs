//! The report for a terminal: each finding with its line of the script.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::super::finding::{Severity, Sure};
use super::{FileReport, Finding, Report};
use crate::report::{Layout, paragraph, style};
use crate::terminal_text::{clipped, visible};

pub(super) fn render(report: &Report, layout: Layout) -> String {
    let mut text = String::new();
    for file in &report.files {
        for finding in &file.findings {
            show(&mut text, file, finding, layout);
        }
        if !file.not_followed.is_empty() {
            let _ = writeln!(text, "{}: not followed", visible(&file.path));
            for lost in &file.not_followed {
                let line = format!("line {}: {}", lost.line, visible(&lost.why));
                paragraph(&mut text, "  ", &line, layout);
            }
            text.push('\n');
        }
    }
    text.push_str(&summary(report));
    text
}

fn show(text: &mut String, file: &FileReport, finding: &Finding, layout: Layout) {
    let colour = match finding.severity {
        Severity::Error => style::RED,
        Severity::Warning => style::YELLOW,
        Severity::Note => style::GREEN,
    };
    let sure = match finding.sure {
        Sure::Certain => "",
        Sure::Likely => " (likely)",
        Sure::Possible => " (possible)",
    };
    let severity = layout.paint(finding.severity.name(), colour);
    let place = format!("{}:{}", visible(&file.path), finding.line);
    let _ = writeln!(text, "{place}: {severity}: {}{sure}", finding.rule.name());
    let number = finding.line.to_string();
    let gutter = " ".repeat(number.len());
    let source = finding
        .line
        .checked_sub(1)
        .and_then(|line| file.lines.get(line));
    let source = visible(source.map_or("", String::as_str));
    let room = layout.columns().saturating_sub(number.len() + 6);
    let source = clipped(&source, room);
    let code = source.trim();
    let before = source.len() - source.trim_start().len();
    let caret = "^".repeat(code.width().max(1));
    let _ = writeln!(text, "  {number} | {}", source.trim_end());
    let _ = writeln!(
        text,
        "  {gutter} | {}{}",
        " ".repeat(before),
        layout.paint(&caret, colour)
    );
    paragraph(text, "  ", &visible(&finding.message), layout);
    text.push('\n');
}

fn summary(report: &Report) -> String {
    let count = |severity: Severity| {
        let findings = report.files.iter().flat_map(|file| &file.findings);
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let named = |severity: Severity| match count(severity) {
        1 => format!("1 {}", severity.name()),
        count => format!("{count} {}s", severity.name()),
    };
    let counts = [Severity::Error, Severity::Warning, Severity::Note].map(named);
    format!("{}\n", counts.join(", "))
}
