//! What a check takes from its output.

use super::{Findings, is_name};
use crate::nearest_name::suggestion;
use crate::runbook::model::{Check, Each, FactSpec};
use crate::runbook::path::Path;
use crate::runbook::pattern::{fact_pattern, reason};
use crate::runbook::printable::quoted;
use crate::runbook::scope_names::{FactNames, is_reserved};

pub(super) fn validate(check: &Check, path: &Path, found: &mut Findings) {
    let Some(spec) = &check.facts else {
        return;
    };
    let path = path.key("facts");
    source_of_facts(check, spec, &path, found);
    for (index, pattern) in spec.patterns.iter().enumerate() {
        // One pattern may stand without a list.
        let path = match spec.patterns.len() {
            1 => path.key("match"),
            _ => path.key("match").index(index),
        };
        groups(pattern, &path, found);
    }
    for (name, field) in &spec.fields {
        let path = path.key("fields").key(name);
        fact_name(name, &path.clone().on_key(), found);
        if field.is_empty() {
            found.add(path, "the text is empty; name a key of the JSON object");
        }
    }
    let facts = FactNames::of(check);
    for name in spec.types.keys().filter(|name| !facts.has(name)) {
        let known = suggestion(name, facts.names.iter().map(String::as_str));
        found.add(
            path.key("types").key(name).on_key(),
            format!("no fact is called {}{known}", quoted(name)),
        );
    }
}

/// Whether there is something to take facts from, and one thing only.
fn source_of_facts(check: &Check, spec: &FactSpec, path: &Path, found: &mut Findings) {
    let (matches, fields) = (!spec.patterns.is_empty(), !spec.fields.is_empty());
    match check.each {
        _ if matches && fields => found.add(
            path.key("fields").on_key(),
            "`match` reads text and `fields` reads JSON; keep one of the two",
        ),
        Some(Each::Json) if matches => found.add(
            path.key("match").on_key(),
            "`each: json` reads JSON and `match` reads text; write `fields`, or `each: line`",
        ),
        Some(Each::Line) if fields => found.add(
            path.key("fields").on_key(),
            "`each: line` reads text and `fields` reads JSON; write `match`, or `each: json`",
        ),
        None | Some(Each::Line) if !matches && !fields => found.add(
            path.clone(),
            "no fact is named here; write `match` with a regular expression, or `fields`",
        ),
        _ => {}
    }
}

fn groups(pattern: &str, path: &Path, found: &mut Findings) {
    let regex = match fact_pattern(pattern) {
        Ok(regex) => regex,
        Err(error) => {
            let message = format!("not a regular expression: {}", reason(&error));
            return found.add(path.clone(), message);
        }
    };
    let mut named = regex.capture_names().flatten().peekable();
    if named.peek().is_none() {
        found.add(
            path.clone(),
            "no group has a name, so there is no fact; write `(?<name>…)`",
        );
    }
    for name in named {
        fact_name(name, path, found);
    }
}

fn fact_name(name: &str, path: &Path, found: &mut Findings) {
    if !is_name(name) {
        found.add(
            path.clone(),
            format!(
                "the fact {} cannot stand in an expression; use lower-case letters, digits and \
                 `_`, a letter first",
                quoted(name)
            ),
        );
    } else if is_reserved(name) {
        found.add(
            path.clone(),
            format!("`{name}` already means something in expressions; choose another name"),
        );
    }
}
