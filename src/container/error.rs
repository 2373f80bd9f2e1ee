//! Why a session could not be opened.

use std::time::Duration;

/// No shell could be opened in the container. The checks of the container are then errored; probes of
/// the host are still judged.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The client could not be started on this host.
    #[error("cannot start `{client}`, which needs `setsid` (util-linux) on this host")]
    NotStarted {
        /// Its command line.
        client: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The client ended before a shell in the container answered.
    #[error("{}: `{client}` ended {} before it opened a shell in the container", shown(message), ended(*status))]
    Refused {
        /// Its command line.
        client: String,
        /// Its exit status, above 128 by signal; absent if it did not end in time.
        status: Option<i32>,
        /// What it printed, at most 4 KiB, invalid UTF-8 replaced, trimmed.
        message: String,
    },
    /// The client runs, but no shell answered.
    #[error(
        "no shell in the container: `{client}` timed out after {} s: {}; the container may be frozen (snapshot, backup), \
         or the host overloaded",
        limit.as_secs_f64(), shown(message)
    )]
    NoAnswer {
        /// Its command line.
        client: String,
        /// The timeout.
        limit: Duration,
        /// What it printed, at most 4 KiB, invalid UTF-8 replaced, trimmed.
        message: String,
    },
    /// There is a shell, but it cannot enforce timeouts.
    #[error(
        "`sleep` is not installed in the container, and is needed for timeouts; install coreutils or busybox in it"
    )]
    NoSleep,
    /// There is a shell, but it cannot enforce timeouts.
    #[error("`/proc` in the container is not mounted or read-only, and is needed for timeouts")]
    NoProc,
}

impl SessionError {
    /// Whether the client itself failed, so that the error says nothing about the container.
    pub fn is_of_client(&self) -> bool {
        match self {
            Self::NotStarted { .. } => true,
            // With these, lxc-attach reports that the container has no `sh`, and setsid that the client cannot be executed.
            Self::Refused {
                status: Some(126 | 127),
                message,
                ..
            } => message.starts_with("setsid:"),
            Self::Refused { .. } => true,
            Self::NoAnswer { .. } | Self::NoSleep | Self::NoProc => false,
        }
    }
}

fn ended(status: Option<i32>) -> String {
    match status {
        Some(status) => format!("with exit status {status}"),
        None => "without an exit status".to_owned(),
    }
}

/// A message in one line.
fn shown(message: &str) -> String {
    let lines = message.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => "no message".to_owned(),
        false => lines.join("; "),
    }
}
