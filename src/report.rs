//! A diagnosis as people and programs read it: one model, one file for each format. Pure.
//!
//! Everything here is computed from the recording and the diagnosis; a format decides nothing.

mod json;
mod model;
mod table;
mod visible;

use crate::judge::Level;

pub use model::Report;
pub use table::Look;
pub use visible::visible;

/// The format of a JSON report.
pub const SCHEMA: &str = "lxcdiag.report/1";

/// A report in one of the formats.
pub fn render(report: &Report, format: Format, look: Look) -> String {
    match format {
        Format::Table => table::render(report, look),
        Format::Json => json::render(report),
    }
}

/// What a report can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal.
    Table,
    /// For programs: schema lxcdiag.report/1.
    Json,
}

impl Format {
    /// The format a file's ending asks for.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "txt" => Some(Self::Table),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// What a race verdict means, in words for somebody who reads nothing else.
fn race_in_words(race: Level) -> &'static str {
    match race {
        Level::Confirmed => "This was a race condition.",
        Level::Likely => "This looks like a race condition.",
        Level::Unknown => "It cannot be told whether this was a race condition.",
        Level::Unlikely => "This does not look like a race condition.",
        Level::RuledOut => "This was not a race condition.",
    }
}

#[cfg(test)]
mod tests;
