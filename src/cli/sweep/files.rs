//! Writes the report on a sweep to stdout and to files; beside an HTML page, the reports on the containers.

use std::path::Path;
use std::sync::Arc;

use super::super::args::SweepArgs;
use super::super::error::CliError;
use super::super::file::{write_file, write_public};
use super::super::output;
use super::reports::Reports;
use crate::report::Layout;
use crate::sweep::problem::Status;
use crate::sweep::report::{Format, Sweep, page, render};

/// A file for the report on the sweep.
pub(super) struct OutputFile<'a> {
    path: &'a Path,
    format: Format,
    /// For an HTML page, the reports that it links to.
    pub(super) reports: Option<Arc<Reports>>,
}

/// Prepares the directories of reports, so that an error is reported before any container is visited.
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
    let healthy = sweep.status() == Status::Ok && sweep.cut_short.is_none();
    // With --on-change, resolved problems are printed too.
    let changed = sweep.changes.as_ref().is_some_and(|all| !all.is_empty());
    let mut result = if args.quiet && healthy && !changed {
        Ok(())
    } else {
        let text = render(sweep, args.format, output::stdout_layout());
        match args.format {
            Format::Table => output::print_text(text),
            _ => output::print(&text),
        }
    };
    for file in files {
        if let Err(error) = write_one(sweep, file) {
            result = Err(error);
        }
    }
    result?;
    let pages = files.iter().filter(|file| file.reports.is_some());
    match args.format {
        Format::Table => output::print_links(pages.map(|file| file.path)),
        _ => Ok(()),
    }
}

fn write_one(sweep: &Sweep, file: &OutputFile<'_>) -> Result<(), CliError> {
    let text = match &file.reports {
        Some(reports) => page(sweep, |ct| reports.link(ct)),
        None => render(sweep, file.format, Layout::default()),
    };
    let written = match file.format {
        // node_exporter reads it as another user.
        Format::Prometheus => write_public(file.path, text.as_bytes()),
        _ => write_file(file.path, text.as_bytes()),
    };
    written.map_err(|error| output::cannot_write(file.path, &error))?;
    match &file.reports {
        Some(reports) => reports.finish(),
        None => Ok(()),
    }
}
