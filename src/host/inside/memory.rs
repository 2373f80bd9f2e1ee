//! The memory of a running container, by its cgroup on the node.

use super::super::Host;
use crate::evidence::container_id::ContainerId;

/// Most bytes to read of a file of a cgroup, or of `/proc/meminfo`.
const MAX_FILE: u64 = 64 * 1024;

/// The files of one version of cgroups.
struct Version {
    hierarchy: &'static str,
    usage: &'static str,
    limit: &'static str,
    /// Those of `memory.stat` that the kernel can reclaim, so that they do not count.
    reclaimable: &'static [&'static str],
    events: &'static str,
}

const VERSIONS: [Version; 2] = [
    Version {
        hierarchy: "sys/fs/cgroup",
        usage: "memory.current",
        limit: "memory.max",
        reclaimable: &["inactive_file", "active_file", "slab_reclaimable"],
        events: "memory.events",
    },
    Version {
        hierarchy: "sys/fs/cgroup/memory",
        usage: "memory.usage_in_bytes",
        limit: "memory.limit_in_bytes",
        reclaimable: &["total_inactive_file", "total_active_file"],
        events: "memory.oom_control",
    },
];

impl Host {
    /// What the check `memory` of the built-in runbooks prints in the container.
    pub(crate) fn memory(&self, ct: ContainerId) -> Option<String> {
        if self.is_copy() {
            return None;
        }
        let total = value(&self.kernel_text("proc/meminfo")?, "MemTotal:")?.checked_mul(1024)?;
        VERSIONS.iter().find_map(|version| {
            let groups = self.groups(version.hierarchy, ct);
            groups.iter().find_map(|group| {
                let group = format!("{}/{group}", version.hierarchy);
                self.memory_of(version, &group, total)
            })
        })
    }

    fn memory_of(&self, version: &Version, group: &str, total: u64) -> Option<String> {
        let read = |file: &str| self.kernel_text(&format!("{group}/{file}"));
        let usage: u64 = read(version.usage)?.trim().parse().ok()?;
        // Without a limit, it is `max`, or a number that no machine has.
        let limit = read(version.limit)?.trim().parse().unwrap_or(total);
        let stat = read("memory.stat")?;
        let reclaimable = version.reclaimable.iter();
        let reclaimable = reclaimable.filter_map(|name| value(&stat, name));
        let used = reclaimable.fold(usage, u64::saturating_sub);
        let kills = read(version.events).and_then(|text| value(&text, "oom_kill"));
        let kills = kills.map(|kills| kills.to_string()).unwrap_or_default();
        let pressure = read("memory.pressure").and_then(|text| pressure(&text));
        let (limit, pressure) = (limit.min(total), pressure.unwrap_or_default());
        Some(format!(
            "used {used} limit {limit} kills {kills} pressure {pressure}\n"
        ))
    }

    fn kernel_text(&self, path: &str) -> Option<String> {
        self.read_text(path, MAX_FILE).ok()
    }
}

/// The number after a name.
fn value(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(name)).then(|| words.next()?.parse().ok())?
    })
}

/// Percent of the last five minutes in which a process waited for memory.
fn pressure(text: &str) -> Option<String> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let average = some
        .split(' ')
        .find_map(|word| word.strip_prefix("avg300="))?;
    Some(average.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};

    use super::*;
    use crate::fixture::ct;

    fn host(group: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
        let tree = tempfile::tempdir().unwrap();
        create_dir_all(tree.path().join("proc")).unwrap();
        write(
            tree.path().join("proc/meminfo"),
            "MemTotal:       1000 kB\nMemFree: 5 kB\n",
        )
        .unwrap();
        let group = tree.path().join("sys/fs/cgroup").join(group);
        create_dir_all(&group).unwrap();
        for (name, text) in files {
            write(group.join(name), text).unwrap();
        }
        let host = Host::at(tree.path());
        (tree, host)
    }

    #[test]
    fn of_version_2() {
        let files = [
            ("memory.current", "900000\n"),
            ("memory.max", "1000000\n"),
            (
                "memory.stat",
                "anon 1\ninactive_file 100000\nactive_file 50000\nslab_reclaimable 7\nslab 9\n",
            ),
            ("memory.events", "low 0\noom 4\noom_kill 3\n"),
            (
                "memory.pressure",
                "some avg10=1.00 avg60=2.00 avg300=12.50 total=7\nfull avg10=0.00 avg60=0.00 avg300=3.00 total=1\n",
            ),
        ];
        let (_tree, host) = host("lxc/958", &files);
        assert_eq!(
            host.memory(ct(958)).unwrap(),
            "used 749993 limit 1000000 kills 3 pressure 12.50\n"
        );
        assert_eq!(host.memory(ct(959)), None);
    }

    #[test]
    fn of_version_1_without_a_limit() {
        let files = [
            ("memory.usage_in_bytes", "900000\n"),
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            (
                "memory.stat",
                "inactive_file 1\ntotal_inactive_file 100000\ntotal_active_file 50000\n",
            ),
            (
                "memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
            ),
        ];
        let (_tree, host) = host("memory/lxc/958", &files);
        assert_eq!(
            host.memory(ct(958)).unwrap(),
            "used 750000 limit 1024000 kills 2 pressure \n"
        );
    }
}
