//! What authors write who know another language than that of expressions.

use std::sync::LazyLock;

use regex::Regex;

use crate::constant_pattern::constant_pattern;

/// A text in quotes, which may contain anything.
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r#""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"#));

/// What is written, as a pattern, and what to write instead. The first that is found counts.
static INSTEAD: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"[“”„‘’]", "use straight quotes, `'` or `\"`"),
        (r"&&", "write `and` instead of `&&`"),
        (r"\|\|", "write `or` instead of `||`"),
        (r"===", "write `==` instead of `===`"),
        (r"=~|~=", "write `TEXT is matching('PATTERN')`"),
        (r"(?:^|[^=!<>])=(?:[^=]|$)", "write `==` instead of `=`"),
        (r"!(?:[^=]|$)", "write `not` instead of `!`"),
        (r"\bAND\b", "write `and` in lower case"),
        (r"\bOR\b", "write `or` in lower case"),
        (r"\bNOT\b", "write `not` in lower case"),
        (
            r"\b(?:matches|like|regex)\b",
            "write `TEXT is matching('PATTERN')`",
        ),
        (r"\b(?:contains|includes)\b", "write `'PART' in TEXT`"),
        (
            r"\b(?:startswith|starts_with)\b",
            "write `TEXT is startingwith('PART')`",
        ),
        (
            r"\b(?:endswith|ends_with)\b",
            "write `TEXT is endingwith('PART')`",
        ),
    ]
    .into_iter()
    .map(|(pattern, instead)| (constant_pattern(pattern), instead))
    .collect()
});

/// The hint for an expression that cannot be parsed or calls what does not exist; empty if there is none.
pub(super) fn hint(source: &str) -> String {
    let code = QUOTED.replace_all(source, "''");
    let found = INSTEAD.iter().find(|(pattern, _)| pattern.is_match(&code));
    found.map_or_else(String::new, |(_, instead)| format!("\nhint: {instead}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_languages_write_is_answered_with_what_to_write() {
        for (source, instead) in [
            ("a && b", "`and`"),
            ("a=='x' || b", "`or`"),
            ("a === 'x'", "`==` instead of `===`"),
            ("a = 'x'", "`==` instead of `=`"),
            ("a =~ 'x'", "is matching"),
            ("a matches 'x'", "is matching"),
            ("!a", "`not`"),
            ("a == “x”", "straight quotes"),
            ("a AND b", "lower case"),
            ("a contains 'x'", "`'PART' in TEXT`"),
            ("contains(a, 'x')", "`'PART' in TEXT`"),
        ] {
            let hint = hint(source);
            assert!(hint.contains(instead), "{source}: {hint}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_what_is_in_quotes_or_right() {
        for source in [
            "a == '&& || = ! AND' b",
            "a <= 1 b",
            "a >= 1 b",
            "a != 1 b",
            "a + (b",
        ] {
            assert_eq!(hint(source), "", "{source}");
        }
    }
}
