//! The arguments of the command line.

mod history;
mod runbooks;
mod sweep;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

pub(super) use self::history::{
    HistoryArgs, HistoryCommand, HistoryDiffArgs, HistoryShowArgs, PastArgs,
};
pub(super) use self::runbooks::{ListArgs, NewArgs, SchemaArgs, ShowArgs, TestArgs, ValidateArgs};
use super::completion::Shell;
use super::doctor;
use super::terminal::{Choice, Colour};
use crate::audit;
use crate::engine::demo::INCIDENTS;
use crate::evidence::time::Interval;
use crate::report::Format;
pub(super) use sweep::{SweepArgs, WAIVERS};
pub(super) use values::{Named, NotifyCommand, container, duration, notify_command};
use values::{incidents, moment, zone};

/// Find out why provisioning of a Proxmox VE container failed, and whether it was a race condition
#[derive(Debug, Parser)]
#[command(name = "lxcdiag", version, max_term_width = 100, after_help = EXAMPLES, override_usage = USAGE)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) terminal: TerminalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What the terminal shows.
#[derive(Debug, Parser)]
pub(super) struct TerminalArgs {
    /// When to print colour
    #[arg(
        long,
        global = true,
        display_order = 900,
        value_enum,
        value_name = "WHEN",
        default_value = "auto"
    )]
    color: Colour,
    /// Print tables and messages in ASCII; other formats do not change
    #[arg(long, global = true, display_order = 901)]
    ascii: bool,
}

impl TerminalArgs {
    pub(super) const fn choice(&self) -> Choice {
        Choice {
            colour: self.color,
            ascii: self.ascii,
        }
    }
}

const USAGE: &str = "lxcdiag <COMMAND>
       lxcdiag <CT> [OPTIONS]    short for `lxcdiag run auto --ct <CT>`";

const EXAMPLES: &str = "Examples:
  # What is wrong with container 958?
  lxcdiag 958

  # Why did container 958 fail? Asks before it changes anything
  lxcdiag run race-condition --ct 958

  # Attach the report to a ticket
  lxcdiag run race-condition --ct 958 --output ticket-958.md --bundle ticket-958.tar.gz

  # Try it without Proxmox VE
  lxcdiag run race-condition --demo

  # From cron: print what changed since the last sweep
  lxcdiag sweep health --all --on-change

  # Find the fault in a provisioning script
  lxcdiag audit provision.sh";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Diagnose one container
    Run(RunArgs),
    /// Diagnose one container, and run the commands that fix it, each after a question
    Fix(FixArgs),
    /// Diagnose many containers, for cron and monitoring
    Sweep(SweepArgs),
    /// Re-evaluate recordings with the current runbook
    Judge(JudgeArgs),
    /// Compare two recordings or JSON reports
    Diff(DiffArgs),
    /// List past runs and sweeps of a container, or show or compare them
    History(HistoryArgs),
    /// Check that runbooks reach the expected verdicts on recordings
    Test(TestArgs),
    /// Write a runbook to start from
    New(NewArgs),
    /// List the available runbooks
    List(ListArgs),
    /// Describe the checks and hypotheses of a runbook
    Show(ShowArgs),
    /// Check runbook files for errors
    Validate(ValidateArgs),
    /// Check whether this host is ready for lxcdiag
    Doctor(DoctorArgs),
    /// Print the configuration, and where each value is from
    Config,
    /// Check provisioning scripts for faults, without running them
    Audit(AuditArgs),
    /// Run a provisioning command and record its calls of pct
    Trace(TraceArgs),
    /// Print a JSON Schema: of runbooks, for editors, or of an output
    Schema(SchemaArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(ManArgs),
}

