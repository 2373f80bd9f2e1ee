//! What is removed and what stays.

mod api_tokens;
mod contexts;
mod fields;
mod hostile;
mod manifests;
mod names;
mod properties;
mod runs;
mod shapes;
mod stays;

use super::Redactor;
use crate::fixture::runbook;
use crate::runbook::Runbook;

/// A runbook with these patterns.
fn with_patterns(patterns: &str) -> Runbook {
    runbook(&format!(
        "runbook: test
title: A test
checks:
  - {{ id: look, title: Look, run: [look], pass: exit == 0 }}
{patterns}"
    ))
}

/// A redacted text.
fn redacted(text: &str) -> String {
    let mut redactor = Redactor::new(&with_patterns(""));
    redactor.learn(text.as_bytes());
    let redacted = redactor.redact(text.as_bytes());
    redacted.map_or_else(
        || text.to_owned(),
        |bytes| String::from_utf8(bytes).unwrap(),
    )
}

/// Checks that each text on the left becomes the one on the right, and does not change if it is redacted again.
fn become_these(cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let once = redacted(text);
            let again = redacted(&once);
            let right = once == *expected && again == once;
            (!right)
                .then(|| format!("{text}\n  is     {once}\n  not    {expected}\n  again  {again}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
