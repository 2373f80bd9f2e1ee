//! The checks that an expression depends on, directly or through derived values. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::expression::Condition;
use crate::expression::{expression_names, let_names};
use crate::runbook::scope_names::HISTORY;
use crate::runbook::{Evidence, Observed, Runbook};

/// The checks that each derived value of a runbook depends on.
#[derive(Debug, Clone, Default)]
pub struct Dependencies {
    checks: BTreeSet<String>,
    lets: BTreeMap<String, BTreeSet<String>>,
}

impl Dependencies {
    /// The dependencies of a runbook's derived values, each of which uses only those above it.
    pub fn new(runbook: &Runbook) -> Self {
        let mut all = Self {
            checks: runbook
                .checks
                .iter()
                .map(|check| check.id.clone())
                .collect(),
            lets: BTreeMap::new(),
        };
        all.read_lets(runbook);
        if let Some(inputs) = &runbook.history {
            let expressions = [&inputs.path, &inputs.elsewhere];
            let read = expressions.map(|source| expression_names(source).unwrap_or_default());
            let mut behind: BTreeSet<_> = read.iter().flat_map(|it| all.of_names(it)).collect();
            behind.extend(inputs.checks().map(|(_, check)| check.to_owned()));
            all.lets.insert(HISTORY.to_owned(), behind);
            all.read_lets(runbook);
        }
        all
    }

    fn read_lets(&mut self, runbook: &Runbook) {
        for (name, source) in &runbook.lets {
            let behind = self.of_names(&let_names(source).unwrap_or_default());
            self.lets.insert(name.clone(), behind);
        }
    }

    /// The checks that a derived value depends on.
    pub fn of_let(&self, name: &str) -> impl Iterator<Item = &str> {
        self.lets
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The derived values that depend on a check.
    pub fn lets_on(&self, check: &str) -> impl Iterator<Item = &str> {
        let on = self
            .lets
            .iter()
            .filter(move |(_, behind)| behind.contains(check));
        on.map(|(name, _)| name.as_str())
    }

    /// The checks that a condition depends on.
    pub fn of_condition(&self, condition: &Condition) -> BTreeSet<String> {
        match condition {
            Condition::Leaf(source) => self.of_names(&expression_names(source).unwrap_or_default()),
            Condition::All(parts) | Condition::Any(parts) => parts
                .iter()
                .flat_map(|part| self.of_condition(part))
                .collect(),
            Condition::Not(part) => self.of_condition(part),
        }
    }

    /// The checks that evidence depends on.
    pub fn of_evidence(&self, evidence: &Evidence) -> Vec<String> {
        let mut checks = self.of_condition(&evidence.condition);
        if evidence.now == Some(Observed::File) {
            checks.extend(self.of_let(HISTORY).map(str::to_owned));
        }
        checks.into_iter().collect()
    }

    fn of_names(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut behind = BTreeSet::new();
        for name in names {
            let root = name.split('.').next().unwrap_or_default();
            if let Some(check) = self.checks.get(root) {
                behind.insert(check.clone());
            } else if let Some(checks) = self.lets.get(root) {
                behind.extend(checks.iter().cloned());
            }
        }
        behind
    }
}
