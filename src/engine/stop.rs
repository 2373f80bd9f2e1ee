//! Why a run ends early.

use std::fmt;
use std::time::Duration;

/// A signal that asks lxcdiag to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
    Hangup,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
        })
    }
}

/// Why a run ends before all checks are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Signal(Signal),
    /// The run's own time limit.
    TimedOut(Duration),
    /// The time limit of the sweep that the run is part of.
    SweepTimedOut(Duration),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(f, "interrupted by {signal}"),
            Self::TimedOut(limit) => {
                write!(f, "the run timed out after {} s", limit.as_secs_f64())
            }
            Self::SweepTimedOut(limit) => {
                write!(f, "the sweep timed out after {} s", limit.as_secs_f64())
            }
        }
    }
}

/// Waits for `stop`, at most as long as `limit`.
pub async fn within(limit: Option<Duration>, stop: impl Future<Output = Stop>) -> Stop {
    match limit {
        None => stop.await,
        Some(limit) => tokio::time::timeout(limit, stop)
            .await
            .unwrap_or(Stop::TimedOut(limit)),
    }
}
