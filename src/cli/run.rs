//! `lxcdiag run`.

use std::fmt::Write as _;
use std::sync::Arc;

use super::args::{Named, RunArgs};
use super::error::CliError;
use super::failed_units::{choose_unit, lacks_unit};
use super::file::name_of;
use super::output::{self, Sinks};
use super::progress::Progress;
use super::runtime::{block_on, interruptible};
use super::{audit, client, log, runbooks, signals, trace};
use crate::cli::exit_code::ExitCode;
use crate::container::remote::Connections;
use crate::container::transport::{Ssh, Transport};
use crate::engine::PROBE;
use crate::engine::conclude::Conclusion;
use crate::engine::consent::Pending;
use crate::engine::demo::Incident;
use crate::engine::diagnose::{Cluster, Container, Diagnosed, Unavailable, play_back};
use crate::engine::ledger::Ledger;
use crate::engine::plan::{ITEM, Plan, Request};
use crate::engine::policy::ChangePolicy;
use crate::engine::unit::{UNIT, is_accepted, is_defaulted, pushed_unit, unit_in_log};
use crate::evidence::container_id::ContainerId;
use crate::evidence::provision_log::traced_failures;
use crate::evidence::recording::{Recording, Target};
use crate::evidence::time::Interval;
use crate::host::Host;
use crate::judge::VerdictKind;
use crate::runbook::Check;
use crate::shell_quote::command_line;
use crate::terminal_text::visible;

/// Placeholder for the socket of a connection to another node, which only a real run creates.
const SOCKET: &str = "SOCKET";

pub(super) fn run(args: &RunArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    if !args.dry_run && args.demo.is_none() {
        client::require_root()?;
    }
    let ct = container(args)?;
    let request = request(args, ct, command_line)?;
    let sinks = Sinks::new(&args.report, args.record.as_deref())?;
    if args.dry_run {
        let text = dry_run(args, ct, &request)?;
        output::print(&text)?;
        return Ok(ExitCode::Healthy);
    }
    if let Some(name) = &args.demo {
        return block_on(async || demonstrate(&request, name, sinks).await)?;
    }
    client::require_pct(args.reach.via, &args.reach.pct)?;
    block_on(async || diagnose(args, ct, &request, sinks).await)?
}

/// The container that the user names; without one, that of the demonstration.
fn container(args: &RunArgs) -> Result<ContainerId, CliError> {
    let name = match (&args.ct, &args.demo) {
        (Some(Named::Id(ct)), _) => return Ok(*ct),
        (Some(Named::HostName(name)), _) => name,
        (None, demo) => return Ok(incident(demo.as_deref().unwrap_or_default())?.target.ct),
    };
    let found = Host::at(&args.reach.host_root).with_host_name(name)?;
    let (message, hint) = match found.as_slice() {
        [only] => return Ok(*only),
        [] => (
            format!("`--ct {name}`: no container has this host name"),
            "container IDs are numbers from 100 to 999999999; `pct list` shows them".to_owned(),
        ),
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            (
                format!(
                    "`--ct {name}`: {} containers have this host name",
                    ids.len()
                ),
                format!("give the ID: one of {}", ids.join(", ")),
            )
        }
    };
    Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
}

fn request(
    args: &RunArgs,
    ct: ContainerId,
    command_line: Vec<String>,
) -> Result<Request, CliError> {
    let (source, runbook) = runbooks::find(&args.library, &args.runbook)?;
    let mut values = runbooks::values(&runbook, &args.vars)?;
    let host = Host::at(&args.reach.host_root);
    let traced = args.trace.as_deref().map(trace::read).transpose()?;
    let log = match (&args.log, &args.trace) {
        (Some(path), _) => {
            // Another node has its own task log.
            let host = other_node(args, &host).is_none().then_some(&host);
            Some((path, log::read(path, ct, args.log_zone.as_ref(), host)?))
        }
        (None, Some(path)) => traced
            .as_ref()
            .map(|trace| (path, traced_failures(trace, &name_of(path), ct))),
        (None, None) => None,
    };
    let log = match log {
        Some((path, failures)) => {
            if let Some(unit) = unit_in_log(&runbook, &values, &failures) {
                tracing::info!("{UNIT} {unit}, as in {}", path.display());
                values = values.with_unit(unit);
            }
            log::warn(path, &failures, values.values.get(UNIT).map(String::as_str));
            Some(failures)
        }
        None => None,
    };
    Ok(Request {
        recorded: source.recorded(&runbook.id),
        runbook: Arc::new(runbook),
        values,
        command_line,
        failed_at: args.failed_at,
        log,
        traced_pushes: traced.map(|trace| trace.pushes(ct)).unwrap_or_default(),
        script: args
            .script
            .as_deref()
            .map(|path| audit::evidence(path, ct))
            .transpose()?,
        changes: changes(args),
        timeout: args.timeout,
        demonstration: args.demo.clone(),
        keep_secrets: args.report.no_redact,
    })
}

