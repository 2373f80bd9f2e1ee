//! Paths in a runbook: `checks[3].needs[0]`.

use std::fmt;

use super::printable::printable;

/// A path from the root of a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Path {
    segments: Vec<Segment>,
    /// The path of the last key, not of its value.
    on_key: bool,
}

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Into the value of a key.
    Key(String),
    /// Into an element of a list, counted from 0.
    Index(usize),
}

impl Path {
    pub(super) fn key(&self, name: &str) -> Self {
        self.with(Segment::Key(name.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// An element of a list that may also be written as the only element, without a list.
    pub(super) fn one_of(&self, index: usize, count: usize) -> Self {
        match count {
            1 => self.clone(),
            _ => self.index(index),
        }
    }

    /// The path of the last key, not of its value.
    pub(super) fn on_key(mut self) -> Self {
        self.on_key = matches!(self.segments.last(), Some(Segment::Key(_)));
        self
    }

    pub(super) fn push(&mut self, segment: Segment) {
        self.segments.push(segment);
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(super) fn is_on_key(&self) -> bool {
        self.on_key
    }

    /// The same path with another index at one of its segments.
    pub(super) fn with_index(&self, at: usize, index: usize) -> Self {
        let mut path = self.clone();
        if let Some(segment) = path.segments.get_mut(at) {
            *segment = Segment::Index(index);
        }
        path
    }

    /// The last segment, if it is a key.
    pub(super) fn last_key(&self) -> Option<&str> {
        match self.segments.last() {
            Some(Segment::Key(name)) => Some(name),
            _ => None,
        }
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.segments.clone();
        segments.push(segment);
        Self {
            segments,
            on_key: false,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(name) if position == 0 => f.write_str(&printable(name))?,
                Segment::Key(name) => write!(f, ".{}", printable(name))?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_displayed_with_dots_and_brackets() {
        let path = Path::default().key("checks").index(3).key("needs").index(0);
        assert_eq!(path.to_string(), "checks[3].needs[0]");
        assert_eq!(Path::default().to_string(), "");
    }
}
