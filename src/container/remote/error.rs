//! Why another node could not be used: what failed, where, and what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::evidence::container_id::ContainerId;
use crate::host::HostError;
use crate::host::Peer;

/// Another node that cannot be reached or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The cluster has no address for it.
    #[error(transparent)]
    NoPeer(#[from] HostError),

    /// ssh could not be started on this node.
    #[error("cannot start ssh, which is needed to reach other nodes")]
    NotStarted {
        /// What the system message.
        source: io::Error,
    },

    /// The host key of the node is not the known one, or none is known.
    #[error(
        "cannot trust node {node} at {address}: its host key does not match {}; if the key was changed on purpose, run \
         `pvecm updatecerts` on {node}", known_hosts.display()
    )]
    HostKey {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// The file with the known keys.
        known_hosts: PathBuf,
    },

    /// The node refuses the login of root.
    #[error(
        "node {node} at {address} refuses root of this node: {message}; run `pvecm updatecerts` on this node"
    )]
    Refused {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// The messages of ssh.
        message: String,
    },

    /// The connection failed.
    #[error("cannot reach node {node} at {address}: {message}")]
    Unreachable {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// The messages of ssh.
        message: String,
    },

    /// The node takes too long.
    #[error(
        "timed out after {} s waiting for a shell on node {node} at {address}; it may be overloaded", limit.as_secs()
    )]
    Silent {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// The timeout.
        limit: Duration,
    },

    /// The connection has ended.
    #[error("lost the connection to node {node}: {message}")]
    Lost {
        /// The node.
        node: String,
        /// The messages of ssh.
        message: String,
    },

    /// The node was reached, but its files could not be read.
    #[error("cannot read node {node}: {why}")]
    NoSnapshot {
        /// The node.
        node: String,
        /// Why.
        why: String,
    },

    /// The container is not on the node any more.
    #[error("container {ct} is not on node {node}; it may have been migrated just now: try again")]
    Moved {
        /// The container.
        ct: ContainerId,
        /// The node.
        node: String,
    },
}

impl RemoteError {
    /// The error for the messages with which ssh ended.
    pub(super) fn refused(peer: &Peer, message: String) -> Self {
        let (node, address) = (peer.node.clone(), peer.address.clone());
        if message.contains("Host key verification failed") {
            let system_wide = || PathBuf::from("/etc/ssh/ssh_known_hosts");
            let known_hosts = peer.known_hosts.clone().unwrap_or_else(system_wide);
            return Self::HostKey {
                node,
                address,
                known_hosts,
            };
        }
        if message.contains("Permission denied") {
            return Self::Refused {
                node,
                address,
                message,
            };
        }
        Self::Unreachable {
            node,
            address,
            message,
        }
    }
}
