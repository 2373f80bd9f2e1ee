//! What is wrong with eight of the forty containers, and what a sweep must report.

/// A container with a fault.
pub struct Ill {
    /// Its place among the forty.
    pub place: usize,
    /// Breaks it.
    pub script: &'static str,
    /// How each of the problems in its row begins.
    pub problems: &'static [&'static str],
}

/// Frozen before the sweep begins.
pub const FROZEN: usize = 35;
/// Killed in the middle of its visit: when a command hangs.
pub const KILLED: usize = 22;
/// The command that hangs in it.
pub const HANGS: &str = "sleep 31415.9";

pub const ILLS: [Ill; 8] = [
    Ill {
        place: 3,
        script: "printf '[Service]\\nType=exec\\nExecStart=/opt/broken/server\\n' >/etc/systemd/system/broken.service
            systemctl daemon-reload
            ! systemctl start broken 2>/dev/null",
        problems: &[
            "units critical: Failed or invalid units: broken.service",
        ],
    },
    // As an interrupted push leaves it.
    Ill {
        place: 11,
        script: ": >/etc/systemd/system/hollow.service",
        problems: &[
            "empty warning: Empty unit files: /etc/systemd/system/hollow.service",
        ],
    },
    // Another unit wants it, so systemd loads it, and cannot parse it.
    Ill {
        place: 17,
        script: "cd /etc/systemd/system
            printf '[Service]\\nExecStart=./server --port 80\\n' >bad.service
            mkdir -p multi-user.target.wants
            ln -s ../bad.service multi-user.target.wants/
            systemctl daemon-reload",
        problems: &[
            "units critical: Failed or invalid units: bad.service",
        ],
    },
    Ill {
        place: 24,
        script: "mkdir /srv/data
            mount -t tmpfs -o size=1m data /srv/data
            ! head -c 2000000 /dev/zero >/srv/data/blob 2>/dev/null",
        problems: &[
            "space critical: Disk space: 100 % of /srv/data, 0 MiB free",
        ],
    },
    // Errors without end: each sweep counts those since the last.
    Ill {
        place: 32,
        script: "systemd-run -q --unit=worker sh -c 'while echo \"<2>worker: cannot reach its queue\"; do sleep 0.5; done'
            until journalctl -q -u worker -p crit -n 1 | grep -q queue; do sleep 0.1; done",
        problems: &[
            "errors warning: Errors in the journal: ",
        ],
    },
    Ill {
        place: FROZEN,
        script: ":",
        problems: &["unreachable unknown: container "],
    },
    Ill {
        place: KILLED,
        script: "printf '#!/bin/sh\\nexec sleep 31415.9\\n' >/usr/bin/journalctl",
        problems: &[
            "journal unknown: Journal: the shell in the container ended during this command; ",
        ],
    },
    // A program that comes before the real one on the PATH, and prints without end.
    Ill {
        place: 28,
        script: "printf '#!/bin/sh\\nexec yes 31415.9\\n' >/usr/local/sbin/journalctl
            chmod +x /usr/local/sbin/journalctl",
        problems: &["journal unknown: Journal: timed out after 5 s"],
    },
];
