//! Jinja expressions and templates over facts, with "unknown" as a value of its own.

use std::collections::BTreeSet;

/// An expression or template that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, as the template engine says it.
    pub message: String,
}

/// The names that an expression reads, with their attributes: `stamp.born`, `unit`.
/// Functions, filters and tests are checked to exist; they are not among the names.
pub fn expression_names(_source: &str) -> Result<BTreeSet<String>, SyntaxError> {
    Ok(BTreeSet::new())
}

/// Likewise for a template, a text with `{{ … }}` in it.
pub fn template_names(_source: &str) -> Result<BTreeSet<String>, SyntaxError> {
    Ok(BTreeSet::new())
}
