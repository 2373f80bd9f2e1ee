//! `lxcdiag trace`: records the calls of a provisioning command.

use std::path::Path;

use super::args::TraceArgs;
use super::early_signals;
use super::error::CliError;
use super::file::{check_writable, write_file};
use super::output::{self, cannot_write};
use super::recordings::{bad_input, read_bounded};
use crate::cli::exit_code::ExitCode;
use crate::error_chain;
use crate::evidence::trace::{Ending, Run, SCHEMA, Trace};
use crate::redact;
use crate::terminal_text::visible;
use crate::trace::{TraceError, Tracer, comparison, exit_like, timeline};

/// The runs that are shown after the command has ended; the trace has them all.
const RUNS: usize = 2;

pub(super) fn trace(args: &TraceArgs) -> Result<ExitCode, CliError> {
    if let Some(path) = &args.show {
        let mut trace = read(path)?;
        redact::trace(&mut trace);
        let comparison = comparison(&trace).unwrap_or_default();
        output::print_text(format!("{}{comparison}", timeline(&trace, usize::MAX)))?;
        return Ok(ExitCode::Healthy);
    }
    if let Some(path) = &args.output {
        check_writable(path).map_err(|error| cannot_write(path, &error))?;
    }
    let tracer = Tracer::new(args.command.clone()).map_err(cannot_trace)?;
    if let signal @ Some(_) = early_signals::take() {
        exit_like(Ending { exit: None, signal });
    }
    let (runs, failure) = run_all(args, &tracer);
    let last = runs.last().map(|run| run.ending);
    let mut trace = Trace {
        schema: SCHEMA.to_owned(),
        lxcdiag: env!("CARGO_PKG_VERSION").to_owned(),
        command: args
            .command
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
        runs,
    };
    redact::trace(&mut trace);
    // Standard output is the command's.
    if !trace.runs.is_empty() {
        output::print_error(timeline(&trace, RUNS).trim_end());
    }
    if let Some(comparison) = comparison(&trace) {
        output::print_error(comparison.trim_end());
    }
    if let Some(path) = &args.output {
        let json = crate::json::pretty(&trace).map_err(std::io::Error::other);
        json.and_then(|json| write_file(path, json.as_bytes()))
            .map_err(|error| cannot_write(path, &error))?;
    }
    match (failure, last) {
        (Some(error), _) => Err(cannot_trace(error)),
        (None, Some(ending)) if trace.runs.len() == 1 => exit_like(ending),
        (None, _) => match tracer.signal() {
            Some(signal) => exit_like(Ending {
                exit: None,
                signal: Some(signal),
            }),
            None if trace.runs.iter().all(|run| run.ending.is_success()) => Ok(ExitCode::Healthy),
            None => Ok(ExitCode::Warning),
        },
    }
}

/// The runs, until a signal arrives or one cannot be made. With a delay and several runs, every second one is without
/// the delay.
fn run_all(args: &TraceArgs, tracer: &Tracer) -> (Vec<Run>, Option<TraceError>) {
    let delays = match (args.settle, args.repeat) {
        (Some(delay), Some(_)) => vec![None, Some(delay)],
        (delay, _) => vec![delay],
    };
    let mut runs = Vec::new();
    for _ in 0..args.repeat.unwrap_or(1) {
        for delay in &delays {
            if tracer.signal().is_some() {
                return (runs, None);
            }
            let reset = args
                .reset
                .as_deref()
                .map_or(Ok(()), |line| tracer.reset(line));
            match reset.and_then(|()| tracer.run(*delay)) {
                Ok(run) => runs.push(run),
                Err(error) => return (runs, Some(error)),
            }
        }
    }
    (runs, None)
}

fn cannot_trace(error: TraceError) -> CliError {
    let code = match error {
        TraceError::Prepare(_) => ExitCode::CannotWrite,
        TraceError::Start(..) | TraceError::Reset(..) => ExitCode::Unavailable,
    };
    CliError::new(code, error_chain(&error))
}

/// Reads a trace that `lxcdiag trace --output` wrote.
pub(super) fn read(path: &Path) -> Result<Trace, CliError> {
    let bytes = read_bounded(path)?;
    let trace: Trace = serde_json::from_slice(&bytes)
        .map_err(|error| bad_input(path, &format!("not a trace: {error}")))?;
    if trace.schema != SCHEMA {
        let problem = format!(
            "schema is {}, but this version of lxcdiag reads {SCHEMA}",
            visible(&trace.schema)
        );
        return Err(bad_input(path, &problem));
    }
    Ok(trace)
}
