//! What the kernel logged about the start of a container.

use std::io::{ErrorKind, Read as _};

use super::super::Host;
use super::names;
use crate::evidence::container_id::ContainerId;
use crate::evidence::time::{Interval, SECOND};

/// Most records to read of the kernel's log, and most to keep.
const MAX_RECORDS: usize = 200_000;
const MAX_KEPT: usize = 20;
/// The longest record of the kernel.
const MAX_RECORD: usize = 8192;
/// The kernel's log has a clock of its own, which may differ by this much.
const TOLERANCE: i64 = 5 * SECOND;

impl Host {
    /// The messages about a container, and those about file systems and storage pools in `span`. `boot` is when the node
    /// booted.
    pub(super) fn kernel_messages(
        &self,
        ct: ContainerId,
        span: Interval,
        boot: Interval,
    ) -> Vec<String> {
        let since = span.start.saturating_sub(TOLERANCE);
        let until = span.end.saturating_add(TOLERANCE);
        let mut kept = Vec::new();
        for record in self.kernel_records() {
            let Some((at, message)) = parse(&record) else {
                continue;
            };
            let at = boot.start.saturating_add(at);
            if message.contains("switching pool to write mode") {
                kept.retain(|message: &String| !is_pool(message));
            }
            // A pool that is full stays full, whenever that was logged.
            let since = if is_pool(message) { i64::MIN } else { since };
            if (since..=until).contains(&at) && (concerns(message, ct) || concerns_storage(message))
            {
                kept.push(message.to_owned());
            }
        }
        kept.truncate(MAX_KEPT);
        kept
    }

    /// The records of the kernel's log, the oldest first.
    fn kernel_records(&self) -> Vec<String> {
        if let Some(node) = &self.elsewhere {
            let log = node.kernel_log().unwrap_or_default();
            return log.lines().map(str::to_owned).collect();
        }
        let Ok(mut log) = self.open_kernel_log() else {
            return Vec::new();
        };
        let mut records = Vec::new();
        // Each read returns one record of the device.
        let mut buffer = vec![0; MAX_RECORD];
        for _ in 0..MAX_RECORDS {
            match log.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    let bytes = buffer.get(..length).unwrap_or_default();
                    records.extend(String::from_utf8_lossy(bytes).lines().map(str::to_owned));
                }
                // The next record was overwritten in the meantime.
                Err(error)
                    if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::Interrupted) => {}
                Err(_) => break,
            }
        }
        records
    }
}

/// The time since boot in nanoseconds, and the message, of `6,339,5140900,-;message`.
fn parse(record: &str) -> Option<(i64, &str)> {
    let (head, message) = record.split_once(';')?;
    let microseconds: i64 = head.split(',').nth(2)?.parse().ok()?;
    Some((microseconds.saturating_mul(1000), message))
}

/// Out of memory in the container's control group, or a refusal of AppArmor for its profile.
fn concerns(message: &str, ct: ContainerId) -> bool {
    let named = |before: &str| names(message, before, ct);
    let memory = message.starts_with("oom-kill:")
        || message.starts_with("Memory cgroup")
        || message.starts_with("memory: usage");
    (memory || message.starts_with("Tasks in "))
        && (named("/lxc/") || named("lxc.payload.") || named("lxc.payload/"))
        || message.contains("apparmor=\"DENIED\"") && named("lxc-")
}

fn is_pool(message: &str) -> bool {
    message.contains("out-of-data-space")
}

fn concerns_storage(message: &str) -> bool {
    [
        "EXT4-fs error",
        "EXT4-fs (",
        "out-of-data-space",
        "Buffer I/O error",
    ]
    .iter()
    .any(|part| message.contains(part))
        && !message.contains("mounted filesystem")
        && !message.contains("unmounting filesystem")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ct;

    #[test]
    fn messages_of_other_containers_do_not_count() {
        let oom = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=ns,mems_allowed=0,oom_memcg=/lxc/958,task_memcg=/lxc/958/ns,task=mknod,pid=1,uid=0";
        assert!(concerns(oom, ct(958)));
        assert!(!concerns(oom, ct(959)));
        assert!(!concerns(oom, ct(9580)));
        let denied = r#"audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="mount" profile="lxc-958_</var/lib/lxc>" name="/proc/" pid=1"#;
        assert!(concerns(denied, ct(958)));
        assert!(!concerns(denied, ct(959)));
        assert!(!concerns("lxc-958 is a name", ct(958)));
        assert_eq!(
            parse("6,339,5140900,-;vmbr0: port 1"),
            Some((5_140_900_000, "vmbr0: port 1"))
        );
        assert_eq!(parse(" SUBSYSTEM=pci"), None);
    }
}
