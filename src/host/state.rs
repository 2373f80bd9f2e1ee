//! The state of a container, without starting Perl.

use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use memchr::{memchr, memmem, memrchr};

use super::tasks::start_ticks;
use super::{Host, clock};
use crate::evidence::container_id::ContainerId;
use crate::evidence::time::Interval;

/// Most bytes to read of the list of sockets; a line has about 80.
const MAX_SOCKETS: u64 = 64 * 1024 * 1024;
/// Most bytes to read of a cgroup's file.
const MAX_CGROUP_FILE: u64 = 4096;
/// Mount points of cgroups: those that can be frozen, of version 1, version 2, and 2 beside 1, and systemd's own of version 1.
const HIERARCHIES: [&str; 4] = [
    "sys/fs/cgroup/freezer",
    "sys/fs/cgroup",
    "sys/fs/cgroup/unified",
    "sys/fs/cgroup/systemd",
];

/// How old the list of sockets may be that is used again.
const SOCKETS_ARE_RECENT: Duration = Duration::from_secs(1);

/// The kernel's list of sockets.
#[derive(Debug)]
pub(super) struct Sockets {
    /// When it was read.
    at: Instant,
    list: Arc<[u8]>,
}

/// The state of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Running.
    Running,
    /// Stopped.
    Stopped,
    /// Frozen, or about to be: commands sent to it wait for the thaw. `pct status` calls this running.
    Frozen,
    /// The kernel's list of sockets could not be read.
    Unknown,
}

impl State {
    /// Whether the container has processes, frozen or not; `None` if unknown.
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
    /// The state of a container. It runs if the socket of its monitor exists, which is how Proxmox VE
    /// decides as well; it is frozen if its cgroup is.
    pub fn state(&self, ct: ContainerId) -> State {
        self.state_where(ct, self.sockets().map(|sockets| has_monitor(&sockets, ct)))
    }

    /// The same, but of a host for many containers, the list of sockets may be one that was just read.
    pub(super) fn recent_state(&self, ct: ContainerId) -> State {
        let sockets = self.recent_sockets().or_else(|| self.sockets());
        self.state_where(ct, sockets.map(|sockets| has_monitor(&sockets, ct)))
    }

    /// The same, if the running containers are known already.
    pub(super) fn state_among(
        &self,
        ct: ContainerId,
        running: Option<&BTreeSet<ContainerId>>,
    ) -> State {
        self.state_where(ct, running.map(|running| running.contains(&ct)))
    }

    /// When the init process of a running container started: its boot, as the host sees it.
    pub(crate) fn init_started(&self, ct: ContainerId) -> Option<Interval> {
        let init = self.init(ct)?;
        let stat = self.read_text(format!("proc/{init}/stat"), MAX_CGROUP_FILE);
        Some(clock::tick(start_ticks(&stat.ok()?)?, clock::boot_moment()))
    }

    /// The process ID of a running container's init on its node.
    pub(super) fn init(&self, ct: ContainerId) -> Option<String> {
        let groups = HIERARCHIES.iter().flat_map(|hierarchy| {
            let groups = self.groups(hierarchy, ct).into_iter();
            groups.map(move |group| format!("{hierarchy}/{group}"))
        });
        // systemd moves itself to a cgroup of its own.
        let lists = groups.flat_map(|group| {
            [
                format!("{group}/init.scope/cgroup.procs"),
                format!("{group}/cgroup.procs"),
            ]
        });
        let processes = lists.filter_map(|list| self.read_text(list, MAX_CGROUP_FILE).ok());
        processes.into_iter().find_map(|list| {
            let mut processes = list.lines().map(str::to_owned);
            processes.find(|process| self.is_init(process))
        })
    }

    /// Whether a process is the first one of its container.
    fn is_init(&self, process: &str) -> bool {
        let status = self.read_text(format!("proc/{process}/status"), MAX_CGROUP_FILE);
        status.is_ok_and(|status| {
            let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
            ids.is_some_and(|ids| ids.split_whitespace().skip(1).last() == Some("1"))
        })
    }

    fn state_where(&self, ct: ContainerId, runs: Option<bool>) -> State {
        match runs {
            Some(true) if self.is_frozen(ct) => State::Frozen,
            Some(true) => State::Running,
            Some(false) => State::Stopped,
            None => State::Unknown,
        }
    }

    /// The containers that have a monitor; `None` if the list of sockets cannot be read to its end.
    pub(super) fn running(&self) -> Option<BTreeSet<ContainerId>> {
        let sockets = self.sockets()?;
        Some(
            sockets
                .split(|b| *b == b'\n')
                .filter_map(monitored)
                .collect(),
        )
    }

