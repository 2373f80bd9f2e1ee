//! The regular expressions of runbooks.

use std::sync::{Arc, LazyLock};

use regex::{Regex, RegexBuilder};

use crate::cache::Cache;

/// The maximum memory of a compiled pattern. `\w{1000}` would take far more.
const SIZE_LIMIT: usize = 1 << 20;

/// The pattern of a fact.
///
/// `^` and `$` match at the ends of a line, as in grep, because output ends with a newline.
///
/// # Errors
/// The pattern is invalid.
pub fn fact_pattern(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    COMPILED.get(pattern, || {
        RegexBuilder::new(pattern)
            .multi_line(true)
            .size_limit(SIZE_LIMIT)
            .build()
    })
}

/// The patterns that were compiled. Compiling takes longer than using one, and validation, extraction and
/// the judge each need it. They are shared because a clone would lose the states that searches have built.
static COMPILED: LazyLock<Cache<Regex>> = LazyLock::new(Cache::default);

/// The pattern of a secret, for output that may not be UTF-8.
///
/// # Errors
/// The pattern is invalid.
pub fn redact_pattern(pattern: &str) -> Result<regex::bytes::Regex, regex::Error> {
    // A pattern for bytes could match half a character.
    fact_pattern(pattern)?;
    regex::bytes::RegexBuilder::new(pattern)
        .multi_line(true)
        .size_limit(SIZE_LIMIT)
        .build()
}

/// A pattern that must match a whole value.
///
/// # Errors
/// The pattern is invalid.
pub fn whole_pattern(pattern: &str) -> Result<Regex, regex::Error> {
    let build = |text: &str| RegexBuilder::new(text).size_limit(SIZE_LIMIT).build();
    // `a)|(b` is invalid, but valid in the group.
    build(pattern)?;
    // With `(?x)`, a comment at the end would include the bracket that closes the group.
    build(&format!(r"\A(?:{pattern})\z")).or_else(|_| build(&format!("\\A(?:{pattern}\n)\\z")))
}

/// What is wrong with a pattern. The last line of the library's message is the reason; a drawing is above it.
pub(super) fn reason(error: &regex::Error) -> String {
    if let regex::Error::CompiledTooBig(_) = error {
        return String::from(
            "the regular expression takes too much memory\nhint: lower the numbers in `{…}`",
        );
    }
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    let reason = last.trim_start_matches("error: ");
    format!("invalid regular expression: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_must_match() {
        let pattern = whole_pattern("a|ab").unwrap();
        assert!(pattern.is_match("ab"));
        assert!(!pattern.is_match("abc"));
        assert!(!pattern.is_match("ab\n"));
        assert!(whole_pattern("a)|(b").is_err());
        let commented = whole_pattern("(?x) a # the only one").unwrap();
        assert!(commented.is_match("a") && !commented.is_match("ab"));
    }

    #[test]
    fn a_fact_is_found_in_a_line() {
        let pattern = fact_pattern(r"^(?<size>\d+)$").unwrap();
        assert_eq!(&pattern.captures("12\n").unwrap()["size"], "12");
    }

    #[test]
    fn a_pattern_that_takes_too_much_memory_is_refused() {
        let error = fact_pattern(r"\w{1000}{1000}").unwrap_err();
        assert_eq!(
            reason(&error),
            "the regular expression takes too much memory\nhint: lower the numbers in `{…}`"
        );
    }
}
