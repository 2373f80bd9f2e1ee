//! What the host knows about a container that is stopped. Pure.

use std::fmt;

use serde::Serialize;

use crate::evidence::fact::{Fact, Facts};
use crate::evidence::time::rfc3339;
use crate::report::short_time;

/// The tasks that start or stop a container.
pub(crate) const TASKS: [&str; 5] = ["vzreboot", "vzshutdown", "vzstart", "vzstop", "vzsuspend"];

/// A container that is stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Whether it is set to start with its node.
    pub onboot: bool,
    /// When the task that stopped it began, or the last one that failed to start it, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The type of that task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The user who ran it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why its last start failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_failed: Option<String>,
}

impl Stopped {
    /// A stopped container, from its records in the task log, the oldest first. A start that succeeded says nothing of
    /// the stop: the container was stopped from inside, or crashed.
    pub fn new(onboot: bool, tasks: &[Facts]) -> Self {
        let unknown = Self {
            onboot,
            ..Self::default()
        };
        let Some(task) = tasks.last() else {
            return unknown;
        };
        let text = |name: &str| match task.get(name) {
            Some(Fact::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let since = match task.get("begin") {
            Some(Fact::Time(begin)) => Some(rfc3339(begin.start)),
            _ => None,
        };
        let starts = text("type").is_some_and(|kind| kind == "vzstart" || kind == "vzreboot");
        let start_failed = match (starts, task.get("ok")) {
            (true, Some(Fact::Bool(false))) => text("status"),
            (false, Some(Fact::Bool(true))) => None,
            _ => return unknown,
        };
        Self {
            onboot,
            since,
            task: text("type"),
            by: text("user"),
            start_failed,
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (since, by) = (self.since.as_deref(), self.by.as_deref());
        let since = since.map(short_time).unwrap_or_default();
        let (task, by) = (
            self.task.as_deref().unwrap_or_default(),
            by.unwrap_or_default(),
        );
        match &self.start_failed {
            Some(status) => write!(f, "stopped; its last start failed at {since} UTC: {status}"),
            None if self.since.is_some() => {
                write!(f, "stopped since {since} UTC by {by} ({task})")
            }
            None => f.write_str("stopped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::time::Interval;

    fn task(kind: &str, ok: bool, status: &str) -> Facts {
        let text = |text: &str| Fact::Text(text.to_owned());
        Facts::from([
            ("type".to_owned(), text(kind)),
            ("user".to_owned(), text("root@pam")),
            (
                "begin".to_owned(),
                Fact::Time(Interval::at(1_767_323_045_000_000_000)),
            ),
            ("ok".to_owned(), Fact::Bool(ok)),
            ("status".to_owned(), text(status)),
        ])
    }

    #[test]
    fn the_last_task_says_who_stopped_it_or_why_it_did_not_start() {
        for (tasks, expected) in [
            (vec![], "stopped"),
            (
                vec![task("vzstart", true, "OK"), task("vzshutdown", true, "OK")],
                "stopped since 2026-01-02 03:04:05 UTC by root@pam (vzshutdown)",
            ),
            (
                vec![
                    task("vzstop", true, "OK"),
                    task("vzstart", false, "startup failed"),
                ],
                "stopped; its last start failed at 2026-01-02 03:04:05 UTC: startup failed",
            ),
            // It was running after these.
            (
                vec![task("vzstop", true, "OK"), task("vzstart", true, "OK")],
                "stopped",
            ),
            (vec![task("vzstop", false, "command failed")], "stopped"),
        ] {
            assert_eq!(Stopped::new(false, &tasks).to_string(), expected);
        }
    }
}
