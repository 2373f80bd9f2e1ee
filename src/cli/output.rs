//! Where reports go: stdout, as wide and colourful as it is, and files, whole or not at all.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::exit_code::ExitCode;
use crate::report::{Format, Look, Report, render};

/// Columns where nobody says how many there are.
const DEFAULT_WIDTH: u16 = 120;
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
        .unwrap_or(DEFAULT_WIDTH);
    Look {
        width: width.max(LEAST_WIDTH),
        colour: forced || (stdout.is_terminal() && !set("NO_COLOR")),
    }
}

fn terminal_width(stream: &impl std::os::fd::AsFd) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

/// The format of each file, told by its ending.
pub(super) fn formats(files: &[PathBuf]) -> Result<Vec<(&Path, Format)>, CliError> {
    files
        .iter()
        .map(|file| {
            let ending = file.extension().and_then(|ending| ending.to_str());
            let format = ending.and_then(Format::of_ending).ok_or_else(|| {
                let message = format!(
                    "`--output {}` has no ending that names a format: use .txt or .json",
                    file.display()
                );
                CliError::new(ExitCode::Usage, message)
            })?;
            Ok((file.as_path(), format))
        })
        .collect()
}

/// Prints text on stdout. A reader that has gone away, as `head` does, is nobody's fault.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(cannot_write(Path::new("stdout"), &error))
        }
        _ => Ok(()),
    }
}

/// Tells of what is wrong on stderr; where even that is gone, the exit status tells.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes a report to stdout and to files; each file even when an earlier one failed.
pub(super) fn write(
    report: &Report,
    format: Format,
    files: &[(&Path, Format)],
) -> Result<(), CliError> {
    let text = render(report, format, stdout_look());
    let mut result = print(&text);
    for (file, format) in files {
        let look = Look {
            width: DEFAULT_WIDTH,
            colour: false,
        };
        let text = render(report, *format, look);
        if let Err(error) = write_file(file, text.as_bytes()) {
            result = Err(cannot_write(file, &error));
        }
    }
    result
}

/// Writes a file whole or not at all, readable by its owner only.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(without_its_path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What the system said: tempfile adds the temporary file's name, which means nothing to anyone.
fn without_its_path(error: std::io::Error) -> std::io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) => std::io::Error::new(error.kind(), said.to_owned()),
        None => error,
    }
}

/// The error for a file that could not be written.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    let message = format!("cannot write {}: {error}", path.display());
    CliError::new(ExitCode::CannotWrite, message)
}
