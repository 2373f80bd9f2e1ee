//! A diagnosis as people and programs read it: one model, one file for each format. Pure.
//!
//! Everything here is computed from the recording and the diagnosis. A format makes no decisions.

pub mod bundle;
mod code;
pub mod diff;
mod events;
mod html;
mod jira;
mod json;
pub(crate) mod junit;
mod markdown;
pub(crate) mod model;
mod rivals;
pub(crate) mod settled;
mod table;
mod words;

use clap::ValueEnum;

pub(crate) use html::filled;
pub use model::{CheckRow, Redaction, Report};
pub use table::Layout;
pub(crate) use table::grid::{Column, Least, Text, grid};
pub(crate) use table::short_time;
pub(crate) use table::style;
pub(crate) use table::wrap::paragraph;

/// The format of a JSON report.
pub const SCHEMA: &str = "lxcdiag.report/1";

/// A report in one of the formats.
pub fn render(report: &Report, format: Format, layout: Layout) -> String {
    match format {
        Format::Table => table::render(report, layout),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report),
        Format::Jira => jira::render(report),
        Format::Junit => junit::render(report),
        Format::Html => html::render(report),
    }
}

/// A report in brief, for a terminal.
pub fn brief(report: &Report, layout: Layout) -> String {
    table::brief::render(report, layout)
}

/// A format of a report. The descriptions are the help of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    Table,
    /// For programs, schema lxcdiag.report/1
    Json,
    /// For a ticket on GitHub or GitLab
    Markdown,
    /// For a ticket in Jira, in its own markup
    Jira,
    /// For the test reports of a CI system
    Junit,
    /// For a browser, one self-contained file
    Html,
}

impl Format {
    /// The extension of its files, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Jira => "jira",
            Self::Junit => "xml",
            Self::Html => "html",
        }
    }
}

#[cfg(test)]
mod tests;
