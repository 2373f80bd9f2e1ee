//! Conditions of three values.

use super::{Evaluator, Scope, Unknown};
use crate::runbook::Condition;

/// What came of weighing a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it holds; `None` where that is not known.
    pub holds: Option<bool>,
    /// What was missing, where it is not known.
    pub missing: Vec<String>,
}

impl Judgement {
    const fn known(holds: bool) -> Self {
        Self {
            holds: Some(holds),
            missing: Vec::new(),
        }
    }
}

impl Evaluator {
    /// Weighs a condition by Kleene's logic: unknown only where the unknown parts could turn it.
    pub fn judge(&self, condition: &Condition, scope: &Scope) -> Judgement {
        match condition {
            Condition::Leaf(source) => match self.truth(source, scope) {
                Ok(holds) => Judgement::known(holds),
                Err(Unknown(missing)) => Judgement {
                    holds: None,
                    missing,
                },
            },
            Condition::All(parts) => self.join(parts, scope, false),
            Condition::Any(parts) => self.join(parts, scope, true),
            Condition::Not(part) => {
                let inner = self.judge(part, scope);
                Judgement {
                    holds: inner.holds.map(|holds| !holds),
                    missing: inner.missing,
                }
            }
        }
    }

    /// One part that is `decisive` settles the whole; else one that is unknown leaves it so.
    fn join(&self, parts: &[Condition], scope: &Scope, decisive: bool) -> Judgement {
        let mut missing = Vec::new();
        let mut unknown = false;
        for part in parts {
            let judgement = self.judge(part, scope);
            match judgement.holds {
                Some(holds) if holds == decisive => return Judgement::known(decisive),
                Some(_) => {}
                None => unknown = true,
            }
            for name in judgement.missing {
                if !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
        if unknown {
            Judgement {
                holds: None,
                missing,
            }
        } else {
            Judgement::known(!decisive)
        }
    }
}