#[derive(Debug, Parser)]
pub(super) struct RunArgs {
    /// Runbook name (see `lxcdiag list`) or path
    pub(super) runbook: String,
    /// Container, as with --ct
    #[arg(value_name = "ID", conflicts_with = "ct", value_parser = container)]
    pub(super) container: Option<Named>,
    /// Container ID, or a host name that is unique in the cluster
    #[arg(
        long,
        value_name = "ID",
        required_unless_present_any = ["demo", "container"],
        allow_negative_numbers = true,
        value_parser = container
    )]
    pub(super) ct: Option<Named>,
    /// Node of the container; other nodes are reached over ssh [default: this node]
    #[arg(long)]
    pub(super) node: Option<String>,
    #[command(flatten)]
    pub(super) incident: IncidentArgs,
    /// Also run the checks that change the container, and do not ask [default: ask on a terminal, otherwise skip them]
    #[arg(long, conflicts_with = "read_only")]
    pub(super) allow_changes: bool,
    /// Skip the checks that change the container, and do not ask
    #[arg(long)]
    pub(super) read_only: bool,
    /// Print the exact commands without running them
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    /// Save a recording of every command and its output, for `lxcdiag judge`
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Time limit for the run, such as 60s or 5min
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<std::time::Duration>,
    /// Play back a recorded incident; needs no Proxmox VE [without a value: late-push]
    #[arg(long, value_name = "INCIDENT", num_args = 0..=1, require_equals = true,
          default_missing_value = INCIDENTS[0].name, value_parser = incidents())]
    pub(super) demo: Option<String>,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
    #[command(flatten)]
    pub(super) library: LibraryArgs,
}

/// The runbook that `lxcdiag fix` uses if none is named.
pub(super) const DEFAULT_FIX: &str = "race-condition";

#[derive(Debug, Parser)]
pub(super) struct FixArgs {
    /// Runbook name (see `lxcdiag list`) or path; only the remedies of a built-in runbook are run. A container ID stands
    /// for the container, and the runbook is the default
    #[arg(default_value = DEFAULT_FIX)]
    pub(super) runbook: String,
    /// Container, as with --ct
    #[arg(value_name = "ID", conflicts_with = "ct", value_parser = container)]
    pub(super) container: Option<Named>,
    /// Container ID, or a host name that is unique in the cluster
    #[arg(long, value_name = "ID", allow_negative_numbers = true, value_parser = container)]
    pub(super) ct: Option<Named>,
    #[command(flatten)]
    pub(super) incident: IncidentArgs,
    /// Answer every question with yes
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
    #[command(flatten)]
    pub(super) library: LibraryArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Via {
    /// Proxmox VE's `pct exec`; takes about 1.2 s to start
    Pct,
    /// LXC's `lxc-attach`; takes about 0.01 s to start
    LxcAttach,
}

/// Where a report goes, and what it contains.
#[derive(Debug, Parser)]
pub(super) struct ReportArgs {
    /// Format of the report on stdout
    #[arg(long, short, value_enum, default_value = "table")]
    pub(super) format: Format,
    /// Print every check, every hypothesis and the whole timeline
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Also write the report to a file, in the format of its extension (.txt, .md, .jira, .html, .json, .xml); repeatable
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    /// Pack the report in every format, the recording and the output of every command into one file (.tar.gz)
    #[arg(long, value_name = "FILE")]
    pub(super) bundle: Option<PathBuf>,
    /// Keep secrets in reports, recordings and bundles [default: redact them]
    #[arg(long)]
    pub(super) no_redact: bool,
}

/// What is known about the failure.
#[derive(Debug, Parser)]
pub(super) struct IncidentArgs {
    /// Set a variable of the runbook (see `lxcdiag show`); repeatable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(super) vars: Vec<String>,
    /// Unit to diagnose; short for `--var unit=UNIT`
    #[arg(long)]
    pub(super) unit: Option<String>,
    /// Start of the journal entries to count, such as -2h or yesterday; short for `--var since=TIME`
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) since: Option<String>,
    /// Time of the failure, such as 2026-01-02T03:04:05.678Z, or seconds since the epoch; overrides --log and --trace
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) failed_at: Option<Interval>,
    /// Take the time and the error message of the failure from this provisioning log
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    /// Time zone of log timestamps that have none, such as Europe/Berlin or +02:00 [default: proven by the log, or this node's]
    #[arg(long, value_name = "ZONE", requires = "log", value_parser = zone)]
    pub(super) log_zone: Option<TimeZone>,
    /// Take the time and the error message of the failure from this trace (see `lxcdiag trace --output`)
    #[arg(long, value_name = "FILE", conflicts_with = "log")]
    pub(super) trace: Option<PathBuf>,
    /// Provisioning script to audit; its findings are evidence
    #[arg(long, value_name = "SCRIPT")]
    pub(super) script: Option<PathBuf>,
}

impl IncidentArgs {
    /// The vars that are set, as `NAME=VALUE`.
    pub(super) fn given(&self) -> Vec<String> {
        let short = [("unit", &self.unit), ("since", &self.since)];
        let short = short.into_iter().filter_map(|(name, value)| {
            let value = value.as_ref()?;
            Some(format!("{name}={value}"))
        });
        self.vars.iter().cloned().chain(short).collect()
    }
}

