//! The arguments of `lxcdiag sweep`.

use std::path::PathBuf;

use clap::{ArgGroup, Parser};

use super::values::{NotifyCommand, duration, notify_command};
use super::{LibraryArgs, ReachArgs};
use crate::sweep::report as sweep;
use crate::sweep::selection::Ids;

/// The default waiver file.
pub(in crate::cli) const WAIVERS: &str = "/etc/lxcdiag/waivers.yaml";

#[derive(Debug, Parser)]
#[command(
    override_usage = "lxcdiag sweep [OPTIONS] <RUNBOOK> <IDS|--all|--ct <IDS>|--tag <TAG>|--pool <POOL>|--node <NODE>>"
)]
#[command(group(ArgGroup::new("which").args(["containers", "all", "ct", "tag", "pool", "node"]).required(true).multiple(true)))]
pub(in crate::cli) struct SweepArgs {
    /// Runbook name (see `lxcdiag list`) or path
    pub(in crate::cli) runbook: String,
    /// Container IDs, as with --ct
    #[arg(value_name = "IDS", conflicts_with = "ct")]
    pub(in crate::cli) containers: Vec<Ids>,
    /// Every container of the cluster
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Container IDs: 958, 100-199, or several separated by commas
    #[arg(long, value_name = "IDS")]
    pub(in crate::cli) ct: Option<Ids>,
    /// Containers with this tag; repeatable
    #[arg(long)]
    pub(in crate::cli) tag: Vec<String>,
    /// Containers in this pool; repeatable
    #[arg(long)]
    pub(in crate::cli) pool: Vec<String>,
    /// Containers on this node; `local` is the node that lxcdiag runs on; repeatable
    #[arg(long)]
    pub(in crate::cli) node: Vec<String>,
    /// Container IDs to exclude
    #[arg(long, value_name = "IDS")]
    pub(in crate::cli) exclude: Option<Ids>,
    /// Skip stopped containers without reporting them
    #[arg(long)]
    pub(in crate::cli) running: bool,
    /// Set a variable of the runbook (see `lxcdiag show`); repeatable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(in crate::cli) vars: Vec<String>,
    /// Containers to diagnose at once on each node [default: the number of CPUs; with --via lxc-attach, four times that]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Time limit for each container, such as 60s or 5min
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2min")]
    pub(in crate::cli) timeout: std::time::Duration,
    /// Time limit for the whole sweep
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub(in crate::cli) deadline: std::time::Duration,
    /// Print nothing if there are no problems, nor, with --on-change, resolved ones
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Print only problems that are new, worse, better or resolved since the last sweep
    #[arg(long)]
    pub(in crate::cli) on_change: bool,
    /// Report a problem only once N sweeps in a row have found it
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) confirm: u32,
    /// If there is something to report, run this command, without a shell, with the JSON report on its standard input
    #[arg(long, value_name = "COMMAND", value_parser = notify_command)]
    pub(in crate::cli) notify: Option<NotifyCommand>,
    /// Directory that keeps the problems of earlier sweeps [default: /var/lib/lxcdiag/sweeps]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) state: Option<PathBuf>,
    /// File that lists known problems, which are not reported
    #[arg(long, value_name = "FILE", default_value = WAIVERS)]
    pub(in crate::cli) waivers: PathBuf,
    /// Also run the checks that change containers; a sweep never asks [default: skip them]
    #[arg(long)]
    pub(in crate::cli) allow_changes: bool,
    /// Format of the report on stdout
    #[arg(long, short, value_enum, default_value = "table")]
    pub(in crate::cli) format: sweep::Format,
    /// Also write the report to a file, in the format of its extension (.txt, .json, .jsonl, .prom, .xml, .html;
    /// with NAME.html, each container's report goes to NAME.reports); repeatable
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) reach: ReachArgs,
    #[command(flatten)]
    pub(in crate::cli) library: LibraryArgs,
}
