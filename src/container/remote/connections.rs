//! The connections to other nodes: one for each, opened on first use.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::sync::OnceCell;

use super::Connection;
use crate::error_chain;
use crate::host::Host;

/// The other nodes that may be reached, and the connections opened so far.
pub struct Connections<'a> {
    host: &'a Host,
    by_node: BTreeMap<String, OnceCell<Result<Connection, String>>>,
}

impl<'a> Connections<'a> {
    /// Connections from `host` to these nodes, none of them open yet.
    pub fn new<'b>(host: &'a Host, nodes: impl Iterator<Item = &'b str>) -> Self {
        Self {
            host,
            by_node: nodes
                .map(|node| (node.to_owned(), OnceCell::new()))
                .collect(),
        }
    }

    /// Whether a node is reached by a connection.
    pub fn contains(&self, node: &str) -> bool {
        self.by_node.contains_key(node)
    }

    /// The connection to a node. If it could not be opened, it is not tried again.
    ///
    /// # Errors
    /// The message that says why it could not be opened.
    pub async fn to(&self, node: &str) -> Result<&Connection, String> {
        let Some(connection) = self.by_node.get(node) else {
            return Err(format!("node {node} is not part of this run"));
        };
        let open = async {
            let peer = self.host.peer(node).map_err(|error| error_chain(&error))?;
            Connection::open(peer).await
        };
        connection
            .get_or_init(|| open)
            .await
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Ends all of them.
    pub async fn close(&self) {
        let open = self.by_node.values().filter_map(OnceCell::get);
        join_all(open.flatten().map(Connection::close)).await;
    }
}
