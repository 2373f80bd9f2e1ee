//! Ranges of a text.

use std::borrow::Cow;

/// Bytes that a rule takes for a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) class: Cow<'static, str>,
    /// Found by a shape, which determines the class better than a name does.
    pub(super) exact: bool,
}

impl Span {
    pub(super) fn new(from: usize, to: usize, class: &'static str) -> Self {
        Self {
            from,
            to,
            class: Cow::Borrowed(class),
            exact: false,
        }
    }
}

/// A line of a text, without its line break. `/proc/PID/environ` separates its lines by NUL.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    /// It looks like JSON, so that `\n` is a line break.
    pub(super) json: bool,
}
