//! The command lines that open a shell in a container. Starts nothing itself.

mod ssh;

use std::path::PathBuf;

use crate::evidence::container_id::ContainerId;
use crate::evidence::time::Interval;

pub use ssh::{READY, Ssh};

/// The environment of the client and of the commands in the container.
///
/// The caller's variables would enter the container (`pct exec` keeps them by default), and some make
/// pct fail: `Insecure $ENV{BASH_ENV} while running with -T switch`.
pub const ENVIRONMENT: [(&str, &str); 3] = [("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")];

/// The search path for the client and for the commands in the container.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A way into a container.
pub trait Transport {
    /// Its name in reports and messages: `pct`, `lxc-attach`.
    fn name(&self) -> &str;

    /// The command line that runs `sh` in container `ct` with the standard streams it is given.
    ///
    /// It begins with `setsid`: in the caller's session, a process in the container could open
    /// `/dev/tty`, the operator's terminal, and write to it. std has no safe call for that. Since the
    /// child of a spawn leads no process group, setsid(1) does not fork: the client keeps the child's
    /// process ID and leads its group.
    fn argv(&self, ct: ContainerId) -> Vec<String>;

    /// The same for messages.
    fn shown(&self, ct: ContainerId) -> String {
        self.argv(ct).get(1..).unwrap_or_default().join(" ")
    }

    /// The command line that copies a file of this host into container `ct`.
    ///
    /// # Errors
    /// Why this transport cannot.
    fn push(
        &self,
        ct: ContainerId,
        source: &str,
        destination: &str,
    ) -> Result<Vec<String>, String> {
        let _ = (ct, source, destination);
        let name = self.name();
        Err(format!(
            "only pct can push a file into the container, not {name}"
        ))
    }

    /// How far the container's clock, which is its node's, is ahead of this node's, in nanoseconds.
    fn clock_offset(&self) -> Interval {
        Interval::at(0)
    }
}

/// `pct exec` of Proxmox VE: knows the cluster, refuses stopped containers, takes about 1.2 s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pct {
    /// The program, usually `pct`. Its path must be UTF-8.
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

    // No --keep-env: pct before version 8 does not know it, and later versions keep the environment by default.
    fn argv(&self, ct: ContainerId) -> Vec<String> {
        words(&[
            "setsid",
            &self.program.to_string_lossy(),
            "exec",
            &ct.to_string(),
            "--",
            "sh",
        ])
    }

    fn push(
        &self,
        ct: ContainerId,
        source: &str,
        destination: &str,
    ) -> Result<Vec<String>, String> {
        let program = self.program.to_string_lossy();
        let ct = ct.to_string();
        Ok(words(&[
            "setsid",
            &program,
            "push",
            &ct,
            source,
            destination,
        ]))
    }
}

/// `lxc-attach`, which `pct exec` runs after its checks: takes about 0.01 s, works without the cluster
/// file system, and only on the container's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LxcAttach;

impl Transport for LxcAttach {
    fn name(&self) -> &str {
        "lxc-attach"
    }

    // --keep-env as in pct: the default may change (lxc-attach(1)).
    fn argv(&self, ct: ContainerId) -> Vec<String> {
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
    use crate::fixture::ct;

    #[test]
    fn command_lines() {
        assert_eq!(
            Pct::default().argv(ct(958)).join(" "),
            "setsid pct exec 958 -- sh"
        );
        assert_eq!(
            LxcAttach.argv(ct(958)).join(" "),
            "setsid lxc-attach -n 958 --keep-env -- sh"
        );
        assert_eq!(
            Pct::default().push(ct(958), "/a", "/b").unwrap().join(" "),
            "setsid pct push 958 /a /b"
        );
        assert!(LxcAttach.push(ct(958), "/a", "/b").is_err());
    }
}
