//! What the rules find.

use serde::Serialize;

use super::event::Event;
use super::rule::Rule;
use super::text::Place;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Whenever the line runs, it fails or does nothing.
    Error,
    /// It can fail, or its failure goes unseen.
    Warning,
    /// Harmless as it stands.
    Note,
}

impl Severity {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// How well the script was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// All values are known.
    Certain,
    /// A value is inferred.
    Likely,
    /// It depends on something that is not known.
    Possible,
}

/// A finding, before it is assigned to a file.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    pub(super) sure: Sure,
    pub(super) place: Place,
    pub(super) end: Place,
    pub(super) message: String,
    pub(super) related: Option<Related>,
}

/// What else a finding is about.
#[derive(Debug, Clone)]
pub(super) enum Related {
    /// Another command.
    Place(Place),
    /// A name, and the one that is meant.
    Name { wrong: String, right: String },
}

impl Draft {
    pub(super) fn new(
        rule: Rule,
        severity: Severity,
        sure: Sure,
        event: &Event,
        message: String,
    ) -> Self {
        Self {
            rule,
            severity,
            sure,
            place: event.place,
            end: event.end,
            message,
            related: None,
        }
    }

    pub(super) fn related_to(self, related: Related) -> Self {
        Self {
            related: Some(related),
            ..self
        }
    }
}
