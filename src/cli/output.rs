//! Where reports go: stdout, in its width and with its colours, and files, which are written completely or not at all.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::termios::{QueueSelector, tcflush};

use super::args::ReportArgs;
use super::error::CliError;
use super::file::{check_writable, write_file};
use super::{format, terminal};
use crate::cli::exit_code::ExitCode;
use crate::engine::conclude::Conclusion;
use crate::redact::Redactor;
use crate::report::bundle;
use crate::report::{Format, Layout, Report, brief, render};
use crate::terminal_text::visible_path;
use crate::terminal_text::visible_text;

/// The table needs this many columns.
const LEAST_WIDTH: u16 = 60;

/// The layout for stdout: from the width of the terminal and `COLUMNS`, with colour if it is wanted. With a pager, stderr is
/// still the terminal.
pub(super) fn stdout_layout() -> Layout {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let width = terminal_width(&std::io::stdout())
        .or(columns)
        .or_else(|| terminal_width(&std::io::stderr()))
        .unwrap_or(Layout::default().width);
    Layout {
        width: width.max(LEAST_WIDTH),
        colour: terminal::has_colour(),
    }
}

fn terminal_width(stream: &impl std::os::fd::AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// Prints text for the user that is already safe, in the characters that the terminal shows.
pub(super) fn print_text(text: String) -> Result<(), CliError> {
    print(&terminal::shown(text))
}

/// Prints text that is already safe, as it is: a report in one of its formats. A closed stdout, as with `| head`,
/// is not an error.
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

/// Prints a link to each page, on a terminal that knows links.
pub(super) fn print_links<'a>(pages: impl Iterator<Item = &'a Path>) -> Result<(), CliError> {
    for link in pages.filter_map(terminal::link) {
        print(&format!("HTML report: {link}\n"))?;
    }
    Ok(())
}

/// Prints any text as a line, without secrets and escape sequences.
pub(super) fn print_line(text: &str) -> Result<(), CliError> {
    print(&format!("{}\n", harmless(text)))
}

/// Prints an error as a line on stderr, likewise. If stderr is closed, only the exit status reports it.
pub(super) fn print_error(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(text));
}

/// Whether there is a user who can answer.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether the answer to a question is yes.
pub(super) fn ask_consent(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] "));
    answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// Drops what was typed and not read yet.
pub(super) fn discard_input() {
    let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
}

/// Asks the user a question. None without a terminal, or without an answer.
pub(super) fn ask(question: &str) -> Option<String> {
    if !can_ask() {
        return None;
    }
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    write!(stderr, "{}", harmless(question)).ok()?;
    stderr.flush().ok()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer).ok()?;
    let answer = answer.trim();
    (!answer.is_empty()).then(|| answer.to_owned())
}

/// Makes any text, possibly a container's, safe for a terminal and a log: without its secrets, with control characters
/// written out, and in the characters that the terminal shows.
pub(super) fn harmless(text: &str) -> String {
    terminal::shown(visible_text(
        &Redactor::default().without_secrets(None, text),
    ))
}

/// Where a report and its recording go.
pub(super) struct Sinks {
    format: Format,
    /// Whether stdout gets the whole table.
    verbose: bool,
    layout: Layout,
    /// Files, each in its format.
    files: Vec<(PathBuf, Format)>,
    /// The file for the bundle.
    bundle: Option<PathBuf>,
    /// The file for the recording.
    record: Option<PathBuf>,
}

impl Sinks {
    /// The sinks that a command line asks for.
    ///
    /// # Errors
    /// An extension does not name a format, or a file cannot be written. This must be known before a
    /// container is changed.
    pub(super) fn new(args: &ReportArgs, record: Option<&Path>) -> Result<Self, CliError> {
        if let Some(path) = &args.bundle
            && bundle_name(path).is_none()
        {
            let message = format!("`--bundle {}` does not end in .tar.gz", visible_path(path));
            return Err(CliError::new(ExitCode::Usage, message));
        }
        let sinks = Self {
            format: args.format,
            verbose: args.verbose,
            layout: stdout_layout(),
            files: format::of_files(&args.output, |format: Format| Some(format.extension()))?
                .into_iter()
                .map(|(path, format)| (path.to_owned(), format))
                .collect(),
            bundle: args.bundle.clone(),
            record: record.map(Path::to_owned),
        };
        let files = sinks.files.iter().map(|(path, _)| path);
        for path in files.chain(&sinks.bundle).chain(&sinks.record) {
            check_writable(path).map_err(|error| cannot_write(path, &error))?;
        }
        Ok(sinks)
    }

    /// Whether anything is written to a file, which can contain only one report.
    pub(super) fn has_files(&self) -> bool {
        !self.files.is_empty() || self.bundle.is_some()
    }

    /// The HTML pages.
    fn pages(&self) -> impl Iterator<Item = &Path> {
        let pages = self
            .files
            .iter()
            .filter(|(_, format)| *format == Format::Html);
        pages.map(|(path, _)| path.as_path())
    }

    fn on_stdout(&self, report: &Report) -> String {
        match self.format {
            Format::Table if !self.verbose => brief(report, self.layout),
            format => render(report, format, self.layout),
        }
    }

    /// Whether a user reads the report on a terminal, and can answer there.
    pub(super) fn is_for_terminal(&self) -> bool {
        self.format == Format::Table && can_ask() && std::io::stdout().is_terminal()
    }

    /// Writes a report to stdout and to files. If one fails, the others are still written.
    pub(super) fn write(&self, conclusion: &Conclusion) -> Result<(), CliError> {
        let printed = self.print(conclusion);
        self.save(conclusion).and(printed)
    }

    /// Writes a report to stdout.
    pub(super) fn print(&self, conclusion: &Conclusion) -> Result<(), CliError> {
        let text = self.on_stdout(&conclusion.report);
        match self.format {
            Format::Table => print_text(text),
            _ => print(&text),
        }
    }

    /// Writes a report to files. If one fails, the others are still written.
    pub(super) fn save(&self, conclusion: &Conclusion) -> Result<(), CliError> {
        let (report, recording) = (&conclusion.report, &conclusion.recording);
        let mut result = Ok(());
        let mut save = |path: &Path, bytes: std::io::Result<Vec<u8>>| {
            if let Err(error) = bytes.and_then(|bytes| write_file(path, &bytes)) {
                result = Err(cannot_write(path, &error));
            }
        };
        if let Some(path) = &self.record {
            let json = crate::json::compact(recording).map_err(std::io::Error::other);
            save(path, json.map(String::into_bytes));
        }
        for (path, format) in &self.files {
            let text = render(report, *format, Layout::default());
            save(path, Ok(text.into_bytes()));
        }
        if let Some(path) = &self.bundle {
            let name = bundle_name(path).unwrap_or_default();
            save(path, bundle::pack(name, report, recording));
        }
        result?;
        match self.format {
            Format::Table => print_links(self.pages()),
            _ => Ok(()),
        }
    }
}

/// The name of a bundle's file without its extension.
fn bundle_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".tar.gz").filter(|name| !name.is_empty())
}

/// The error for a file that could not be written.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    let message = format!("cannot write {}: {error}", visible_path(path));
    let error = CliError::new(ExitCode::CannotWrite, message);
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() && !directory.exists() => error
            .with_hint(format!(
                "create the directory {} first",
                visible_path(directory)
            )),
        _ => error,
    }
}
