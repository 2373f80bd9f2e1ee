//! `lxcdiag run`.

use std::fmt::Write as _;
use std::sync::Arc;

use super::args::{Named, RunArgs};
use super::diagnosis::{self, find_container, unavailable};
use super::error::CliError;
use super::fix_command::{fix_command, overview_command};
use super::output::{self, Sinks};
use super::progress::Progress;
use super::runtime::{block_on, interruptible, written};
use super::{auto, client, config, history, runbooks, signals};
use crate::cli::exit_code::ExitCode;
use crate::container::remote::Connections;
use crate::container::transport::{Ssh, Transport};
use crate::engine::PROBE;
use crate::engine::conclude::Conclusion;
use crate::engine::consent::Pending;
use crate::engine::demo::Incident;
use crate::engine::diagnose::{Cluster, Container, Diagnosed, play_back};
use crate::engine::ledger::Ledger;
use crate::engine::plan::{ITEM, Plan, Request};
use crate::engine::policy::ChangePolicy;
use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::{Recording, Target};
use crate::evidence::time::Interval;
use crate::host::{Host, State};
use crate::judge::VerdictKind;
use crate::report::Report;
use crate::runbook::Check;
use crate::shell_quote::command_line;
use crate::terminal_text::visible_path;

/// Placeholder for the socket of a connection to another node, which only a real run creates.
const SOCKET: &str = "SOCKET";

pub(super) fn run(args: &RunArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    if !args.dry_run && args.demo.is_none() {
        client::require_proxmox(&args.reach)?;
        client::require_root()?;
    }
    let ct = container(args)?;
    let mut request = request(args, ct, command_line)?;
    if let Some(name) = &args.demo
        && !request.runbook.next.is_empty()
    {
        request = settled_on(args, &request, name)?;
    }
    let sinks = Sinks::new(&args.report, args.record.as_deref())?;
    if args.dry_run {
        let text = dry_run(args, ct, &request)?;
        output::print(&text)?;
        return Ok(ExitCode::Healthy);
    }
    if let Some(name) = &args.demo {
        return block_on(async || demonstrate(&request, name, sinks).await)?;
    }
    if enters(args, ct, &request) {
        client::require_pct(args.reach.via, &args.reach.pct)?;
    }
    block_on(async || diagnose(args, ct, &request, sinks).await)?
}

/// Whether the run enters the container. It does not enter a stopped one.
fn enters(args: &RunArgs, ct: ContainerId, request: &Request) -> bool {
    let host = Host::at(&args.reach.host.host_root);
    let stopped = || other_node(args, &host).is_none() && host.state(ct) == State::Stopped;
    (request.runbook.enters() || !request.runbook.next.is_empty()) && !stopped()
}

/// The container that the user names; without one, that of the demonstration.
fn container(args: &RunArgs) -> Result<ContainerId, CliError> {
    match (args.ct.as_ref().or(args.container.as_ref()), &args.demo) {
        (Some(Named::HostName(name)), Some(_)) if Incident::named(name).is_some() => {
            let hint = format!("lxcdiag run {} --demo={name}", args.runbook);
            let message = format!("`{name}` is a recorded incident, not a container");
            Err(CliError::new(ExitCode::Usage, message).with_hint(hint))
        }
        (Some(named), _) => find_container(named, &Host::at(&args.reach.host.host_root)),
        (None, demo) => Ok(incident(demo.as_deref().unwrap_or_default())?.target.ct),
    }
}

