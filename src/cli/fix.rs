//! `lxcdiag fix`: the one command that runs remedies.

mod printer;

use std::ffi::OsString;
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::args::{DEFAULT_FIX, FixArgs, Named, ReachArgs, Via, container};
use super::diagnosis::{self, find_container};
use super::error::CliError;
use super::output::{self, print_error};
use super::runtime::block_on;
use super::{client, config, history, runbooks, signals};
use crate::cli::exit_code::ExitCode;
use crate::clock::now;
use crate::container::remote::Connections;
use crate::engine::conclude::Conclusion;
use crate::engine::consent::is_fresh;
use crate::engine::diagnose::{Cluster, Container};
use crate::engine::ledger::Ledger;
use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;
use crate::engine::stop::Stop;
use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::{OwnChange, Recording};
use crate::host::Host;
use crate::host_shell::{self, Ended};
use crate::judge::{Remedy, Required, VerdictKind};
use crate::report::brief;
use crate::runbook::RemedyKind;
use printer::Printer;

/// How long a service that was just started runs before the container is diagnosed again: many fail at once.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn fix(args: &FixArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    let (runbook, container) = target(args)?;
    if !args.yes && !output::can_ask() {
        let message = "fix asks before it runs a command, and there is no terminal";
        let hint = "`lxcdiag run` diagnoses the container and prints the commands";
        return Err(CliError::new(ExitCode::Usage, message).with_hint(hint));
    }
    client::require_root()?;
    let host = Host::at(&args.reach.host.host_root);
    let ct = find_container(&container, &host)?;
    let (source, request) = diagnosis::request(
        runbook,
        &args.library,
        &args.incident,
        ct,
        Some(&host),
        command_line,
    )?;
    let hint = format!("lxcdiag run {} --ct {ct}", request.runbook.id);
    runbooks::require_one(&request.runbook, "fixed with", &hint)?;
    let request = Request {
        changes: ChangePolicy::Declined("fix changes it only by remedies"),
        ..request
    };
    client::require_pct(args.reach.via, &args.reach.pct)?;
    block_on(async || {
        let fix = Fix {
            args,
            ct,
            host,
            is_built_in: source.built_in,
        };
        fix.run(request).await
    })?
}

/// The runbook and the container. `lxcdiag fix 958` names only a container.
fn target(args: &FixArgs) -> Result<(&str, Named), CliError> {
    if let Some(named) = args.ct.as_ref().or(args.container.as_ref()) {
        return Ok((&args.runbook, named.clone()));
    }
    match container(&args.runbook) {
        Ok(named @ Named::Id(_)) => Ok((DEFAULT_FIX, named)),
        _ => {
            let error = CliError::new(ExitCode::Usage, "no container is given");
            Err(error.with_hint(format!("lxcdiag fix {} --ct ID", args.runbook)))
        }
    }
}

type StopSoon<'a> = Pin<&'a mut dyn Future<Output = Stop>>;

struct Fix<'a> {
    args: &'a FixArgs,
    ct: ContainerId,
    host: Host,
    is_built_in: bool,
}

/// A diagnosis, and when its evidence was collected.
struct Found {
    conclusion: Conclusion,
    began: Instant,
}

/// What became of the remedies.
#[derive(Default)]
struct Applied {
    /// How many commands were run.
    run: usize,
    /// The one that failed; nothing was run after it.
    failed: Option<usize>,
    /// The diagnosis that no longer has the remedy to which the user agreed.
    changed: Option<Box<Conclusion>>,
}

/// How the container is diagnosed.
struct Diagnosing<'a> {
    cluster: &'a Cluster<'a>,
    container: Container<'a>,
    ledger: &'a Ledger,
}

