//! What is valid in a runbook, but probably a mistake. Pure.

mod long;
mod shell;

use super::error::{Finding, RunbookError, RunbookErrors};
use super::model::{Effect, Evidence, Hypothesis, Runbook};
use super::path::Path;
use super::printable::quoted;
use super::read::{check, located, shaped};
use super::source::Source;
use super::validate::{names_read, printed_lists};
use crate::expression::can_hold;

/// Something that is probably a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// The name of the rule.
    pub rule: &'static str,
    /// Where it is, and what.
    pub at: RunbookError,
}

/// A rule: its name, and what it finds.
type Rule = (&'static str, fn(&Runbook) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("list-in-text", printed_lists),
    ("long-command", long::findings),
    ("needless-shell", shell::findings),
    ("never-holds", never_holds),
    ("shell-operator", shell::operators),
    ("undecidable", undecidable),
    ("unread-var", unread_vars),
];

/// What is probably a mistake in a runbook and in the files that it includes, in the order of each file.
///
/// # Errors
/// The runbook is not valid.
pub fn lint(source: &Source) -> Result<Vec<Lint>, RunbookErrors> {
    let (runbook, spot) = shaped(source)?;
    check(&runbook, &spot, source)?;
    let mut lints = Vec::new();
    for (rule, find) in RULES {
        let findings = find(&runbook);
        if findings.is_empty() {
            continue;
        }
        let found = located(&spot, findings).errors.into_iter();
        lints.extend(found.map(|at| Lint { rule, at }));
    }
    let is_built_in = |lint: &Lint| {
        let mut parts = source.parts.iter();
        parts.any(|part| part.source.built_in && part.source.name == lint.at.file)
    };
    lints.retain(|lint| !is_built_in(lint));
    lints.sort_by(|a, b| {
        let place = |lint: &Lint| (lint.at.file != source.name, lint.at.position);
        (place(a), &a.at.file).cmp(&(place(b), &b.at.file))
    });
    Ok(lints)
}

/// The path of each hypothesis.
fn hypotheses(runbook: &Runbook) -> impl Iterator<Item = (Path, &Hypothesis)> {
    let path = Path::default().key("hypotheses");
    let all = runbook.hypotheses.iter().enumerate();
    all.map(move |(index, hypothesis)| (path.index(index), hypothesis))
}

fn holds(runbook: &Runbook, evidence: &Evidence) -> bool {
    can_hold(&evidence.condition, &|name| {
        runbook.checks.iter().any(|check| check.id == name)
    })
}

/// Evidence that cannot hold, whatever the container answers.
fn never_holds(runbook: &Runbook) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, hypothesis) in hypotheses(runbook) {
        for (index, evidence) in hypothesis.evidence.iter().enumerate() {
            if !holds(runbook, evidence) {
                findings.push(Finding {
                    path: path.key("evidence").index(index).key("if"),
                    message: "the condition can never hold: its parts exclude each other\nhint: \
                              check the values and `and`, `or`"
                        .to_owned(),
                });
            }
        }
    }
    findings
}

/// A hypothesis that is at best likely, and does not say so.
fn undecidable(runbook: &Runbook) -> Vec<Finding> {
    let decides = |evidence: &&Evidence| {
        matches!(evidence.effect, Effect::Confirms | Effect::RulesOut) && holds(runbook, evidence)
    };
    let open = hypotheses(runbook).filter(|(_, hypothesis)| {
        hypothesis.at_best.is_none() && !hypothesis.evidence.iter().any(|it| decides(&it))
    });
    open.map(|(path, hypothesis)| Finding {
        path: path.key("id"),
        message: format!(
            "no evidence can confirm or rule out {}\nhint: add evidence with `then: confirms` or `then: rules_out`, or write `at_best: likely` if there is none",
            quoted(&hypothesis.id)
        ),
    })
    .collect()
}

/// A var without effect.
fn unread_vars(runbook: &Runbook) -> Vec<Finding> {
    let read = names_read(runbook);
    let unread = runbook.vars.keys().filter(|name| !read.contains(*name));
    unread
        .map(|name| Finding {
            path: Path::default().key("vars").key(name).on_key(),
            message: format!(
                "nothing reads the var {}\nhint: use it in a check, as `{{{{ {name} }}}}`, or delete it",
                quoted(name)
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests;
