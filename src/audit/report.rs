//! The report of an audit, and one file for each format.

mod github;
mod json;
mod sarif;
mod table;

use clap::ValueEnum;
use serde::Serialize;

use super::finding::{Severity, Sure};
use super::rule::Rule;

/// The report: what was found in each file.
#[derive(Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    /// The files named, each followed by those followed from it.
    pub files: Vec<FileReport>,
}

/// What was found in a file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// The path as given, or as resolved from the script.
    pub path: String,
    /// By severity, then by line.
    pub findings: Vec<Finding>,
    /// What was not followed, by line.
    pub not_followed: Vec<NotFollowed>,
    /// The lines of the file, for the formats that show them.
    #[serde(skip)]
    pub lines: Vec<String>,
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// The line of the command's first word, from 1.
    pub line: usize,
    /// The last line of the command.
    pub end_line: usize,
    /// What happens, with the values, and why.
    pub message: String,
    /// How well the script was understood.
    pub sure: Sure,
}

/// Something that was not followed.
#[derive(Debug, Serialize)]
pub struct NotFollowed {
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub why: String,
}

/// A format of the report. The descriptions are the help of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    Table,
    /// For programs, schema lxcdiag.audit/1
    Json,
    /// For code scanning, SARIF 2.1.0
    Sarif,
    /// GitHub Actions annotations
    Github,
}

impl Report {
    pub(super) const fn new(files: Vec<FileReport>) -> Self {
        Self {
            schema: "lxcdiag.audit/1",
            files,
        }
    }

    /// The worst severity.
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.files.iter().flat_map(|file| &file.findings);
        findings.map(|finding| finding.severity).min()
    }

    /// The report in a format, for the width of the layout.
    pub fn render(&self, format: Format, layout: crate::report::Layout) -> String {
        match format {
            Format::Table => table::render(self, layout),
            Format::Json => json::render(self),
            Format::Sarif => sarif::render(self),
            Format::Github => github::render(self),
        }
    }
}

impl FileReport {
    pub(super) fn new(
        file: &super::walk::File,
        findings: Vec<Finding>,
        not_followed: Vec<NotFollowed>,
    ) -> Self {
        Self {
            path: file.path.clone(),
            findings,
            not_followed,
            lines: file.text.lines().map(str::to_owned).collect(),
        }
    }

    /// Adds what another script found in the same file.
    pub(super) fn add(&mut self, other: Self) {
        for finding in other.findings {
            let known = |own: &Finding| own.rule == finding.rule && own.line == finding.line;
            if !self.findings.iter().any(known) {
                self.findings.push(finding);
            }
        }
        let order = |finding: &Finding| (finding.severity, finding.line, finding.rule);
        self.findings.sort_by_key(order);
        for lost in other.not_followed {
            let known = |own: &NotFollowed| own.line == lost.line && own.why == lost.why;
            if !self.not_followed.iter().any(known) {
                self.not_followed.push(lost);
            }
        }
        self.not_followed.sort_by_key(|lost| lost.line);
    }

    /// Passes every text from the script through a function.
    fn change_texts(&mut self, change: &mut impl FnMut(&str) -> String) {
        for finding in &mut self.findings {
            finding.message = change(&finding.message);
        }
        for lost in &mut self.not_followed {
            lost.why = change(&lost.why);
        }
        for line in &mut self.lines {
            *line = change(line);
        }
    }
}

impl Report {
    /// Takes the secrets out of what the report shows of the scripts.
    pub fn redact(&mut self, redactor: &mut crate::redact::Redactor) {
        for file in &mut self.files {
            let shown: std::collections::BTreeSet<usize> =
                file.findings.iter().map(|finding| finding.line).collect();
            for (index, line) in file.lines.iter_mut().enumerate() {
                if !shown.contains(&(index + 1)) {
                    line.clear();
                }
            }
            file.change_texts(&mut |text| redactor.without_secrets(None, text));
        }
    }
}