impl Diagnosing<'_> {
    async fn diagnose(
        &self,
        request: &mut Request,
        stop: &mut StopSoon<'_>,
    ) -> Result<(Found, Option<ExitCode>), CliError> {
        let began = Instant::now();
        let container = self.container;
        let mut done = diagnosis::diagnose(self.cluster, container, request, stop.as_mut()).await?;
        let report = &mut done.result.report;
        report.whole_command = history::show_command(report);
        history::keep(report);
        let found = Found {
            conclusion: done.result,
            began,
        };
        Ok((found, signals::exit_code(done.stopped)))
    }
}

impl Fix<'_> {
    async fn run(&self, mut request: Request) -> Result<ExitCode, CliError> {
        // One for the whole command, so that no signal is lost between two steps.
        let mut stop: StopSoon<'_> = pin!(signals::first());
        // A command would continue while lxcdiag is suspended.
        let _not_suspended = signals::ignore_suspension();
        let ct = self.ct;
        let ledger = Ledger::new(config::state_directory());
        let _lock = ledger.lock(ct).map_err(|why| {
            let message = format!("cannot fix container {ct}: {why}");
            CliError::new(ExitCode::Unavailable, message)
        })?;
        let transport = client::transport(self.args.reach.via, &self.args.reach.pct);
        let connections = Connections::new(&self.host, std::iter::empty());
        let cluster = Cluster::new(&self.host, transport.as_ref(), &connections, &ledger);
        let diagnosing = Diagnosing {
            cluster: &cluster,
            container: Container {
                ct,
                node: "",
                since: None,
                shell: None,
            },
            ledger: &ledger,
        };
        let (before, ended) = diagnosing.diagnose(&mut request, &mut stop).await?;
        print(&before.conclusion)?;
        if let Some(code) = ended {
            return Ok(code);
        }
        let then = before.conclusion.report.verdict.kind.clone();
        let found = ExitCode::of_verdict(&before.conclusion.report.verdict);
        let applied = self
            .apply(&diagnosing, before, &mut request, &mut stop)
            .await?;
        if let Some(conclusion) = applied.changed {
            print(&conclusion)?;
            say("the container has changed since it was diagnosed; nothing else is run");
            return Ok(ExitCode::of_verdict(&conclusion.report.verdict));
        }
        if applied.run == 0 {
            say("nothing was run");
            return Ok(found);
        }
        tokio::select! {
            biased;
            stopped = &mut stop => return Err(interrupted(stopped)),
            () = tokio::time::sleep(SETTLE) => {}
        }
        // The question now is the state of the container, not the failure of that time.
        let mut request = Request {
            failed_at: None,
            log: None,
            traced_pushes: Vec::new(),
            script: None,
            ..request
        };
        let (after, ended) = diagnosing.diagnose(&mut request, &mut stop).await?;
        if let Some(code) = ended {
            return Ok(code);
        }
        let verdict = &after.conclusion.report.verdict;
        if verdict.kind != VerdictKind::Healthy {
            print(&after.conclusion)?;
        }
        let (now, then) = (verdict.kind.id(), then.id());
        say(&match (&verdict.kind, applied.failed) {
            (VerdictKind::Healthy, None) => format!("fixed: {}", verdict.summary),
            (VerdictKind::Healthy, Some(place)) => {
                let summary = &verdict.summary;
                format!("healthy now, although fix {place} failed: {summary}")
            }
            (VerdictKind::Inconclusive, _) => {
                "it could not be determined whether this fixed the container".to_owned()
            }
            _ if now == then => format!("not fixed: {now} is still the verdict"),
            _ => format!("{then} is no longer the verdict, but {now}"),
        });
        Ok(ExitCode::of_verdict(verdict))
    }

    /// Offers the remedies that fix the container, and runs those that the user agrees to.
    async fn apply(
        &self,
        diagnosing: &Diagnosing<'_>,
        before: Found,
        request: &mut Request,
        stop: &mut StopSoon<'_>,
    ) -> Result<Applied, CliError> {
        let mut applied = Applied::default();
        let remedies = offered(&before.conclusion);
        if !self.is_built_in && !remedies.is_empty() {
            for remedy in &remedies {
                show(remedy.kind.words(), remedy, request);
            }
            say("fix runs only the remedies of built-in runbooks");
            return Ok(applied);
        }
        let mut recording = before.conclusion.recording;
        let mut known = before.began;
        for (remedy, place) in remedies.iter().zip(1..) {
            show(
                &format!("Fix now, {place} of {}", remedies.len()),
                remedy,
                request,
            );
            if request.shown(&remedy.commands) != remedy.commands {
                say(
                    "this is not run, because a part of the commands looks like a secret and is not shown",
                );
                continue;
            }
            if applied.run > 0 {
                // What was typed before the question was shown is no answer to it.
                output::discard_input();
            }
            if !self.is_agreed(remedy, request, stop).await? {
                continue;
            }
            let variables = self.variables(remedy, request, stop).await?;
            if !is_fresh(known, Instant::now()) {
                say("diagnosing the container again: the evidence is older than 60 s");
                let (now, ended) = diagnosing.diagnose(request, stop).await?;
                if ended.is_some() || !offered(&now.conclusion).contains(remedy) {
                    applied.changed = Some(Box::new(now.conclusion));
                    return Ok(applied);
                }
            }
            self.refuse_if_locked()?;
            applied.run += 1;
            let is_done = self
                .carry_out(
                    remedy,
                    &variables,
                    &mut recording,
                    diagnosing.ledger,
                    request,
                    stop,
                )
                .await?;
            if !is_done {
                applied.failed = Some(place);
                break;
            }
            known = Instant::now();
        }
        Ok(applied)
    }

    /// Asks whether a remedy may be run. `--yes` cannot know what only the user knows.
    async fn is_agreed(
        &self,
        remedy: &Remedy,
        request: &Request,
        stop: &mut StopSoon<'_>,
    ) -> Result<bool, CliError> {
        let condition = match remedy.only_if.as_str() {
            "" => String::new(),
            condition => format!("Only if {}. ", request.shown(condition)),
        };
        if self.args.yes && !condition.is_empty() {
            let condition = request.shown(&remedy.only_if);
            say(&format!(
                "not run with --yes: only you know whether {condition}"
            ));
            return Ok(false);
        }
        if self.args.yes {
            return Ok(true);
        }
        let question = format!("{condition}Run this?");
        answered(stop, move || output::ask_consent(&question)).await
    }

    /// Runs the commands of a remedy, and keeps in the ledger what they change. Returns whether they succeeded.
    async fn carry_out(
        &self,
        remedy: &Remedy,
        variables: &[(String, OsString)],
        recording: &mut Recording,
        ledger: &Ledger,
        request: &Request,
        stop: &mut StopSoon<'_>,
    ) -> Result<bool, CliError> {
        let began = now();
        let repair = |took: Duration| OwnChange {
            repair: Some(remedy.changes.clone()),
            ..OwnChange::new(
                ["bash", "-c", &remedy.commands].map(str::to_owned).to_vec(),
                began,
                i64::try_from(took.as_nanos()).ok(),
                0,
            )
        };
        // Before they run, in case lxcdiag is killed while they do.
        let earlier = recording.repairs.len();
        recording.repairs.push(repair(host_shell::LIMIT));
        let not_kept = |error| CliError::from_error(ExitCode::CannotWrite, &error);
        ledger.keep(recording).map_err(not_kept)?;
        let shown = request.clone();
        let printer = Printer::new(move |text| shown.shown(text));
        let started = Instant::now();
        let script = with_pct(&self.args.reach, &remedy.commands);
        let line = |line: &str| printer.line(line);
        let ended = host_shell::run(&script, variables, line, stop.as_mut()).await;
        recording.repairs.truncate(earlier);
        recording.repairs.push(repair(started.elapsed()));
        let kept = ledger.keep(recording).map_err(not_kept);
        if let Ok(Ended::Stopped(stopped @ Stop::Signal(_))) = ended {
            return Err(interrupted(stopped));
        }
        tokio::select! {
            biased;
            stopped = &mut *stop => return Err(interrupted(stopped)),
            () = printer.finish() => {}
        }
        kept?;
        match ended {
            Ok(Ended::Itself(status)) if status.success() => return Ok(true),
            Ok(Ended::Itself(status)) => {
                say(&format!("it failed ({status}); nothing else is run"));
            }
            Ok(Ended::Stopped(stopped)) => say(&format!("{stopped}; nothing else is run")),
            Err(error) => {
                let message = format!("cannot start bash with setsid (util-linux): {error}");
                return Err(CliError::new(ExitCode::Unavailable, message));
            }
        }
        Ok(false)
    }

    /// The variables of the shell: the values that the commands require.
    async fn variables(
        &self,
        remedy: &Remedy,
        request: &Request,
        stop: &mut StopSoon<'_>,
    ) -> Result<Vec<(String, OsString)>, CliError> {
        let mut variables = Vec::new();
        for Required { name, about } in &remedy.requires {
            let given = request.values.values.get(&name.to_lowercase());
            let value = match given.filter(|value| !value.is_empty()) {
                Some(value) => Some(value.clone()),
                None => {
                    let question = format!("{name} ({about}): ");
                    answered(stop, move || output::ask(&question)).await?
                }
            };
            // Without a value, the commands refuse to run and name it.
            variables.extend(value.map(|value| (name.clone(), value.into())));
        }
        Ok(variables)
    }

    /// A container that is being backed up or migrated is not changed.
    fn refuse_if_locked(&self) -> Result<(), CliError> {
        let found = self.host.find(self.ct)?;
        match found.config.lock {
            None => Ok(()),
            Some(lock) => {
                let message = format!("cannot fix container {}: it is locked ({lock})", self.ct);
                Err(CliError::new(ExitCode::Unavailable, message))
            }
        }
    }
}

