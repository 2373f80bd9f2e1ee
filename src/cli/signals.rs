//! Signals that end a run early.

use signal_hook::consts::{SIGHUP, SIGTERM};
use tokio::signal::unix::{SignalKind, signal};

use super::early_signals;
use crate::cli::exit_code::ExitCode;
use crate::engine::stop::{Signal, Stop};

/// Waits for SIGINT, SIGQUIT, SIGTERM or SIGHUP, from the call on: call it before anything starts. The first call also
/// gets a signal that arrived since the start of lxcdiag. SIGHUP has no effect under `nohup`.
///
/// # Panics
/// Outside a runtime.
pub(super) fn first() -> impl Future<Output = Stop> {
    let streams = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::quit()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    let early = early_signals::take();
    async move {
        if let Some(signal) = early {
            return Stop::Signal(match signal {
                SIGTERM => Signal::Terminate,
                SIGHUP => Signal::Hangup,
                _ => Signal::Interrupt,
            });
        }
        let (Ok(mut interrupt), Ok(mut quit), Ok(mut terminate), Ok(mut hangup)) = streams else {
            // Without handlers the signals keep their default, which is to end the process.
            return std::future::pending().await;
        };
        Stop::Signal(tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = quit.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
            _ = hangup.recv(), if !early_signals::is_ignored(SIGHUP) => Signal::Hangup,
        })
    }
}

/// Ctrl-Z does nothing as long as the result is kept.
///
/// # Panics
/// Outside a runtime.
pub(super) fn ignore_suspension() -> Option<tokio::signal::unix::Signal> {
    signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw())).ok()
}

/// The exit status of a run that ended early for this reason; none if its verdict counts.
pub(super) const fn exit_code(stopped: Option<Stop>) -> Option<ExitCode> {
    match stopped {
        Some(Stop::Signal(Signal::Interrupt)) => Some(ExitCode::Interrupted),
        Some(Stop::Signal(_)) => Some(ExitCode::Terminated),
        Some(Stop::TimedOut(_) | Stop::SweepTimedOut(_)) | None => None,
    }
}
