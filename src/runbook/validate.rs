//! The errors in a runbook of the right shape. Pure; all errors are found at once.

mod checks;
mod command;
pub(super) mod expressions;
mod facts;
mod hypotheses;
mod needs;
mod next;
mod redact;
mod remedies;
mod scope;
mod shapes;
mod vars;

use std::collections::BTreeSet;

use super::error::Finding;
use super::model::Runbook;
use super::path::Path;
use super::printable::quoted;
use super::scope_names::is_reserved;
use crate::expression::expression_names;

pub(super) use command::commands_of_script;
pub use vars::{ValueError, check_value};

/// The largest number of checks, vars, lets or hypotheses. What follows takes quadratic time in them.
const MAX_ENTRIES: usize = 500;

/// All errors, in no particular order.
pub(super) fn findings(runbook: &Runbook) -> Vec<Finding> {
    let root = Path::default();
    let mut found = Findings(Vec::new());
    for (key, count) in [
        ("vars", runbook.vars.len()),
        ("let", runbook.lets.len()),
        ("checks", runbook.checks.len()),
        ("hypotheses", runbook.hypotheses.len()),
    ] {
        if count > MAX_ENTRIES {
            let message = format!("{count} entries, but at most {MAX_ENTRIES} are allowed");
            found.add(&root.key(key).on_key(), message);
        }
    }
    if !found.0.is_empty() {
        return found.0;
    }
    found.dashed(&root.key("runbook"), &runbook.id);
    found.not_blank(&root.key("title"), &runbook.title);
    if runbook.checks.is_empty() {
        found.add(&root.key("checks"), "the list is empty\nhint: add a check");
    }
    vars::validate(runbook, &mut found);
    needs::validate(runbook, &mut found);
    for (index, check) in runbook.checks.iter().enumerate() {
        let path = root.key("checks").index(index);
        checks::validate(check, &path, &mut found);
        facts::validate(check, &path, &mut found);
    }
    hypotheses::validate(runbook, &mut found);
    next::validate(runbook, &mut found);
    expressions::validate(runbook, &mut found);
    redact::validate(runbook, &mut found);
    found.0
}

/// The names that the expressions and templates of a valid runbook read, without attributes.
pub(super) fn names_read(runbook: &Runbook) -> BTreeSet<String> {
    expressions::validate(runbook, &mut Findings(Vec::new())).names
}

/// The templates of a valid runbook that print a list.
pub(super) fn printed_lists(runbook: &Runbook) -> Vec<Finding> {
    expressions::validate(runbook, &mut Findings(Vec::new())).printed_lists
}

/// Collects errors.
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, path: &Path, message: impl Into<String>) {
        self.0.push(Finding {
            path: path.clone(),
            message: message.into(),
        });
    }

    /// A text for the user must not be blank.
    fn not_blank(&mut self, path: &Path, text: &str) {
        if text.trim().is_empty() {
            self.add(path, "the text is empty\nhint: write one line");
        }
    }

    /// The name of a var, a `let` or a check.
    fn name(&mut self, path: &Path, name: &str) {
        if self.fact_name(path, name)
            && !expression_names(name).is_ok_and(|names| names.contains(name))
        {
            let message =
                format!("`{name}` is a word of the expression language\nhint: choose another name");
            self.add(path, message);
        }
    }

    /// The name of a fact; true if it is valid.
    fn fact_name(&mut self, path: &Path, name: &str) -> bool {
        let is_well_formed = self.underscored(path, name);
        if is_well_formed && is_reserved(name) {
            let message = format!("`{name}` is a reserved name\nhint: choose another name");
            self.add(path, message);
            return false;
        }
        is_well_formed
    }

    /// A name that expressions can read; true if it is valid.
    fn underscored(&mut self, path: &Path, name: &str) -> bool {
        self.well_formed(path, name, '_')
    }

    /// The name of a runbook or hypothesis.
    fn dashed(&mut self, path: &Path, name: &str) {
        self.well_formed(path, name, '-');
    }

    fn well_formed(&mut self, path: &Path, name: &str, separator: char) -> bool {
        if !is_well_formed(name, separator) {
            let right = name
                .to_lowercase()
                .replace(['-', '_', ' ', '.'], &separator.to_string());
            let example = match is_well_formed(&right, separator) && right.len() < 40 {
                true => format!(", such as `{right}`"),
                false => String::new(),
            };
            let message = format!(
                "invalid name {}\nhint: use lower-case letters, digits and `{separator}`, and start \
                 with a letter{example}",
                quoted(name)
            );
            self.add(path, message);
            return false;
        }
        true
    }
}

/// Whether a text can be the name of a runbook or hypothesis.
pub fn is_dashed(text: &str) -> bool {
    is_well_formed(text, '-')
}

/// Whether a text can be the name of a var, a `let`, a check or a fact.
fn is_underscored(text: &str) -> bool {
    is_well_formed(text, '_')
}

fn is_well_formed(name: &str, separator: char) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator)
}
