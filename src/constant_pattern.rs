//! Patterns that are constants of the program.

use regex::Regex;

/// Compiles a pattern, which must be a constant that a test compiles, too.
#[allow(clippy::unwrap_used, reason = "see above")]
pub fn constant_pattern(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}
