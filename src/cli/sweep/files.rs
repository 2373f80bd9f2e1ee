//! Where a sweep is written: stdout, and files, of which a page has the containers' reports beside it.

use std::path::Path;
use std::sync::Arc;

use super::super::args::SweepArgs;
use super::super::error::CliError;
use super::super::file::{write_file, write_public};
use super::super::output;
use super::reports::Reports;
use crate::report::Look;
use crate::sweep::problem::Status;
use crate::sweep::report::{Format, Sweep, page, render};

/// A file that the sweep is written to.
pub(super) struct OutputFile<'a> {
    path: &'a Path,
    format: Format,
    /// Of a page, the reports that it leads to.
    pub(super) reports: Option<Arc<Reports>>,
}

/// Whoever cannot keep reports says so before anything is visited.
pub(super) fn with_reports(files: Vec<(&Path, Format)>) -> Result<Vec<OutputFile<'_>>, CliError> {
    let with_reports = |(path, format)| {
        let reports = match format {
            Format::Html => Some(Arc::new(Reports::of_page(path)?)),
            _ => None,
        };
        Ok(OutputFile {
            path,
            format,
            reports,
        })
    };
    files.into_iter().map(with_reports).collect()
}

pub(super) fn write(
    args: &SweepArgs,
    sweep: &Sweep,
    files: &[OutputFile<'_>],
) -> Result<(), CliError> {
    let nothing_wrong = sweep.status() == Status::Ok && sweep.cut_short.is_none();
    // Who asked for changes waits for the word that it is over.
    let changed = sweep.changes.as_ref().is_some_and(|all| !all.is_empty());
    let mut result = if args.quiet && nothing_wrong && !changed {
        Ok(())
    } else {
        output::print(&render(sweep, args.format, output::stdout_look()))
    };
    for file in files {
        if let Err(error) = write_one(sweep, file) {
            result = Err(error);
        }
    }
    result
}

fn write_one(sweep: &Sweep, file: &OutputFile<'_>) -> Result<(), CliError> {
    let text = match &file.reports {
        Some(reports) => page(sweep, |ct| reports.link(ct)),
        None => render(sweep, file.format, Look::default()),
    };
    let written = match file.format {
        // node_exporter reads it as a user of its own.
        Format::Prometheus => write_public(file.path, text.as_bytes()),
        _ => write_file(file.path, text.as_bytes()),
    };
    written.map_err(|error| output::cannot_write(file.path, &error))?;
    match &file.reports {
        Some(reports) => reports.finish(),
        None => Ok(()),
    }
}
