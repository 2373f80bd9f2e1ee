//! The client that runs commands in containers: which program it is, and whether it can be used.

use std::path::{Path, PathBuf};

use super::args::{ReachArgs, Via};
use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::container::transport::{LxcAttach, Pct, Transport};
use crate::host::Host;
use crate::terminal_text::visible_path;

/// Only root may enter a container.
pub(super) fn require_root() -> Result<(), CliError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let error = CliError::new(ExitCode::NotAllowed, "entering a container requires root");
    Err(error.with_hint("run lxcdiag as root, for example with sudo"))
}

/// Makes sure that this is a Proxmox VE host, or at least has what reaches containers.
pub(super) fn require_proxmox(args: &ReachArgs) -> Result<(), CliError> {
    let reaches = args.via != Via::Pct || is_program(&from_anywhere(&args.pct));
    if reaches || Host::at(&args.host.host_root).inventory().is_ok() {
        return Ok(());
    }
    let message = "this is not a Proxmox VE host: it has neither `pct` nor /etc/pve/nodes";
    let hint = "`lxcdiag run race-condition --demo` plays back a recorded incident anywhere; step 4 of the tutorial lets \
                lxcdiag treat this machine as a container (`this-machine`, in /usr/share/doc/lxcdiag/examples or packaging)";
    Err(CliError::new(ExitCode::Unavailable, message).with_hint(hint))
}

/// Whether a container of this cluster has this host name.
pub(super) fn has_container(name: &str) -> bool {
    let root = std::env::var_os("LXCDIAG_HOST_ROOT").unwrap_or_else(|| "/".into());
    let found = Host::at(root).with_host_name(name);
    found.is_ok_and(|found| !found.is_empty())
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
    let message = format!("cannot find the program `{}`", visible_path(pct));
    Err(CliError::new(ExitCode::Unavailable, message).with_hint(
        "run lxcdiag on a Proxmox VE host, or give the path with --pct; `--via lxc-attach` works without pct, and \
         `lxcdiag run race-condition --demo` anywhere",
    ))
}

/// The client starts in `/`, with its own PATH: a relative path becomes absolute, and a name that is
/// only on the caller's PATH becomes a path.
pub(super) fn from_anywhere(program: &Path) -> PathBuf {
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
pub(super) fn is_program(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    crate::container::transport::PATH
        .split(':')
        .any(|directory| Path::new(directory).join(program).is_file())
}
