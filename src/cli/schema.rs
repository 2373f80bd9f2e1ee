//! `lxcdiag schema`: the JSON Schemas of runbooks, and of what other programs read.

use clap::ValueEnum;

use super::args::SchemaArgs;
use super::error::CliError;
use super::output;
use crate::cli::exit_code::ExitCode;
use crate::runbook::json_schema;

/// What has a schema. The descriptions are the help of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Runbooks, for editors
    Runbook,
    /// `run` and `judge` with --format json
    Report,
    /// `sweep` with --format json
    Sweep,
    /// `audit` with --format json
    Audit,
    /// `trace` with --output
    Trace,
    /// `validate` with --format json
    Validate,
    /// `doctor` with --format json
    Doctor,
    /// `list` with --format json
    List,
    /// `show` with --format json
    Show,
    /// `test` with --format json
    Test,
    /// `history` with --format json
    History,
}

pub(super) fn print(args: &SchemaArgs) -> Result<ExitCode, CliError> {
    output::print(match args.kind {
        Kind::Runbook => return print_runbook(),
        Kind::Report => include_str!("../../docs/schemas/report.schema.json"),
        Kind::Sweep => include_str!("../../docs/schemas/sweep.schema.json"),
        Kind::Audit => include_str!("../../docs/schemas/audit.schema.json"),
        Kind::Trace => include_str!("../../docs/schemas/trace.schema.json"),
        Kind::Validate => include_str!("../../docs/schemas/validate.schema.json"),
        Kind::Doctor => include_str!("../../docs/schemas/doctor.schema.json"),
        Kind::History => include_str!("../../docs/schemas/history.schema.json"),
        Kind::List => include_str!("../../docs/schemas/list.schema.json"),
        Kind::Show => include_str!("../../docs/schemas/show.schema.json"),
        Kind::Test => include_str!("../../docs/schemas/test.schema.json"),
    })?;
    Ok(ExitCode::Healthy)
}

fn print_runbook() -> Result<ExitCode, CliError> {
    output::print(&crate::json::pretty(&json_schema()).unwrap_or_default())?;
    Ok(ExitCode::Healthy)
}
