//! Executes a plan's checks over a backend, and records the results.

use std::sync::Arc;

use super::backend::{Backend, Call, not_run};
use super::plan::Plan;
use super::stop::Stop;
use crate::evidence::fact::Fact;
use crate::evidence::recording::{Attempt, Ending, Recording};
use crate::evidence::time::SECOND;
use crate::expression::{Binding, Unknown};
use crate::judge::results::CheckResults;
use crate::runbook::{Action, Check, HostProbe, Runbook};

/// The maximum number of `for_each` items that a check runs for.
const MAX_ITEMS: usize = 100;

/// The bytes of output that a diagnosis keeps, as long as they are in a report, in all its runs. After that, no further
/// command runs. A report is in memory several times over while it is made.
const MAX_OUTPUT: usize = 2 << 20;

/// A command to run, or the attempt with the reason why it cannot run.
type PlannedCall<'a> = Result<Call<'a>, Box<Attempt>>;

/// Callbacks during a run.
pub struct Hooks<'a> {
    /// Saves the recording before a command changes the container. The recording contains the command as
    /// if it had not ended. If saving fails, the command does not run, for the returned reason.
    pub before_change: &'a dyn Fn(&Recording) -> Result<(), String>,
    /// Called when a check begins.
    pub begins: &'a dyn Fn(&Check),
}

/// The result of a plan.
pub struct Execution {
    /// Every attempt.
    pub recording: Recording,
    /// What the checks of the recording found.
    pub results: CheckResults,
    /// Why it ended early, if it did.
    pub stopped: Option<Stop>,
    /// Why the container could not be reached, if commands were to run in it and that is not its own fault.
    pub not_opened: Option<String>,
}

/// Runs the checks until they are done or `stop` resolves.
///
/// Never fails: what could not run is an attempt that errored or was skipped, with its reason.
pub async fn execute(
    plan: &Plan,
    mut backend: impl Backend,
    hooks: &Hooks<'_>,
    stop: &mut (impl Future<Output = Stop> + Unpin),
) -> Execution {
    let mut recording = plan.head.clone();
    backend.learn(plan);
    let now = backend.now();
    recording.clock_uncertainty = recording.clock_uncertainty.max(now.width());
    if recording.attempts.is_empty() {
        recording.started_at = now.start;
    }
    let mut executor = Executor {
        plan,
        hooks,
        results: CheckResults::new(&plan.runbook, &recording),
        pending: earlier(plan),
        kept_bytes: backend.kept_before()
            + recording.attempts.iter().map(kept_bytes).sum::<usize>(),
        recording,
    };
    let stopped = executor.run(&mut backend, stop).await;
    executor.finish(backend, stopped).await
}

