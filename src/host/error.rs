//! Why the host could not be read: what failed, where, and what to do next.

use std::io;
use std::path::PathBuf;

use crate::evidence::container_id::ContainerId;

/// Something that could not be read of the host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// This host has no list of containers.
    #[error("cannot list the containers in {}", path.display())]
    NoClusterFileSystem {
        /// Where the nodes would be.
        path: PathBuf,
        /// The error of reading it, unless it is only empty.
        source: Option<io::Error>,
    },

    /// No node has this container.
    #[error("container {ct} does not exist on any node")]
    NoContainer {
        /// The ID asked for.
        ct: ContainerId,
        /// The IDs of containers nearest to it, nearest first.
        nearest: Vec<ContainerId>,
    },

    /// The container is on another node, which `pct` cannot reach.
    #[error("container {ct} is on node {node:?}, not on this node ({here:?})")]
    OnAnotherNode {
        /// The ID asked for.
        ct: ContainerId,
        /// The node that has it.
        node: String,
        /// This node.
        here: String,
    },

    /// The ID belongs to a virtual machine.
    #[error("{ct} on node {node:?} is a virtual machine, not a container")]
    VirtualMachine {
        /// The ID asked for.
        ct: ContainerId,
        /// The node that has it.
        node: String,
    },

    /// The container is a template.
    #[error("container {0} is a template, which cannot be started")]
    Template(ContainerId),

    /// This host has no task log.
    #[error("no task log in {}", .0.display())]
    NoTaskLog(PathBuf),

    /// A file or directory exists, but cannot be read.
    #[error("cannot read {path:?}")]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// A source file that does not exist.
    #[error("file does not exist on the host: {0:?}")]
    NoFile(PathBuf),

    /// A source that is not a regular file.
    #[error("not a regular file on the host, but {kind}: {path:?}")]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is: `a directory`, `a FIFO`.
        kind: &'static str,
    },

    /// A source file on another node. lxcdiag reads only a fixed set of files there.
    #[error("cannot read {path:?} of node {node} from another node; run lxcdiag on {node}")]
    NotCopied {
        /// The path.
        path: PathBuf,
        /// The node.
        node: String,
    },

    /// A name that no node can have.
    #[error("invalid node name {0:?}; `ls /etc/pve/nodes` lists the nodes")]
    BadNode(String),

    /// A node that the cluster does not have, or that has no address.
    #[error("no address of node {node} in {} or corosync.conf; see `pvecm status`", members.display())]
    NoAddress {
        /// The node.
        node: String,
        /// The cluster's list of members.
        members: PathBuf,
    },

    /// A relative path of a source file.
    #[error("path of the source file is not absolute: {0:?}")]
    RelativePath(PathBuf),
}

impl HostError {
    /// Whether the error says nothing about the container, so that the run can continue.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::NoClusterFileSystem { .. } | Self::NoTaskLog(_))
    }

    /// What to do next, if that is known.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoClusterFileSystem { .. } => {
                "run lxcdiag on a Proxmox VE host; there, check `systemctl status pve-cluster`"
                    .to_owned()
            }
            Self::NoContainer { nearest, .. } if nearest.is_empty() => {
                "the cluster has no containers".to_owned()
            }
            Self::NoContainer { nearest, .. } => {
                let ids: Vec<_> = nearest.iter().map(ContainerId::to_string).collect();
                format!("the nearest IDs are {}", ids.join(", "))
            }
            Self::OnAnotherNode { node, .. } => {
                format!("use `--node {node}`, or run lxcdiag on that node")
            }
            Self::VirtualMachine { .. } => {
                "`pct list` shows the containers of this node".to_owned()
            }
            Self::Template(_) => "diagnose a container that was cloned from it".to_owned(),
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "run lxcdiag as root".to_owned()
            }
            _ => return None,
        })
    }
}
