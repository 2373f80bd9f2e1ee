//! The arguments of the commands for the authors of runbooks.

use std::path::PathBuf;

use clap::Parser;

use super::LibraryArgs;
use crate::cli::runbooks::{ListFormat, ShowFormat};
use crate::cli::schema;
use crate::cli::tests_of_runbooks;
use crate::cli::validate::Format;

#[derive(Debug, Parser)]
pub(in crate::cli) struct NewArgs {
    /// Name of the runbook; the file is NAME.yaml in this directory
    pub(in crate::cli) name: String,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct TestArgs {
    /// Runbook test files, or directories of them
    #[arg(required = true, value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, short, value_enum, default_value = "text")]
    pub(in crate::cli) format: tests_of_runbooks::Format,
    /// Change the expected verdicts and levels in the files to the current ones
    #[arg(long)]
    pub(in crate::cli) update: bool,
    /// Also list the evidence that no test makes true, or false
    #[arg(long)]
    pub(in crate::cli) coverage: bool,
    #[command(flatten)]
    pub(in crate::cli) library: LibraryArgs,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct ListArgs {
    /// Output format
    #[arg(long, short, value_enum, default_value = "text")]
    pub(in crate::cli) format: ListFormat,
    #[command(flatten)]
    pub(in crate::cli) library: LibraryArgs,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct ShowArgs {
    /// Runbook name (see `lxcdiag list`) or path
    pub(in crate::cli) runbook: String,
    /// Output format
    #[arg(long, short, value_enum, default_value = "text")]
    pub(in crate::cli) format: ShowFormat,
    #[command(flatten)]
    pub(in crate::cli) library: LibraryArgs,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct ValidateArgs {
    /// Runbook files, or directories of them
    #[arg(required = true, value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, short, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
    /// Also warn of what is valid, but probably a mistake
    #[arg(long)]
    pub(in crate::cli) strict: bool,
}

#[derive(Debug, Parser)]
pub(in crate::cli) struct SchemaArgs {
    /// What to describe
    #[arg(value_enum, value_name = "KIND", default_value = "runbook")]
    pub(in crate::cli) kind: schema::Kind,
}
