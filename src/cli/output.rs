//! Where reports go: stdout, as wide and colourful as it is, and files, whole or not at all.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::file::write_file;
use super::format;
use crate::cli::exit_code::ExitCode;
use crate::evidence::recording::Recording;
use crate::redact::Redactor;
use crate::report::bundle;
use crate::report::{Format, Look, Report, render};
use crate::terminal_text::visible_text;

/// The table needs this many.
const LEAST_WIDTH: u16 = 60;

/// How stdout is to look: the terminal's width and whether it takes colour, `COLUMNS`, `NO_COLOR`
/// (<https://no-color.org>) and `CLICOLOR_FORCE`. In front of a pager, stderr still is the terminal.
pub(super) fn stdout_look() -> Look {
    let stdout = std::io::stdout();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0");
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let width = terminal_width(&stdout)
        .or(columns)
        .or_else(|| terminal_width(&std::io::stderr()))
        .unwrap_or(Look::default().width);
    Look {
        width: width.max(LEAST_WIDTH),
        colour: forced || (stdout.is_terminal() && !set("NO_COLOR")),
    }
}

fn terminal_width(stream: &impl std::os::fd::AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// Prints text that is safe as it is: a report in one of its formats. A closed stdout, as in front of
/// `head`, is a quiet end.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(cannot_write(Path::new("stdout"), &error))
        }
        _ => Ok(()),
    }
}

/// Prints any text as a line, without secrets and escape sequences.
pub(super) fn print_line(text: &str) -> Result<(), CliError> {
    print(&format!("{}\n", harmless(text)))
}

/// Prints an error on stderr as a line, likewise. If stderr is closed, the exit status remains.
pub(super) fn print_error(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(text));
}

/// Any text, possibly a container's, as it may appear on a terminal and in a log: without the secrets in
/// it, and with what would act on a terminal written out.
pub(super) fn harmless(text: &str) -> String {
    visible_text(&Redactor::default().without_secrets(None, text))
}

/// Where a report goes.
pub(super) struct Sinks<'a> {
    /// The format on stdout.
    pub(super) format: Format,
    /// Files, each in its format.
    pub(super) files: Vec<(&'a Path, Format)>,
    /// The file for all of it in one.
    pub(super) bundle: Option<&'a Path>,
}

impl<'a> Sinks<'a> {
    /// What a command line asks for.
    ///
    /// # Errors
    /// A file's extension names no format.
    pub(super) fn new(
        format: Format,
        files: &'a [PathBuf],
        bundle: Option<&'a Path>,
    ) -> Result<Self, CliError> {
        if let Some(path) = bundle
            && bundle_name(path).is_none()
        {
            let message = format!("`--bundle {}` does not end in .tar.gz", path.display());
            return Err(CliError::new(ExitCode::Usage, message));
        }
        Ok(Self {
            format,
            files: format::of_files(files)?,
            bundle,
        })
    }

    /// Whether anything goes to a file: each holds one report.
    pub(super) fn has_files(&self) -> bool {
        !self.files.is_empty() || self.bundle.is_some()
    }
}

/// The name of a bundle's file without its ending.
fn bundle_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".tar.gz").filter(|name| !name.is_empty())
}

/// Writes a report to stdout and to files; each file even when an earlier one failed.
pub(super) fn write(
    report: &Report,
    recording: &Recording,
    sinks: &Sinks<'_>,
) -> Result<(), CliError> {
    let text = render(report, sinks.format, stdout_look());
    let mut result = print(&text);
    for (file, format) in &sinks.files {
        let text = render(report, *format, Look::default());
        if let Err(error) = write_file(file, text.as_bytes()) {
            result = Err(cannot_write(file, &error));
        }
    }
    if let Some(file) = sinks.bundle {
        let name = bundle_name(file).unwrap_or_default();
        let written =
            bundle::pack(name, report, recording).and_then(|bytes| write_file(file, &bytes));
        if let Err(error) = written {
            result = Err(cannot_write(file, &error));
        }
    }
    result
}

/// The error for a file that could not be written.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    let message = format!("cannot write {}: {error}", path.display());
    CliError::new(ExitCode::CannotWrite, message)
}
