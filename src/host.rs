//! Looks at the Proxmox VE host, all of them read-only: no process is started, nothing is written.
//!
//! Reading is apart from understanding: `files` alone opens anything, the parsers take text. Every
//! read is bounded, and only regular files are ever opened, so that a FIFO or a device put in the
//! way can neither block nor be touched. A file system that hangs (`/etc/pve` without quorum does
//! not, a dead network mount behind a source path does) still blocks: call this off the async
//! threads, with a time limit.

mod clock;
mod config;
mod container;
mod error;
mod files;
mod inventory;
mod node;
mod peer;
mod source;
mod state;
mod tasks;
mod upid;

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::evidence::time::Interval;

pub use config::Config;
pub use container::Found;
pub use error::HostError;
pub use inventory::Listed;
pub use node::Node;
pub use peer::Peer;
pub use state::State;
pub use tasks::TaskLog;

/// A Proxmox VE host, seen through its file system.
#[derive(Debug, Clone)]
pub struct Host {
    /// What every path is looked up below, symbolic links included.
    pub root: PathBuf,
    /// Where `root` has but copies of what another node has: that node.
    other: Option<Other>,
    /// `root`, opened where it was first needed.
    opened: Arc<OnceLock<OwnedFd>>,
}

/// What is not in the files copied from another node.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Other {
    node: String,
    /// When it booted, by its own clock.
    boot: Interval,
}

impl Default for Host {
    /// The host that this process runs on.
    fn default() -> Self {
        Self::at("/")
    }
}

impl Host {
    /// The host whose root directory is `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            other: None,
            opened: Arc::default(),
        }
    }

    /// Another node, of which `root` has copies of the files that are looked at, and which booted at
    /// `boot` by its own clock.
    pub fn copied(root: impl Into<PathBuf>, node: &str, boot: Interval) -> Self {
        let node = node.to_owned();
        Self {
            root: root.into(),
            other: Some(Other { node, boot }),
            opened: Arc::default(),
        }
    }
}