/// The remedies that change the container. What only looks fixes nothing, and its exit status may be that of what it found.
fn offered(conclusion: &Conclusion) -> Vec<Remedy> {
    let all = conclusion.remedies().iter().filter(|remedy| {
        remedy.kind == RemedyKind::Now && !remedy.commands.is_empty() && remedy.makes_changes()
    });
    all.cloned().collect()
}

/// Shows a remedy without the secrets in it.
fn show(heading: &str, remedy: &Remedy, request: &Request) {
    let mut text = format!("\n{heading}: {}\n", remedy.title);
    for line in remedy.commands.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    text.push_str(&remedy.effect().unwrap_or_default());
    print_error(&request.shown(&text));
}

fn say(text: &str) {
    print_error(&format!("lxcdiag: {text}"));
}

fn print(conclusion: &Conclusion) -> Result<(), CliError> {
    output::print_text(brief(&conclusion.report, output::stdout_layout()))
}

fn interrupted(stopped: Stop) -> CliError {
    let code = signals::exit_code(Some(stopped)).unwrap_or(ExitCode::Terminated);
    CliError::new(code, stopped.to_string())
}

/// Asks on a thread of its own, so that a signal is noticed while it waits.
async fn answered<T: Send + 'static>(
    stop: &mut StopSoon<'_>,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CliError> {
    tokio::select! {
        biased;
        stopped = stop => Err(interrupted(stopped)),
        answer = spawn_blocking(ask) => answer.map_err(|error| {
            CliError::new(ExitCode::Inconclusive, format!("internal error: {error}"))
        }),
    }
}

/// A script in which `pct` is the one of `--pct`, if that is a path.
fn with_pct(reach: &ReachArgs, script: &str) -> String {
    let is_path = reach.via == Via::Pct && reach.pct.components().count() > 1;
    let pct = std::path::absolute(&reach.pct).ok().filter(|_| is_path);
    match pct.as_deref().and_then(Path::to_str) {
        Some(pct) => {
            let pct = crate::shell_quote::command_line(&[pct.to_owned()]);
            format!("pct() {{ {pct} \"$@\"; }}\n{script}")
        }
        None => script.to_owned(),
    }
}
