//! Bounds on values: a script can double a text or an array with each command.

use super::super::text::{Place, Text};
use super::Walker;

/// Bytes of one value.
pub(super) const MOST_OF_VALUE: usize = 512 * 1024;

/// Bytes of all values that are made during a walk.
const MOST_OF_ALL: usize = 64 * 1024 * 1024;

/// Words of one command, elements of one array.
pub(super) const MOST_WORDS: usize = 4_096;

impl Walker<'_> {
    /// The text, or if it is too long, one that is not known.
    pub(super) fn bounded(&mut self, text: Text, place: Place) -> Text {
        let size = text.size();
        self.expanded = self.expanded.saturating_add(size);
        if size <= MOST_OF_VALUE && !self.has_expanded_too_much() {
            return text;
        }
        Text::new(&self.symbol("a long text"), place)
    }

    /// The walk ends then.
    pub(super) fn has_expanded_too_much(&self) -> bool {
        self.expanded > MOST_OF_ALL
    }
}
