//! The history of a unit file around a failure: what every sequence of events that fits the observations has in
//! common. Pure.
//!
//! A file's stamps, the journal of PID 1 and the host's task log each show a part of what happened. A statement is
//! made here only if no other order of events explains the same observations; otherwise it is [`Unknown`](Known),
//! with the reason.

mod boots;
mod file;
mod observe;
mod pushes;
#[cfg(test)]
mod tests;

use crate::evidence::fact::{Fact, Facts};
use crate::evidence::provision_log::Said;
use crate::evidence::time::{Interval, SECOND};

pub(super) use observe::{Before, observe};
use pushes::FailedPush;

/// A statement, or why none can be made.
type Known<T> = Result<T, String>;

/// A line of a provisioning log is written after the command failed, within this time.
const LOG_LAG: i64 = SECOND;
/// No time zone is further from another.
const FARTHEST_ZONE: i64 = 26 * 3_600 * SECOND;

const OTHER_LOG: &str = "the provisioning log names no container, and may be that of another one";

/// What was observed of the file at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// There is none.
    Absent,
    /// A file or a directory, or a symbolic link and what it leads to, if that exists.
    Present { own: Stamps, target: Option<Stamps> },
    /// A symbolic link that leads to nothing.
    Dangling,
}

/// The timestamps of an inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamps {
    /// Its birth; absent if the file system keeps none.
    born: Option<Interval>,
    modified: Interval,
    changed: Interval,
}

/// A message of PID 1.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    at: Interval,
    /// The monotonic clock, in microseconds.
    monotonic: Option<i64>,
    boot: String,
    text: String,
}

/// A task in the host's log.
#[derive(Debug, Clone, PartialEq)]
struct Task {
    kind: String,
    begin: Interval,
    /// Absent while it runs, and if the log does not show it.
    end: Option<Interval>,
    /// Whether it succeeded; absent while that is not known.
    ok: Option<bool>,
    status: String,
    /// When the script called `pct`, if a trace shows it. The task begins later.
    called: Option<Interval>,
    record: Facts,
}

/// The failure of the command that asked systemd for the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    at: Interval,
    /// Whether the time is that of a line in a provisioning log.
    is_logged: bool,
    /// Why nothing certain follows from its time.
    doubt: Option<Doubt>,
    /// What the command said, if a provisioning log shows it.
    said: Option<Said>,
    /// Whether systemd answered the command, if that log shows it. It may show that of each command that may have failed
    /// without showing which one counts.
    is_answered: bool,
    /// Whether that log may be another container's.
    is_said_elsewhere: bool,
}

/// Why a failure in a provisioning log may have been at another time or in another container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// The time zone of its line is an assumption.
    Zone,
    /// The log names no container.
    Container,
}

/// Everything that the history is made of. What was not observed is an error with the reason.
#[derive(Debug, Clone)]
pub(super) struct Observations {
    path: String,
    /// The path that the file's links lead to.
    resolved: String,
    entry: Known<Entry>,
    /// The directory that the file belongs in, and the one that holds it.
    directory: Known<Stamps>,
    parent: Known<Stamps>,
    /// The mount points in the container.
    mounts: Known<Vec<String>>,
    /// In the order of time.
    journal: Known<Vec<Message>>,
    tasks: Known<Vec<Task>>,
    failure: Known<Failure>,
    /// Whether a provisioning log has failures, but does not show which one counts, or when it was.
    is_failure_unclear: bool,
    /// Whether a command in the provisioning log could not reach systemd.
    is_not_ready_logged: bool,
    /// When lxcdiag itself reloaded or changed something.
    own_changes: Vec<Interval>,
}

/// The state of the file at the moment of the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was at the path.
    Absent,
    /// A push was writing it.
    Incomplete,
    /// It was in the state in which it is now.
    AsNow,
}

/// Whether the delivery of the file had begun when the command failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    /// The push that wrote it was running.
    Racing,
    /// The push that wrote it began later.
    Later,
    /// No push wrote it.
    NotPushed,
}

/// Whether systemd could answer at the moment of the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    /// It was starting: it may or may not have answered.
    Starting,
    /// It had finished starting.
    Ready,
}

