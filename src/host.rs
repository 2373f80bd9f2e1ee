//! Read-only probes of the Proxmox VE host: no process is started, nothing is written.
//!
//! Only `files` opens files; the parsers take text. Every read has a limit, and only regular files are
//! opened, so that a FIFO or a device in their place can neither block nor be changed. A file system
//! that hangs still blocks (not `/etc/pve` without quorum, but a dead network mount below a source
//! path): call this outside of async threads, with a timeout.

mod backups;
mod clock;
mod config;
mod container;
mod directory;
mod disk;
mod elsewhere;
mod error;
mod files;
mod inside;
mod inventory;
mod node;
mod peer;
mod readiness;
mod sections;
mod source;
mod start;
mod state;
mod tasks;
mod upid;

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use crate::evidence::time::Interval;

pub(crate) use config::Config;
use elsewhere::Elsewhere;
pub(crate) use elsewhere::Questions;
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
    /// The root directory of that node, if files are read there and not from the copies.
    elsewhere: Option<Elsewhere>,
    /// `root`, opened on first use.
    opened: Arc<OnceLock<OwnedFd>>,
    /// The kernel's list of sockets as it was last read, if it is kept.
    sockets: Option<Arc<Mutex<Option<state::Sockets>>>>,
}

/// What is known about another node in addition to its files.
#[derive(Debug, Clone)]
struct Other {
    node: String,
    /// When it booted, by its own clock.
    boot: Interval,
    /// Its root directory.
    files: Elsewhere,
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
            elsewhere: None,
            opened: Arc::default(),
            sockets: None,
        }
    }

    /// The same host, for many containers: it keeps for a second what shows which of them run.
    pub fn for_many(self) -> Self {
        Self {
            sockets: Some(Arc::default()),
            ..self
        }
    }

    /// Another node, which booted at `boot` by its own clock, and whose files `root` has copies of. `questions` reads
    /// others below its directory `there`.
    pub(crate) fn copied(
        root: impl Into<PathBuf>,
        node: &str,
        boot: Interval,
        questions: Box<dyn Questions>,
        there: &str,
    ) -> Self {
        let other = Other {
            node: node.to_owned(),
            boot,
            files: Elsewhere::new(questions, there),
        };
        Self {
            root: root.into(),
            other: Some(other),
            elsewhere: None,
            opened: Arc::default(),
            sockets: None,
        }
    }

    /// Whether `root` has only copies of another node's files, which say nothing about its processes.
    const fn is_copy(&self) -> bool {
        self.other.is_some()
    }

    /// The node itself. Of another node, files are read there, and not from the copies, which are few.
    fn itself(&self) -> Self {
        let elsewhere = self.other.as_ref().map(|other| other.files.clone());
        Self {
            elsewhere,
            ..self.clone()
        }
    }
}
