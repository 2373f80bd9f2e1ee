//! What a check takes from its output.

use super::Findings;
use crate::nearest_name::suggestion;
use crate::runbook::model::{Check, Each, FactSpec};
use crate::runbook::path::Path;
use crate::runbook::pattern::{fact_pattern, reason};
use crate::runbook::printable::quoted;
use crate::runbook::scope_names::FactNames;

pub(super) fn validate(check: &Check, path: &Path, found: &mut Findings) {
    let Some(spec) = &check.facts else {
        return;
    };
    let path = path.key("facts");
    source_of_facts(check, spec, &path, found);
    for (index, pattern) in spec.patterns.iter().enumerate() {
        let path = path.key("match").one_of(index, spec.patterns.len());
        groups(pattern, &path, found);
    }
    for (name, field) in &spec.fields {
        let path = path.key("fields").key(name);
        found.fact_name(&path.clone().on_key(), name);
        if field.is_empty() {
            let message = "the text is empty\nhint: write a key of the JSON object";
            found.add(&path, message);
        }
    }
    let facts = FactNames::of(check);
    for name in spec.types.keys().filter(|name| !facts.has(name)) {
        let hint = suggestion(name, facts.names.iter().map(String::as_str));
        let message = format!("unknown fact {}{hint}", quoted(name));
        found.add(&path.key("types").key(name).on_key(), message);
    }
}

/// There must be exactly one way to take the facts.
fn source_of_facts(check: &Check, spec: &FactSpec, path: &Path, found: &mut Findings) {
    let (matches, fields) = (!spec.patterns.is_empty(), !spec.fields.is_empty());
    let (path, message) = match check.each {
        _ if matches && fields => (
            path.key("fields").on_key(),
            "`match` reads text, but `fields` reads JSON\nhint: keep one of them",
        ),
        Some(Each::Json) if matches => (
            path.key("match").on_key(),
            "`each: json` reads JSON, but `match` reads text\nhint: use `fields`, or `each: line`",
        ),
        Some(Each::Line) if fields => (
            path.key("fields").on_key(),
            "`each: line` reads text, but `fields` reads JSON\nhint: use `match`, or `each: json`",
        ),
        None | Some(Each::Line) if !matches && !fields => (
            path.clone(),
            "no facts are defined\nhint: add `match` with a regular expression, or `fields`",
        ),
        _ => return,
    };
    found.add(&path, message);
}

fn groups(pattern: &str, path: &Path, found: &mut Findings) {
    let regex = match fact_pattern(pattern) {
        Ok(regex) => regex,
        Err(error) => return found.add(path, reason(&error)),
    };
    let mut named = regex.capture_names().flatten().peekable();
    if named.peek().is_none() {
        let message = "the regular expression has no named group, so it yields no facts\nhint: write \
                       `(?<name>…)`";
        found.add(path, message);
    }
    for name in named {
        found.fact_name(path, name);
    }
}
