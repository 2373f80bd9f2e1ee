//! The last start of a container, as the task log and LXC tell it.

use super::super::upid::Upid;
use super::super::{Host, HostError, clock};
use super::{facts, names, text};
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::time::{FILE_STAMP_SLACK, Interval};

/// Most bytes to read of what LXC printed.
const MAX_WORDS: u64 = 256 * 1024;
/// Most bytes to read of the list of mounts.
const MAX_MOUNTS: u64 = 4 * 1024 * 1024;
/// Most lines of `startall` to keep.
const MAX_LINES: usize = 20;
/// Tasks that stop a container.
const STOPS: [&str; 4] = ["vzstop", "vzshutdown", "vzsuspend", "hastop"];
/// Tasks that start one.
const STARTS: [&str; 2] = ["vzstart", "hastart"];
/// Tasks that show its console.
const CONSOLES: [&str; 3] = ["vncproxy", "termproxy", "spiceproxy"];

impl Host {
    /// The last start of a container: a record with
    ///
    /// - `upid`, `user`, `begin`, `end`, `status`, `ok` of the last task `vzstart`, and `words`, its output;
    /// - `lxc`, what LXC printed in `/run/pve/ct-ID.stderr`, or `lxc_older: true` if that is of an earlier start;
    /// - `stop_type`, `stop_user`, `stop_at` of a stop after it;
    /// - `holder_type`, `holder_user`, `holder_begin`, `holder_upid` of a running task that may hold the lock;
    /// - `operation`, `operation_begin`, `operation_status` of the last other task, which may have left a lock;
    /// - `lock_pid`, `lock_command` of the process that holds the lock of the configuration file;
    /// - `kernel`, what the kernel logged about the container and about storages during that start;
    /// - `pure_cgroup_v2`, whether the node has control groups of version 2 only;
    /// - `node_booted`, and `startall`, what the node's last start of all containers printed about this one.
    ///
    /// # Errors
    /// As [`Host::tasks`].
    pub fn last_start(&self, ct: ContainerId) -> Result<Facts, HostError> {
        let tasks = self.tasks(ct, &[])?;
        let kind = |task: &Facts| string(task, "type").unwrap_or_default();
        let start = tasks.iter().rposition(|task| kind(task) == "vzstart");
        let mut found = Facts::new();
        if let Some(start) = start.and_then(|at| tasks.get(at)) {
            for name in ["upid", "user", "begin", "end", "status", "ok"] {
                found.extend(start.get(name).map(|fact| (name.to_owned(), fact.clone())));
            }
            let words = string(start, "text").map(|output| words(&output));
            found.extend(words.map(|words| (String::from("words"), Fact::Text(words))));
        }
        self.add_lxc_words(ct, &mut found);
        let after = start.map_or(0, |at| at + 1);
        let stop = tasks
            .iter()
            .skip(after)
            .rfind(|task| STOPS.contains(&kind(task).as_str()));
        copy(
            stop,
            &mut found,
            [
                ("type", "stop_type"),
                ("user", "stop_user"),
                ("begin", "stop_at"),
                ("ok", "stop_ok"),
            ],
        );
        let boot = self
            .other
            .as_ref()
            .map_or_else(clock::boot_moment, |other| other.boot);
        if let Some(holder) = self.holder(ct)? {
            let begin = clock::begin(&holder, boot);
            found.extend(facts([
                ("holder_type", text(holder.kind)),
                ("holder_user", text(holder.user)),
                ("holder_begin", Some(Fact::Time(begin))),
                ("holder_upid", text(holder.text)),
            ]));
        }
        let operation = tasks.iter().rfind(|task| is_operation(&kind(task)));
        copy(
            operation,
            &mut found,
            [
                ("type", "operation"),
                ("begin", "operation_begin"),
                ("status", "operation_status"),
            ],
        );
        let host = self.itself();
        if let Some(holder) = host.lock_holder(ct) {
            found.insert(String::from("lock_pid"), Fact::Int(i64::from(holder.pid)));
            found.insert(String::from("lock_command"), Fact::Text(holder.command));
        }
        found.insert(String::from("node_booted"), Fact::Time(boot));
        if let Some(Fact::Time(begin)) = found.get("begin") {
            let end = match found.get("end") {
                Some(Fact::Time(end)) => end.end,
                _ => begin.end,
            };
            let messages =
                host.kernel_messages(ct, Interval::new(begin.start, end.max(begin.end)), boot);
            found.insert(String::from("kernel"), Fact::Text(messages.join("\n")));
        }
        if let Ok(mounts) = host.read_text("proc/mounts", MAX_MOUNTS) {
            let pure = mounts.lines().any(is_pure_cgroup_v2);
            found.insert(String::from("pure_cgroup_v2"), Fact::Bool(pure));
        }
        if let Some(said) = self.startall(ct, boot) {
            found.insert(String::from("startall"), Fact::Text(said));
        }
        Ok(found)
    }

    /// A running task that may hold the container's lock. A backup of several containers has no ID.
    fn holder(&self, ct: ContainerId) -> Result<Option<Upid>, HostError> {
        let id = ct.to_string();
        let mut running = self.running_tasks()?;
        running.retain(|task| {
            task.id == id && is_operation(&task.kind) || task.id.is_empty() && task.kind == "vzdump"
        });
        Ok(running.into_iter().max_by_key(|task| task.start))
    }

    /// What LXC printed, if that belongs to the last start.
    fn add_lxc_words(&self, ct: ContainerId, found: &mut Facts) {
        let Ok((words, modified)) = self.dated_text(format!("run/pve/ct-{ct}.stderr"), MAX_WORDS)
        else {
            return;
        };
        let written = Interval::new(modified, modified.saturating_add(FILE_STAMP_SLACK));
        let older = match found.get("begin") {
            Some(Fact::Time(begin)) => written.end < begin.start,
            _ => false,
        };
        if older {
            found.insert(String::from("lxc_older"), Fact::Bool(true));
        } else {
            found.insert(String::from("lxc"), Fact::Text(words));
        }
    }

    /// The lines of the last `startall` since the node booted that name this container.
    fn startall(&self, ct: ContainerId, boot: Interval) -> Option<String> {
        let output = self.last_startall(boot)?;
        let lines: Vec<_> = output
            .lines()
            .filter(|line| names(line, "CT ", ct))
            .take(MAX_LINES)
            .collect();
        Some(lines.join("\n"))
    }
}

/// Whether tasks of this kind lock a container: not those that start, stop or show it.
fn is_operation(kind: &str) -> bool {
    ![&STARTS[..], &STOPS, &CONSOLES]
        .iter()
        .any(|kinds| kinds.contains(&kind))
}

/// Whether a line of `/proc/mounts` is the only hierarchy of control groups, version 2.
fn is_pure_cgroup_v2(line: &str) -> bool {
    let mut words = line.split(' ').skip(1);
    words.next() == Some("/sys/fs/cgroup") && words.next() == Some("cgroup2")
}

/// The output of a task without its last line, which has the status.
fn words(output: &str) -> String {
    let lines = output.lines().filter(|line| !line.starts_with("TASK "));
    lines.collect::<Vec<_>>().join("\n")
}

fn string(task: &Facts, name: &str) -> Option<String> {
    match task.get(name) {
        Some(Fact::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Copies facts of a task under new names.
fn copy<const N: usize>(task: Option<&Facts>, into: &mut Facts, names: [(&str, &str); N]) {
    let Some(task) = task else { return };
    for (name, new) in names {
        into.extend(task.get(name).map(|fact| (new.to_owned(), fact.clone())));
    }
}