impl Observations {
    /// The history, as facts that a runbook can read, and for those that it cannot, why.
    pub(super) fn history(&self) -> Vec<(&'static str, Known<Fact>)> {
        let time = |known: Known<Interval>| known.map(Fact::Time);
        let text = |known: Known<&str>| known.map(|text| Fact::Text(text.to_owned()));
        let failed_push = self.failed_push();
        vec![
            ("failed_at", time(self.failed_at())),
            ("said", text(self.said().map(Said::name))),
            ("answered", self.is_answered().map(Fact::Bool)),
            ("not_ready_logged", Ok(Fact::Bool(self.is_not_ready_logged))),
            ("visible", time(self.visible())),
            ("arrival", time(self.arrival())),
            ("complete", time(self.complete())),
            ("unchanged_since", time(self.unchanged_since())),
            ("untouched", self.is_untouched().map(Fact::Bool)),
            ("state", text(self.state_at_failure().map(State::name))),
            ("delivery", text(self.delivery().map(Delivery::name))),
            (
                "systemd",
                text(self.readiness_at_failure().map(Readiness::name)),
            ),
            ("started", time(self.started())),
            ("up", time(self.up())),
            ("last_reload", time(self.reload_before_arrival())),
            (
                "failed_push",
                failed_push
                    .as_ref()
                    .map(|push| Fact::Record(push.record()))
                    .map_err(Clone::clone),
            ),
            (
                "failed_push_of",
                text(
                    failed_push
                        .as_ref()
                        .map(FailedPush::subject)
                        .map_err(Clone::clone),
                ),
            ),
            ("pushed_since", self.pushed_since().map(Fact::Bool)),
            (
                "delivery_at_reload",
                text(self.delivery_at_reload().map(Delivery::name)),
            ),
            ("creating_push_began", time(self.creating_push_began())),
            (
                "pushed_at_failure",
                self.was_pushed_at_failure().map(Fact::Bool),
            ),
            ("pushing", self.is_pushing().map(Fact::Bool)),
            ("pushed_later", self.is_pushed_later().map(Fact::Bool)),
            ("is_certain", Ok(Fact::Bool(self.is_failure_certain()))),
            ("current", self.is_current().map(Fact::Bool)),
            ("still_absent", self.is_still_absent().map(Fact::Bool)),
        ]
    }

    /// The interval in which the command failed.
    fn failed_at(&self) -> Known<Interval> {
        self.failure
            .as_ref()
            .map(|failure| {
                let lag = if failure.is_logged { LOG_LAG } else { 0 };
                Interval::new(failure.at.start.saturating_sub(lag), failure.at.end)
            })
            .map_err(Clone::clone)
    }

    fn is_failure_certain(&self) -> bool {
        self.failure
            .as_ref()
            .is_ok_and(|failure| failure.doubt.is_none())
    }

    /// The interval in which it failed for certain: wider if the time zone is an assumption.
    fn certain_failure(&self) -> Known<Interval> {
        let failed_at = self.failed_at()?;
        match self.failure.as_ref().ok().and_then(|failure| failure.doubt) {
            Some(Doubt::Container) => Err(OTHER_LOG.to_owned()),
            Some(Doubt::Zone) => {
                Ok(failed_at.shifted(Interval::new(-FARTHEST_ZONE, FARTHEST_ZONE)))
            }
            None => Ok(failed_at),
        }
    }

    /// Whether the current state of the file is the one that counts: it was that at the failure, or no failure is known.
    fn is_current(&self) -> Known<bool> {
        let Ok(failure) = &self.failure else {
            return match self.is_failure_unclear {
                true => Err("the provisioning log does not show which failure counts".to_owned()),
                false => Ok(true),
            };
        };
        let failed_at = match failure.doubt {
            // If the failure is of another container, none is known of this one.
            Some(Doubt::Container) => self.failed_at(),
            _ => self.certain_failure(),
        };
        let is_same = self.state_at(failed_at?)? == State::AsNow;
        match failure.doubt {
            Some(Doubt::Container) if !is_same => Err(OTHER_LOG.to_owned()),
            _ => Ok(is_same),
        }
    }

    fn said(&self) -> Known<Said> {
        let failure = self.failure.as_ref().map_err(Clone::clone)?;
        if failure.is_said_elsewhere {
            return Err(OTHER_LOG.to_owned());
        }
        let reason =
            "the message of the failed command is unknown; give the provisioning log with --log";
        failure.said.ok_or_else(|| reason.to_owned())
    }

    /// Whether systemd answered the command that failed.
    fn is_answered(&self) -> Known<bool> {
        let failure = self.failure.as_ref().map_err(Clone::clone)?;
        match failure.is_said_elsewhere {
            true => Err(OTHER_LOG.to_owned()),
            false => Ok(failure.is_answered),
        }
    }
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Incomplete => "incomplete",
            Self::AsNow => "as_now",
        }
    }
}

impl Delivery {
    const fn name(self) -> &'static str {
        match self {
            Self::Racing => "racing",
            Self::Later => "later",
            Self::NotPushed => "not_pushed",
        }
    }
}

impl Readiness {
    const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
        }
    }
}
