//! The runtime that a command runs on.

use super::error::CliError;
use super::signals;
use crate::cli::exit_code::ExitCode;

/// Runs a future to its end. Threads that still wait for the host's files then are left behind: they
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

/// Does work that can take long on a thread of its own, and ends the process if a signal comes
/// meanwhile.
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
