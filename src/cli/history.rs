//! `lxcdiag history`: the reports of past runs and sweeps.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::ValueEnum;
use serde::Serialize;

use super::args::{HistoryArgs, HistoryCommand, HistoryDiffArgs, HistoryShowArgs, PastArgs};
use super::config::state_directory as state;
use super::diagnosis::find_container;
use super::diff;
use super::error::CliError;
use super::{output, terminal};
use crate::cli::exit_code::ExitCode;
use crate::evidence::container_id::ContainerId;
use crate::history::{Entry, History};
use crate::host::Host;
use crate::judge::Level;
use crate::judge::results::Severity;
use crate::report::Report;
use crate::terminal_text::{visible, visible_path, visible_text};

const SCHEMA: &str = "lxcdiag.history/1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For programs, schema lxcdiag.history/1
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFormat {
    /// The whole report, for a terminal
    Table,
    /// For programs, schema lxcdiag.report/1
    Json,
}

#[derive(Debug, Serialize)]
struct Listed {
    schema: &'static str,
    containers: Vec<Container>,
}

#[derive(Debug, Serialize)]
struct Container {
    ct: ContainerId,
    /// The latest first.
    runs: Vec<Past>,
}

/// A past run.
#[derive(Debug, Serialize)]
struct Past {
    number: usize,
    started_at: String,
    command: String,
    runbook: String,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    summary: String,
    /// The start of the first run of the runbook with this result, without another result since then.
    since: String,
    #[serde(skip)]
    words: String,
}

/// Keeps the report of a run. If that fails, the run does not.
pub(super) fn keep(report: &Report) {
    let directory = state();
    if let Err(error) = History::new(&directory).keep(report) {
        tracing::warn!(
            "the report is not added to the history in {}: {error}",
            visible_path(&directory)
        );
    }
}

/// The command that prints a report which is kept.
pub(super) fn show_command(report: &Report) -> Option<String> {
    History::keeps(report).then(|| format!("lxcdiag history show {}", report.target.ct))
}

pub(super) fn history(args: &HistoryArgs) -> Result<ExitCode, CliError> {
    match &args.command {
        Some(HistoryCommand::Show(args)) => show(args),
        Some(HistoryCommand::Diff(args)) => diff(args),
        None => list(args),
    }
}

fn list(args: &HistoryArgs) -> Result<ExitCode, CliError> {
    let history = History::new(&state());
    let containers: Vec<_> = match &args.container {
        Some(named) => vec![find_container(named, &Host::at(&args.host.host_root))?],
        None => {
            let all = history.containers().map_err(|error| unreadable(&error))?;
            all.into_iter().collect()
        }
    };
    let mut listed = Vec::new();
    for ct in containers {
        let mut runs = pasts(&entries(&history, ct)?);
        if let Some(runbook) = &args.runbook {
            runs.retain(|run| run.runbook == *runbook);
        }
        if args.container.is_none() {
            let mut seen = BTreeSet::new();
            runs.retain(|run| seen.insert(run.runbook.clone()));
        }
        if !runs.is_empty() {
            listed.push(Container { ct, runs });
        }
    }
    output::print(&match args.format {
        Format::Text => terminal::shown(text(&listed)),
        Format::Json => {
            let listed = Listed {
                schema: SCHEMA,
                containers: listed,
            };
            crate::json::pretty(&listed).unwrap_or_default()
        }
    })?;
    Ok(ExitCode::Healthy)
}

fn text(containers: &[Container]) -> String {
    if containers.is_empty() {
        return String::from("no runs are kept\n");
    }
    let mut text = String::new();
    for container in containers {
        let _ = writeln!(text, "CT {}", container.ct);
        let width = |of: fn(&Past) -> &str| {
            let widths = container.runs.iter().map(|run| of(run).chars().count());
            widths.max().unwrap_or(0)
        };
        let runbook = width(|run| &run.runbook);
        let words = width(|run| &run.words);
        for run in &container.runs {
            let line = format!(
                "  {:>3}  {}  {:5}  {:runbook$}  {:words$}  since {}",
                run.number,
                to_seconds(&run.started_at),
                run.command,
                run.runbook,
                run.words,
                to_seconds(&run.since),
            );
            text.push_str(&visible(&line));
            text.push('\n');
        }
    }
    text
}

/// A time without fractions of a second.
fn to_seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

