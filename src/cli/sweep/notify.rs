//! `--notify`: hands the sweep to a program of the user.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::super::args::NotifyCommand;
use super::super::error::CliError;
use super::super::{runtime, signals};
use crate::cli::exit_code::ExitCode;
use crate::engine::stop::Stop;
use crate::report::Layout;
use crate::sweep::problem::Status;
use crate::sweep::report::{Format, Sweep, render};

/// Time limit for the program.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the program if there is something to report: a change with `--on-change`, otherwise a problem.
///
/// # Errors
/// It cannot be started, fails, or exceeds its time limit. The state is then not saved, so that the next sweep reports
/// the changes again.
pub(super) fn run(command: &NotifyCommand, sweep: &Sweep) -> Result<(), CliError> {
    let worth_it = match &sweep.changes {
        Some(changes) => !changes.is_empty(),
        None => sweep.status() != Status::Ok,
    };
    if !worth_it && sweep.cut_short.is_none() {
        return Ok(());
    }
    let [program, arguments @ ..] = command.0.as_slice() else {
        return Ok(());
    };
    let json = render(sweep, Format::Json, Layout::default());
    let failed = runtime::block_on(async || {
        let signal = signals::first();
        // Its standard output is not mixed with the report.
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn();
        match child {
            Ok(child) => finish(child, json.as_bytes(), signal).await,
            Err(error) => Some(error.to_string()),
        }
    })?;
    match failed {
        None => Ok(()),
        Some(why) => {
            let message = format!("--notify: `{program}`: {why}");
            let error = CliError::new(ExitCode::CannotWrite, message);
            Err(error.with_hint("repeat the sweep: it reports the same changes again"))
        }
    }
}

/// Feeds the program and waits for it. Returns what went wrong.
async fn finish(
    mut child: Child,
    json: &[u8],
    signal: impl Future<Output = Stop>,
) -> Option<String> {
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let stdin = child.stdin.take();
    let work = async {
        if let Some(mut stdin) = stdin {
            // It need not read everything.
            match stdin.write_all(json).await {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
                _ => drop(stdin),
            }
        }
        child.wait().await
    };
    let failed = tokio::select! {
        done = work => match done {
            Ok(status) if status.success() => None,
            Ok(status) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        },
        stop = signal => Some(stop.to_string()),
        () = tokio::time::sleep(LIMIT) => Some(format!("timed out after {} s", LIMIT.as_secs())),
    };
    // Whatever it started in its process group does not outlive it.
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
    failed
}
