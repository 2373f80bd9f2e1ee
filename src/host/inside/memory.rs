//! The memory of a running container, by its cgroup on the node.

use std::path::Path;

use super::super::Host;
use crate::evidence::container_id::ContainerId;

/// Most bytes to read of a file of a cgroup, or of `/proc/meminfo`.
const MAX_FILE: u64 = 64 * 1024;

/// The files of one version of cgroups.
struct Version {
    hierarchy: &'static str,
    /// Its controllers in `/proc/PID/cgroup`.
    controller: &'static str,
    usage: &'static str,
    limit: &'static str,
    /// Those of `memory.stat` that the kernel can reclaim, so that they do not count.
    reclaimable: &'static [&'static str],
    events: &'static str,
}

const VERSIONS: [Version; 2] = [
    Version {
        hierarchy: "sys/fs/cgroup",
        controller: "",
        usage: "memory.current",
        limit: "memory.max",
        reclaimable: &["inactive_file", "active_file", "slab_reclaimable"],
        events: "memory.events",
    },
    Version {
        hierarchy: "sys/fs/cgroup/memory",
        controller: "memory",
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
        // If a killed monitor left a group, the container is in another one.
        let of_init = self.kernel_text(&format!("proc/{}/cgroup", self.init(ct)?))?;
        VERSIONS.iter().find_map(|version| {
            let of_init = group_of(&of_init, version.controller)?;
            let groups = self.groups(version.hierarchy, ct);
            let mut groups = groups.iter().filter(|group| of_init.starts_with(*group));
            groups.find_map(|group| {
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

/// The group in the lines of `/proc/PID/cgroup`, relative to the mount point of its hierarchy.
fn group_of<'a>(lines: &'a str, controller: &str) -> Option<&'a Path> {
    lines.lines().find_map(|line| {
        let (_, line) = line.split_once(':')?;
        let (controllers, group) = line.split_once(':')?;
        let is_in = controllers.split(',').any(|it| it == controller);
        is_in.then(|| Path::new(group.trim_start_matches('/')))
    })
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

    /// A host with container 958, whose init is in a group in this hierarchy.
    fn host(
        hierarchy: &str,
        group: &str,
        controllers: &str,
        files: &[(&str, &str)],
    ) -> (tempfile::TempDir, Host) {
        let tree = tempfile::tempdir().unwrap();
        let process = tree.path().join("proc/4242");
        create_dir_all(&process).unwrap();
        write(
            tree.path().join("proc/meminfo"),
            "MemTotal:       1000 kB\nMemFree: 5 kB\n",
        )
        .unwrap();
        write(process.join("status"), "NSpid:\t4242\t1\n").unwrap();
        write(
            process.join("cgroup"),
            format!("{controllers}:/{group}/init.scope\n"),
        )
        .unwrap();
        let of_systemd = tree.path().join("sys/fs/cgroup/systemd");
        let init = of_systemd.join(group).join("init.scope");
        write_all(&init, &[("cgroup.procs", "4242\n")]);
        write_all(&tree.path().join(hierarchy).join(group), files);
        let host = Host::at(tree.path());
        (tree, host)
    }

    fn write_all(group: &Path, files: &[(&str, &str)]) {
        create_dir_all(group).unwrap();
        for (name, text) in files {
            write(group.join(name), text).unwrap();
        }
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
        let (_tree, host) = host("sys/fs/cgroup", "lxc/958", "0:", &files);
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
        let (_tree, host) = host("sys/fs/cgroup/memory", "lxc/958", "11:memory", &files);
        assert_eq!(
            host.memory(ct(958)).unwrap(),
            "used 750000 limit 1024000 kills 2 pressure \n"
        );
    }

    #[test]
    fn a_group_that_a_killed_monitor_left_does_not_count() {
        let of = |usage| {
            [
                ("memory.current", usage),
                ("memory.max", "max\n"),
                ("memory.stat", "anon 1\n"),
            ]
        };
        let (tree, host) = host("sys/fs/cgroup", "lxc.payload.958-1", "0:", &of("500\n"));
        let left = tree.path().join("sys/fs/cgroup/lxc.payload.958");
        write_all(&left, &of("0\n"));
        assert_eq!(
            host.memory(ct(958)).unwrap(),
            "used 500 limit 1024000 kills  pressure \n"
        );
    }
}