fn show(args: &HistoryShowArgs) -> Result<ExitCode, CliError> {
    let (ct, entries) = past(&args.past)?;
    let entry = numbered(ct, &entries, args.number)?;
    output::print(&match args.format {
        // It is safe to print, unless somebody changed the file.
        ShowFormat::Table => {
            let text = entry.text().map_err(|error| unreadable(&error))?;
            terminal::shown(visible_text(&text))
        }
        ShowFormat::Json => {
            let report = entry.report().map_err(|error| unreadable(&error))?;
            crate::json::pretty(&report).unwrap_or_default()
        }
    })?;
    Ok(ExitCode::Healthy)
}

fn diff(args: &HistoryDiffArgs) -> Result<ExitCode, CliError> {
    let (ct, entries) = past(&args.past)?;
    let (a, b) = match (args.a, args.b) {
        (Some(a), Some(b)) => (numbered(ct, &entries, a)?, numbered(ct, &entries, b)?),
        (Some(a), None) => (numbered(ct, &entries, a)?, numbered(ct, &entries, 1)?),
        _ => last_change(ct, &entries)?,
    };
    let side = |entry: &Entry| entry.side().map_err(|error| unreadable(&error));
    let (side_a, side_b) = (side(a)?, side(b)?);
    let name = |entry: &Entry| format!("{} {}", entry.command, to_seconds(&entry.started_at));
    diff::print((&name(a), &side_a), (&name(b), &side_b), args.format)
}

/// The last two runs of a runbook between which its result changed; without a change, its last two.
fn last_change(ct: ContainerId, entries: &[Entry]) -> Result<(&Entry, &Entry), CliError> {
    let runbook = &numbered(ct, entries, 1)?.runbook;
    let runs: Vec<_> = entries.iter().filter(|it| it.runbook == *runbook).collect();
    let pairs = || runs.iter().zip(runs.iter().skip(1));
    let changed = pairs().find(|(later, earlier)| later.finding != earlier.finding);
    match changed.or_else(|| pairs().next()) {
        Some((later, earlier)) => Ok((earlier, later)),
        None => {
            let message = format!("only one run of {runbook} in container {ct} is kept");
            Err(CliError::new(ExitCode::Usage, message))
        }
    }
}

/// The container, and its past runs.
fn past(args: &PastArgs) -> Result<(ContainerId, Vec<Entry>), CliError> {
    let ct = find_container(&args.container, &Host::at(&args.host.host_root))?;
    let entries = entries(&History::new(&state()), ct)?;
    Ok((ct, entries))
}

fn numbered(ct: ContainerId, entries: &[Entry], number: usize) -> Result<&Entry, CliError> {
    let entry = number.checked_sub(1).and_then(|index| entries.get(index));
    entry.ok_or_else(|| {
        let message = match entries.len() {
            0 => format!("no runs of container {ct} are kept"),
            most => format!("run {number} of container {ct} is not kept: there are {most}"),
        };
        let error = CliError::new(ExitCode::Usage, message);
        error.with_hint(format!("list the runs with `lxcdiag history {ct}`"))
    })
}

fn entries(history: &History, ct: ContainerId) -> Result<Vec<Entry>, CliError> {
    let (entries, broken) = history.of(ct).map_err(|error| unreadable(&error))?;
    for path in broken {
        tracing::warn!("cannot read {}", visible_path(&path));
    }
    Ok(entries)
}

/// Past runs with their numbers, each with the time since when its result holds.
fn pasts(entries: &[Entry]) -> Vec<Past> {
    let numbered = entries.iter().zip(1..);
    let past = |(entry, number): (&Entry, usize)| {
        let earlier = entries.iter().skip(number);
        let earlier = earlier.filter(|other| other.runbook == entry.runbook);
        let same = earlier.take_while(|other| other.finding == entry.finding);
        Past {
            number,
            started_at: entry.started_at.clone(),
            command: entry.command.clone(),
            runbook: entry.runbook.clone(),
            verdict: entry.finding.verdict.clone(),
            level: entry.finding.level,
            severity: entry.finding.severity,
            summary: entry.summary.clone(),
            since: same.last().unwrap_or(entry).started_at.clone(),
            words: entry.finding.words(),
        }
    };
    numbered.map(past).collect()
}

fn unreadable(error: &std::io::Error) -> CliError {
    let message = format!(
        "cannot read the history in {}: {error}",
        visible_path(&state())
    );
    let error = CliError::new(ExitCode::BadInput, message);
    error.with_hint("run lxcdiag as the user whose runs are kept, usually root")
}
