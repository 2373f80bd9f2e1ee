//! Why another node was not reached: what, where, and what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::host::HostError;
use crate::host::Peer;

/// Another node that cannot be reached, or looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The cluster does not say where it is.
    #[error(transparent)]
    NoPeer(#[from] HostError),

    /// ssh itself could not be started here.
    #[error("cannot start ssh, by which other nodes are reached")]
    NotStarted {
        /// What the system said.
        source: io::Error,
    },

    /// The node's host key is not the one that is known of it, or none is.
    #[error(
        "cannot trust node {node} at {address}: its host key is not the one in {}; where that is \
         in order, run `pvecm updatecerts` on {node}", known_hosts.display()
    )]
    HostKey {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// Where its key is looked for.
        known_hosts: PathBuf,
    },

    /// The node does not let this one's root in.
    #[error(
        "node {node} at {address} does not let root of this node in: run `pvecm updatecerts` here; \
         ssh said: {said}"
    )]
    NotLetIn {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// What ssh said.
        said: String,
    },

    /// Nobody answers there.
    #[error("cannot reach node {node} at {address}: ssh said: {said}")]
    Unreachable {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// What ssh said.
        said: String,
    },

    /// The node takes too long.
    #[error(
        "node {node} at {address} gave no shell in {} s: it may be overloaded", limit.as_secs()
    )]
    Silent {
        /// The node.
        node: String,
        /// Its address.
        address: String,
        /// How long it was waited for.
        limit: Duration,
    },

    /// The connection has ended.
    #[error("the connection to node {node} was lost; ssh said: {said}")]
    Lost {
        /// The node.
        node: String,
        /// What ssh said.
        said: String,
    },

    /// The node was reached, and could not be looked at.
    #[error("cannot look at node {node}: {why}")]
    NoLook {
        /// The node.
        node: String,
        /// Why.
        why: String,
    },

    /// The container has gone elsewhere.
    #[error("container {ct} is not on node {node}: it may just have been moved; try again")]
    Moved {
        /// The container.
        ct: u32,
        /// The node.
        node: String,
    },
}

impl LinkError {
    /// By what ssh said when it ended.
    pub(super) fn refused(peer: &Peer, said: String) -> Self {
        let (node, address) = (peer.node.clone(), peer.address.clone());
        if said.contains("Host key verification failed") {
            let everybodys = || PathBuf::from("/etc/ssh/ssh_known_hosts");
            let known_hosts = peer.known_hosts.clone().unwrap_or_else(everybodys);
            return Self::HostKey {
                node,
                address,
                known_hosts,
            };
        }
        if said.contains("Permission denied") {
            return Self::NotLetIn {
                node,
                address,
                said,
            };
        }
        Self::Unreachable {
            node,
            address,
            said,
        }
    }
}
