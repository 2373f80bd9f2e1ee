//! Why a run ends early.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use tokio::task::JoinHandle;

/// How long output may still be evaluated after the run was ended. That takes milliseconds, unless a
/// container's output was crafted to be slow.
const GRACE: Duration = Duration::from_secs(5);

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

/// The result of work on a thread of its own, and why the run ended early, if it did. `stopped` says that it has ended
/// before; otherwise `stop` may still end it.
///
/// # Errors
/// The run ended early, and the work takes too long.
pub async fn soon<T>(
    work: impl Future<Output = T>,
    stopped: Option<Stop>,
    stop: &mut (impl Future<Output = Stop> + Unpin),
) -> Result<(T, Option<Stop>), Stop> {
    let mut work = pin!(work);
    let stopped = match stopped {
        Some(stopped) => stopped,
        None => tokio::select! {
            biased;
            result = &mut work => return Ok((result, None)),
            stopped = stop => stopped,
        },
    };
    let result = tokio::time::timeout(GRACE, work).await;
    result.map_or(Err(stopped), |result| Ok((result, Some(stopped))))
}

/// The result of a task on a separate thread. A panic there is resumed here.
pub async fn join<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Blocking tasks are not cancelled before the process ends.
            Err(_) => std::future::pending().await,
        },
    }
}
