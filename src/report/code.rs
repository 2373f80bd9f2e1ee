//! Code in the sentences of a runbook: what it writes between backticks.
//!
//! Only the code that the runbook itself has is code in a report. Backticks in the output of a container are text.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::constant_pattern::constant_pattern;
use crate::runbook::Runbook;

/// Stands for what is inserted into a template.
const INSERTED: char = '\0';
/// Letters that code needs around what is inserted: otherwise any text between backticks would be this code.
const OWN_LETTERS: usize = 3;

/// Commands and files that lxcdiag itself names in its errors. `pct` may have a path.
const OWN: [&str; 3] = [
    "(?:[^`\n ]*/)?(?:pct|lxc-attach|ssh)(?: [^`\n]*)?",
    "sleep|setsid",
    "/proc|ls /etc/pve/nodes|pvecm status",
];

/// A part of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Code(&'a str),
}

/// The code in the sentences of a runbook's hypotheses and of lxcdiag itself, as patterns.
pub(super) fn patterns(runbook: &Runbook) -> Vec<String> {
    let sentences = runbook.hypotheses.iter().flat_map(|hypothesis| {
        let evidence = hypothesis.evidence.iter().map(|evidence| &evidence.says);
        let remedies = hypothesis.remedies.iter().map(|remedy| &remedy.title);
        let others = hypothesis.remedy.iter().chain(&hypothesis.overturned_by);
        std::iter::once(&hypothesis.about)
            .chain(evidence)
            .chain(remedies)
            .chain(others)
    });
    let patterns: BTreeSet<_> = sentences.flat_map(|text| patterns_of(text)).collect();
    patterns.into_iter().chain(OWN.map(str::to_owned)).collect()
}

fn patterns_of(template: &str) -> Vec<String> {
    static INSERTIONS: LazyLock<Regex> =
        LazyLock::new(|| constant_pattern(r"(?s)\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}"));
    static SPANS: LazyLock<Regex> = LazyLock::new(|| constant_pattern("`([^`\n]+)`"));
    let text = INSERTIONS.replace_all(template, INSERTED.to_string());
    SPANS
        .captures_iter(&text)
        .filter_map(|span| span.get(1))
        .filter(|span| {
            let letters = span.as_str().chars().filter(|c| c.is_alphabetic());
            !span.as_str().contains(INSERTED) || letters.count() >= OWN_LETTERS
        })
        .map(|span| {
            let own: Vec<_> = span.as_str().split(INSERTED).map(regex::escape).collect();
            own.join("[^`\n]*")
        })
        .collect()
}

/// What finds code, from its [`patterns`]; nothing if a runbook has none, or too much of it.
pub(super) fn finder(patterns: &[String]) -> Option<Regex> {
    if patterns.is_empty() {
        return None;
    }
    Regex::new(&format!("`(?:{})`", patterns.join("|"))).ok()
}

/// A sentence without the backticks around its code.
pub(super) fn parts<'a>(text: &'a str, code: Option<&Regex>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = 0;
    for found in code.iter().flat_map(|code| code.find_iter(text)) {
        parts.extend(text.get(rest..found.start()).map(Part::Text));
        parts.push(Part::Code(found.as_str().trim_matches('`')));
        rest = found.end();
    }
    parts.extend(text.get(rest..).map(Part::Text));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_the_runbook_is_code() {
        let mut all =
            patterns_of("Use `pct push`. The lock is `lock: {{ lock }}`, {{ '`' ~ a ~ '`' }}.");
        all.extend(patterns_of("`{{ anything }}` is refused"));
        let code = finder(&all);
        let text = "Run `pct push` or `rm -r /`; `lock: backup` and `x`";
        assert_eq!(
            parts(text, code.as_ref()),
            [
                Part::Text("Run "),
                Part::Code("pct push"),
                Part::Text(" or `rm -r /`; "),
                Part::Code("lock: backup"),
                Part::Text(" and `x`"),
            ]
        );
        assert_eq!(parts("`x`", None), [Part::Text("`x`")]);
    }
}
