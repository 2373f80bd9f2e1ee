//! `lxcdiag sweep`.

mod bar;
mod containers;
mod files;
mod notify;
mod reports;
mod waiver_file;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::args::{SweepArgs, Via};
use super::error::CliError;
use super::runtime::block_on;
use super::{client, config, format, history, runbooks, signals};
use crate::cli::exit_code::ExitCode;
use crate::clock::now;
use crate::container::remote::{AT_ONCE, Connections};
use crate::engine::diagnose::Cluster;
use crate::engine::ledger::Ledger;
use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;
use crate::engine::stop::Stop;
use crate::evidence::time::{rfc3339, seconds};
use crate::host::Host;
use crate::judge::NextRun;
use crate::report::Report;
use crate::sweep::next::NextCommands;
use crate::sweep::report::{CheckTitle, Format, SCHEMA, Sweep};
use crate::sweep::row::{Row, VisitResult};
use crate::sweep::schedule;
use crate::sweep::selection::{Selected, SkipReason, Visit};
use crate::sweep::state::State;
use crate::sweep::state_file::StateFile;
use crate::sweep::visit::Visitor;
use crate::sweep::waivers;
use bar::Bar;

/// Containers per processor with lxc-attach, which waits more than it computes.
const LXC_ATTACH_JOBS: usize = 4;

pub(super) fn sweep(args: &SweepArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    client::require_root()?;
    let (source, runbook) = runbooks::find(&args.library, &args.runbook)?;
    runbooks::require_one(&runbook, "swept", "lxcdiag sweep health --all")?;
    let values = runbooks::values(&runbook, &args.vars)?;
    let files = format::of_files(&args.output, Format::extension)?;
    let waivers = waiver_file::read(args, &runbook)?;
    if runbook.enters() {
        client::require_pct(args.reach.via, &args.reach.pct)?;
    }
    let host = Host::at(&args.reach.host.host_root).for_many();
    let inventory = host.inventory()?;
    let here = host.local_node();
    let mut containers = containers::select(args, &inventory, here.as_deref())?;
    let connections = Connections::new(&host, other_nodes(&containers, here.as_deref()));
    let directory = match &args.state {
        Some(directory) => directory.clone(),
        None => config::state_directory().join("sweeps"),
    };
    let state_file = StateFile::open(&directory, &runbook.id, args.on_change)?;
    let mut state = state_file.load()?;
    if !runbook.enters() {
        containers::visit_stopped(&mut containers, &host, &inventory, &state);
    }

    let files = files::with_reports(files)?;
    let reports: Vec<_> = files
        .iter()
        .filter_map(|file| file.reports.clone())
        .collect();
    let reported = move |report: &Report| {
        history::keep(report);
        for reports in &reports {
            reports.write(report);
        }
    };
    let transport = client::transport(args.reach.via, &args.reach.pct);
    let ledger = Ledger::new(config::state_directory());
    let request = Request {
        recorded: source.recorded(&runbook.id),
        runbook: Arc::new(runbook),
        values,
        command_line,
        failed_at: None,
        log: None,
        traced_pushes: Vec::new(),
        script: None,
        changes: match args.allow_changes {
            true => ChangePolicy::Allowed,
            false => ChangePolicy::Declined("--allow-changes is not given"),
        },
        timeout: Some(args.timeout),
        demonstration: None,
        keep_secrets: false,
    };
    let visitor = Visitor {
        cluster: Cluster::new(&host, transport.as_ref(), &connections, &ledger),
        request,
        reported: Arc::new(reported),
    };
    let runbook = &visitor.request.runbook;
    let (started_at, begun) = (now(), Instant::now());
    state.forget_future(started_at);
    let (mut rows, stopped) = visit_all(args, &visitor, &connections, &containers, &state)?;
    let finished_at = now();
    if args.running {
        rows.retain(|row| row.result != VisitResult::Skipped(SkipReason::Stopped));
    }
    let inventory: BTreeMap<_, _> = inventory.into_iter().map(|it| (it.ct, it)).collect();
    containers::add_from_host(&mut rows, &host, &inventory, &containers);
    state.report_stopped(&mut rows);

    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    waivers::apply(&waivers, today, &mut rows);
    next_commands(args, &visitor.request, here).add(&mut rows);
    let changes = state.update(&mut rows, &inventory, args.confirm, started_at);
    let sweep = Sweep {
        schema: SCHEMA,
        lxcdiag: env!("CARGO_PKG_VERSION"),
        command_line: shown(&visitor.request),
        runbook: runbook.id.clone(),
        title: runbook.title.clone(),
        started_at: rfc3339(started_at),
        finished_at: seconds(finished_at),
        // Measured with a monotonic clock.
        duration_s: begun.elapsed().as_secs_f64(),
        cut_short: stopped.as_ref().map(Stop::to_string),
        checks: runbook
            .in_order()
            .iter()
            .map(|check| CheckTitle {
                id: check.id.clone(),
                title: check.title.clone(),
            })
            .collect(),
        containers: rows,
        changes: args.on_change.then_some(changes),
    };
    // The report comes first: if lxcdiag is killed in between or cannot write it, the next sweep reports the
    // same changes again, so that none is lost.
    files::write(args, &sweep, &files)?;
    if let Some(notify) = &args.notify {
        notify::run(notify, &sweep)?;
    }
    state_file.save(&state)?;
    let signal = signals::exit_code(stopped);
    let found = ExitCode::from(sweep.status());
    Ok(ExitCode::worst(signal.into_iter().chain([found])))
}

