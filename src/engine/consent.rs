//! What is left of a run until the user allows changes.

use std::time::{Duration, Instant};

use super::plan::{Plan, PlannedCheck};
use super::policy::ChangePolicy;
use crate::evidence::recording::Recording;
use crate::judge::results::CheckResults;

/// How old evidence may be when the container is changed. Older evidence is collected again.
const FRESH: Duration = Duration::from_secs(60);

/// Whether evidence that was collected from `began` on is recent enough to change the container.
pub fn is_fresh(began: Instant, now: Instant) -> bool {
    now.duration_since(began) <= FRESH
}

/// The checks of a run that would change the container, and the evidence before them.
pub struct Pending {
    /// The checks, by the step in the runbook's plan or by their title.
    pub steps: Vec<String>,
    /// Their commands, safe to print.
    pub commands: Vec<String>,
    recording: Recording,
    began: Instant,
}

impl Pending {
    /// What is left of a run that began then; nothing if it may not change the container anyway.
    pub(super) fn of(
        plan: &Plan,
        recording: &Recording,
        results: &CheckResults,
        began: Instant,
    ) -> Option<Self> {
        if plan.changes != ChangePolicy::Unasked || results.not_applicable(&plan.runbook).is_some()
        {
            return None;
        }
        let mut left: Vec<PlannedCheck<'_>> = Vec::new();
        for planned in plan.checks(|check| check.changes) {
            let is_left = |need: &String| left.iter().any(|before| before.check.id == *need);
            let mut needs = planned.check.needs.iter();
            if needs.all(|need| results.passed(need) || is_left(need)) {
                left.push(planned);
            }
        }
        let steps = left.iter().map(|planned| planned.check);
        let mut steps: Vec<_> = steps
            .map(|check| check.step.as_ref().unwrap_or(&check.title).clone())
            .collect();
        steps.dedup();
        (!left.is_empty()).then(|| Self {
            steps,
            commands: left.iter().map(PlannedCheck::shown).collect(),
            recording: recording.clone(),
            began,
        })
    }

    /// The evidence, unless it is too old.
    pub(super) fn evidence(self, now: Instant) -> Option<Recording> {
        is_fresh(self.began, now).then_some(self.recording)
    }
}

#[cfg(test)]
mod tests;
