//! Who holds the lock of a container's configuration file.

use super::super::Host;
use crate::evidence::container_id::ContainerId;

/// Most bytes to read of the kernel's list of locks.
const MAX_LIST: u64 = 4 * 1024 * 1024;
/// Most bytes to read of a command line.
const MAX_COMMAND: u64 = 4096;

/// A process that holds the lock.
pub(super) struct Holder {
    pub(super) pid: u32,
    pub(super) command: String,
}

impl Host {
    /// The process that holds the lock of a container's configuration.
    pub(super) fn lock_holder(&self, ct: ContainerId) -> Option<Holder> {
        let file = format!("run/lock/lxc/pve-config-{ct}.lock");
        let inode = self.metadata(file).ok()?.inode;
        let locks = self.read_text("proc/locks", MAX_LIST).ok()?;
        let pid = locks.lines().find_map(|line| holds(line, inode))?;
        let command = self.read(format!("proc/{pid}/cmdline"), MAX_COMMAND).ok()?;
        let command = String::from_utf8_lossy(&command)
            .replace('\0', " ")
            .trim()
            .to_owned();
        Some(Holder { pid, command })
    }
}

/// The process of a line such as `1: FLOCK ADVISORY WRITE 1234 00:1a:5678 0 EOF`, if it locks this inode. A process that
/// waits has `->` in its line.
fn holds(line: &str, inode: u64) -> Option<u32> {
    let words: Vec<_> = line.split_ascii_whitespace().collect();
    let [_, "FLOCK", _, "WRITE", pid, file, ..] = words.as_slice() else {
        return None;
    };
    (file.rsplit(':').next()?.parse() == Ok(inode))
        .then(|| pid.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_does_not_hold_a_lock() {
        assert_eq!(
            holds("1: FLOCK  ADVISORY  WRITE 1234 00:1a:5678 0 EOF", 5678),
            Some(1234)
        );
        assert_eq!(
            holds("1: -> FLOCK  ADVISORY  WRITE 1235 00:1a:5678 0 EOF", 5678),
            None
        );
        assert_eq!(
            holds("2: FLOCK  ADVISORY  WRITE 1234 00:1a:56781 0 EOF", 5678),
            None
        );
    }
}
