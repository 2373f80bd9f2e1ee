//! `lxcdiag fix`: the one command that runs remedies.

use std::ffi::OsString;
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::args::{FixArgs, ReachArgs, Via};
use super::diagnosis::{self, find_container};
use super::error::CliError;
use super::output::{self, print_error};
use super::runtime::block_on;
use super::{client, signals};
use crate::cli::exit_code::ExitCode;
use crate::container::remote::Connections;
use crate::engine::conclude::Conclusion;
use crate::engine::diagnose::{Cluster, Container};
use crate::engine::ledger::Ledger;
use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;
use crate::engine::stop::Stop;
use crate::evidence::container_id::ContainerId;
use crate::host::Host;
use crate::host_shell::{self, Ended};
use crate::judge::{Remedy, Required, VerdictKind};
use crate::report::brief;
use crate::runbook::RemedyKind;

/// How long a service that was just started runs before the container is diagnosed again: many fail at once.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn fix(args: &FixArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    if !args.yes && !output::can_ask() {
        let message = "fix asks before it runs a command, and there is no terminal";
        let hint = "`lxcdiag run` diagnoses the container and prints the commands";
        return Err(CliError::new(ExitCode::Usage, message).with_hint(hint));
    }
    client::require_root()?;
    let host = Host::at(&args.reach.host_root);
    let ct = find_container(&args.ct, &host)?;
    let (source, request) = diagnosis::request(
        &args.runbook,
        &args.library,
        &args.incident,
        ct,
        Some(&host),
        command_line,
    )?;
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

type StopSoon<'a> = Pin<&'a mut dyn Future<Output = Stop>>;

struct Fix<'a> {
    args: &'a FixArgs,
    ct: ContainerId,
    host: Host,
    is_built_in: bool,
}

impl Fix<'_> {
    async fn run(&self, mut request: Request) -> Result<ExitCode, CliError> {
        // One for the whole command, so that no signal is lost between two steps.
        let mut stop: StopSoon<'_> = pin!(signals::first());
        let ct = self.ct;
        let ledger = Ledger::new(std::env::var_os("XDG_STATE_HOME").map(Into::into));
        let _lock = ledger.lock(ct).map_err(|why| {
            let message = format!("cannot fix container {ct}: {why}");
            CliError::new(ExitCode::Unavailable, message)
        })?;
        let transport = client::transport(self.args.reach.via, &self.args.reach.pct);
        let connections = Connections::new(&self.host, std::iter::empty());
        let cluster = Cluster::new(&self.host, transport.as_ref(), &connections, &ledger);
        let container = Container {
            ct,
            node: "",
            since: None,
        };
        let before = diagnosis::diagnose(&cluster, container, &mut request, stop.as_mut()).await?;
        print(&before.result)?;
        if let Some(code) = signals::exit_code(before.stopped) {
            return Ok(code);
        }
        let found = ExitCode::of_verdict(&before.result.report.verdict);
        if !self
            .apply(&before.result.remedies, &request, &mut stop)
            .await?
        {
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
        let after = diagnosis::diagnose(&cluster, container, &mut request, stop.as_mut()).await?;
        if let Some(code) = signals::exit_code(after.stopped) {
            return Ok(code);
        }
        let verdict = &after.result.report.verdict;
        let (now, then) = (verdict.kind.id(), before.result.report.verdict.kind.id());
        if verdict.kind != VerdictKind::Healthy {
            print(&after.result)?;
        }
        say(&match verdict.kind {
            VerdictKind::Healthy => format!("fixed: {}", verdict.summary),
            VerdictKind::Inconclusive => {
                "it could not be determined whether this fixed the container".to_owned()
            }
            _ if now == then => format!("not fixed: {now} is still the verdict"),
            _ => format!("{then} is no longer the verdict, but {now}"),
        });
        Ok(ExitCode::of_verdict(verdict))
    }

    /// Offers the remedies that fix the container, and runs those that the user agrees to. Returns whether any was run.
    async fn apply(
        &self,
        remedies: &[Remedy],
        request: &Request,
        stop: &mut StopSoon<'_>,
    ) -> Result<bool, CliError> {
        let remedies: Vec<_> = remedies
            .iter()
            .filter(|remedy| remedy.kind == RemedyKind::Now && !remedy.commands.is_empty())
            // What only looks fixes nothing, and its exit status may be that of what it found.
            .filter(|remedy| remedy.makes_changes())
            .collect();
        if !self.is_built_in && !remedies.is_empty() {
            for remedy in remedies {
                show(remedy.kind.words(), remedy, request);
            }
            say("nothing was run: fix runs only the remedies of built-in runbooks");
            return Ok(false);
        }
        let mut has_run = false;
        for (place, remedy) in remedies.iter().enumerate() {
            let heading = format!("Fix now, {} of {}", place + 1, remedies.len());
            show(&heading, remedy, request);
            if request.shown(&remedy.commands) != remedy.commands {
                say(
                    "this is not run, because a part of the commands looks like a secret and is not shown",
                );
                continue;
            }
            if has_run {
                // What was typed before the question was shown is no answer to it.
                output::discard_input();
            }
            let is_agreed =
                self.args.yes || answered(stop, || output::ask_consent("Run this?")).await?;
            if !is_agreed {
                continue;
            }
            let variables = self.variables(remedy, request, stop).await?;
            self.refuse_if_locked()?;
            has_run = true;
            let line = |line: &str| print_error(&format!("  | {line}"));
            let script = with_pct(&self.args.reach, &remedy.commands);
            let ended = host_shell::run(&script, &variables, line, stop.as_mut()).await;
            match ended {
                Ok(Ended::Itself(status)) if status.success() => {}
                Ok(Ended::Itself(status)) => {
                    say(&format!("it failed ({status}); nothing else is run"));
                    break;
                }
                Ok(Ended::Stopped(stopped @ Stop::Signal(_))) => {
                    return Err(interrupted(stopped));
                }
                Ok(Ended::Stopped(stopped)) => {
                    say(&format!("{stopped}; nothing else is run"));
                    break;
                }
                Err(error) => {
                    let message = format!("cannot start bash with setsid (util-linux): {error}");
                    return Err(CliError::new(ExitCode::Unavailable, message));
                }
            }
        }
        if !has_run {
            say("nothing was run");
        }
        Ok(has_run)
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

/// Shows a remedy without the secrets in it.
fn show(heading: &str, remedy: &Remedy, request: &Request) {
    let mut text = format!("\n{heading}: {}\n", remedy.title);
    for line in remedy.commands.lines() {
        text.push_str(&format!("    {line}\n"));
    }
    text.push_str(&format!("This changes: {}", remedy.changes));
    print_error(&request.shown(&text));
}

fn say(text: &str) {
    print_error(&format!("lxcdiag: {text}"));
}

fn print(conclusion: &Conclusion) -> Result<(), CliError> {
    output::print(&brief(&conclusion.report, output::stdout_layout()))
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
