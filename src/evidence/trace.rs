//! A trace of a provisioning command: every call of `pct` and `lxc-attach`, with its times, status and messages.
//!
//! Plain data, written by `lxcdiag trace` and read as evidence by `lxcdiag run` and `lxcdiag judge`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::evidence::container_id::ContainerId;
use crate::evidence::time::{Interval, StampSource, parse_time, rfc3339};

/// The format of a trace file.
pub const SCHEMA: &str = "lxcdiag.trace/1";

/// One microsecond, in the nanoseconds that [`Stamp`] counts.
const MICROSECOND: i64 = 1_000;

/// A point in time, to the microsecond: nanoseconds since the Unix epoch. In JSON, RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(i64);

impl Stamp {
    /// A time in nanoseconds since the Unix epoch.
    pub const fn new(nanos: i64) -> Self {
        Self(nanos - nanos.rem_euclid(MICROSECOND))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The microsecond that contains the true time.
    pub fn interval(self) -> Interval {
        Interval::new(self.0, self.0.saturating_add(MICROSECOND - 1))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc3339(self.0))
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = parse_time(&text, StampSource::Clock);
        let time = time.ok_or_else(|| serde::de::Error::custom("expected an RFC 3339 time"))?;
        Ok(Self::new(time.start))
    }
}

/// A traced command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of lxcdiag that wrote it.
    pub lxcdiag: String,
    /// The words of the command.
    pub command: Vec<String>,
    /// Its runs, in order; with `--repeat`, several.
    pub runs: Vec<Run>,
}

/// One run of the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When it began.
    pub started_at: Stamp,
    /// When it ended.
    pub finished_at: Stamp,
    /// The delay after each push, in milliseconds; absent without `--settle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_ms: Option<u64>,
    /// How the command ended.
    #[serde(flatten)]
    pub ending: Ending,
    /// Its calls, in the order in which they began.
    pub calls: Vec<Call>,
}

/// How a process ended. Both are absent if that is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Its exit status.
    pub exit: Option<i32>,
    /// The signal that killed it.
    pub signal: Option<i32>,
}

impl Ending {
    /// Whether it ended with status 0.
    pub fn is_success(self) -> bool {
        self.exit == Some(0)
    }
}

/// `exit status 1`, `killed by signal 15`.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.exit, self.signal) {
            (Some(status), _) => write!(f, "exit status {status}"),
            (None, Some(signal)) => write!(f, "killed by signal {signal}"),
            (None, None) => f.write_str("did not end"),
        }
    }
}

/// One call of `pct` or `lxc-attach`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// `pct` or `lxc-attach`.
    pub program: String,
    /// The path of the program that ran.
    pub path: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The container, if the arguments name one.
    pub ct: Option<ContainerId>,
    /// The ID of the process that was called.
    pub pid: u32,
    /// When the call began.
    pub started_at: Stamp,
    /// When it ended; absent if it was still running at the end of the trace.
    pub finished_at: Option<Stamp>,
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
    /// Its standard error; without the middle if it is long. Absent if it is an interactive call, whose terminal is not
    /// touched.
    pub stderr: Option<String>,
    /// How many bytes it wrote to standard error.
    pub stderr_bytes: u64,
    /// Whether `stderr` has its standard output too, because both were one stream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stdout_included: bool,
    /// When the container's init process started, if it was running when the call began.
    pub boot: Option<Boot>,
    /// What it pushed, if it is a push.
    pub push: Option<Push>,
}

/// The start of a container's init process. The kernel counts it in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The earliest possible time.
    pub from: Stamp,
    /// The latest possible time.
    pub to: Stamp,
}

/// What a push copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The path on the host.
    pub source: String,
    /// The path in the container.
    pub destination: String,
    /// The kind of the source.
    pub kind: SourceKind,
    /// Its size in bytes, if it is a file.
    pub size: Option<u64>,
    /// SHA-256 of its content in hexadecimal, if it is a file of at most 64 MiB.
    pub sha256: Option<String>,
    /// Whether the file changed while it was pushed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

/// What the source of a push is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A regular file.
    File,
    /// A directory, which `pct push` cannot copy.
    Directory,
    /// It does not exist, or cannot be read.
    Missing,
    /// A pipe or a device.
    Other,
}

/// A push of a traced command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedPush {
    /// When `pct` was called. Its task begins later.
    pub called: Interval,
    /// When the call ended; absent if the trace does not show that.
    pub ended: Option<Interval>,
}

impl Trace {
    /// The pushes into a container, in every run.
    pub fn pushes(&self, ct: ContainerId) -> Vec<TracedPush> {
        let calls = self.runs.iter().flat_map(|run| &run.calls);
        let pushes = calls.filter(|call| call.push.is_some() && call.ct == Some(ct));
        let push = |call: &Call| TracedPush {
            called: call.started_at.interval(),
            ended: call.finished_at.map(Stamp::interval),
        };
        pushes.map(push).collect()
    }
}

impl Call {
    /// Whether this is the same call as another record of it.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.pid, self.started_at) == (other.pid, other.started_at)
    }

    /// The time within which it ran. A call that did not end ran until the end of its run at least.
    pub fn during(&self, run: &Run) -> Interval {
        let end = self.finished_at.unwrap_or(run.finished_at);
        Interval::spanning(self.started_at.interval(), end.interval())
    }

    /// The words of the command.
    pub fn words(&self) -> Vec<String> {
        let program = std::iter::once(&self.program);
        program.chain(&self.arguments).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_kept_to_the_microsecond() {
        let stamp = Stamp::new(1_786_440_617_123_456_789);
        let json = serde_json::to_string(&stamp).unwrap();
        assert_eq!(json, r#""2026-08-11T09:30:17.123456Z""#);
        let read: Stamp = serde_json::from_str(&json).unwrap();
        assert_eq!(read, stamp);
        assert_eq!(
            read.interval(),
            Interval::new(1_786_440_617_123_456_000, 1_786_440_617_123_456_999)
        );
        assert!(serde_json::from_str::<Stamp>("\"yesterday\"").is_err());
    }
}
