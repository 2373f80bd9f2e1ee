//! The client that runs commands in containers: which program it is, and whether it can be used.

use std::path::{Path, PathBuf};

use super::args::Via;
use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::container::transport::{LxcAttach, Pct, Transport};

/// Only root may enter a container.
pub(super) fn require_root() -> Result<(), CliError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let error = CliError::new(ExitCode::NotAllowed, "entering a container requires root");
    Err(error.with_hint("run lxcdiag as root, for example with sudo"))
}

/// The transport that the user asks for.
pub(super) fn transport(via: Via, pct: &Path) -> Box<dyn Transport> {
    match via {
        Via::Pct => Box::new(Pct {
            program: from_anywhere(pct),
        }),
        Via::LxcAttach => Box::new(LxcAttach),
    }
}

/// Makes sure that `pct` exists, if it is the client.
pub(super) fn require_pct(via: Via, pct: &Path) -> Result<(), CliError> {
    if via != Via::Pct || is_program(&from_anywhere(pct)) {
        return Ok(());
    }
    let message = format!("cannot find the program `{}`", pct.display());
    Err(CliError::new(ExitCode::Unavailable, message).with_hint(
        "run lxcdiag on a Proxmox VE host, or give the path with --pct; `--via lxc-attach` works without pct, and \
         `lxcdiag run RUNBOOK --demo` anywhere",
    ))
}

/// The client starts in `/`, with its own PATH: a relative path becomes absolute, and a name that is
/// only on the caller's PATH becomes a path.
fn from_anywhere(program: &Path) -> PathBuf {
    if program.components().count() > 1 {
        return std::path::absolute(program).unwrap_or_else(|_| program.to_owned());
    }
    if !is_program(program) {
        let callers = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&callers)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(program))
            .find(|path| path.is_file());
        if let Some(path) = found {
            return path;
        }
    }
    program.to_owned()
}

/// Whether a program exists: as a path, or by name on the PATH that it starts with.
fn is_program(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    crate::container::transport::PATH
        .split(':')
        .any(|directory| Path::new(directory).join(program).is_file())
}
