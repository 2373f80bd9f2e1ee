//! `lxcdiag list` and `show`.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde::Serialize;

use super::args::{LibraryArgs, ListArgs, ShowArgs};
use super::error::CliError;
use super::{config, output, terminal};
use crate::cli::exit_code::ExitCode;
use crate::engine::vars::{self, Values};
use crate::redact::Redactor;
use crate::runbook::{self, Entry, Library, LookupError, Origin, Runbook, Source};
use crate::terminal_text::visible;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For a terminal
    Text,
    /// For programs, schema lxcdiag.list/1
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFormat {
    /// For a terminal
    Text,
    /// For programs, schema lxcdiag.show/1
    Json,
    /// A Mermaid graph of the facts that feed each hypothesis
    Mermaid,
}

#[derive(Debug, Serialize)]
struct List<'a> {
    schema: &'static str,
    runbooks: Vec<Listed<'a>>,
}

#[derive(Debug, Serialize)]
struct Listed<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    /// Its file; absent if it is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shadowed_by: Option<String>,
}

impl<'a> Listed<'a> {
    fn of(entry: &'a Entry) -> Self {
        let path = |origin: &Origin| match origin {
            Origin::File(path) => Some(path.display().to_string()),
            Origin::BuiltIn => None,
        };
        Self {
            id: &entry.id,
            title: entry.title.as_deref(),
            path: path(&entry.origin),
            valid: entry.problem.is_none(),
            problem: entry.problem.as_deref(),
            shadowed_by: entry.shadowed_by.as_ref().and_then(path),
        }
    }
}

/// A runbook by name or path, read and checked.
pub(super) fn find(args: &LibraryArgs, name: &str) -> Result<(Source, Runbook), CliError> {
    let source = library(args).find(name)?;
    let runbook = config::with_redaction(runbook::read(&source)?);
    Ok((source, runbook))
}

/// The runbooks that the command line, the configuration and lxcdiag have.
pub(super) fn library(args: &LibraryArgs) -> Library {
    Library::standard(args.runbooks.as_deref()).with(config::runbook_directories())
}

/// Refuses a runbook that only chooses among others; `instead` is the command that helps.
pub(super) fn require_one(
    runbook: &Runbook,
    participle: &str,
    instead: &str,
) -> Result<(), CliError> {
    if runbook.next.is_empty() {
        return Ok(());
    }
    let message = format!(
        "runbook {} chooses among other runbooks, and cannot be {participle}",
        runbook.id
    );
    Err(CliError::new(ExitCode::Usage, message).with_hint(format!("`{instead}`")))
}

/// Every runbook of the library that is valid.
pub(super) fn all_valid(args: &LibraryArgs) -> Result<Vec<Runbook>, CliError> {
    let library = library(args);
    let entries = library.list()?;
    let valid = entries.iter().filter(|entry| entry.problem.is_none());
    let read = valid.filter_map(|entry| runbook::read(&library.find(&entry.id).ok()?).ok());
    Ok(read.collect())
}

/// The current version of a recording's runbook, if it exists. If it is not valid, that is an error:
/// silently using another version would surprise its author.
pub(super) fn find_current(
    args: &LibraryArgs,
    id: &str,
) -> Result<Option<(Source, Runbook)>, CliError> {
    let source = match library(args).find(id) {
        Ok(source) => source,
        Err(LookupError::Unknown { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let runbook = config::with_redaction(runbook::read(&source)?);
    Ok(Some((source, runbook)))
}

/// The values of a runbook's vars. An error quotes the refused value, except for a secret: standard
/// error ends up in logs and mails.
pub(super) fn values(runbook: &Runbook, given: &[String]) -> Result<Values, CliError> {
    vars::resolve(runbook, given).map_err(|error| {
        let mut redactor = Redactor::new(runbook);
        let error = error.shown(|name, value| redactor.without_secrets(name, value));
        CliError::from_error(ExitCode::Usage, &error)
    })
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, CliError> {
    let entries = library(&args.library).list()?;
    output::print(&match args.format {
        ListFormat::Text => terminal::shown(list_text(&entries)),
        ListFormat::Json => {
            let list = List {
                schema: "lxcdiag.list/1",
                runbooks: entries.iter().map(Listed::of).collect(),
            };
            crate::json::pretty(&list).unwrap_or_default()
        }
    })?;
    Ok(ExitCode::Healthy)
}

fn list_text(entries: &[Entry]) -> String {
    let widths = entries.iter().map(|entry| entry.id.len());
    let width = widths.max().unwrap_or(0);
    let mut text = String::new();
    for entry in entries {
        let title = entry.title.as_deref().unwrap_or("(no title)");
        let mut line = format!("{:width$}  {title}  [{}]", entry.id, entry.origin);
        if let Some(origin) = &entry.shadowed_by {
            let _ = write!(line, "  shadowed by {origin}");
        }
        match &entry.problem {
            None => {}
            Some(problem) if !problem.contains('\n') => {
                let _ = write!(line, "  NOT VALID: {problem}");
            }
            Some(_) => {
                let _ = write!(line, "  NOT VALID: see `lxcdiag validate {}`", entry.origin);
            }
        }
        text.push_str(&visible(&line));
        text.push('\n');
    }
    text
}

pub(super) fn show(args: &ShowArgs) -> Result<ExitCode, CliError> {
    let (source, runbook) = find(&args.library, &args.runbook)?;
    output::print(&match args.format {
        ShowFormat::Text => terminal::shown(runbook::describe(&runbook)),
        ShowFormat::Json => {
            crate::json::pretty(&runbook::outline(&source, &runbook)).unwrap_or_default()
        }
        ShowFormat::Mermaid => runbook::mermaid(&runbook),
    })?;
    Ok(ExitCode::Healthy)
}
