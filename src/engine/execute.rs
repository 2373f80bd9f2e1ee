//! Executes a plan's checks over a backend, and records the results.

use std::sync::Arc;

use super::backend::{Backend, Call, not_run};
use super::evaluator::{Command, Evaluator, NotRun};
use super::plan::Plan;
use super::stop::{Stop, soon};
use crate::evidence::recording::{Attempt, Ending, Recording};
use crate::evidence::time::SECOND;
use crate::judge::results::CheckResults;
use crate::runbook::{Check, Runbook};

/// The bytes of output that a diagnosis keeps, as long as they are in a report, in all its runs. After that, no further
/// command runs. A report is in memory several times over while it is made.
const MAX_OUTPUT: usize = 2 << 20;

/// A command to run, or the attempt with the reason why it cannot run.
type PlannedCall<'a> = Result<Call<'a>, Box<Attempt>>;

/// The commands of a check, or why it is skipped.
type Commands = Result<Vec<Result<Command, NotRun>>, String>;

/// What was evaluated, and why the run ended early, if it did. An error if it ended early and that takes too long.
type Evaluated<T> = Result<(T, Option<Stop>), Stop>;

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
    /// What the checks of the recording found. An error if the run ended early and their output takes too long to evaluate.
    pub results: Result<CheckResults, Stop>,
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
        evaluator: Some(Evaluator::new(plan, &recording)),
        kept_bytes: backend.kept_before()
            + recording.attempts.iter().map(kept_bytes).sum::<usize>(),
        recording: Arc::new(recording),
    };
    let stopped = executor.run(&mut backend, stop).await;
    executor.finish(backend, stopped, stop).await
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
    /// None while it works on a thread of its own.
    evaluator: Option<Evaluator>,
    kept_bytes: usize,
    recording: Arc<Recording>,
}

impl<'a> Executor<'a> {
    async fn run(
        &mut self,
        backend: &mut impl Backend,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Option<Stop> {
        if self.plan.enters() {
            let target = &mut Arc::make_mut(&mut self.recording).target;
            let opened = tokio::select! {
                biased;
                stopped = &mut *stop => Some(stopped),
                () = backend.open(target) => None,
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
        let commands = match self.commands(check, backend, stop).await {
            Ok((commands, None)) => commands,
            Ok((_, Some(stopped))) | Err(stopped) => return Some(stopped),
        };
        let calls: Vec<PlannedCall<'_>> = match commands {
            Ok(commands) => commands.into_iter().map(|it| call(check, it)).collect(),
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

    /// The commands to run for a check, or why it is skipped.
    async fn commands(
        &mut self,
        check: &Check,
        backend: &impl Backend,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Evaluated<Commands> {
        if let Some(evaluator) = &mut self.evaluator
            && !Evaluator::reads_facts(check)
        {
            let commands = evaluator.commands(&check.id, &self.recording.attempts);
            return Ok((commands, None));
        }
        let id = check.id.clone();
        let commands = move |mut evaluator: Evaluator, attempts: &[Attempt]| {
            let commands = evaluator.commands(&id, attempts);
            (commands, evaluator)
        };
        let evaluated = self.evaluate(commands, backend, None, stop).await;
        let ((commands, evaluator), stopped) = evaluated?;
        self.evaluator = Some(evaluator);
        Ok((commands, stopped))
    }

    /// Evaluates output, where it delays neither a signal nor another container.
    async fn evaluate<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(Evaluator, &[Attempt]) -> T + Send + 'static,
        backend: &impl Backend,
        stopped: Option<Stop>,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Evaluated<T> {
        let Some(evaluator) = self.evaluator.take() else {
            return Err(match stopped {
                Some(stopped) => stopped,
                None => stop.await,
            });
        };
        let recording = Arc::clone(&self.recording);
        let work = backend.evaluate(move || work(evaluator, &recording.attempts));
        soon(work, stopped, stop).await
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

    /// Saves the recording before a check changes the container. All of its commands count as run, in
    /// case lxcdiag is killed while they run.
    fn announce(&self, check: &Check, calls: &[PlannedCall<'_>], now: i64) -> Result<(), String> {
        let reason = "lxcdiag was ended while it ran";
        let mut recording = Recording::clone(&self.recording);
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
        if let Some(evaluator) = &mut self.evaluator {
            evaluator.add(check, attempts.len());
        }
        let recording = Arc::make_mut(&mut self.recording);
        recording.attempts.extend(attempts);
    }

    /// Closes the backend. Checks that the run did not reach are skipped.
    async fn finish(
        mut self,
        mut backend: impl Backend,
        stopped: Option<Stop>,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Execution {
        let not_opened = match stopped {
            None if self.plan.enters() => backend.not_opened(),
            _ => None,
        };
        backend.note_kept(self.kept_bytes);
        let strays = backend.close().await;
        if let Some(stopped) = stopped {
            let runbook: &'a Runbook = &self.plan.runbook;
            for check in runbook.in_order() {
                let attempts = &self.recording.attempts;
                if !attempts.iter().any(|attempt| attempt.check == check.id) {
                    let skipped = Ending::Skipped(stopped.to_string());
                    self.add(check, vec![not_run(check, None, skipped)]);
                }
            }
        }
        let evaluated = self
            .evaluate(Evaluator::into_results, &backend, stopped, stop)
            .await;
        let (results, stopped) = match evaluated {
            Ok((results, stopped)) => (Ok(results), stopped),
            Err(stopped) => (Err(stopped), Some(stopped)),
        };
        let mut recording = Arc::unwrap_or_clone(self.recording);
        recording.stray_bytes += strays;
        recording.cut_short = stopped.map(|stopped| stopped.to_string());
        recording.finished_at = backend.finished_at();
        Execution {
            recording,
            results,
            stopped,
            not_opened,
        }
    }
}

/// A command as a call, or as the attempt that did not run.
fn call(check: &Check, command: Result<Command, NotRun>) -> PlannedCall<'_> {
    match command {
        Ok(Command { item, argv, probe }) => Ok(Call {
            check,
            item,
            argv,
            probe,
        }),
        Err(NotRun { item, ending }) => Err(Box::new(not_run(check, item, ending))),
    }
}

#[cfg(test)]
mod tests;