/// The checks with attempts from an earlier run, each with their number.
fn earlier(plan: &Plan) -> Vec<(&Check, usize)> {
    let attempts = &plan.head.attempts;
    let checks = plan.runbook.in_order().into_iter();
    checks
        .map(|check| {
            let own = attempts.iter().filter(|attempt| attempt.check == check.id);
            (check, own.count())
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn kept_bytes(attempt: &Attempt) -> usize {
    attempt.stdout.escaped_bytes() + attempt.stderr.escaped_bytes()
}

/// Why a command does not run if the run has too much output already.
fn too_much_output() -> Ending {
    let limit = MAX_OUTPUT >> 20;
    Ending::Errored(format!(
        "not run: the run has its {limit} MiB of output already"
    ))
}

struct Executor<'a> {
    plan: &'a Plan,
    hooks: &'a Hooks<'a>,
    /// What the checks found so far, without the pending ones.
    results: CheckResults,
    /// The latest checks, each with the number of its attempts.
    pending: Vec<(&'a Check, usize)>,
    kept_bytes: usize,
    recording: Recording,
}

impl<'a> Executor<'a> {
    async fn run(
        &mut self,
        backend: &mut impl Backend,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Option<Stop> {
        if self.plan.enters() {
            let opened = tokio::select! {
                biased;
                stopped = &mut *stop => Some(stopped),
                () = backend.open(&mut self.recording.target) => None,
            };
            if let Some(stopped) = opened {
                backend.abort(None, stopped).await;
                return Some(stopped);
            }
        }
        for check in self.plan.runbook.in_order() {
            let earlier = &self.plan.head.attempts;
            if earlier.iter().any(|attempt| attempt.check == check.id) {
                continue;
            }
            (self.hooks.begins)(check);
            let stopped = self.check(check, backend, stop).await;
            if stopped.is_some() {
                return stopped;
            }
        }
        None
    }

    /// Makes the attempts at one check: one, or one for each item.
    async fn check(
        &mut self,
        check: &'a Check,
        backend: &mut impl Backend,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Option<Stop> {
        self.interpret_needs(check);
        let calls = match self.calls(check) {
            Ok(calls) => calls,
            Err(reason) => {
                let attempt = not_run(check, None, Ending::Skipped(reason));
                self.add(check, vec![attempt]);
                return None;
            }
        };
        if let Some(source) = &check.output_of {
            self.read_again(check, source);
            return None;
        }
        if check.changes
            && backend.is_open()
            && let Err(reason) = self.announce(check, &calls, backend.now().start)
        {
            let reason = format!("it changes the container: {reason}");
            let skipped = Ending::Skipped(reason);
            let skip = |call: PlannedCall<'_>| match call {
                Ok(call) => call.not_run(skipped.clone()),
                Err(attempt) => *attempt,
            };
            self.add(check, calls.into_iter().map(skip).collect());
            return None;
        }
        let mut attempts = Vec::new();
        let mut stopped = None;
        for call in calls {
            let attempt = match call {
                Err(attempt) => *attempt,
                Ok(call) if self.kept_bytes > MAX_OUTPUT => call.not_run(too_much_output()),
                Ok(call) => {
                    let answer = tokio::select! {
                        biased;
                        stopped = &mut *stop => Err(stopped),
                        attempt = backend.attempt(call.clone()) => Ok(attempt),
                    };
                    match answer {
                        Ok(attempt) => attempt,
                        Err(reason) => {
                            stopped = Some(reason);
                            let skipped = Ending::Skipped(reason.to_string());
                            let ended = backend.abort(Some(call.clone()), reason).await;
                            ended.unwrap_or_else(|| call.not_run(skipped))
                        }
                    }
                }
            };
            self.kept_bytes += kept_bytes(&attempt);
            attempts.push(attempt);
            if stopped.is_some() {
                break;
            }
        }
        self.add(check, attempts);
        stopped
    }

    /// The commands to run for a check, and the attempts with the reason why others cannot run.
    ///
    /// # Errors
    /// Why the check is skipped.
    fn calls(&self, check: &'a Check) -> Result<Vec<PlannedCall<'a>>, String> {
        if let Some(need) = check.needs.iter().find(|need| !self.results.passed(need)) {
            return Err(format!("needs {need}, which has not passed"));
        }
        if let Some(reason) = self.plan.changes.refusal(check) {
            return Err(reason);
        }
        if check.changes
            && let Some(reason) = self.results.not_applicable(&self.plan.runbook)
        {
            return Err(format!("it changes the container: {reason}"));
        }
        let Some(source) = &check.for_each else {
            return Ok(vec![self.call(check, None)]);
        };
        let items = self.items(source)?;
        let mut calls: Vec<_> = items
            .iter()
            .take(MAX_ITEMS)
            .map(|item| self.call(check, Some(item.clone())))
            .collect();
        if let Some(more) = items.len().checked_sub(MAX_ITEMS + 1) {
            let reason = format!(
                "{} of {} items did not run: a check runs for at most {MAX_ITEMS} items",
                more + 1,
                items.len()
            );
            calls.push(Err(Box::new(not_run(check, None, Ending::Errored(reason)))));
        }
        Ok(calls)
    }

    /// Adds the attempts at `source` as attempts at a check that reads their output.
    fn read_again(&mut self, check: &'a Check, source: &str) {
        let mut attempts = Vec::new();
        for attempt in &self.recording.attempts {
            if attempt.check != source {
                continue;
            }
            let attempt = if self.kept_bytes > MAX_OUTPUT {
                not_run(check, attempt.item.clone(), too_much_output())
            } else {
                Attempt {
                    check: check.id.clone(),
                    ..attempt.clone()
                }
            };
            self.kept_bytes += kept_bytes(&attempt);
            attempts.push(attempt);
        }
        self.add(check, attempts);
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

    /// The command to run for one item, or the attempt that names the missing values.
    fn call(&self, check: &'a Check, item: Option<String>) -> PlannedCall<'a> {
        let mut scope = self.results.scope().inner();
        if let Some(item) = &item {
            scope.bind("item", Binding::Present(Fact::Text(item.clone())));
        }
        let skip = |item, missing: Unknown| {
            Box::new(not_run(check, item, Ending::Skipped(missing.to_string())))
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
            Ok(argv) => Ok(Call {
                check,
                item,
                argv,
                probe,
            }),
            Err(unknown) => Err(skip(item, unknown)),
        }
    }

    /// Saves the recording before a check changes the container. All of its commands count as run, in
    /// case lxcdiag is killed while they run.
    fn announce(&self, check: &Check, calls: &[PlannedCall<'_>], now: i64) -> Result<(), String> {
        let reason = "lxcdiag was ended while it ran";
        let mut recording = self.recording.clone();
        recording.finished_at = now;
        recording.cut_short = Some(reason.to_owned());
        let timeout = (check.timeout_seconds() * SECOND as f64) as i64;
        let calls: Vec<_> = calls.iter().flatten().collect();
        let planned = |call: &&Call<'_>| Attempt {
            started_at: Some(now),
            duration: Some(timeout.saturating_mul(calls.len() as i64)),
            ..Call::clone(call).not_run(Ending::Errored(reason.to_owned()))
        };
        recording.attempts.extend(calls.iter().map(planned));
        (self.hooks.before_change)(&recording)
    }

    fn add(&mut self, check: &'a Check, attempts: Vec<Attempt>) {
        self.pending.push((check, attempts.len()));
        self.recording.attempts.extend(attempts);
    }

    /// Interprets the checks that this check needs, because its command can read their facts. The
    /// others are interpreted at the end: between two commands it takes longer, because the
    /// processor's caches are cold.
    fn interpret_needs(&mut self, check: &Check) {
        let needed = |(pending, _): &(&Check, usize)| check.needs.contains(&pending.id);
        if check.changes || self.pending.iter().any(needed) {
            self.interpret();
        }
    }

    /// Interprets the attempts at all pending checks.
    fn interpret(&mut self) {
        let count: usize = self.pending.iter().map(|(_, count)| count).sum();
        let done = self.recording.attempts.len().saturating_sub(count);
        let (_, mut attempts) = self.recording.attempts.split_at(done);
        for (check, count) in self.pending.drain(..) {
            let (own, later) = attempts.split_at(count.min(attempts.len()));
            self.results.add(check, &own.iter().collect::<Vec<_>>());
            attempts = later;
        }
    }

    /// Closes the backend. Checks that the run did not reach are skipped.
    async fn finish(mut self, mut backend: impl Backend, stopped: Option<Stop>) -> Execution {
        let not_opened = match stopped {
            None if self.plan.enters() => backend.not_opened(),
            _ => None,
        };
        backend.note_kept(self.kept_bytes);
        self.recording.stray_bytes += backend.close().await;
        if let Some(stopped) = stopped {
            self.recording.cut_short = Some(stopped.to_string());
            let runbook: &'a Arc<Runbook> = &self.plan.runbook;
            for check in runbook.in_order() {
                let attempts = &self.recording.attempts;
                if !attempts.iter().any(|attempt| attempt.check == check.id) {
                    let skipped = Ending::Skipped(stopped.to_string());
                    self.add(check, vec![not_run(check, None, skipped)]);
                }
            }
        }
        self.interpret();
        self.recording.finished_at = backend.finished_at();
        Execution {
            recording: self.recording,
            results: self.results,
            stopped,
            not_opened,
        }
    }
}

#[cfg(test)]
mod tests;
