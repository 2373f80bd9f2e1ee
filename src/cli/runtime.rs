//! The runtime that a command runs on.

use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::error::CliError;
use super::signals;
use crate::cli::exit_code::ExitCode;
use crate::engine::stop::Stop;

/// What a sweep of many containers at once has open, with room to spare.
const ENOUGH_FILES: u64 = 1024;
/// Below this, a run of one container fails somewhere in the middle.
const FEWEST_FILES: u64 = 64;

/// Runs a future to completion. Threads that still wait for the host's files are not joined: they
/// end with the process.
pub(super) fn block_on<F: Future>(future: impl FnOnce() -> F) -> Result<F::Output, CliError> {
    allow_open_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(ExitCode::Unavailable, format!("cannot start: {error}")))?;
    let output = runtime.block_on(async { future().await });
    runtime.shutdown_background();
    Ok(output)
}

/// Raises the limit of open files as far as needed.
fn allow_open_files() -> Result<(), CliError> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|files| files >= ENOUGH_FILES) {
        return Ok(());
    }
    let most = limit.maximum.unwrap_or(ENOUGH_FILES).min(ENOUGH_FILES);
    if most < FEWEST_FILES {
        return Err(CliError::new(
            ExitCode::Unavailable,
            format!("cannot start: only {most} files may be open"),
        )
        .with_hint(format!("raise the limit: ulimit -n {ENOUGH_FILES}")));
    }
    limit.current = Some(most);
    setrlimit(Resource::Nofile, limit)
        .map_err(|error| CliError::new(ExitCode::Unavailable, format!("cannot start: {error}")))
}

/// How long the report may still be written after a signal: a file system may hang, or a pipe may have no reader.
const GRACE: Duration = Duration::from_secs(5);

/// Writes on a separate thread. A signal does not cut what is written, unless it takes too long.
pub(super) async fn written<T: Send + 'static>(
    write: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CliError> {
    let signal = signals::first();
    let late = async {
        let stop = signal.await;
        tokio::time::sleep(GRACE).await;
        stop
    };
    until(late, write).await
}

/// Runs long work on a separate thread, and ends the process if a signal arrives in the meantime.
pub(super) async fn interruptible<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CliError> {
    until(signals::first(), work).await
}

async fn until<T: Send + 'static>(
    stop: impl Future<Output = Stop>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CliError> {
    let task = tokio::task::spawn_blocking(work);
    tokio::select! {
        biased;
        done = task => done.map_err(|error| {
            CliError::new(ExitCode::Inconclusive, format!("internal error: {error}"))
        }),
        stop = stop => {
            let code = signals::exit_code(Some(stop)).unwrap_or(ExitCode::Terminated);
            Err(CliError::new(code, stop.to_string()))
        }
    }
}
