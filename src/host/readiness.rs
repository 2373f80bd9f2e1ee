//! Whether the host has what lxcdiag reads.

use std::io;

use serde_json::Value;

use super::Host;

/// Where the cluster file system lists its members.
const MEMBERS: &str = "etc/pve/.members";
/// Most bytes to read of that list.
const MAX_MEMBERS: u64 = 1024 * 1024;
/// The index of the node's tasks.
const TASK_INDEX: &str = "var/log/pve/tasks/index";

impl Host {
    /// Checks that the index of the node's tasks can be read.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn check_task_log(&self) -> io::Result<()> {
        self.read(TASK_INDEX, 1).map(drop)
    }

    /// Whether the cluster has quorum. None on a node without a cluster, or if it could not be determined.
    pub fn is_quorate(&self) -> Option<bool> {
        let text = self.read_text(MEMBERS, MAX_MEMBERS).ok()?;
        let members: Value = serde_json::from_str(&text).ok()?;
        let quorate = members.get("cluster")?.get("quorate")?.as_u64()?;
        Some(quorate == 1)
    }

    /// The version of the control groups: 2 if the only hierarchy is the unified one.
    pub fn cgroup_version(&self) -> Option<u8> {
        match self.exists("sys/fs/cgroup/cgroup.controllers").ok()? {
            true => Some(2),
            false => self.exists("sys/fs/cgroup/memory").ok()?.then_some(1),
        }
    }
}