fn next_commands(args: &SweepArgs, request: &Request, here: Option<String>) -> NextCommands {
    let values = request.values.values.iter();
    let given = values.filter(|(name, _)| !request.values.defaulted.contains(name));
    NextCommands {
        again: NextRun {
            runbook: args.runbook.clone(),
            vars: given
                .map(|(name, value)| (name.clone(), request.shown(value)))
                .collect(),
        },
        runbooks: args.library.runbooks.clone(),
        here,
    }
}

/// The command line without secrets.
fn shown(request: &Request) -> Vec<String> {
    let words = request.command_line.iter();
    words.map(|word| request.shown(word)).collect()
}

/// The other nodes that have containers to visit, which `pct` cannot reach.
fn other_nodes<'a>(
    containers: &'a [Selected],
    here: Option<&str>,
) -> impl Iterator<Item = &'a str> {
    containers
        .iter()
        .filter(move |container| {
            container.visit == Visit::Yes && here.is_some_and(|here| here != container.node)
        })
        .map(|container| container.node.as_str())
}

/// Visits the containers until all are done, a signal arrives, or the deadline is reached.
fn visit_all(
    args: &SweepArgs,
    visitor: &Visitor<'_>,
    connections: &Connections<'_>,
    containers: &[Selected],
    state: &State,
) -> Result<(Vec<Row>, Option<Stop>), CliError> {
    let bar = Bar::new(containers.len());
    let most = jobs(args);
    let jobs = |node: &str| match connections.contains(node) {
        true => most.min(AT_ONCE),
        false => most,
    };
    block_on(async || {
        let stop = stop(signals::first(), args.deadline).shared();
        let visit = |container: &Selected| {
            let (container, stop) = (container.clone(), stop.clone());
            let since = state.swept_at(container.ct).filter(|_| args.on_change);
            bar.start(container.ct);
            async move {
                match stop.peek() {
                    Some(early) => Row::unreachable(&container, &early.to_string()),
                    None => visitor.visit(&container, since, stop).await,
                }
            }
        };
        let rows = schedule::visit_all(containers, jobs, visit, |row| bar.done(row)).await;
        connections.close().await;
        (rows, stop.peek().copied())
    })
}

/// Waits for a signal until the deadline.
async fn stop(signal: impl Future<Output = Stop>, deadline: Duration) -> Stop {
    let stopped = tokio::time::timeout(deadline, signal).await;
    stopped.unwrap_or(Stop::SweepTimedOut(deadline))
}

fn jobs(args: &SweepArgs) -> usize {
    if let Some(jobs) = args.jobs {
        return jobs.into();
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    match args.reach.via {
        Via::Pct => processors,
        Via::LxcAttach => processors * LXC_ATTACH_JOBS,
    }
}
