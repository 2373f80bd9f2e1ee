//! The arguments of `lxcdiag history`.

use clap::{Parser, Subcommand};

use super::{DiffFormat, HostArgs, Named, container};
use crate::cli::history::{Format, ShowFormat};

#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct HistoryArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<HistoryCommand>,
    /// Container ID or host name [default: all containers, with the latest run of each runbook]
    #[arg(value_name = "ID", value_parser = container)]
    pub(in crate::cli) container: Option<Named>,
    /// Only runs of this runbook
    #[arg(long, value_name = "RUNBOOK")]
    pub(in crate::cli) runbook: Option<String>,
    /// Output format
    #[arg(long, short, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
    #[command(flatten)]
    pub(in crate::cli) host: HostArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HistoryCommand {
    /// Print the report of a past run
    Show(HistoryShowArgs),
    /// Compare two past runs
    Diff(HistoryDiffArgs),
}

/// The container whose past runs are meant.
#[derive(Debug, Parser)]
pub(in crate::cli) struct PastArgs {
    /// Container ID or host name
    #[arg(value_name = "ID", value_parser = container)]
    pub(in crate::cli) container: Named,
    #[command(flatten)]
    pub(in crate::cli) host: HostArgs,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct HistoryShowArgs {
    #[command(flatten)]
    pub(in crate::cli) past: PastArgs,
    /// Number of the run in `lxcdiag history ID`; 1 is the latest
    #[arg(default_value = "1")]
    pub(in crate::cli) number: usize,
    /// Output format
    #[arg(long, short, value_enum, default_value = "table")]
    pub(in crate::cli) format: ShowFormat,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct HistoryDiffArgs {
    #[command(flatten)]
    pub(in crate::cli) past: PastArgs,
    /// Number of the earlier run [default: the last one before the latest runbook's result changed]
    pub(in crate::cli) a: Option<usize>,
    /// Number of the later run [default: 1, the latest; without A, the first one with the changed result]
    pub(in crate::cli) b: Option<usize>,
    /// Output format
    #[arg(long, short, value_enum, default_value = "table")]
    pub(in crate::cli) format: DiffFormat,
}
