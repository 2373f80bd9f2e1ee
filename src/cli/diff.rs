//! `lxcdiag diff`.

use std::path::Path;

use serde::Deserialize;

use super::args::{DiffArgs, DiffFormat, LibraryArgs};
use super::error::CliError;
use super::{output, recordings, terminal};
use crate::cli::exit_code::ExitCode;
use crate::evidence::recording::{self, Recording};
use crate::report;
use crate::report::diff::{Side, compare, render};
use crate::terminal_text::visible;

pub(super) fn diff(args: &DiffArgs) -> Result<ExitCode, CliError> {
    let (a, b) = (side(&args.library, &args.a)?, side(&args.library, &args.b)?);
    let name = |path: &Path| path.display().to_string();
    print((&name(&args.a), &a), (&name(&args.b), &b), args.format)
}

/// Prints the differences of two reports, each with its name.
pub(super) fn print(
    a: (&str, &Side),
    b: (&str, &Side),
    format: DiffFormat,
) -> Result<ExitCode, CliError> {
    let diff = compare(a, b);
    let text = match format {
        DiffFormat::Table => terminal::shown(render(&diff, output::stdout_layout())),
        DiffFormat::Json => crate::json::pretty(&diff)
            .map_err(|error| CliError::from_error(ExitCode::CannotWrite, &error))?,
    };
    output::print(&text)?;
    Ok(match diff.changes.is_empty() {
        true => ExitCode::Healthy,
        false => ExitCode::Warning,
    })
}

/// A JSON report, or the redacted report on a recording.
fn side(library: &LibraryArgs, path: &Path) -> Result<Side, CliError> {
    #[derive(Deserialize)]
    struct File {
        schema: String,
    }

    let bytes = recordings::read_bounded(path)?;
    let neither = |error: &dyn std::fmt::Display| {
        let error = visible(&error.to_string());
        let problem = format!("neither a recording nor a JSON report: {error}");
        recordings::bad_input(path, &problem)
    };
    let file: File = serde_json::from_slice(&bytes).map_err(|error| neither(&error))?;
    match file.schema.as_str() {
        report::SCHEMA => serde_json::from_slice(&bytes).map_err(|error| neither(&error)),
        recording::SCHEMA => {
            let recording: Recording =
                serde_json::from_slice(&bytes).map_err(|error| neither(&error))?;
            let report = recordings::reevaluate(library, None, recording, false)?.report;
            let json = serde_json::to_value(&report).and_then(serde_json::from_value);
            json.map_err(|error| neither(&error))
        }
        other => Err(neither(&format!("the schema is {other}"))),
    }
}
