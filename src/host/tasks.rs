//! The host's task log: operations on a container from outside, with their times and results.

use std::collections::BTreeMap;
use std::io;

use super::clock::{self, LastWrite};
use super::upid::{Entry, Upid, final_status, is_ok, parse_list};
use super::{Host, HostError};
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::recording::Output;
use crate::evidence::time::Interval;

/// The task log of Proxmox VE.
const TASKS: &str = "var/log/pve/tasks";
/// Most bytes to read of the end of a task list; Proxmox VE rotates it at 50 kB.
const MAX_LIST: u64 = 8 * 1024 * 1024;
/// Most bytes to keep of the beginning and of the end of a task's output.
const OUTPUT_HEAD: u64 = 16 * 1024;
const OUTPUT_TAIL: u64 = 48 * 1024;
/// Most bytes to keep of the output of all tasks, the latest tasks first.
const MAX_OUTPUT: u64 = 8 * 1024 * 1024;

impl Host {
    /// The tasks of a container of these types (`push_file`, `vzstart` and others), or of all types if
    /// none is given: a record for each task, the oldest first, with `upid`, `type`, `user`, `begin`; `end`,
    /// `status` and `ok` once it has ended; `text`, its output, if that still exists. Status and text are as
    /// the task wrote them, including control characters.
    ///
    /// A clone is logged under the container that it was made from, not under the new one.
    ///
    /// # Errors
    /// [`HostError::NoTaskLog`], and [`HostError::Unreadable`] without permission.
    pub fn tasks(&self, ct: ContainerId, types: &[String]) -> Result<Vec<Facts>, HostError> {
        let mut entries = self.entries()?;
        let id = ct.to_string();
        entries.retain(|entry| {
            entry.upid.id == id && (types.is_empty() || types.contains(&entry.upid.kind))
        });
        let boot = self.boot();
        let mut tasks: Vec<_> = entries
            .into_iter()
            .map(|entry| (clock::begin(&entry.upid, boot), entry))
            .collect();
        tasks.sort_by(|(a, x), (b, y)| {
            (a.start, x.upid.ticks, &x.upid.text).cmp(&(b.start, y.upid.ticks, &y.upid.text))
        });
        let mut left = MAX_OUTPUT;
        let mut records = Vec::with_capacity(tasks.len());
        for (begin, entry) in tasks.into_iter().rev() {
            let output = (left > 0).then(|| self.output(&entry.upid)).flatten();
            if let Some((output, _)) = &output {
                left = left.saturating_sub((output.head.len() + output.tail.len()) as u64);
            }
            let running = entry.end.is_none() && self.is_running(&entry.upid);
            records.push(record(entry, begin, output, running));
        }
        records.reverse();
        Ok(records)
    }

    /// When the node booted.
    pub(super) fn boot(&self) -> Interval {
        match &self.other {
            Some(other) => other.boot,
            None => clock::boot_moment(),
        }
    }

    /// The output of the last task that started all containers of the node since it booted.
    pub(super) fn last_startall(&self, boot: Interval) -> Option<String> {
        let entries = self.entries().ok()?;
        let since_boot = |entry: &&Entry| {
            entry.upid.kind == "startall" && clock::begin(&entry.upid, boot).end >= boot.start
        };
        let last = entries
            .iter()
            .filter(since_boot)
            .max_by_key(|entry| entry.upid.start)?;
        let (output, _) = self.output(&last.upid)?;
        Some(output.text())
    }

    /// The tasks whose processes are running, in no order.
    pub(super) fn running_tasks(&self) -> Result<Vec<Upid>, HostError> {
        let entries = self.entries()?.into_iter();
        let running = entries.filter(|entry| entry.end.is_none() && self.is_running(&entry.upid));
        Ok(running.map(|entry| entry.upid).collect())
    }

    /// Each task of the log once.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, HostError> {
        if let Err(source) = self.names(TASKS) {
            return Err(match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    HostError::NoTaskLog(self.shown(TASKS))
                }
                _ => self.unreadable(TASKS, source),
            });
        }
        let mut by_upid = BTreeMap::new();
        // In the order in which a task moves through them, so that none is missed.
        for list in ["active", "index", "index.1"] {
            let path = format!("{TASKS}/{list}");
            let bytes = match self.list(&path) {
                Ok(bytes) => bytes,
                Err(source) if source.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(self.unreadable(&path, source)),
            };
            for entry in parse_list(&bytes) {
                let known = by_upid
                    .entry(entry.upid.text.clone())
                    .or_insert_with(|| entry.clone());
                known.end = known.end.or(entry.end);
                known.status = known.status.take().or(entry.status);
            }
        }
        Ok(by_upid.into_values().collect())
    }

    /// A task list; if it is too long, without its first lines.
    fn list(&self, path: &str) -> io::Result<Vec<u8>> {
        let (mut bytes, cut) = self.open(path)?.tail(MAX_LIST)?;
        if cut {
            let partial = bytes
                .iter()
                .position(|b| *b == b'\n')
                .map_or(bytes.len(), |at| at + 1);
            bytes.drain(..partial);
        }
        Ok(bytes)
    }

    fn output(&self, upid: &Upid) -> Option<(Output, i64)> {
        let opened = self.open(upid.output_path()).ok()?;
        let modified = opened.modified;
        Some((opened.ends(OUTPUT_HEAD, OUTPUT_TAIL).ok()?, modified))
    }

    /// Whether the process of a task is still running. Its process ID may have been reused; the start time tells.
    pub(super) fn is_running(&self, upid: &Upid) -> bool {
        let stat = self
            .read_text(format!("proc/{}/stat", upid.pid), 4096)
            .unwrap_or_default();
        start_ticks(&stat) == Some(upid.ticks)
    }
}

/// When a process started, in ticks since boot: the 22nd field of `/proc/PID/stat`. The second field is
/// the name of the command in parentheses, which may contain any character.
pub(super) fn start_ticks(stat: &str) -> Option<i64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn record(entry: Entry, begin: Interval, output: Option<(Output, i64)>, running: bool) -> Facts {
    let written = output.as_ref().and_then(|(output, _)| {
        final_status(if output.dropped > 0 {
            &output.tail
        } else {
            &output.head
        })
    });
    let write = output.as_ref().map(|(_, at)| LastWrite {
        at: *at,
        final_line: written.is_some(),
    });
    let end = match entry.end {
        Some(noted) => Some(clock::end(begin, noted, write)),
        None if running => None,
        None => write.and_then(clock::end_unnoted),
    };
    let status = entry.status.or(written.filter(|_| !running));
    let facts = [
        ("upid", Some(Fact::Text(entry.upid.text))),
        ("type", Some(Fact::Text(entry.upid.kind))),
        ("user", Some(Fact::Text(entry.upid.user))),
        ("begin", Some(Fact::Time(begin))),
        ("end", end.map(Fact::Time)),
        (
            "ok",
            status.as_deref().map(|status| Fact::Bool(is_ok(status))),
        ),
        ("status", status.map(Fact::Text)),
        ("text", output.map(|(output, _)| Fact::Text(output.text()))),
    ];
    facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name.to_owned(), fact?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_contain_anything() {
        let rest = "S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 293526 100 200";
        for name in ["pct", "a) S 1 (b", ") 1 2 3 (", ""] {
            assert_eq!(
                start_ticks(&format!("7 ({name}) {rest}")),
                Some(293_526),
                "{name}"
            );
        }
        assert_eq!(start_ticks(""), None);
        assert_eq!(start_ticks("7 (pct) S 1 7"), None);
    }
}
