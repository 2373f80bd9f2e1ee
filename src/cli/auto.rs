//! `run` with a runbook that names others, such as `auto`: runs them, and settles on one.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::args::LibraryArgs;
use super::diagnosis::{other_dir, unavailable};
use super::error::CliError;
use super::output::harmless;
use super::progress::Progress;
use super::runbooks;
use crate::engine::backend::SharedShell;
use crate::engine::conclude::{Conclusion, Lead, conclude};
use crate::engine::diagnose::{Cluster, Container, Diagnosed, Unavailable};
use crate::engine::plan::Request;
use crate::engine::several::{Run, conclude_several};
use crate::engine::stop::{Stop, join, soon, within};
use crate::engine::unevaluated::{copy_without_output, unevaluated};
use crate::engine::unit::DIR;
use crate::evidence::explored::{NotLookedAt, Origin};
use crate::evidence::recording::Recording;
use crate::judge::{NextRun, VerdictKind, reaching};
use crate::runbook::Check;

/// The most runbooks that are run.
pub(super) const MOST: usize = 24;

/// A runbook that was run.
struct Done {
    run: NextRun,
    request: Request,
    diagnosed: Diagnosed<Conclusion>,
    origin: Origin,
}

/// A runbook to run.
struct Task {
    run: NextRun,
    origin: Origin,
}

struct Explorer<'a> {
    cluster: &'a Cluster<'a>,
    container: Container<'a>,
    library: &'a LibraryArgs,
    done: Vec<Done>,
    not_looked_at: Vec<NotLookedAt>,
    /// Why the container cannot be entered, once that is known.
    closed: Option<String>,
    /// The first error.
    error: Option<CliError>,
}

/// Diagnoses the container with the runbooks that the one of the request names. Returns the request of the runbook that this
/// settles on, and its result.
///
/// # Errors
/// None of the runbooks could be run.
pub(super) async fn diagnose(
    cluster: &Cluster<'_>,
    container: Container<'_>,
    library: &LibraryArgs,
    request: &Request,
    stop: impl Future<Output = Stop>,
) -> Result<(Request, Diagnosed<Conclusion>), CliError> {
    let mut stop = pin!(within(request.timeout, stop));
    let first = Request {
        timeout: None,
        ..request.clone()
    };
    // A shell costs more than what is run in it.
    let shell = SharedShell::default();
    let mut explorer = Explorer {
        cluster,
        container: Container {
            shell: Some(&shell),
            ..container
        },
        library,
        done: Vec::new(),
        not_looked_at: Vec::new(),
        closed: None,
        error: None,
    };
    let explored = explorer.explore(&first, stop.as_mut()).await;
    shell.close().await;
    let (overview, stopped) = explored?;
    explorer.settle(&first, overview, stopped, &mut stop).await
}

/// Adds the runs that lead on from a look.
fn add_tasks(tasks: &mut VecDeque<Task>, leads: &[Lead], look: Option<usize>, from: &Origin) {
    for (place, lead) in leads.iter().enumerate() {
        tasks.push_back(Task {
            run: lead.run.clone(),
            origin: Origin {
                vars: lead.run.vars.keys().cloned().collect(),
                pointed_at: from.pointed_at,
                place: [from.place.as_slice(), &[lead.place, place]].concat(),
                causes_of: look.zip(lead.hypothesis.clone()).into_iter().collect(),
            },
        });
    }
}

