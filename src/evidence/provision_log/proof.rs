//! The time zone of a log, from what it shows itself.
//!
//! Whole zones differ by half hours or quarters of an hour, so a time that is known otherwise shows the zone: a task that
//! the host logged as well, or the last write of the log's file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use regex::Regex;

use super::{lines, stamp};
use crate::constant_pattern::constant_pattern;
use crate::evidence::container_id::ContainerId;
use crate::evidence::time::SECOND;

/// A task of the container in the host's task log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedTask {
    /// `push_file`, `vzstart` and so on.
    pub kind: String,
    /// When it began, in nanoseconds since the Unix epoch.
    pub begin: i64,
}

/// Zones differ by multiples of this, in seconds.
const STEP: i64 = 1_800;
/// No zone is further from UTC, in seconds.
const FARTHEST: i64 = 14 * 3_600;
/// How long after the line the task begins, or the file is written last, in seconds: `pct` takes a second to start.
const LAG: i64 = 4;

/// A command in a log that is a task of the host, and its container.
static TASK: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r"\bpct\s+(?<verb>push|start|create|restore|rollback|stop|shutdown|reboot)\s+(?<id>[1-9]\d{2,8})\b",
    )
});

/// The zone of a log's timestamps without one, if the log shows it: the log was last written at `written`, and the host
/// logged these tasks of the container. An offset that only some of the log's commands fit proves nothing.
pub fn proven_zone(
    text: &str,
    written: Timestamp,
    ct: ContainerId,
    tasks: &[LoggedTask],
) -> Option<TimeZone> {
    let mut fitting: BTreeMap<i64, usize> = BTreeMap::new();
    let mut commands = 0;
    let mut last = None;
    for (_, line) in lines(text).filter(|(_, line)| !line.trim().is_empty()) {
        // As if it were in UTC: the difference to the true time is the offset of its zone.
        let stamp = stamp::find(line, written, &TimeZone::UTC);
        let local = stamp.filter(|stamp| !stamp.states_zone);
        let local = local.and_then(|stamp| Some(stamp.at?.start / SECOND));
        last = local;
        let (Some(local), Some(kind)) = (local, task_of(line, ct)) else {
            continue;
        };
        commands += 1;
        let alike = tasks.iter().filter(|task| task.kind == kind);
        let mut offsets: Vec<_> = alike
            .filter_map(|task| offset(local, task.begin.div_euclid(SECOND)))
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        for offset in offsets {
            *fitting.entry(offset).or_default() += 1;
        }
    }
    let most = fitting.values().copied().max().unwrap_or_default();
    let proven = if most > 0 {
        let mut best = fitting.iter().filter(|(_, count)| **count == most);
        let only = best
            .next()
            .filter(|_| best.next().is_none() && most * 2 > commands);
        only.map(|(offset, _)| *offset)
    } else {
        offset(last?, written.as_second())
    };
    let seconds = i32::try_from(proven?).ok()?;
    Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}

/// The offset by which a local time is shortly before a true one, both in seconds.
fn offset(local: i64, truth: i64) -> Option<i64> {
    let difference = local - truth;
    let offset = (difference + LAG).div_euclid(STEP) * STEP;
    let lag = offset - difference;
    ((-1..=LAG).contains(&lag) && offset.abs() <= FARTHEST).then_some(offset)
}

/// The kind of task that a line's command is.
fn task_of(line: &str, ct: ContainerId) -> Option<&'static str> {
    let found = TASK.captures(line)?;
    let is_ours = found["id"].parse() == Ok(ct);
    is_ours.then(|| match &found["verb"] {
        "push" => "push_file",
        "start" => "vzstart",
        "create" => "vzcreate",
        "restore" => "vzrestore",
        "rollback" => "vzrollback",
        "stop" => "vzstop",
        "shutdown" => "vzshutdown",
        _ => "vzreboot",
    })
}