/// Whether the container may be changed. A demonstration changes nothing: it plays back what was recorded.
fn changes(args: &RunArgs) -> ChangePolicy {
    if args.read_only {
        ChangePolicy::Declined("--read-only is given")
    } else if args.allow_changes || args.demo.is_some() {
        ChangePolicy::Allowed
    } else {
        ChangePolicy::Unasked
    }
}

async fn diagnose(
    args: &RunArgs,
    ct: ContainerId,
    request: &Request,
    sinks: Sinks,
) -> Result<ExitCode, CliError> {
    // Before anything starts, so that a signal ends the run with a report.
    let stop = signals::first();
    let host = Host::at(&args.reach.host_root);
    let transport = client::transport(args.reach.via, &args.reach.pct);
    let ledger = Ledger::new(std::env::var_os("XDG_STATE_HOME").map(Into::into));
    let other = other_node(args, &host);
    let connections = Connections::new(&host, other.into_iter());
    let cluster = Cluster::new(&host, transport.as_ref(), &connections, &ledger);
    let container = Container {
        ct,
        node: other.unwrap_or_default(),
        since: None,
    };
    let finish = |conclusion| conclusion;
    let mut request = request.clone();
    if lacks_unit(&request) {
        let chosen = choose_unit(&cluster, container, &request).await;
        if chosen.is_err() {
            connections.close().await;
        }
        request.values = request.values.with_unit(chosen?);
    }
    let mut stop = stop;
    let diagnosed = loop {
        let progress = Progress::line();
        let begins = |check: &Check| progress.say(&format!("{} …", check.title));
        let diagnosed = cluster
            .diagnose(&request, container, &begins, finish, stop)
            .await;
        drop(progress);
        let diagnosed = match diagnosed {
            Ok(diagnosed) if diagnosed.stopped.is_none() => diagnosed,
            ended => break ended.map_err(unavailable),
        };
        match other_unit(&request, &diagnosed.result).await {
            Ok(None) => break Ok(diagnosed),
            Ok(Some(unit)) => request.values = request.values.with_unit(unit),
            Err(error) => break Err(error),
        }
        stop = signals::first();
    };
    let diagnosed = match diagnosed {
        Ok(Diagnosed {
            pending: Some(pending),
            result,
            ..
        }) if may_ask(&sinks, &result) => {
            sinks.print(&result)?;
            let asked = interruptible(move || is_allowed(&pending).then_some(pending)).await;
            match asked {
                Ok(Some(pending)) => {
                    let progress = Progress::line();
                    let begins = |check: &Check| progress.say(&format!("{} …", check.title));
                    let stop = signals::first();
                    cluster
                        .complete(&request, container, pending, &begins, finish, stop)
                        .await
                        .map_err(unavailable)
                }
                declined => {
                    connections.close().await;
                    let code = ExitCode::of_verdict(&result.report.verdict);
                    interruptible(move || sinks.save(&result)).await??;
                    return declined.map(|_| code);
                }
            }
        }
        diagnosed => diagnosed,
    };
    connections.close().await;
    let diagnosed = diagnosed?;
    if let Ok(Some(path)) = &diagnosed.ledger {
        tracing::info!("recording kept: {}", path.display());
    }
    let code = report(diagnosed.result, sinks).await?;
    if let Err(error) = &diagnosed.ledger {
        return Err(CliError::from_error(ExitCode::CannotWrite, error));
    }
    Ok(signals::exit_code(diagnosed.stopped).unwrap_or(code))
}

/// Whether to ask for consent: on a terminal, with a report that the user has seen, and if something is wrong.
fn may_ask(sinks: &Sinks, conclusion: &Conclusion) -> bool {
    sinks.is_for_terminal() && conclusion.report.verdict.kind != VerdictKind::Healthy
}

