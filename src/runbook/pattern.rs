//! Regular expressions of runbooks, compiled in one way wherever they are used.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

/// Memory one compiled pattern may take. `\w{1000}` and its like would take far more.
const SIZE_LIMIT: usize = 1 << 20;

/// The pattern of a fact.
///
/// `^` and `$` are the ends of a line, as in grep: what a command prints ends with a newline.
///
/// # Errors
/// The pattern is not one; the error says where.
pub fn fact_pattern(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = compiled.get(pattern) {
        return Ok(Arc::clone(regex));
    }
    let regex = RegexBuilder::new(pattern)
        .multi_line(true)
        .size_limit(SIZE_LIMIT)
        .build()?;
    let regex = Arc::new(regex);
    compiled.insert(pattern.to_owned(), Arc::clone(&regex));
    Ok(regex)
}

/// The patterns of facts so far. To compile one takes longer than all that is done with it, and
/// validation, extraction and the judge each need it. Shared, because a clone would begin without the
/// states that searching has built so far.
static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Regex>>>> = LazyLock::new(Mutex::default);

/// The pattern of a secret, in the same syntax, for outputs that need not be UTF-8.
///
/// # Errors
/// The pattern is not one; the error says where.
pub fn redact_pattern(pattern: &str) -> Result<regex::bytes::Regex, regex::Error> {
    // By itself first: in bytes, a pattern may match half a character.
    fact_pattern(pattern)?;
    regex::bytes::RegexBuilder::new(pattern)
        .multi_line(true)
        .size_limit(SIZE_LIMIT)
        .build()
}

/// A pattern that the whole of a value must match.
///
/// # Errors
/// The pattern is not one; the error says where.
pub fn whole_pattern(pattern: &str) -> Result<Regex, regex::Error> {
    let build = |text: &str| RegexBuilder::new(text).size_limit(SIZE_LIMIT).build();
    // By itself first: `a)|(b` is a pattern only once it is wrapped.
    build(pattern)?;
    // With `(?x)` a comment at its end runs over the bracket that closes the group.
    build(&format!(r"\A(?:{pattern})\z")).or_else(|_| build(&format!("\\A(?:{pattern}\n)\\z")))
}

/// The last line of the library's message: the reason, without the drawing above it.
pub(super) fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            String::from("it takes too much memory; repeat less with `{…}`")
        }
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default().trim();
            last.trim_start_matches("error: ").to_owned()
        }
    }
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
    fn a_pattern_without_end_is_refused() {
        let error = fact_pattern(r"\w{1000}{1000}").unwrap_err();
        assert_eq!(
            reason(&error),
            "it takes too much memory; repeat less with `{…}`"
        );
    }
}
