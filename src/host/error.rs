//! Why a look at the host found nothing: what, where, and what to do next.

use std::io;
use std::path::PathBuf;

use super::container::{MAX_ID, MIN_ID};

/// A look at the host that could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// No container can have this ID.
    #[error(
        "{ct} is no container ID: IDs go from {MIN_ID} to {MAX_ID}; `pct list` shows those in use"
    )]
    BadId {
        /// The ID asked for.
        ct: u32,
    },

    /// Nothing on this host says which containers there are.
    #[error(
        "cannot tell which containers there are: {} has no nodes; if this is a Proxmox VE host, see `systemctl status pve-cluster`", path.display()
    )]
    NoClusterFileSystem {
        /// Where they would be.
        path: PathBuf,
        /// What looking there gave, where it was not merely empty.
        source: Option<io::Error>,
    },

    /// No node has this container.
    #[error(
        "there is no container {ct} on any node; {}",
        nearest_in_words(nearest)
    )]
    NoContainer {
        /// The ID asked for.
        ct: u32,
        /// The IDs of containers nearest to it, nearest first.
        nearest: Vec<u32>,
    },

    /// The container is on another node, and `pct` never goes there.
    #[error(
        "container {ct} is on node {node:?}, not on this one ({here:?}): reach it with `--node {node}`, or run lxcdiag there"
    )]
    OnAnotherNode {
        /// The ID asked for.
        ct: u32,
        /// The node that has it.
        node: String,
        /// The node this is.
        here: String,
    },

    /// The ID is a virtual machine's.
    #[error(
        "{ct} on node {node:?} is a virtual machine, not a container: use `qm` for it, or give a container's ID from `pct list`"
    )]
    VirtualMachine {
        /// The ID asked for.
        ct: u32,
        /// The node that has it.
        node: String,
    },

    /// The container is a template.
    #[error(
        "container {ct} is a template and cannot be started: look at a container cloned from it"
    )]
    Template {
        /// The ID asked for.
        ct: u32,
    },

    /// There is no task log on this host.
    #[error("cannot tell what tasks there were: there is no task log at {}; run lxcdiag on the Proxmox VE host that has the container", path.display())]
    NoTaskLog {
        /// Where it would be.
        path: PathBuf,
    },

    /// Something is there and cannot be read.
    #[error("cannot read {path:?}: {}", advice(source))]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// A source file that does not exist.
    #[error("there is no file {path:?} on the host: check the var that names it")]
    NoFile {
        /// The path looked for.
        path: PathBuf,
    },

    /// A source that is not a regular file.
    #[error("{path:?} is {kind}, not a regular file: name the file itself")]
    NotAFile {
        /// The path looked at.
        path: PathBuf,
        /// What it is: `a directory`, `a FIFO`.
        kind: &'static str,
    },

    /// A source file on another node, of which only what lxcdiag always looks at is fetched.
    #[error("{path:?} on node {node} is not looked at from another node: run lxcdiag on {node}")]
    NotCopied {
        /// The path.
        path: PathBuf,
        /// The node.
        node: String,
    },

    /// A name that no node can have.
    #[error("{node:?} is no node's name: `ls /etc/pve/nodes` shows those of the cluster")]
    BadNode {
        /// The name given.
        node: String,
    },

    /// A node that the cluster does not have, or whose address it does not tell.
    #[error("the cluster tells no address of node {node}: see `pvecm status`; looked in {} and corosync.conf beside it", members.display())]
    NoAddress {
        /// The node.
        node: String,
        /// The cluster's list of members.
        members: PathBuf,
    },

    /// A source path that depends on where lxcdiag was started.
    #[error("{path:?} does not begin at the root directory: give the source file's whole path")]
    RelativePath {
        /// The path given.
        path: PathBuf,
    },
}

impl HostError {
    /// Whether this says nothing about the container: the rest of a run may go on without it.
    pub fn cannot_tell(&self) -> bool {
        matches!(
            self,
            Self::NoClusterFileSystem { .. } | Self::NoTaskLog { .. }
        )
    }
}

fn nearest_in_words(nearest: &[u32]) -> String {
    if nearest.is_empty() {
        return String::from("there are no containers at all");
    }
    let ids: Vec<_> = nearest.iter().map(u32::to_string).collect();
    format!(
        "the nearest IDs are {}; `pct list` shows this node's",
        ids.join(", ")
    )
}

fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "run lxcdiag as root",
        _ => "see that its file system is mounted and sound, then try again",
    }
}