    fn sockets(&self) -> Option<Arc<[u8]>> {
        // Its age is that of the beginning.
        let at = Instant::now();
        let list = self.read("proc/net/unix", MAX_SOCKETS).ok()?;
        let list: Arc<[u8]> = (list.len() < MAX_SOCKETS as usize).then(|| list.into())?;
        if let Some(kept) = &self.sockets {
            let list = Arc::clone(&list);
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Sockets { at, list });
        }
        Some(list)
    }

    fn recent_sockets(&self) -> Option<Arc<[u8]>> {
        let kept = self.sockets.as_ref()?;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = kept
            .as_ref()
            .filter(|it| it.at.elapsed() < SOCKETS_ARE_RECENT)?;
        Some(Arc::clone(&recent.list))
    }

    fn is_frozen(&self, ct: ContainerId) -> bool {
        HIERARCHIES.iter().any(|hierarchy| {
            self.groups(hierarchy, ct)
                .iter()
                .any(|group| self.group_is_frozen(&format!("{hierarchy}/{group}")))
        })
    }

    /// The container's cgroups in a hierarchy. Proxmox VE uses `lxc/ID`, and `ns` below it for the
    /// container's own; older LXC uses `lxc/ID` or `lxc.payload/ID`; LXC without Proxmox VE uses
    /// `lxc.payload.ID`, or `lxc.payload.ID-1` if a killed monitor left the first one.
    pub(super) fn groups(&self, hierarchy: &str, ct: ContainerId) -> Vec<String> {
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
        // Usually only one of these exists.
        if !self.exists(group).unwrap_or(true) {
            return false;
        }
        let content = |file: &str| {
            self.read_text(format!("{group}/{file}"), MAX_CGROUP_FILE)
                .ok()
        };
        let events = content("cgroup.events").unwrap_or_default();
        let has = |event: &str| events.lines().any(|line| line.trim() == event);
        // The cgroup of a container that was killed while frozen stays frozen and empty.
        if has("populated 0")
            || content("cgroup.procs")
                .is_some_and(|processes| processes.is_empty() && events.is_empty())
        {
            return false;
        }
        let state = content("freezer.state").unwrap_or_default();
        let freeze = content("cgroup.freeze").unwrap_or_default();
        matches!(state.trim(), "FROZEN" | "FREEZING") || freeze.trim() == "1" || has("frozen 1")
    }
}

/// Whether LXC created a cgroup for this container.
fn is_payload(name: &str, ct: ContainerId) -> bool {
    let Some(rest) = name.strip_prefix(&format!("lxc.payload.{ct}")) else {
        return false;
    };
    let copy = rest.strip_prefix('-').unwrap_or("x");
    rest.is_empty() || copy.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the monitor of a container listens on one of these sockets. With a thousand containers there are thousands of
/// lines, which are searched for each container.
fn has_monitor(sockets: &[u8], ct: ContainerId) -> bool {
    let path = format!("/{ct}/command");
    memmem::find_iter(sockets, path.as_bytes()).any(|found| {
        let (before, after) = sockets.split_at(found);
        let start = memrchr(b'\n', before).map_or(0, |end| end + 1);
        let end = found + memchr(b'\n', after).unwrap_or(after.len());
        sockets.get(start..end).and_then(monitored) == Some(ct)
    })
}

/// The container whose monitor listens on the socket in this line of `/proc/net/unix`.
fn monitored(line: &[u8]) -> Option<ContainerId> {
    let line = std::str::from_utf8(line.trim_ascii_end()).ok()?;
    // In any directory of LXC; `@` marks an abstract socket.
    let (_, path) = line.split_once(" @/")?;
    let ct = path.strip_suffix("/command")?.rsplit('/').next()?;
    ct.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ct;

    #[test]
    fn only_the_cgroups_of_the_container_count() {
        for (name, expected) in [
            ("lxc.payload.958", true),
            ("lxc.payload.958-1", true),
            ("lxc.payload.958-12", true),
            ("lxc.payload.9581", false),
            ("lxc.payload.958-x", false),
            ("lxc.monitor.958", false),
        ] {
            assert_eq!(is_payload(name, ct(958)), expected, "{name}");
        }
    }

    #[test]
    fn only_the_socket_of_the_container_counts() {
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
            assert_eq!(monitored(line.as_bytes()), expected.map(ct), "{path}");
            let sockets = format!("Num Path\n{line}{line}");
            assert_eq!(
                has_monitor(sockets.as_bytes(), ct(958)),
                expected == Some(958),
                "{path}"
            );
        }
    }
}
