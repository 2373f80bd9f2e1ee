//! Why there is no session.

use std::time::Duration;

/// No shell could be had in the container. The recording is then made of errored checks, and the
/// looks at the host are still judged.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The client itself could not be started on this host.
    #[error("`{client}` could not be started; `setsid` (util-linux) is needed on this host")]
    NotStarted {
        /// Its command line.
        client: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The client ended without a word from a shell in the container.
    #[error("no shell in the container: `{client}` ended {} and said: {}", ended(*status), quoted(said))]
    Refused {
        /// Its command line.
        client: String,
        /// Its exit status, above 128 by signal; absent if it was not to be had in time.
        status: Option<i32>,
        /// What it printed, at most 4 KiB, invalid UTF-8 replaced, trimmed.
        said: String,
    },
    /// The client runs, but no shell answered.
    #[error(
        "no shell in the container answered `{client}` within {} s; the container may be frozen (a \
         snapshot, a backup, `pct suspend`) or the host overloaded; the client said: {}",
        limit.as_secs_f64(), quoted(said)
    )]
    NoAnswer {
        /// Its command line.
        client: String,
        /// How long it was waited for.
        limit: Duration,
        /// What it printed, at most 4 KiB, invalid UTF-8 replaced, trimmed.
        said: String,
    },
    /// There is a shell, but it cannot end a command whose time is up.
    #[error(
        "the container has no `sleep`, without which no command can be given a time-out; install \
         coreutils or busybox in it"
    )]
    NoSleep,
}

fn ended(status: Option<i32>) -> String {
    match status {
        Some(status) => format!("with exit status {status}"),
        None => "without an exit status".to_owned(),
    }
}

fn quoted(said: &str) -> &str {
    if said.is_empty() { "nothing" } else { said }
}
