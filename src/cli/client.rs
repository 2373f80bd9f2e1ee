//! The client that leads into containers: which program it is, and whether it can be used.

use std::path::{Path, PathBuf};

use super::args::Via;
use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::container::transport::{LxcAttach, Pct, Transport};

/// Only root may enter a container.
pub(super) fn demand_root() -> Result<(), CliError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let message = "run it as root: only root may enter a container";
    Err(CliError::new(ExitCode::NotAllowed, message))
}

/// The way into containers that was asked for.
pub(super) fn transport(via: Via, pct: &Path) -> Box<dyn Transport> {
    match via {
        Via::Pct => Box::new(Pct {
            program: from_anywhere(pct),
        }),
        Via::LxcAttach => Box::new(LxcAttach),
    }
}

/// That there is no such program, and what to do, where that is so.
pub(super) fn missing(via: Via, pct: &Path) -> Option<String> {
    (via == Via::Pct && !is_program(&from_anywhere(pct))).then(|| {
        format!(
            "there is no {}: run lxcdiag on the Proxmox VE host, or name the program with --pct",
            pct.display()
        )
    })
}

/// The client is started in `/`, with a PATH of its own: a path from here must hold there too, and
/// a name that only the caller's PATH leads to becomes a path.
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

/// Whether a program is to be had: as a path, or by name on the PATH that it is started with.
fn is_program(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    crate::container::transport::PATH
        .split(':')
        .any(|directory| Path::new(directory).join(program).is_file())
}
