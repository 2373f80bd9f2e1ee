//! The runtime that a command runs on.

use super::error::CliError;
use super::signals;
use crate::cli::exit_code::ExitCode;

/// Runs a future to completion. Threads that still wait for the host's files are not joined: they
/// end with the process.
pub(super) fn block_on<F: Future>(future: impl FnOnce() -> F) -> Result<F::Output, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(ExitCode::Unavailable, format!("cannot start: {error}")))?;
    let output = runtime.block_on(async { future().await });
    runtime.shutdown_background();
    Ok(output)
}

/// Runs long work on a separate thread, and ends the process if a signal arrives in the meantime.
pub(super) async fn interruptible<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CliError> {
    let signal = signals::first();
    let task = tokio::task::spawn_blocking(work);
    tokio::select! {
        biased;
        done = task => done.map_err(|error| {
            CliError::new(ExitCode::Inconclusive, format!("internal error: {error}"))
        }),
        stop = signal => {
            let code = signals::exit_code(Some(stop)).unwrap_or(ExitCode::Terminated);
            Err(CliError::new(code, stop.to_string()))
        }
    }
}
