//! The connections of a sweep: one for each other node, opened when it is first wanted.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::sync::OnceCell;

use super::Link;
use crate::error_chain;
use crate::host::Host;

/// The other nodes, and the connections to them as far as there are any.
pub struct Links<'a> {
    host: &'a Host,
    by_node: BTreeMap<String, OnceCell<Result<Link, String>>>,
}

impl<'a> Links<'a> {
    /// Connections from `host` to these other nodes, none of them open yet.
    pub fn new<'b>(host: &'a Host, nodes: impl Iterator<Item = &'b str>) -> Self {
        Self {
            host,
            by_node: nodes
                .map(|node| (node.to_owned(), OnceCell::new()))
                .collect(),
        }
    }

    /// Whether a node is one that is reached by a connection.
    pub fn lead_to(&self, node: &str) -> bool {
        self.by_node.contains_key(node)
    }

    /// The connection to a node. One that could not be had is not tried again.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub async fn to(&self, node: &str) -> Result<&Link, String> {
        let Some(link) = self.by_node.get(node) else {
            return Err(format!("node {node} was not to be reached"));
        };
        let open = async {
            let peer = self.host.peer(node).map_err(|error| error_chain(&error))?;
            Link::open(peer).await.map_err(|error| error_chain(&error))
        };
        link.get_or_init(|| open)
            .await
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Ends them all.
    pub async fn close(&self) {
        let open = self.by_node.values().filter_map(OnceCell::get);
        join_all(open.flatten().map(Link::close)).await;
    }
}
