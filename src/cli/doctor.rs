//! `lxcdiag doctor`: whether this host is ready for lxcdiag, and what to do if it is not.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;
use rustix::fs::{Access, access, statvfs};
use serde::Serialize;

use super::args::{DoctorArgs, LibraryArgs, ReachArgs, Via};
use super::client::{from_anywhere, is_program};
use super::error::{CliError, without_error_number};
use super::runbooks::library;
use super::{config, output};
use crate::cli::exit_code::ExitCode;
use crate::host::Host;
use crate::private_directory;
use crate::runbook::Origin;
use crate::shell_quote::word as quoted;
use crate::sweep::problem::Status;
use crate::terminal_text::visible_path;

const SCHEMA: &str = "lxcdiag.doctor/1";
/// The largest file of the state has as much.
const LEAST_SPACE: u64 = private_directory::MAX_BYTES;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For programs, schema lxcdiag.doctor/1
    Json,
}

#[derive(Debug, Serialize)]
struct Report {
    schema: &'static str,
    /// Whether no check has the status `critical`: lxcdiag runs, even if a warning reduces what it can do.
    ready: bool,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    id: &'static str,
    status: Status,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

pub(super) fn doctor(args: &DoctorArgs) -> Result<ExitCode, CliError> {
    let host = Host::at(&args.reach.host.host_root);
    let checks = vec![
        root(),
        client(&args.reach),
        setsid(),
        task_log(&host),
        cluster(&host),
        versions(&host),
        clock(&args.reach.host.host_root),
        state(&config::state_directory()),
        runbooks(&args.library),
    ];
    let code = ExitCode::worst(checks.iter().map(|check| check.status.into()));
    match args.format {
        Format::Text => {
            for check in &checks {
                output::print_line(&check.text())?;
            }
        }
        Format::Json => {
            let report = Report {
                schema: SCHEMA,
                ready: checks.iter().all(|check| check.status != Status::Critical),
                checks,
            };
            output::print(&crate::json::pretty(&report).unwrap_or_default())?;
        }
    }
    Ok(code)
}

fn root() -> Check {
    match rustix::process::geteuid().is_root() {
        true => Check::new("root", "runs as root"),
        false => Check::new("root", "does not run as root").with_fix(
            Status::Critical,
            "run lxcdiag as root, for example with sudo",
        ),
    }
}

fn client(args: &ReachArgs) -> Check {
    let (program, fix) = match args.via {
        Via::Pct => (
            from_anywhere(&args.pct),
            "run lxcdiag on a Proxmox VE host, or give the path with --pct",
        ),
        Via::LxcAttach => (PathBuf::from("lxc-attach"), "apt install lxc-pve"),
    };
    program_check("client", &program, fix)
}

fn setsid() -> Check {
    program_check("setsid", Path::new("setsid"), "apt install util-linux")
}

fn program_check(id: &'static str, program: &Path, fix: &str) -> Check {
    let name = visible_path(program);
    match is_program(program) {
        true => Check::new(id, format!("{name} is installed")),
        false => Check::new(id, format!("{name} not found")).with_fix(Status::Critical, fix),
    }
}

fn task_log(host: &Host) -> Check {
    match host.check_task_log() {
        Ok(()) => Check::new("task-log", "readable"),
        Err(error) => Check::new("task-log", format!("cannot read /var/log/pve/tasks/index: {error}")).with_fix(
            Status::Warning,
            "run lxcdiag as root on a Proxmox VE host; without the task log, failed starts and backups are unknown",
        ),
    }
}

fn cluster(host: &Host) -> Check {
    let id = "cluster";
    match host.inventory() {
        Err(error) => {
            let found = crate::error_chain(&error);
            Check::new(id, found).with_fix(Status::Critical, "systemctl restart pve-cluster")
        }
        Ok(containers) => {
            let found = format!("containers in /etc/pve: {}", containers.len());
            match host.is_quorate() {
                Some(false) => Check::new(id, format!("{found}; no quorum")).with_fix(
                    Status::Warning,
                    "pvecm status; without quorum, containers cannot be started or configured",
                ),
                Some(true) => Check::new(id, format!("{found}; quorate")),
                None => Check::new(id, found),
            }
        }
    }
}

fn versions(host: &Host) -> Check {
    let node = host.node();
    let cgroup = host.cgroup_version().map(|version| format!("v{version}"));
    let found: Vec<_> = [
        ("pve-manager", &node.pve_manager),
        ("pve-container", &node.pve_container),
        ("systemd", &node.systemd),
        ("kernel", &node.kernel),
        ("cgroup", &cgroup),
    ]
    .into_iter()
    .map(|(name, version)| format!("{name} {}", version.as_deref().unwrap_or("unknown")))
    .collect();
    let check = Check::new("versions", found.join(", "));
    match node.pve_container {
        Some(_) => check,
        None => check.with_fix(
            Status::Warning,
            "run lxcdiag on a Proxmox VE host; the package pve-container is not installed here",
        ),
    }
}

/// Asks systemd, which asks the kernel, and so knows of every time service. The programs are those of the host, whatever
/// the caller's PATH is.
fn clock(root: &Path) -> Check {
    let id = "clock";
    let asked = Command::new("/usr/bin/timeout")
        .arg("5")
        .arg(root.join("usr/bin/timedatectl"))
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .output();
    let answer = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match answer.as_deref() {
        Ok("yes") => Check::new(id, "synchronised"),
        Ok("no") => Check::new(id, "not synchronised").with_fix(
            Status::Warning,
            "systemctl status chrony; times of other nodes and of logs are wrong until the clock is synchronised",
        ),
        _ => Check::new(id, "could not be determined").with_fix(Status::Unknown, "timedatectl status"),
    }
}

fn state(directory: &Path) -> Check {
    let id = "state";
    let shown = visible_path(directory);
    let argument = quoted(&directory.to_string_lossy());
    let existing = directory.ancestors().find(|path| path.exists());
    let existing = existing.unwrap_or(Path::new("/"));
    if !existing.is_dir() {
        return Check::new(id, format!("{} is not a directory", visible_path(existing)))
            .with_fix(Status::Critical, "remove the file, or set XDG_STATE_HOME");
    }
    if access(existing, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return Check::new(id, format!("{} is not writable", visible_path(existing))).with_fix(
            Status::Critical,
            "run lxcdiag as root, or set XDG_STATE_HOME",
        );
    }
    let space = statvfs(existing).map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    if let Ok(space) = space
        && space < LEAST_SPACE
    {
        let found = format!("{shown} has {} MiB of disk space", space >> 20);
        let fix = format!("df -h {}", quoted(&existing.to_string_lossy()));
        return Check::new(id, found).with_fix(Status::Warning, fix);
    }
    if existing != directory {
        return Check::new(
            id,
            format!("{shown} does not exist; the first run creates it"),
        );
    }
    if let Err(error) = private_directory::check(directory) {
        let fix = format!("chown root: {argument} && chmod 700 {argument}");
        return Check::new(id, format!("{shown}: {error}")).with_fix(Status::Critical, fix);
    }
    let mode = directory.metadata().map(|found| found.permissions().mode());
    match mode {
        Ok(mode) if mode & 0o077 == 0 => Check::new(id, format!("{shown} is private and writable")),
        Ok(_) => Check::new(id, format!("other users can list {shown}"))
            .with_fix(Status::Warning, format!("chmod 700 {argument}")),
        Err(error) => Check::new(id, format!("{shown}: {error}"))
            .with_fix(Status::Unknown, format!("ls -ld {argument}")),
    }
}

fn runbooks(args: &LibraryArgs) -> Check {
    let id = "runbooks";
    let entries = match library(args).list() {
        Ok(entries) => entries,
        Err(error) => {
            let fix = "make the directory readable, or give another with --runbooks";
            return Check::new(id, error.to_string()).with_fix(Status::Critical, fix);
        }
    };
    let (built_in, own): (Vec<_>, Vec<_>) = entries
        .iter()
        .partition(|entry| entry.origin == Origin::BuiltIn);
    let found = format!("{} built in, {} in directories", built_in.len(), own.len());
    let invalid = own.iter().find(|entry| entry.problem.is_some());
    match invalid {
        None => Check::new(id, found),
        Some(entry) => {
            let path = entry.origin.to_string();
            let fix = format!("lxcdiag validate {}", quoted(&path));
            Check::new(id, format!("{found}; {path} is not valid")).with_fix(Status::Warning, fix)
        }
    }
}

impl Check {
    /// A check that found no fault.
    fn new(id: &'static str, found: impl Into<String>) -> Self {
        Self {
            id,
            status: Status::Ok,
            found: without_error_number(&found.into()),
            fix: None,
        }
    }

    /// The same check with a fault, and what to do.
    fn with_fix(self, status: Status, fix: impl Into<String>) -> Self {
        Self {
            status,
            fix: Some(fix.into()),
            ..self
        }
    }

    /// One line.
    fn text(&self) -> String {
        let mut text = format!("{:<8} {:<9} {}", self.status.name(), self.id, self.found);
        if let Some(fix) = &self.fix {
            let _ = write!(text, " (fix: {fix})");
        }
        text
    }
}
