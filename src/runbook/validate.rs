//! What is wrong with a runbook of the right shape. Pure, and all of it in one go.

mod checks;
mod command;
mod expressions;
mod facts;
mod hypotheses;
mod needs;
mod redact;
mod scope;
mod vars;

use super::error::Finding;
use super::model::Runbook;
use super::path::Path;
use super::printable::quoted;
use super::scope_names::is_reserved;
use crate::expression::expression_names;

pub use vars::{ValueError, check_value};

/// More checks, vars, lets or hypotheses than any runbook has: what follows is quadratic in them.
const MOST: usize = 500;

/// Everything that is wrong, in no order.
pub(super) fn findings(runbook: &Runbook) -> Vec<Finding> {
    let root = Path::default();
    let mut found = Findings(Vec::new());
    for (key, count) in [
        ("vars", runbook.vars.len()),
        ("let", runbook.lets.len()),
        ("checks", runbook.checks.len()),
        ("hypotheses", runbook.hypotheses.len()),
    ] {
        if count > MOST {
            let message = format!("{count} of them; a runbook has at most {MOST}");
            found.add(root.key(key).on_key(), message);
        }
    }
    if !found.0.is_empty() {
        return found.0;
    }
    found.dashed(&root.key("runbook"), &runbook.id);
    found.not_blank(&root.key("title"), &runbook.title);
    if runbook.checks.is_empty() {
        found.add(root.key("checks"), "there are no checks; add one");
    }
    vars::validate(runbook, &mut found);
    needs::validate(runbook, &mut found);
    for (index, check) in runbook.checks.iter().enumerate() {
        let path = root.key("checks").index(index);
        checks::validate(check, &path, &mut found);
        facts::validate(check, &path, &mut found);
    }
    hypotheses::validate(runbook, &mut found);
    expressions::validate(runbook, &mut found);
    redact::validate(runbook, &mut found);
    found.0
}

/// Collects what is wrong.
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, path: Path, message: impl Into<String>) {
        self.0.push(Finding {
            path,
            message: message.into(),
        });
    }

    /// A text for people that says nothing.
    fn not_blank(&mut self, path: &Path, text: &str) {
        if text.trim().is_empty() {
            self.add(path.clone(), "the text is empty; say it in a line");
        }
    }

    /// A name that stands in expressions.
    fn name(&mut self, path: &Path, name: &str) {
        if !is_name(name) {
            self.add(
                path.clone(),
                format!(
                    "{} cannot stand in an expression; use lower-case letters, digits and `_`, a \
                     letter first",
                    quoted(name)
                ),
            );
        } else if is_reserved(name) {
            self.add(
                path.clone(),
                format!("`{name}` already means something in expressions; choose another name"),
            );
        } else if !expression_names(name).is_ok_and(|names| names.contains(name)) {
            self.add(
                path.clone(),
                format!("`{name}` is a word of the expression language; choose another name"),
            );
        }
    }

    /// A name for people and file names.
    fn dashed(&mut self, path: &Path, name: &str) {
        if !is_dashed(name) {
            self.add(
                path.clone(),
                format!(
                    "{} is no name; use lower-case letters, digits and `-`, a letter first",
                    quoted(name)
                ),
            );
        }
    }
}

/// Whether a text has the form of the names that stand in expressions.
fn is_name(text: &str) -> bool {
    form_of(text, '_')
}

/// Whether a text has the form of the names of runbooks and hypotheses.
pub(super) fn is_dashed(text: &str) -> bool {
    form_of(text, '-')
}

fn form_of(text: &str, joint: char) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
}
