//! What the rules find.

use serde::Serialize;

use super::event::Event;
use super::rule::Rule;
use super::subject::Subject;
use super::symbol::is_known;
use super::text::Place;
pub use crate::evidence::script::Severity;

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
    pub(super) subject: Subject,
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
            subject: Subject::of(event),
            related: None,
        }
    }

    /// The same, about one of the units of the command.
    pub(super) fn about_unit(mut self, unit: &str) -> Self {
        self.subject.units = is_known(unit).then(|| vec![unit.to_owned()]);
        self
    }

    pub(super) fn related_to(self, related: Related) -> Self {
        Self {
            related: Some(related),
            ..self
        }
    }
}
