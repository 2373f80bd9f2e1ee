//! Read-only probes of the Proxmox VE host: no process is started, nothing is written.
//!
//! Only `files` opens files; the parsers take text. Every read has a limit, and only regular files are
//! opened, so that a FIFO or a device in their place can neither block nor be changed. A file system
//! that hangs still blocks (not `/etc/pve` without quorum, but a dead network mount below a source
//! path): call this outside of async threads, with a timeout.

mod clock;
mod config;
mod container;
mod error;
mod files;
mod inventory;
mod node;
mod peer;
mod source;
mod start;
mod state;
mod tasks;
mod upid;

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::evidence::time::Interval;

pub(crate) use config::Config;
pub use error::HostError;
pub(crate) use inventory::Listed;
pub(crate) use node::Node;
pub(crate) use peer::Peer;
pub use state::State;

/// A Proxmox VE host, as its files show it.
#[derive(Debug, Clone)]
pub struct Host {
    /// The directory below which all paths are resolved, including symbolic links.
    pub root: PathBuf,
    /// The node whose files `root` has copies of, if it is another one.
    other: Option<Other>,
    /// `root`, opened on first use.
    opened: Arc<OnceLock<OwnedFd>>,
}

/// What is known about another node in addition to its files.
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

    /// Another node, which booted at `boot` by its own clock, and whose files `root` has copies of.
    pub fn copied(root: impl Into<PathBuf>, node: &str, boot: Interval) -> Self {
        let node = node.to_owned();
        Self {
            root: root.into(),
            other: Some(Other { node, boot }),
            opened: Arc::default(),
        }
    }
}
