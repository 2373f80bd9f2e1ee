//! The outcome of an evaluation.

use super::{Missing, Unknown};

/// The possible values of an expression: one, or several if questions are open.
#[derive(Debug)]
pub(super) struct Possible<T> {
    pub(super) values: Vec<T>,
    /// Why it is unknown which of them it is.
    pub(super) questions: Vec<Missing>,
}

impl<T> Possible<T> {
    pub(super) fn only(value: T) -> Self {
        Self {
            values: vec![value],
            questions: Vec::new(),
        }
    }

    /// The value, if only one is possible.
    pub(super) fn known(mut self) -> Result<T, Unknown> {
        match (self.values.pop(), self.values.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => Err(Unknown(self.questions)),
        }
    }

    pub(super) fn map<U>(self, of: impl FnMut(T) -> U) -> Possible<U> {
        Possible {
            values: self.values.into_iter().map(of).collect(),
            questions: self.questions,
        }
    }
}

impl<T> Possible<Option<T>> {
    pub(super) fn transposed(self) -> Option<Possible<T>> {
        Some(Possible {
            values: self.values.into_iter().collect::<Option<_>>()?,
            questions: self.questions,
        })
    }
}

/// Why an expression has no value.
#[derive(Debug)]
pub(super) struct NoValue {
    pub(super) reasons: Vec<Missing>,
    /// Whether it has a value that is unknown. It is then not undefined.
    pub(super) is_open: bool,
}

impl NoValue {
    pub(super) fn because(reason: String) -> Self {
        Self {
            reasons: vec![reason.into()],
            is_open: false,
        }
    }
}

impl From<NoValue> for Unknown {
    fn from(none: NoValue) -> Self {
        Self(none.reasons)
    }
}
