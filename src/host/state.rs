//! Whether a container runs, told without starting Perl.

use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;

use memchr::{memchr, memmem, memrchr};

use super::Host;

/// How much of the list of sockets is read; a line is about 80 bytes.
const MAX_SOCKETS: u64 = 64 * 1024 * 1024;
/// How much of a cgroup's file is read.
const MAX_CGROUP_FILE: u64 = 4096;
/// Where cgroups that can be frozen are mounted: version 1, version 2, and 2 beside 1.
const HIERARCHIES: [&str; 3] = [
    "sys/fs/cgroup/freezer",
    "sys/fs/cgroup",
    "sys/fs/cgroup/unified",
];

/// What a container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
    /// It is there and stands still, or is about to: whatever is sent to it waits for the thaw.
    /// `pct status` calls this running.
    Frozen,
    /// The kernel's list of sockets could not be read.
    Unknown,
}

impl State {
    /// Whether the container has processes, standing still or not; `None` where that is not known.
    pub fn running(self) -> Option<bool> {
        match self {
            Self::Running | Self::Frozen => Some(true),
            Self::Stopped => Some(false),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Frozen => "frozen",
            Self::Unknown => "unknown",
        })
    }
}

impl Host {
    /// What a container is doing. It runs where its monitor's socket is, which is what Proxmox VE
    /// goes by as well; it is frozen where its cgroup says so.
    pub fn state(&self, ct: u32) -> State {
        self.state_where(ct, self.sockets().map(|sockets| has_monitor(&sockets, ct)))
    }

    /// The same, where it has been read already which containers run.
    pub(super) fn state_among(&self, ct: u32, running: Option<&BTreeSet<u32>>) -> State {
        self.state_where(ct, running.map(|running| running.contains(&ct)))
    }

    fn state_where(&self, ct: u32, runs: Option<bool>) -> State {
        match runs {
            Some(true) if self.is_frozen(ct) => State::Frozen,
            Some(true) => State::Running,
            Some(false) => State::Stopped,
            None => State::Unknown,
        }
    }

    /// The containers that have a monitor; `None` where the list of sockets cannot be read whole.
    pub(super) fn running(&self) -> Option<BTreeSet<u32>> {
        let sockets = self.sockets()?;
        Some(
            sockets
                .split(|b| *b == b'\n')
                .filter_map(monitored)
                .collect(),
        )
    }

    fn sockets(&self) -> Option<Vec<u8>> {
        let sockets = self.read("proc/net/unix", MAX_SOCKETS).ok()?;
        (sockets.len() < MAX_SOCKETS as usize).then_some(sockets)
    }

    fn is_frozen(&self, ct: u32) -> bool {
        HIERARCHIES.iter().any(|hierarchy| {
            self.groups(hierarchy, ct)
                .iter()
                .any(|group| self.group_is_frozen(&format!("{hierarchy}/{group}")))
        })
    }

    /// The container's cgroups in a hierarchy. Proxmox VE has one at `lxc/ID`, with the container's
    /// own in `ns`; older LXC has it at `lxc/ID` or `lxc.payload/ID`; LXC by itself has it at
    /// `lxc.payload.ID`, or at `lxc.payload.ID-1` where a killed monitor left the former behind.
    fn groups(&self, hierarchy: &str, ct: u32) -> Vec<String> {
        let mut groups = match self.names(hierarchy) {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
            Err(_) => Vec::new(),
        };
        groups.retain(|name| is_payload(name, ct));
        groups.extend([
            format!("lxc/{ct}"),
            format!("lxc/{ct}/ns"),
            format!("lxc.payload/{ct}"),
        ]);
        groups
    }

    fn group_is_frozen(&self, group: &str) -> bool {
        // Of the many places only one is there as a rule.
        if !self.is_there(group).unwrap_or(true) {
            return false;
        }
        let says = |file: &str| {
            self.read_text(format!("{group}/{file}"), MAX_CGROUP_FILE)
                .ok()
        };
        let events = says("cgroup.events").unwrap_or_default();
        let has = |event: &str| events.lines().any(|line| line.trim() == event);
        // What is left of a container that was killed while frozen stays frozen, and empty.
        if has("populated 0")
            || says("cgroup.procs")
                .is_some_and(|processes| processes.is_empty() && events.is_empty())
        {
            return false;
        }
        let state = says("freezer.state").unwrap_or_default();
        let freeze = says("cgroup.freeze").unwrap_or_default();
        matches!(state.trim(), "FROZEN" | "FREEZING") || freeze.trim() == "1" || has("frozen 1")
    }
}

/// Whether a cgroup is one that LXC makes for this container.
fn is_payload(name: &str, ct: u32) -> bool {
    let Some(rest) = name.strip_prefix(&format!("lxc.payload.{ct}")) else {
        return false;
    };
    let copy = rest.strip_prefix('-').unwrap_or("x");
    rest.is_empty() || copy.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a container's monitor listens at one of these sockets. A host of a thousand containers has some thousand
/// lines, and each of its containers is asked for.
fn has_monitor(sockets: &[u8], ct: u32) -> bool {
    let path = format!("/{ct}/command");
    memmem::find_iter(sockets, path.as_bytes()).any(|found| {
        let (before, after) = sockets.split_at(found);
        let start = memrchr(b'\n', before).map_or(0, |end| end + 1);
        let end = found + memchr(b'\n', after).unwrap_or(after.len());
        sockets.get(start..end).and_then(monitored) == Some(ct)
    })
}

/// The container whose monitor listens at the socket in this line of `/proc/net/unix`.
fn monitored(line: &[u8]) -> Option<u32> {
    let line = std::str::from_utf8(line.trim_ascii_end()).ok()?;
    // Whatever the directory that LXC keeps its containers in; `@` is an abstract socket.
    let (_, path) = line.split_once(" @/")?;
    let ct = path.strip_suffix("/command")?.rsplit('/').next()?;
    ct.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_container_s_own_cgroups_count() {
        for (name, expected) in [
            ("lxc.payload.958", true),
            ("lxc.payload.958-1", true),
            ("lxc.payload.958-12", true),
            ("lxc.payload.9581", false),
            ("lxc.payload.958-x", false),
            ("lxc.monitor.958", false),
        ] {
            assert_eq!(is_payload(name, 958), expected, "{name}");
        }
    }

    #[test]
    fn only_the_containers_own_socket_counts() {
        let line = |path: &str| {
            format!("000000006b67c7e6: 00000002 00000000 00010000 0001 01 80296 {path}\n")
        };
        for (path, expected) in [
            ("@/var/lib/lxc/958/command", Some(958)),
            ("@/srv/my lxc/958/command", Some(958)),
            ("@/var/lib/lxc/1958/command", Some(1958)),
            ("@/var/lib/lxc/958/commands", None),
            ("@/var/lib/lxc/958/command/x", None),
            ("@/var/lib/lxc/embed/command", None),
            ("/tmp/958/command", None),
            ("", None),
        ] {
            let line = line(path);
            assert_eq!(monitored(line.as_bytes()), expected, "{path}");
            let sockets = format!("Num Path\n{line}{line}");
            assert_eq!(
                has_monitor(sockets.as_bytes(), 958),
                expected == Some(958),
                "{path}"
            );
        }
    }
}
