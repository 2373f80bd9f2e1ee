//! The facts that a condition reads, directly or through derived values. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Evidence, Observed, Runbook};
use super::scope_names::HISTORY;
use crate::expression::{Condition, expression_names, let_names};

/// What the expressions of a runbook read.
#[derive(Debug)]
pub struct FactsRead<'a> {
    runbook: &'a Runbook,
    lets: BTreeMap<&'a str, &'a str>,
}

impl<'a> FactsRead<'a> {
    /// Those of this runbook.
    pub fn new(runbook: &'a Runbook) -> Self {
        let lets = runbook.lets.iter();
        Self {
            runbook,
            lets: lets.map(|(name, source)| (&**name, &**source)).collect(),
        }
    }

    /// The facts and outcomes that evidence reads, as `CHECK.FACT`; a check by itself if all of it is read.
    pub fn of_evidence(&self, evidence: &Evidence) -> BTreeSet<String> {
        let mut open = Vec::new();
        names(&evidence.condition, &mut open);
        if evidence.now == Some(Observed::File) {
            open.push(HISTORY.to_owned());
        }
        self.behind(open)
    }

    fn behind(&self, mut open: Vec<String>) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            let mut parts = name.split('.');
            let root = parts.next().unwrap_or_default().to_owned();
            if self.runbook.checks.iter().any(|check| check.id == root) {
                let fact = parts.next().map(|fact| format!("{root}.{fact}"));
                facts.insert(fact.unwrap_or(root));
            } else if !seen.insert(root.clone()) {
                continue;
            } else if let Some(source) = self.lets.get(&*root) {
                open.extend(let_names(source).iter().flat_map(|it| it.iter().cloned()));
            } else if let Some(inputs) = self.runbook.history.as_ref().filter(|_| root == HISTORY) {
                let checks = inputs.checks();
                facts.extend(checks.map(|(_, check)| check.to_owned()));
                for source in [&inputs.path, &inputs.elsewhere] {
                    let names = expression_names(source);
                    open.extend(names.iter().flat_map(|it| it.iter().cloned()));
                }
            }
        }
        facts
    }
}

/// The names in a condition.
fn names(condition: &Condition, found: &mut Vec<String>) {
    match condition {
        Condition::Leaf(source) => {
            found.extend(
                expression_names(source)
                    .iter()
                    .flat_map(|it| it.iter().cloned()),
            );
        }
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| names(part, found));
        }
        Condition::Not(part) => names(part, found),
    }
}
