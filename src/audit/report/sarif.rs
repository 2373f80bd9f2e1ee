//! The report as SARIF 2.1.0, for code scanning.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::super::rule::Rule;
use super::{FileReport, Finding, Report};

/// Characters of a path that a URI may have as they are.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub(super) fn render(report: &Report) -> String {
    let rules: Vec<Value> = Rule::ALL.into_iter().map(rule).collect();
    let results: Vec<Value> = report
        .files
        .iter()
        .flat_map(|file| file.findings.iter().map(|finding| result(file, finding)))
        .collect();
    let notifications: Vec<Value> = report
        .files
        .iter()
        .flat_map(|file| {
            file.not_followed.iter().map(|lost| {
                json!({
                    "level": "note",
                    "message": { "text": format!("not followed: {}", lost.why) },
                    "locations": [location(&file.path, lost.line, lost.line)],
                })
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "lxcdiag",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    crate::json::pretty(&log).unwrap_or_default()
}

fn rule(rule: Rule) -> Value {
    let about = rule.explanation();
    json!({
        "id": rule.name(),
        "shortDescription": { "text": sentence(about.what) },
        "fullDescription": { "text": about.why },
        "help": { "text": format!("{}\n\nExample:\n{}\n\nFix:\n{}", about.why, about.example, about.fix) },
    })
}

/// A phrase as a sentence, as SARIF wants it.
fn sentence(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

fn result(file: &FileReport, finding: &Finding) -> Value {
    json!({
        "ruleId": finding.rule.name(),
        "ruleIndex": finding.rule as usize,
        "level": finding.severity.name(),
        "message": { "text": finding.message },
        "locations": [location(&file.path, finding.line, finding.end_line)],
    })
}

fn location(path: &str, line: usize, end: usize) -> Value {
    let encoded = utf8_percent_encode(path.trim_start_matches("./"), PATH).to_string();
    let uri = match path.starts_with('/') {
        true => format!("file://{encoded}"),
        false => encoded,
    };
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri },
        "region": { "startLine": line, "endLine": end },
    }})
}
