//! `lxcdiag run`.

use tokio::runtime::Runtime;

use super::args::{RunArgs, Via};
use super::error::CliError;
use super::file::write_file;
use super::output::Sinks;
use super::progress::Progress;
use super::{client, dry_run, log, other_node, output, runbooks, signals};
use crate::cli::exit_code::ExitCode;
use crate::engine::demo::Incident;
use crate::engine::execute::{Request, Source, Stop, Surroundings, collect};
use crate::engine::ledger::History;
use crate::evidence::recording::{Recording, Target};
use crate::host::{Found, Host, State};
use crate::judge::findings::Setting;
use crate::judge::{Diagnosis, weigh_findings};
use crate::redact;
use crate::report::Report;
use crate::runbook::Runbook;
use crate::shell_quote::command_line;
use crate::terminal_text::visible;

pub(super) fn run(args: &RunArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    let enters = !args.dry_run && args.demo.is_none();
    if enters {
        client::demand_root()?;
    }
    let (source, runbook) = runbooks::find(&args.library, &args.runbook)?;
    let values = runbooks::values(&runbook, &args.vars)?;
    let sinks = Sinks::new(
        args.report.format,
        &args.report.output,
        args.report.bundle.as_deref(),
    )?;
    let host = Host::at(&args.reach.host_root);
    let transport = client::transport(args.reach.via, &args.reach.pct);
    let mut request = Request {
        runbook: &runbook,
        recorded: runbooks::recorded(&source, &runbook),
        setting: Setting {
            vars: values.values,
            ct: args.ct,
            node: String::new(),
            read_only: args.read_only,
            started_at: 0,
            failed_at: args.failed_at,
            log: None,
            earlier_changes: Vec::new(),
        },
        defaulted: values.defaulted,
        command_line,
        target: Target::default(),
        no_changes: None,
        limit: args.timeout,
        demonstration: args.demo.clone(),
    };
    if let Some(path) = &args.log {
        log::read(path, &mut request.setting)?;
    }
    let other = other_node::asked_for(args, &host);
    if args.dry_run {
        let text = match other {
            Some(node) => other_node::dry_run(&host, node, &request, transport.as_ref())?,
            None => dry_run::describe(&request, transport.as_ref()),
        };
        output::print(&shown(args, &request, text))?;
        return Ok(ExitCode::Healthy);
    }
    if let Some(name) = &args.demo {
        return demonstrate(args, name, request, &sinks);
    }
    let runtime = runtime()?;
    let far = match other {
        Some(node) => Some(runtime.block_on(other_node::reach(args, &host, node))?),
        None => None,
    };
    let (host, transport) = match &far {
        Some((link, look)) => (&look.host, &link.transport(transport.as_ref(), look) as _),
        None => (&host, transport.as_ref()),
    };
    look_first(args, host, &mut request)?;
    let history = History::new(std::env::var_os("XDG_STATE_HOME").map(Into::into));
    let (changes, unreadable) = history.changes(args.ct);
    for path in unreadable {
        tracing::warn!(
            "cannot read {} as a recording; what earlier runs changed is not known from it",
            path.display()
        );
    }
    request.setting.earlier_changes = changes;
    tell_changes(args, &request);

    let source = Source::Live { host, transport };
    let (recording, diagnosis, stopped) = run_checks(&runtime, request, source, &history);
    if let Some((link, _)) = &far {
        runtime.block_on(link.close());
    }
    let kept = keep(&history, &recording);
    let code = report(args, &runbook, recording, &diagnosis, &sinks)?;
    kept?;
    Ok(match stopped {
        Some(Stop::Signal("SIGINT")) => ExitCode::Interrupted,
        Some(Stop::Signal(_)) => ExitCode::Terminated,
        Some(Stop::TimeUp(_) | Stop::SweepTimeUp(_)) | None => code,
    })
}

/// The same run, its answers from a recording.
fn demonstrate(
    args: &RunArgs,
    name: &str,
    mut request: Request<'_>,
    sinks: &Sinks<'_>,
) -> Result<ExitCode, CliError> {
    let incident = Incident::named(name)
        .map(Incident::recording)
        .transpose()
        .map_err(|error| CliError::from_error(ExitCode::BadInput, &error))?;
    let Some(recorded) = incident else {
        let message = format!("there is no incident {name}");
        return Err(CliError::new(ExitCode::Usage, message));
    };
    request.target = recorded.target.clone();
    request.setting.ct = recorded.target.ct;
    request.setting.node = recorded.target.node.clone();
    let runbook = request.runbook;
    let history = History::new(None);
    let source = Source::Recorded(&recorded);
    let (recording, diagnosis, _) = run_checks(&runtime()?, request, source, &history);
    report(args, runbook, recording, &diagnosis, sinks)
}

/// Takes the secrets out of what leaves, and writes that: the recording where it was asked for, and
/// the report. Each even when the other failed.
fn report(
    args: &RunArgs,
    runbook: &Runbook,
    mut recording: Recording,
    diagnosis: &Diagnosis,
    sinks: &Sinks<'_>,
) -> Result<ExitCode, CliError> {
    let sha256 = recording.runbook.sha256.clone();
    let report = match args.report.no_redact {
        true => Report::new(runbook, &sha256, &recording, diagnosis),
        false => redact::report(runbook, &sha256, &mut recording, diagnosis),
    };
    let recorded = record(args, &recording);
    output::write(&report, &recording, sinks)?;
    recorded?;
    Ok(ExitCode::of_verdict(&diagnosis.verdict))
}