fn request(
    args: &RunArgs,
    ct: ContainerId,
    command_line: Vec<String>,
) -> Result<Request, CliError> {
    let host = Host::at(&args.reach.host.host_root);
    // Another node has its own task log.
    let host = other_node(args, &host).is_none().then_some(&host);
    let (_, request) = diagnosis::request(
        &args.runbook,
        &args.library,
        &args.incident,
        ct,
        host,
        command_line,
    )?;
    Ok(Request {
        changes: changes(args),
        timeout: args.timeout,
        demonstration: args.demo.clone(),
        keep_secrets: args.report.no_redact,
        ..request
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
    let host = Host::at(&args.reach.host.host_root);
    let transport = client::transport(args.reach.via, &args.reach.pct);
    let ledger = Ledger::new(config::state_directory());
    let other = other_node(args, &host);
    let connections = Connections::new(&host, other.into_iter());
    let cluster = Cluster::new(&host, transport.as_ref(), &connections, &ledger);
    let container = Container {
        ct,
        node: other.unwrap_or_default(),
        since: None,
        shell: None,
    };
    let mut request = request.clone();
    let diagnosed = if request.runbook.next.is_empty() {
        diagnosis::diagnose(&cluster, container, &mut request, stop).await
    } else {
        let settled = auto::diagnose(&cluster, container, &args.library, &request, stop).await;
        settled.map(|(settled_on, diagnosed)| {
            request = settled_on;
            diagnosed
        })
    };
    let next = match other {
        None => Next {
            fix: fix_command(&request, &args.library, ct),
            overview: overview_command(&request, ct),
        },
        Some(_) => Next::default(),
    };
    let diagnosed = diagnosed.map(|mut diagnosed| {
        next.add_to(&mut diagnosed.result.report);
        diagnosed
    });
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
                    let (settled, explored) = (result.report.settled, result.recording.explored);
                    let progress = Progress::line();
                    let begins = |check: &Check| progress.say(&format!("{} …", check.title));
                    let stop = signals::first();
                    let completed = cluster
                        .complete(&request, container, pending, &begins, stop)
                        .await;
                    completed.map_err(unavailable).map(|mut completed| {
                        let Conclusion {
                            report, recording, ..
                        } = &mut completed.result;
                        report.settled = settled;
                        next.add_to(report);
                        recording.explored = explored;
                        completed
                    })
                }
                declined => {
                    connections.close().await;
                    let code = ExitCode::of_verdict(&result.report.verdict);
                    let save = move || {
                        history::keep(&result.report);
                        sinks.save(&result)
                    };
                    written(save).await??;
                    return declined.map(|_| code);
                }
            }
        }
        diagnosed => diagnosed,
    };
    connections.close().await;
    let diagnosed = diagnosed?;
    if let Ok(Some(path)) = &diagnosed.ledger {
        tracing::info!("recording kept: {}", visible_path(path));
    }
    let code = report(diagnosed.result, sinks).await?;
    if let Err(error) = &diagnosed.ledger {
        return Err(CliError::from_error(ExitCode::CannotWrite, error));
    }
    Ok(signals::exit_code(diagnosed.stopped).unwrap_or(code))
}

/// The commands that follow, where they can be run.
#[derive(Default)]
struct Next {
    fix: Option<String>,
    overview: Option<String>,
}

impl Next {
    fn add_to(&self, report: &mut Report) {
        report.fix_command.clone_from(&self.fix);
        let overview = self.overview.as_ref();
        report.overview_command = overview.filter(|_| report.settled.is_none()).cloned();
        report.whole_command = history::show_command(report);
    }
}

/// Whether to ask for consent: on a terminal, with a report that the user has seen, and if something is wrong.
fn may_ask(sinks: &Sinks, conclusion: &Conclusion) -> bool {
    sinks.is_for_terminal() && conclusion.report.verdict.kind != VerdictKind::Healthy
}

/// Asks whether the checks that change the container may run.
fn is_allowed(pending: &Pending) -> bool {
    output::ask_consent(&format!(
        "Also run the manual steps {}? They change the container: {}",
        pending.steps.join(", "),
        pending.commands.join(", ")
    ))
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

/// The request for the runbook that an incident was recorded with.
fn settled_on(args: &RunArgs, request: &Request, name: &str) -> Result<Request, CliError> {
    let (source, runbook) = runbooks::find(&args.library, &incident(name)?.runbook.id)?;
    Ok(Request {
        recorded: source.recorded(&runbook.id),
        values: runbooks::values(&runbook, &[])?,
        runbook: Arc::new(runbook),
        ..request.clone()
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
    let write = move || {
        history::keep(&conclusion.report);
        sinks.write(&conclusion)
    };
    written(write).await??;
    Ok(code)
}

/// The node of `--node`, unless it is this one.
fn other_node<'a>(args: &'a RunArgs, host: &Host) -> Option<&'a str> {
    let node = args.node.as_deref()?;
    (host.local_node().as_deref() != Some(node)).then_some(node)
}

/// Prints every command without running any.
fn dry_run(args: &RunArgs, ct: ContainerId, request: &Request) -> Result<String, CliError> {
    let host = Host::at(&args.reach.host.host_root);
    let transport = client::transport(args.reach.via, &args.reach.pct);
    let plan = Plan::new(request, Target::new(ct), Vec::new());
    let mut text = match other_node(args, &host) {
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
    for next in &request.runbook.next {
        let line = format!(
            "  (depending on what these find): lxcdiag run {}\n",
            next.run
        );
        if !text.contains(&line) {
            text.push_str(&line);
        }
    }
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
