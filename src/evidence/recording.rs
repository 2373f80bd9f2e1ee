//! What a run collected: every command with both streams, its ending and times, and the runbook.
//!
//! Plain data: the engine fills it, and the diagnosis is a pure function of it. It is enough to evaluate the
//! run again without the container.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::explored::Explored;
use crate::evidence::check_key::CheckKey;
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::Facts;
pub use crate::evidence::output::Output;
use crate::evidence::provision_log::{
    self, LoggedFailure, NoFailure, Place, Selected, traced_failures,
};
use crate::evidence::script::ScriptFinding;
use crate::evidence::time::Interval;
use crate::evidence::trace::{Trace, TracedPush};

/// The format of a recording file.
pub const SCHEMA: &str = "lxcdiag.recording/1";

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of lxcdiag that made it.
    pub lxcdiag: String,
    /// The command line of the run.
    pub command_line: Vec<String>,
    /// The runbook with its text.
    pub runbook: RecordedRunbook,
    /// The name of the incident, if the run is a demonstration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demonstration: Option<String>,
    /// The container.
    pub target: Target,
    /// The values of vars, including defaults.
    pub vars: BTreeMap<String, String>,
    /// The names of the vars that have their default.
    pub defaulted: Vec<String>,
    /// When provisioning failed, as given with `--failed-at` or found in the provisioning log.
    pub failed_at: Option<Interval>,
    /// Whether `--failed-at` was given. Older versions did not record that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed_at_given: bool,
    /// The failures in the provisioning log, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Vec<LoggedFailure>>,
    /// The pushes into the container in a trace, if one was given. Its failures are in `log`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traced_pushes: Vec<TracedPush>,
    /// What the audit of the provisioning script found, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Vec<ScriptFinding>>,
    /// Whether `--read-only` was given.
    pub read_only: bool,
    /// When the run began, in nanoseconds since the Unix epoch, on the clock that host and container share.
    pub started_at: i64,
    /// When it ended, likewise.
    pub finished_at: i64,
    /// The reason, if the run ended early.
    pub cut_short: Option<String>,
    /// The attempts at checks, in their order.
    pub attempts: Vec<Attempt>,
    /// What `lxcdiag fix` changed after this diagnosis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<OwnChange>,
    /// What earlier runs of lxcdiag changed in this container.
    pub earlier_changes: Vec<OwnChange>,
    /// The other runs, if the diagnosis ran several runbooks and settled on this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explored: Option<Box<Explored>>,
    /// How many bytes arrived outside the marks of a command and were dropped.
    pub stray_bytes: u64,
    /// How much later than recorded each of lxcdiag's own times can be, in nanoseconds: the clocks of two nodes can only
    /// be compared as precisely as a round trip allows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clock_uncertainty: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// The runbook of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRunbook {
    /// Its id.
    pub id: String,
    /// SHA-256 of its text and of the parts that it includes, in hexadecimal.
    pub sha256: String,
    /// Its text.
    pub text: String,
    /// The texts of the parts that it includes, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, String>,
    /// Whether secrets were removed from the texts; the SHA-256 is that of the original.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// The container of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its ID.
    pub ct: ContainerId,
    /// Its node.
    pub node: String,
    /// How commands reached it: `pct` or `lxc-attach`.
    pub via: String,
    /// Its operating system, from `/etc/os-release`.
    pub os: Option<String>,
    /// Its systemd version, from the name of the shared library.
    pub systemd: Option<String>,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The version of Proxmox VE, from the package pve-manager.
    pub pve: Option<String>,
}

impl Target {
    /// A container of which only the ID is known.
    pub const fn new(ct: ContainerId) -> Self {
        Self {
            ct,
            node: String::new(),
            via: String::new(),
            os: None,
            systemd: None,
            kernel: None,
            pve: None,
        }
    }
}

/// One attempt at a check: a command or a host probe, or the reason why it did not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The check's id.
    pub check: String,
    /// The item, for a check with `for_each`.
    pub item: Option<String>,
    /// The words of the command in the container; empty for a host probe.
    pub argv: Vec<String>,
    /// Whether the command changes the container.
    pub changes: bool,
    /// When it began, in nanoseconds since the Unix epoch; absent if it never did.
    pub started_at: Option<i64>,
    /// How long it took, in nanoseconds of the monotonic clock.
    pub duration: Option<i64>,
    /// How it ended.
    pub ending: Ending,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error.
    pub stderr: Output,
    /// The facts from a host probe: one record, or one for each task.
    pub found: Vec<Facts>,
    /// Whether it did not run because the container's shell had been lost during an earlier attempt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session_lost: bool,
}