/// Asks whether the checks that change the container may run.
fn is_allowed(pending: &Pending) -> bool {
    let question = format!(
        "Also run the manual steps {}? They change the container: {} [y/N] ",
        pending.steps.join(", "),
        pending.commands.join(", ")
    );
    let answer = output::ask(&question);
    answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// The unit to diagnose instead, if the user left it to its default and the container has nothing of that: the one of a
/// failed push, or the one that the user names when asked.
///
/// # Errors
/// The unit is unknown.
async fn other_unit(
    request: &Request,
    conclusion: &Conclusion,
) -> Result<Option<String>, CliError> {
    let verdict = &conclusion.report.verdict;
    if verdict.kind != VerdictKind::NotApplicable || !is_defaulted(&request.values.defaulted) {
        return Ok(None);
    }
    if let Some(unit) = pushed_unit(&request.runbook, &conclusion.recording) {
        tracing::info!("{UNIT} {unit}, as in the last failed push in the task log");
        return Ok(Some(unit));
    }
    let summary = verdict.summary.clone();
    let asked =
        interruptible(move || output::ask(&format!("{summary}\nUnit to diagnose: "))).await?;
    let hint = format!("give the unit with --var {UNIT}=NAME");
    match asked {
        Some(unit) if is_accepted(&request.runbook, &unit) => Ok(Some(unit)),
        Some(unit) => {
            let message = format!("invalid unit `{}`", visible(&unit));
            Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
        }
        None => {
            let message = verdict.summary.trim_end_matches('.').to_owned();
            Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
        }
    }
}

pub(super) fn unavailable(error: Unavailable) -> CliError {
    let code = match &error {
        Unavailable::Unfinished(_, stopped) => {
            signals::exit_code(Some(*stopped)).unwrap_or(ExitCode::Inconclusive)
        }
        Unavailable::Future(_) => ExitCode::Usage,
        _ => ExitCode::Unavailable,
    };
    let hint = error.hint();
    let error = CliError::from_error(code, &error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The recording of an incident.
fn incident(name: &str) -> Result<Recording, CliError> {
    let incident = Incident::named(name)
        .map(Incident::recording)
        .transpose()
        .map_err(|error| CliError::from_error(ExitCode::BadInput, &error))?;
    incident.ok_or_else(|| {
        let message = format!("incident `{name}` does not exist");
        CliError::new(ExitCode::Usage, message)
    })
}

/// The same run, with the results from a recording.
async fn demonstrate(request: &Request, name: &str, sinks: Sinks) -> Result<ExitCode, CliError> {
    let recorded = incident(name)?;
    if recorded.runbook.id != request.runbook.id {
        let message = format!(
            "incident {name} was recorded with {}, not with {}",
            recorded.runbook.id, request.runbook.id
        );
        let hint = format!("lxcdiag run {} --demo={name}", recorded.runbook.id);
        return Err(CliError::new(ExitCode::Usage, message).with_hint(hint));
    }
    let ct = recorded.target.ct;
    request
        .check_failure_time(ct, recorded.began())
        .map_err(|error| unavailable(error.into()))?;
    let conclusion = play_back(request, &recorded).await;
    report(conclusion, sinks).await
}

async fn report(conclusion: Conclusion, sinks: Sinks) -> Result<ExitCode, CliError> {
    let code = ExitCode::of_verdict(&conclusion.report.verdict);
    interruptible(move || sinks.write(&conclusion)).await??;
    Ok(code)
}

/// The node of `--node`, unless it is this one.
fn other_node<'a>(args: &'a RunArgs, host: &Host) -> Option<&'a str> {
    let node = args.node.as_deref()?;
    (host.local_node().as_deref() != Some(node)).then_some(node)
}

/// Prints every command without running any.
fn dry_run(args: &RunArgs, ct: ContainerId, request: &Request) -> Result<String, CliError> {
    let host = Host::at(&args.reach.host_root);
    let transport = client::transport(args.reach.via, &args.reach.pct);
    let plan = Plan::new(request, Target::new(ct), Vec::new());
    let text = match other_node(args, &host) {
        Some(node) => {
            let peer = host.peer(node)?;
            let ssh = Ssh {
                peer: &peer,
                control: SOCKET,
                inner: transport.as_ref(),
                clock_offset: Interval::at(0),
            };
            describe(&plan, &ssh)
        }
        None => describe(&plan, transport.as_ref()),
    };
    Ok(request.shown(&text))
}

/// The client's command line and what is first sent to it, then a line for each check.
fn describe(plan: &Plan, transport: &dyn Transport) -> String {
    let mut text = String::new();
    if plan.enters() {
        let client = command_line(&transport.argv(plan.head.target.ct));
        let probe = command_line(&["sh", "-c", PROBE].map(str::to_owned));
        let _ = writeln!(text, "{client}\n  (operating system): {probe}");
    }
    for planned in plan.checks(|_| true) {
        let check = planned.check;
        let mut notes = Vec::new();
        match &planned.refusal {
            Some(reason) => notes.push(format!("skipped: {reason}")),
            None if check.changes => notes.push("CHANGES the container".to_owned()),
            None => {}
        }
        if !check.needs.is_empty() {
            notes.push(format!("only if {} passed", check.needs.join(", ")));
        }
        if let Some(list) = &check.for_each {
            notes.push(format!("for each {ITEM} of {list}"));
        }
        let notes = match notes.is_empty() {
            true => String::new(),
            false => format!("   # {}", notes.join("; ")),
        };
        let _ = writeln!(text, "  {}: {}{notes}", check.id, planned.shown());
    }
    text
}
