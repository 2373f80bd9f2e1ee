//! Evaluates the output of a run as far as the next commands need it.
//!
//! It owns all that it reads, so that it can work on a thread of its own: a container's output can take long.

use std::sync::Arc;

use super::plan::Plan;
use super::policy::ChangePolicy;
use crate::evidence::fact::Fact;
use crate::evidence::recording::{Attempt, Ending, Recording};
use crate::expression::{Binding, Unknown};
use crate::judge::results::CheckResults;
use crate::runbook::{Action, Check, HostProbe, Runbook};

/// The maximum number of `for_each` items that a check runs for.
const MAX_ITEMS: usize = 100;

/// A command of a check.
pub(super) struct Command {
    pub(super) item: Option<String>,
    pub(super) argv: Vec<String>,
    pub(super) probe: Option<HostProbe>,
}

/// A command of a check that does not run.
pub(super) struct NotRun {
    pub(super) item: Option<String>,
    pub(super) ending: Ending,
}

/// What the checks found, and what follows for the next ones.
pub(super) struct Evaluator {
    runbook: Arc<Runbook>,
    changes: ChangePolicy,
    /// What the checks found so far, without the pending ones.
    results: CheckResults,
    /// The IDs of the latest checks, each with the number of its attempts.
    pending: Vec<(String, usize)>,
}

impl Evaluator {
    /// Before the first attempt of this run.
    pub(super) fn new(plan: &Plan, recording: &Recording) -> Self {
        let earlier = plan.runbook.in_order().into_iter().map(|check| {
            let own = plan.head.attempts.iter();
            let own = own.filter(|attempt| attempt.check == check.id);
            (check.id.clone(), own.count())
        });
        Self {
            runbook: Arc::clone(&plan.runbook),
            changes: plan.changes.clone(),
            results: CheckResults::new(&plan.runbook, recording),
            pending: earlier.filter(|(_, count)| *count > 0).collect(),
        }
    }

    /// Adds a check that has made its attempts.
    pub(super) fn add(&mut self, check: &Check, attempts: usize) {
        self.pending.push((check.id.clone(), attempts));
    }

    /// Whether the commands of a check can read the facts of others.
    pub(super) const fn reads_facts(check: &Check) -> bool {
        check.changes || !check.needs.is_empty()
    }

    /// The commands to run for a check, after all of these attempts, and the reason why others cannot run.
    ///
    /// # Errors
    /// Why the check is skipped.
    pub(super) fn commands(
        &mut self,
        check: &str,
        attempts: &[Attempt],
    ) -> Result<Vec<Result<Command, NotRun>>, String> {
        let runbook = Arc::clone(&self.runbook);
        let Some(check) = runbook.checks.iter().find(|known| known.id == check) else {
            return Ok(Vec::new());
        };
        self.interpret_needs(check, attempts);
        if let Some(need) = check.needs.iter().find(|need| !self.results.passed(need)) {
            return Err(format!("needs {need}, which has not passed"));
        }
        if let Some(reason) = self.changes.refusal(check) {
            return Err(reason);
        }
        if check.changes
            && let Some(reason) = self.results.not_applicable(&runbook)
        {
            return Err(format!("it changes the container: {reason}"));
        }
        let Some(source) = &check.for_each else {
            return Ok(vec![self.command(check, None)]);
        };
        let items = self.items(source)?;
        let mut commands: Vec<_> = items
            .iter()
            .take(MAX_ITEMS)
            .map(|item| self.command(check, Some(item.clone())))
            .collect();
        if let Some(more) = items.len().checked_sub(MAX_ITEMS + 1) {
            let reason = format!(
                "{} of {} items did not run: a check runs for at most {MAX_ITEMS} items",
                more + 1,
                items.len()
            );
            commands.push(Err(NotRun {
                item: None,
                ending: Ending::Errored(reason),
            }));
        }
        Ok(commands)
    }

    fn items(&self, source: &str) -> Result<Vec<String>, String> {
        let value = self
            .results
            .scope()
            .value(source)
            .map_err(|missing| format!("missing: {missing}"))?;
        let items: Vec<_> = value
            .try_iter()
            .map_err(|_| format!("`{source}` is not a list"))?
            .map(|item| item.to_string())
            .collect();
        if items.is_empty() {
            return Err(format!("`{source}` is empty"));
        }
        Ok(items)
    }

    /// The command to run for one item, or the missing values.
    fn command(&self, check: &Check, item: Option<String>) -> Result<Command, NotRun> {
        let mut scope = self.results.scope().inner();
        if let Some(item) = &item {
            scope.bind("item", Binding::Present(Fact::Text(item.clone())));
        }
        let skip = |item, missing: Unknown| NotRun {
            item,
            ending: Ending::Skipped(missing.to_string()),
        };
        let probe = match check.action() {
            Some(Action::Host(HostProbe::Source(path))) => match scope.render(path) {
                Ok(path) => Some(HostProbe::Source(path)),
                Err(unknown) => return Err(skip(item, unknown)),
            },
            Some(Action::Host(probe)) => Some(probe.clone()),
            _ => None,
        };
        match check.argv(&scope) {
            Ok(argv) => Ok(Command { item, argv, probe }),
            Err(unknown) => Err(skip(item, unknown)),
        }
    }

    /// Interprets the checks that this check needs, because its command can read their facts. The
    /// others are interpreted at the end: between two commands it takes longer, because the
    /// processor's caches are cold.
    fn interpret_needs(&mut self, check: &Check, attempts: &[Attempt]) {
        let needed = |(pending, _): &(String, usize)| check.needs.contains(pending);
        if check.changes || self.pending.iter().any(needed) {
            self.interpret(attempts);
        }
    }

    /// Interprets the attempts at all pending checks, which are the last of these.
    fn interpret(&mut self, attempts: &[Attempt]) {
        let count: usize = self.pending.iter().map(|(_, count)| count).sum();
        let done = attempts.len().saturating_sub(count);
        let (_, mut attempts) = attempts.split_at(done);
        for (id, count) in self.pending.drain(..) {
            let (own, later) = attempts.split_at(count.min(attempts.len()));
            if let Some(check) = self.runbook.checks.iter().find(|check| check.id == id) {
                self.results.add(check, &own.iter().collect::<Vec<_>>());
            }
            attempts = later;
        }
    }

    /// What the checks found, given all of their attempts.
    pub(super) fn into_results(mut self, attempts: &[Attempt]) -> CheckResults {
        self.interpret(attempts);
        self.results
    }
}
