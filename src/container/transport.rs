//! How a shell is opened in a container: the words of the one client that lxcdiag starts there.
//!
//! Starts nothing itself; that is the [executor](crate::container)'s.

mod ssh;

use std::path::PathBuf;

use crate::evidence::time::Interval;

pub use ssh::{READY, Ssh};

/// The only variables that the client gets, and the commands in the container.
///
/// The caller's own would enter the container (`pct exec` keeps them unless told otherwise), and
/// some make pct die: `Insecure $ENV{BASH_ENV} while running with -T switch`.
pub const ENVIRONMENT: [(&str, &str); 3] = [("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")];

/// Where the client and the commands in the container are looked for.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A way to open a shell in a container.
pub trait Transport {
    /// Its name in reports and messages: `pct`, `lxc-attach`.
    fn name(&self) -> &str;

    /// The words that start `sh` in container `ct`, on its standard input, output and error.
    ///
    /// They begin with `setsid`: in the caller's session a process in the container could open
    /// `/dev/tty`, which is the operator's terminal, and write to it. util-linux's `setsid` is used
    /// because std has no safe way of its own; as the child of a spawn leads no process group,
    /// setsid does not fork, so the client keeps the child's process ID and leads its group.
    fn argv(&self, ct: u32) -> Vec<String>;

    /// The same as messages name it.
    fn shown(&self, ct: u32) -> String {
        self.argv(ct).get(1..).unwrap_or_default().join(" ")
    }

    /// How far the container's clock, which is its node's, is ahead of this node's, in nanoseconds.
    fn clock_offset(&self) -> Interval {
        Interval::at(0)
    }
}

/// Proxmox VE's own `pct exec`: knows the cluster, refuses what is not running, costs about 1.2 s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pct {
    /// The program, `pct` as a rule. A path that is not UTF-8 cannot be used.
    pub program: PathBuf,
}

impl Default for Pct {
    fn default() -> Self {
        Self {
            program: PathBuf::from("pct"),
        }
    }
}

impl Transport for Pct {
    fn name(&self) -> &str {
        "pct"
    }

    // No --keep-env: pct before version 8 does not know it, and later ones keep what is left.
    fn argv(&self, ct: u32) -> Vec<String> {
        words(&[
            "setsid",
            &self.program.to_string_lossy(),
            "exec",
            &ct.to_string(),
            "--",
            "sh",
        ])
    }
}

/// `lxc-attach`, which `pct exec` becomes after its checks: costs about 0.01 s, works without the
/// cluster file system, and knows nothing of other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LxcAttach;

impl Transport for LxcAttach {
    fn name(&self) -> &str {
        "lxc-attach"
    }

    // --keep-env as pct calls it: LXC says that its default may change (lxc-attach(1)).
    fn argv(&self, ct: u32) -> Vec<String> {
        words(&[
            "setsid",
            "lxc-attach",
            "-n",
            &ct.to_string(),
            "--keep-env",
            "--",
            "sh",
        ])
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_each_client() {
        assert_eq!(
            Pct::default().argv(958).join(" "),
            "setsid pct exec 958 -- sh"
        );
        assert_eq!(
            LxcAttach.argv(958).join(" "),
            "setsid lxc-attach -n 958 --keep-env -- sh"
        );
    }
}