/// How containers are reached.
#[derive(Debug, Parser)]
pub(super) struct ReachArgs {
    /// Program that enters the container
    #[arg(long, value_enum, value_name = "PROGRAM", default_value = "pct")]
    pub(super) via: Via,
    /// Path to pct
    #[arg(long, value_name = "PATH", env = "LXCDIAG_PCT", default_value = "pct")]
    pub(super) pct: PathBuf,
    #[command(flatten)]
    pub(super) host: HostArgs,
}

#[derive(Debug, Parser)]
pub(super) struct HostArgs {
    /// Root directory of the host's files
    #[arg(
        long,
        value_name = "DIR",
        env = "LXCDIAG_HOST_ROOT",
        default_value = "/",
        hide = true
    )]
    pub(super) host_root: PathBuf,
}

#[derive(Debug, Parser)]
pub(super) struct LibraryArgs {
    /// Look for runbooks in this directory first, then in the usual places (see `lxcdiag list`)
    #[arg(long, value_name = "DIR")]
    pub(super) runbooks: Option<PathBuf>,
}

#[derive(Debug, Parser)]
pub(super) struct JudgeArgs {
    /// Recordings, as written by `lxcdiag run --record`
    #[arg(required = true, value_name = "RECORDING")]
    pub(super) recordings: Vec<PathBuf>,
    /// Use this trace instead of the log or trace in the recordings (see `lxcdiag trace --output`)
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// Provisioning script to audit; its findings replace those in the recording
    #[arg(long, value_name = "SCRIPT")]
    pub(super) script: Option<PathBuf>,
    /// Runbook name (see `lxcdiag list`) or path [default: the runbook that the recording names, or else its copy in the recording]
    #[arg(long, value_name = "RUNBOOK")]
    pub(super) runbook: Option<String>,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) library: LibraryArgs,
}

#[derive(Debug, Parser)]
pub(super) struct DiffArgs {
    /// Earlier recording or JSON report
    pub(super) a: PathBuf,
    /// Later recording or JSON report
    pub(super) b: PathBuf,
    /// Output format
    #[arg(long, short, value_enum, default_value = "table")]
    pub(super) format: DiffFormat,
    #[command(flatten)]
    pub(super) library: LibraryArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For a terminal
    Table,
    /// For programs, schema lxcdiag.diff/1
    Json,
}

#[derive(Debug, Parser)]
pub(super) struct AuditArgs {
    /// Bash scripts; `-` reads standard input
    #[arg(required_unless_present = "explain", value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    /// Output format
    #[arg(long, short, value_enum, default_value = "table")]
    pub(super) format: audit::Format,
    /// Describe a rule that a finding names, with an example and the fix
    #[arg(long, value_name = "RULE", conflicts_with = "scripts")]
    pub(super) explain: Option<String>,
    /// Print a patch that fixes the findings, for `patch -p1` or `git apply`
    #[arg(long, conflicts_with_all = ["format", "explain"])]
    pub(super) patch: bool,
    /// What --patch prints
    #[arg(long, value_enum, default_value = "repair", requires = "patch")]
    pub(super) style: audit::Style,
}

#[derive(Debug, Parser)]
pub(super) struct TraceArgs {
    /// Also write the trace to a file, for `lxcdiag run --trace` and `lxcdiag judge --trace`
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Wait this long after each `pct push`, such as 2s, to see whether a delay in the script would help
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) settle: Option<std::time::Duration>,
    /// Run the command N times; with --settle, N times with the delay and N times without
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) repeat: Option<u16>,
    /// Shell command that restores the container, run before each run
    #[arg(long, value_name = "COMMAND")]
    pub(super) reset: Option<String>,
    /// Print the timeline of a trace in a file, instead of tracing a command
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "settle", "repeat", "reset", "command"])]
    pub(super) show: Option<PathBuf>,
    /// Command to trace, with its arguments
    #[arg(required_unless_present = "show", last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

#[derive(Debug, Parser)]
pub(super) struct DoctorArgs {
    /// Output format
    #[arg(long, short, value_enum, default_value = "text")]
    pub(super) format: doctor::Format,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
    #[command(flatten)]
    pub(super) library: LibraryArgs,
}

#[derive(Debug, Parser)]
pub(super) struct CompletionsArgs {
    /// Shell to print the script for
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

#[derive(Debug, Parser)]
pub(super) struct ManArgs {
    /// Write the pages of all commands to this directory [default: print the page of lxcdiag]
    #[arg(value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
}
