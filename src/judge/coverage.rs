//! Which evidence of a runbook its tests have made true and false. Pure.

use serde::Serialize;

use super::Diagnosis;
use crate::runbook::{Effect, Runbook};

/// The evidence of a runbook, with what tests have made of it.
#[derive(Debug)]
pub struct Coverage<'a> {
    runbook: &'a Runbook,
    /// For each hypothesis and its evidence, whether it was true, and whether it was false.
    seen: Vec<Vec<Seen>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    held: bool,
    failed: bool,
}

/// Evidence that no test has made true, or false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap<'a> {
    /// The hypothesis.
    pub hypothesis: &'a str,
    /// The index of the evidence.
    pub evidence: usize,
    pub effect: Effect,
    pub says: &'a str,
    /// The values that it never had.
    pub never: Vec<bool>,
}

impl<'a> Coverage<'a> {
    /// Nothing is covered yet.
    pub fn new(runbook: &'a Runbook) -> Self {
        let hypotheses = runbook.hypotheses.iter();
        Self {
            runbook,
            seen: hypotheses
                .map(|hypothesis| vec![Seen::default(); hypothesis.evidence.len()])
                .collect(),
        }
    }

    /// Adds what a test has made of the evidence.
    pub fn add(&mut self, diagnosis: &Diagnosis) {
        for (hypothesis, seen) in self.runbook.hypotheses.iter().zip(&mut self.seen) {
            let mut judged = diagnosis.hypotheses.iter();
            let judged = judged.find(|judged| judged.id == hypothesis.id);
            let evidence = judged.iter().flat_map(|judged| &judged.evidence);
            for (evidence, seen) in evidence.zip(seen) {
                seen.held |= evidence.holds == Some(true);
                seen.failed |= evidence.holds == Some(false);
            }
        }
    }

    /// The id of the runbook.
    pub fn runbook(&self) -> &'a str {
        &self.runbook.id
    }

    /// The number of pieces of evidence.
    pub fn evidence(&self) -> usize {
        self.seen.iter().map(Vec::len).sum()
    }

    /// Evidence that no test has made true, or false.
    pub fn gaps(&self) -> Vec<Gap<'a>> {
        let mut gaps = Vec::new();
        for (hypothesis, seen) in self.runbook.hypotheses.iter().zip(&self.seen) {
            for (index, (evidence, seen)) in hypothesis.evidence.iter().zip(seen).enumerate() {
                let values = [(true, seen.held), (false, seen.failed)];
                let never = values.into_iter().filter(|(_, was)| !was);
                let never: Vec<_> = never.map(|(value, _)| value).collect();
                if !never.is_empty() {
                    gaps.push(Gap {
                        hypothesis: &hypothesis.id,
                        evidence: index,
                        effect: evidence.effect,
                        says: &evidence.says,
                        never,
                    });
                }
            }
        }
        gaps
    }
}
