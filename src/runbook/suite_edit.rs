//! Changes of a file of runbook tests, with everything else in it as it was. Pure.

use std::ops::Range;

use super::error::Position;
use super::spot::Spot;
use super::yaml;

/// The key after which a missing key is inserted. Every test has it.
const ANCHOR: &str = "verdict";

/// A new value of a key of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteChange {
    /// The index of the test.
    pub test: usize,
    /// The key, such as `level`.
    pub key: &'static str,
    /// The value, a plain word; `None` deletes the key.
    pub value: Option<String>,
}

/// The text of a file of runbook tests with changes; `None` if it is not of a form that can be changed.
pub fn changed_suite(text: &str, changes: &[SuiteChange]) -> Option<String> {
    let document = yaml::parse(text, "").ok()??;
    let tests = value(&document.spot, "tests")?;
    let mut edits = Vec::new();
    for change in changes {
        edits.push(edit(text, tests.values.get(change.test)?, change)?);
    }
    // From the end, so that the ranges before it stay valid. An insertion comes after the value that it follows.
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut changed = text.to_owned();
    for (range, replacement) in edits.iter().rev() {
        changed.replace_range(range.clone(), replacement);
    }
    Some(changed)
}

/// The range to replace, and what by.
fn edit(text: &str, test: &Spot, change: &SuiteChange) -> Option<(Range<usize>, String)> {
    let in_braces = text.get(byte(text, test.position)?..)?.starts_with('{');
    let key = test.keys.iter().find(|(name, _)| name == change.key);
    match (key, &change.value) {
        (Some(_), Some(word)) => {
            let range = scalar(text, value(test, change.key)?)?;
            Some((range, word.clone()))
        }
        (Some((_, position)), None) => {
            let start = byte(text, *position)?;
            let end = scalar(text, value(test, change.key)?)?.end;
            let before = text.get(..start)?;
            let kept = match in_braces {
                true => before.trim_end().strip_suffix(',')?.len(),
                false => before.trim_end_matches(' ').strip_suffix('\n')?.len(),
            };
            Some((kept..end, String::new()))
        }
        (None, Some(word)) => {
            let end = scalar(text, value(test, ANCHOR)?)?.end;
            let (_, anchor) = test.keys.iter().find(|(name, _)| name == ANCHOR)?;
            let between = match in_braces {
                true => String::from(", "),
                false => format!("\n{}", " ".repeat(anchor.column.checked_sub(1)?)),
            };
            Some((end..end, format!("{between}{}: {word}", change.key)))
        }
        (None, None) => None,
    }
}

fn value<'a>(spot: &'a Spot, key: &str) -> Option<&'a Spot> {
    let index = spot.keys.iter().position(|(name, _)| name == key)?;
    spot.values.get(index).map(|value| &**value)
}

/// The bytes of a scalar on one line, with its quotes.
fn scalar(text: &str, spot: &Spot) -> Option<Range<usize>> {
    let start = byte(text, spot.position)?;
    let written = text.get(start..)?;
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let quotes = usize::from(quote.is_some());
    let inside = written.get(quotes..)?;
    inside.starts_with(&spot.text).then_some(())?;
    Some(start..start + spot.text.len() + 2 * quotes)
}

/// The byte at a position.
fn byte(text: &str, position: Position) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let above: usize = lines.by_ref().take(position.line - 1).map(str::len).sum();
    let mut characters = lines.next()?.char_indices();
    let (column, _) = characters.nth(position.column - 1)?;
    Some(above + column)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = r#"# Kept.
runbook: disk
tests:
  - { recording: a.json, verdict: full, level: "likely", race: unlikely } # é, and this
  - { recording: b.json, verdict: healthy }
  - recording: c.json # one

    verdict: 'full' # two
    level: likely
    holds: { full: [90 %] }
"#;

    fn change(test: usize, key: &'static str, value: Option<&str>) -> SuiteChange {
        SuiteChange {
            test,
            key,
            value: value.map(str::to_owned),
        }
    }

    #[test]
    fn only_the_changed_words_differ() {
        let changes = [
            change(0, "verdict", Some("healthy")),
            change(0, "level", None),
            change(0, "race", Some("ruled_out")),
            change(1, "verdict", Some("full")),
            change(1, "level", Some("confirmed")),
            change(2, "verdict", Some("inconclusive")),
            change(2, "level", None),
            change(2, "race", Some("likely")),
        ];
        let changed = changed_suite(SUITE, &changes).unwrap();
        insta::assert_snapshot!(changed, @r"
        # Kept.
        runbook: disk
        tests:
          - { recording: a.json, verdict: healthy, race: ruled_out } # é, and this
          - { recording: b.json, verdict: full, level: confirmed }
          - recording: c.json # one

            verdict: inconclusive
            race: likely # two
            holds: { full: [90 %] }
        ");
    }

    #[test]
    fn what_cannot_be_changed_is_left_alone() {
        let aliased = "tests:\n  - { level: &x likely, verdict: full }\n";
        for (text, changed) in [
            (aliased, change(0, "level", None)),
            (SUITE, change(7, "verdict", Some("full"))),
            ("tests: [", change(0, "verdict", Some("full"))),
        ] {
            assert_eq!(changed_suite(text, &[changed]), None, "{text}");
        }
    }
}