/// What can be known before anything is started: whether there is such a container to look into.
fn look_first(args: &RunArgs, host: &Host, request: &mut Request<'_>) -> Result<(), CliError> {
    let unavailable = |message: String| Err(CliError::new(ExitCode::Unavailable, message));
    let node = host.node();
    let found = match host.find(args.ct) {
        Ok(found) => Some(found),
        Err(error) if error.cannot_tell() => {
            tracing::warn!("{error}");
            None
        }
        Err(error) => return Err(CliError::from_error(ExitCode::Unavailable, &error)),
    };
    if let Some(problem) = client::missing(args.reach.via, &args.reach.pct) {
        let hint = "--demo shows a recorded incident without either";
        return unavailable(format!("{problem}; {hint}"));
    }
    match host.state(args.ct) {
        State::Running | State::Unknown => {}
        State::Stopped => {
            return unavailable(format!(
                "container {ct} is not running: start it with `pct start {ct}`; what its last \
                 provisioning did to it can only be seen from inside",
                ct = args.ct
            ));
        }
        State::Frozen => {
            return unavailable(format!(
                "container {ct} is frozen (a backup, a snapshot, or `pct suspend`): wait for that, \
                 or thaw it with `pct resume {ct}`; nothing was sent to it",
                ct = args.ct
            ));
        }
    }
    if let Some(lock) = found.as_ref().and_then(|found| found.config.lock.clone()) {
        tracing::warn!(
            "container {} is locked: {lock}; it will not be changed",
            args.ct
        );
        request.no_changes = Some(format!("the container is locked ({lock})"));
    }
    request.target = target(args, &node, found);
    request.setting.node = request.target.node.clone();
    Ok(())
}

fn target(args: &RunArgs, node: &crate::host::Node, found: Option<Found>) -> Target {
    Target {
        ct: args.ct,
        node: found
            .map(|found| found.node)
            .or_else(|| node.name.clone())
            .unwrap_or_default(),
        via: match args.reach.via {
            Via::Pct => "pct".to_owned(),
            Via::LxcAttach => "lxc-attach".to_owned(),
        },
        os: None,
        systemd: None,
        kernel: node.kernel.clone(),
        pve: node.pve_manager.clone(),
    }
}

/// Nobody shall be surprised by a change.
fn tell_changes(args: &RunArgs, request: &Request<'_>) {
    if request.setting.read_only || request.no_changes.is_some() {
        return;
    }
    let findings = crate::judge::findings::Findings::new(request.runbook, &request.setting);
    let commands: Vec<_> = request
        .runbook
        .in_order()
        .into_iter()
        .filter(|check| check.changes)
        .filter_map(|check| check.argv(findings.evaluator(), findings.scope()).ok())
        .map(|argv| visible(&command_line(&argv)))
        .collect();
    if !commands.is_empty() {
        tracing::info!(
            "this will change container {}: {} (--read-only leaves it as it is)",
            request.setting.ct,
            shown(args, request, commands.join("; "))
        );
    }
}

/// Commands as the terminal shows them: without the values of vars that are secret.
fn shown(args: &RunArgs, request: &Request<'_>, text: String) -> String {
    if args.report.no_redact {
        return text;
    }
    let mut redactor = redact::Redactor::new(request.runbook);
    redactor.learn_vars(&request.setting.vars);
    redactor.learn(text.as_bytes());
    let redacted = redactor.redact(text.as_bytes());
    redacted.map_or(text, |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn run_checks(
    runtime: &Runtime,
    request: Request<'_>,
    source: Source<'_>,
    history: &History,
) -> (Recording, Diagnosis, Option<Stop>) {
    let live = Progress::line();
    let is_live = matches!(source, Source::Live { .. });
    let around = Surroundings {
        source,
        keep: &|recording| match is_live {
            true => history
                .keep(recording)
                .map_err(|error| crate::error_chain(&error)),
            false => Ok(()),
        },
        progress: &|check| live.say(&format!("{} …", check.title)),
    };
    let runbook = request.runbook;
    let (recording, findings, stopped) =
        runtime.block_on(async { collect(request, &around, signals::first()).await });
    let diagnosis = weigh_findings(runbook, &recording, findings);
    (recording, diagnosis, stopped)
}

fn runtime() -> Result<Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(ExitCode::Unavailable, format!("cannot start: {error}")))
}

/// Keeps the recording of itself where the container was changed or was about to be: what was kept
/// beforehand takes all changes for made. It does not leave, and stays exact.
fn keep(history: &History, recording: &Recording) -> Result<(), CliError> {
    if recording.changes().is_empty() && !history.file_of(recording).exists() {
        return Ok(());
    }
    history
        .keep(recording)
        .map_err(|error| CliError::from_error(ExitCode::CannotWrite, &error))?;
    tracing::info!("recording kept: {}", history.file_of(recording).display());
    Ok(())
}

/// Writes the recording where it was asked for.
fn record(args: &RunArgs, recording: &Recording) -> Result<(), CliError> {
    let Some(path) = &args.record else {
        return Ok(());
    };
    let text = crate::json::compact(recording)
        .map_err(|error| CliError::from_error(ExitCode::CannotWrite, &error))?;
    write_file(path, text.as_bytes()).map_err(|error| output::cannot_write(path, &error))
}