impl Explorer<'_> {
    /// Runs the first runbook, and those that follow from it. Returns the result of the first, and why this ended early,
    /// if it did.
    async fn explore(
        &mut self,
        first: &Request,
        mut stop: Pin<&mut impl Future<Output = Stop>>,
    ) -> Result<(Diagnosed<Conclusion>, Option<Stop>), CliError> {
        let overview = self.run(first, stop.as_mut()).await;
        let overview = overview.map_err(unavailable)?;
        let mut tasks = VecDeque::new();
        add_tasks(
            &mut tasks,
            &overview.result.leads(),
            None,
            &Origin::default(),
        );
        for task in &mut tasks {
            let points = |(name, value): (&String, &String)| {
                !first.values.defaulted.contains(name)
                    && first.values.values.get(name) == Some(value)
            };
            task.origin.pointed_at = task.run.vars.iter().any(points);
        }
        let mut stopped = overview.stopped;
        while let Some(task) = tasks.pop_front() {
            if let Some(known) = self.done.iter_mut().find(|done| done.run == task.run) {
                known.origin.causes_of.extend(task.origin.causes_of);
                // It is listed with the first hypothesis that it was run for.
                known.origin.place = known.origin.place.clone().min(task.origin.place);
                continue;
            }
            let refusal = match stopped {
                Some(stop) => Some(stop.to_string()),
                None if self.done.len() >= MOST => Some(format!("at most {MOST} runbooks are run")),
                None => None,
            };
            if let Some(reason) = refusal {
                self.skip(&task.run, reason);
                continue;
            }
            stopped = self.look(task, first, stop.as_mut(), &mut tasks).await?;
        }
        Ok((overview, stopped))
    }

    async fn run(
        &self,
        request: &Request,
        stop: impl Future<Output = Stop>,
    ) -> Result<Diagnosed<Conclusion>, Unavailable> {
        let progress = Progress::line();
        let begins = |check: &Check| progress.say(&format!("{} …", check.title));
        self.cluster
            .diagnose(request, self.container, &begins, |done| done, stop)
            .await
    }

    /// Runs a runbook, and adds what follows from its result.
    async fn look(
        &mut self,
        task: Task,
        first: &Request,
        stop: impl Future<Output = Stop>,
        tasks: &mut VecDeque<Task>,
    ) -> Result<Option<Stop>, CliError> {
        let mut request = match self.request(&task.run, first) {
            Ok(request) => request,
            Err(error) => {
                self.skip(&task.run, error.to_string());
                self.error.get_or_insert(error);
                return Ok(None);
            }
        };
        if request.runbook.enters()
            && let Some(reason) = self.closed.clone()
        {
            self.skip(&task.run, reason);
            return Ok(None);
        }
        let mut stop = pin!(stop);
        let mut ran = self.run(&request, stop.as_mut()).await;
        if let Ok(diagnosed) = &ran
            && diagnosed.stopped.is_none()
            && let Some(dir) = other_dir(&diagnosed.result)
        {
            request.values = request.values.with(DIR, dir);
            ran = self.run(&request, stop).await;
        }
        match ran {
            Ok(diagnosed) => {
                let (number, stopped) = (self.done.len(), diagnosed.stopped);
                add_tasks(tasks, &diagnosed.result.leads(), Some(number), &task.origin);
                self.done.push(Done {
                    run: task.run,
                    request,
                    diagnosed,
                    origin: task.origin,
                });
                Ok(stopped)
            }
            Err(error @ Unavailable::Future(_)) => Err(unavailable(error)),
            Err(error) => {
                let reason = error.to_string();
                self.skip(&task.run, reason.clone());
                if is_closed(&error) {
                    self.closed = Some(reason);
                }
                let stopped = match error {
                    Unavailable::Unfinished(_, stop) => Some(stop),
                    _ => None,
                };
                self.error.get_or_insert_with(|| unavailable(error));
                Ok(stopped)
            }
        }
    }

    /// The request for another runbook in the same container.
    fn request(&self, run: &NextRun, first: &Request) -> Result<Request, CliError> {
        let (source, runbook) = runbooks::find(self.library, &run.runbook)?;
        let given = run.vars.iter();
        let given: Vec<_> = given
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let values = runbooks::values(&runbook, &given)?;
        Ok(Request {
            recorded: source.recorded(&runbook.id),
            runbook: Arc::new(runbook),
            values,
            ..first.clone()
        })
    }

    fn skip(&mut self, run: &NextRun, why: String) {
        self.not_looked_at.push(NotLookedAt {
            what: run.runbook.clone(),
            why: harmless(&why),
        });
    }

    async fn settle(
        self,
        first: &Request,
        mut overview: Diagnosed<Conclusion>,
        stopped: Option<Stop>,
        stop: &mut (impl Future<Output = Stop> + Unpin),
    ) -> Result<(Request, Diagnosed<Conclusion>), CliError> {
        let node = self.container.node;
        let node = (!node.is_empty()).then_some(node);
        let options = reaching(node, self.library.runbooks.as_deref());
        let mut parts = Vec::new();
        let mut runs = Vec::new();
        for done in self.done {
            let Diagnosed {
                result,
                stopped,
                pending,
                ledger,
            } = done.diagnosed;
            runs.push(Run {
                runbook: Arc::clone(&done.request.runbook),
                conclusion: result,
                origin: done.origin,
            });
            parts.push((done.request, stopped, pending, ledger));
        }
        let (not_run, keep_secrets) = (self.not_looked_at, first.keep_secrets);
        let in_short = copy_without_output(&mut overview.result.recording);
        let runbook = Arc::clone(&first.runbook);
        let task = spawn_blocking(move || {
            let several = conclude_several(runs, not_run, options, keep_secrets);
            let overview = match several.is_some() || keep_secrets {
                true => overview,
                false => Diagnosed {
                    result: overview.result.redacted(&runbook),
                    ..overview
                },
            };
            (several, overview)
        });
        let (settled, overview) = match soon(join(task), stopped, stop).await {
            Ok((settled, _)) => settled,
            Err(late) => {
                let (request, ct) = (first.clone(), self.container.ct);
                let task = spawn_blocking(move || without_output(&request, in_short, late));
                let result = soon(join(task), Some(late), stop).await;
                let (result, _) =
                    result.map_err(|late| unavailable(Unavailable::Unfinished(ct, late)))?;
                return Ok((first.clone(), result));
            }
        };
        // If nothing was found, the cause may be in a part that could not be examined.
        let found_nothing = settled.as_ref().is_none_or(|(_, conclusion)| {
            matches!(
                conclusion.report.verdict.kind,
                VerdictKind::Healthy | VerdictKind::NotApplicable
            )
        });
        if let Some(error) = self.error
            && found_nothing
        {
            return Err(error);
        }
        Ok(match settled {
            Some((number, result)) => {
                let (request, stopped, pending, ledger) = parts.swap_remove(number);
                let diagnosed = Diagnosed {
                    result,
                    stopped,
                    pending,
                    ledger,
                };
                (request, diagnosed)
            }
            None => (first.clone(), overview),
        })
    }
}

/// The result of runs whose output takes too long to evaluate, from the recording of the first without its output.
fn without_output(request: &Request, recording: Recording, stopped: Stop) -> Diagnosed<Conclusion> {
    Diagnosed {
        result: conclude(
            &request.runbook,
            &request.recorded.sha256,
            unevaluated(recording, stopped),
            None,
            request.keep_secrets,
        ),
        stopped: Some(stopped),
        pending: None,
        ledger: Ok(None),
    }
}

/// Whether no other runbook can enter the container either.
const fn is_closed(error: &Unavailable) -> bool {
    matches!(
        error,
        Unavailable::Stopped(_)
            | Unavailable::Frozen(_)
            | Unavailable::NoShell { .. }
            | Unavailable::Node(_)
    )
}
