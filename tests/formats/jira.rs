//! Properties of every report in Jira's markup.

use lxcdiag::report::{Format, Layout, Report, render};

/// It fits into a comment, only its own blocks are blocks, and outside of them nothing else is markup.
pub fn holds(report: &Report) {
    let text = render(report, Format::Jira, Layout::default());
    let script: usize = report.verdict.remedy.chars().count();
    assert!(text.chars().count() < 32_767 + 6 * script, "too long");
    let code = regex::Regex::new(r"\{\{[^{}]*\}\}").unwrap();
    let mut in_block = false;
    for line in text.lines() {
        match line {
            "{code:bash}" if !in_block => in_block = true,
            "{code}" if in_block => in_block = false,
            line if in_block => assert!(!line.contains("{code") && !line.contains("{noformat")),
            line => assert!(
                !code
                    .replace_all(line, "")
                    .contains(['{', '}', '[', ']', '!', '^', '~', '\\']),
                "{line}"
            ),
        }
    }
    assert!(!in_block);
}
