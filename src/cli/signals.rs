//! Signals that end a run early.

use tokio::signal::unix::{SignalKind, signal};

use crate::engine::execute::Stop;

/// Waits for SIGINT, SIGTERM or SIGHUP, from the call on: whoever starts something calls it before.
///
/// # Panics
/// Outside a runtime.
pub(super) fn first() -> impl Future<Output = Stop> {
    let streams = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    async {
        let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = streams else {
            // Without handlers the signals keep their default, which is to end the process.
            return std::future::pending().await;
        };
        Stop::Signal(tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
            _ = hangup.recv() => "SIGHUP",
        })
    }
}
