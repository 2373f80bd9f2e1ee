//! `lxcdiag schema`: the JSON Schemas of what other programs read.

use clap::ValueEnum;

use super::args::SchemaArgs;
use super::error::CliError;
use super::output;
use crate::cli::exit_code::ExitCode;

/// An output with a schema. The descriptions are the help of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// `run` and `judge` with --format json
    Report,
    /// `sweep` with --format json
    Sweep,
    /// `audit` with --format json
    Audit,
    /// `trace` with --output
    Trace,
}

pub(super) fn print(args: &SchemaArgs) -> Result<ExitCode, CliError> {
    output::print(match args.output {
        Output::Report => include_str!("../../docs/schemas/report.schema.json"),
        Output::Sweep => include_str!("../../docs/schemas/sweep.schema.json"),
        Output::Audit => include_str!("../../docs/schemas/audit.schema.json"),
        Output::Trace => include_str!("../../docs/schemas/trace.schema.json"),
    })?;
    Ok(ExitCode::Healthy)
}