impl Attempt {
    /// The check and the item.
    pub fn key(&self) -> CheckKey {
        CheckKey {
            check: self.check.clone(),
            item: self.item.clone(),
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The command exited with this status; above 128, a signal killed it (status − 128).
    Exited(i32),
    /// It timed out and was killed.
    TimedOut,
    /// It did not run, for a reason such as `--read-only` or a check that it needs.
    Skipped(String),
    /// It could not run, or its end is unknown.
    Errored(String),
    /// The host was read.
    #[serde(rename = "looked")]
    Probed,
}

impl Ending {
    /// The signal that killed the command: shells report it as a status above 128.
    pub fn signal(&self) -> Option<i32> {
        match self {
            Self::Exited(status @ 129..=192) => Some(status - 128),
            _ => None,
        }
    }
}

impl Recording {
    /// Takes the failures and the pushes from a trace. `file` is its name.
    pub fn take_trace(&mut self, trace: &Trace, file: &str) {
        self.log = Some(traced_failures(trace, file, self.target.ct));
        self.traced_pushes = trace.pushes(self.target.ct);
        if !self.failed_at_given {
            self.failed_at = self.logged_failure_time();
        }
    }

    /// When the run began.
    pub fn began(&self) -> Interval {
        Interval::new(
            self.started_at,
            self.started_at.saturating_add(self.clock_uncertainty),
        )
    }

    /// The failed command in the provisioning log.
    ///
    /// # Errors
    /// There is none, or the log does not show which one it is.
    pub fn failed_command(&self) -> Result<Selected<'_>, NoFailure> {
        let log = self.log.as_deref().ok_or(NoFailure::NoLog)?;
        provision_log::failed_command(log, self.unit())
    }

    /// The failed push in the provisioning log.
    ///
    /// # Errors
    /// There is none, or the log does not show which one it is.
    pub fn failed_push(&self) -> Result<Selected<'_>, NoFailure> {
        let log = self.log.as_deref().ok_or(NoFailure::NoLog)?;
        provision_log::failed_push(log, self.unit())
    }

    /// When provisioning failed: as given with `--failed-at`, otherwise the time of the failed command in the log.
    pub fn failure_time(&self) -> Option<Interval> {
        self.stated_failure_time()
            .or_else(|| self.logged_failure_time())
    }

    /// When provisioning failed, as given with `--failed-at`.
    pub fn stated_failure_time(&self) -> Option<Interval> {
        // In a recording of an older version, a time that occurs in the log comes from there.
        let logged = |log: &Vec<LoggedFailure>| {
            let times = log.iter().map(|failure| failure.at);
            let mut times = times.chain([self.logged_failure_time()]);
            times.any(|at| at == self.failed_at)
        };
        let is_logged = !self.failed_at_given && self.log.as_ref().is_some_and(logged);
        self.failed_at.filter(|_| !is_logged)
    }

    /// Where the time of the failure comes from, if it is known.
    pub fn failure_source(&self) -> Option<FailureSource<'_>> {
        if self.stated_failure_time().is_some() {
            return Some(FailureSource::Stated);
        }
        let selected = self.failed_command().ok()?;
        selected.at?;
        Some(FailureSource::Log {
            place: selected.failure.place.as_ref(),
            zone_assumed: selected.failure.zone_assumed,
        })
    }

    fn logged_failure_time(&self) -> Option<Interval> {
        self.failed_command().ok()?.at
    }

    /// The unit that is diagnosed, if the runbook has such a var.
    fn unit(&self) -> Option<&str> {
        self.vars.get("unit").map(String::as_str)
    }

    /// What is wrong in the provisioning script as to the unit, or as to any if the runbook has no such var. `None` without
    /// a script.
    pub fn script_findings(&self) -> Option<Vec<&ScriptFinding>> {
        let unit = self.unit();
        let concerns = |it: &&ScriptFinding| unit.is_none_or(|unit| it.concerns(unit));
        Some(self.script.as_ref()?.iter().filter(concerns).collect())
    }

    /// The commands of this run that changed the container, or may have changed it.
    pub fn changes(&self) -> Vec<OwnChange> {
        self.attempts
            .iter()
            .filter(|attempt| attempt.changes)
            .filter_map(|attempt| {
                Some(OwnChange::new(
                    attempt.argv.clone(),
                    attempt.started_at?,
                    attempt.duration,
                    self.clock_uncertainty,
                ))
            })
            .chain(self.repairs.iter().cloned())
            .collect()
    }
}

/// Where the time of the failure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureSource<'a> {
    /// `--failed-at`.
    Stated,
    /// The provisioning log.
    Log {
        /// The line; older versions did not record it.
        place: Option<&'a Place>,
        /// Whether the log does not show its time zone, and lxcdiag assumed one.
        zone_assumed: bool,
    },
}

impl FailureSource<'_> {
    /// Whether lxcdiag assumed the time zone.
    pub const fn zone_is_assumed(self) -> bool {
        matches!(
            self,
            Self::Log {
                zone_assumed: true,
                ..
            }
        )
    }
}

impl fmt::Display for FailureSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stated => f.write_str("--failed-at"),
            Self::Log {
                place: Some(place), ..
            } => place.fmt(f),
            Self::Log { place: None, .. } => f.write_str("--log"),
        }
    }
}

/// A command with which lxcdiag changed the container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnChange {
    /// Its words.
    pub argv: Vec<String>,
    /// From the earliest possible start to the latest possible end.
    pub during: Interval,
    /// The uncertainty of the start and of the end, in nanoseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clock_uncertainty: i64,
    /// What it changed, if it was a remedy: that is meant to last, while a check only tries something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
}

impl OwnChange {
    /// A command that began at `started_at` or up to `clock_uncertainty` later, and took `duration`, all in nanoseconds.
    pub fn new(
        argv: Vec<String>,
        started_at: i64,
        duration: Option<i64>,
        clock_uncertainty: i64,
    ) -> Self {
        let end = started_at
            .saturating_add(duration.unwrap_or_default())
            .saturating_add(clock_uncertainty);
        Self {
            argv,
            during: Interval::new(started_at, end),
            clock_uncertainty,
            repair: None,
        }
    }

    /// When it began.
    pub fn begin(&self) -> Interval {
        let start = self.during.start;
        Interval::new(start, start.saturating_add(self.clock_uncertainty))
    }

    /// When it ended.
    pub fn end(&self) -> Interval {
        let end = self.during.end;
        Interval::new(end.saturating_sub(self.clock_uncertainty), end)
    }
}
