//! Where a container is, and what its configuration says.

use std::io;

use super::{Config, Host, HostError};
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};

/// The cluster file system has a directory for each node here.
pub(super) const NODES: &str = "etc/pve/nodes";
/// Most bytes to read of a configuration; the cluster file system has no file over 1 MiB.
pub(super) const MAX_CONFIG: u64 = 1024 * 1024;
/// How many of the nearest IDs an error names.
const NEAREST: usize = 3;

/// A container that is on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub node: String,
    pub config: Config,
}

impl Host {
    /// Finds a container of this node.
    ///
    /// # Errors
    /// A [`HostError`] that says why commands cannot be run in it from here. After
    /// [`HostError::NoClusterFileSystem`], `pct` itself may still know the container.
    pub fn find(&self, ct: ContainerId) -> Result<Found, HostError> {
        let found = self.find_any(ct)?;
        if found.config.template {
            return Err(HostError::Template(ct));
        }
        Ok(found)
    }

    /// Finds a container or a template of this node.
    ///
    /// # Errors
    /// As [`Self::find`], without [`HostError::Template`].
    pub fn find_any(&self, ct: ContainerId) -> Result<Found, HostError> {
        let nodes = self.nodes()?;
        for node in &nodes {
            if !self.has(node, "lxc", ct)? {
                continue;
            }
            return match self.here(&nodes) {
                Some(here) if here != *node => {
                    let node = node.clone();
                    Err(HostError::OnAnotherNode { ct, node, here })
                }
                _ => self.found(ct, node),
            };
        }
        let mut others = Vec::new();
        for node in nodes {
            if self.has(&node, "qemu-server", ct)? {
                return Err(HostError::VirtualMachine { ct, node });
            }
            others.extend(self.ids(&node, "lxc")?);
        }
        let distance = |other: ContainerId| u32::from(other).abs_diff(ct.into());
        others.sort_unstable_by_key(|other| (distance(*other), *other));
        others.truncate(NEAREST);
        Err(HostError::NoContainer {
            ct,
            nearest: others,
        })
    }

    /// The containers of the cluster with this host name.
    ///
    /// # Errors
    /// A configuration cannot be read.
    pub fn with_host_name(&self, name: &str) -> Result<Vec<ContainerId>, HostError> {
        let mut found = Vec::new();
        for node in self.nodes()? {
            for ct in self.ids(&node, "lxc")? {
                let path = format!("{NODES}/{node}/lxc/{ct}.conf");
                let text = self
                    .read_text(&path, MAX_CONFIG)
                    .map_err(|source| self.unreadable(&path, source))?;
                if Config::parse(&text).hostname.as_deref() == Some(name) {
                    found.push(ct);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// A container as facts: `status`, `running`, `lock`, `hostname`, `unprivileged`, `ostype`,
    /// `template`, `config`. Unknown ones are absent.
    ///
    /// # Errors
    /// As [`Self::find`], except that without a cluster file system only the state is returned.
    pub fn container(&self, ct: ContainerId) -> Result<Facts, HostError> {
        let config = match self.find_any(ct) {
            Ok(found) => Some(found.config),
            Err(error) if error.is_unknown() => None,
            Err(error) => return Err(error),
        };
        let state = self.recent_state(ct);
        let mut facts = Facts::from([(String::from("status"), Fact::Text(state.to_string()))]);
        if let Some(running) = state.running() {
            facts.insert(String::from("running"), Fact::Bool(running));
        }
        if let Some(config) = config {
            facts.extend(config_facts(config));
        }
        Ok(facts)
    }

    fn found(&self, ct: ContainerId, node: &str) -> Result<Found, HostError> {
        let path = format!("{NODES}/{node}/lxc/{ct}.conf");
        let text = self
            .read_text(&path, MAX_CONFIG)
            .map_err(|source| self.unreadable(&path, source))?;
        Ok(Found {
            node: node.to_owned(),
            config: Config::parse(&text),
        })
    }

    pub(super) fn unreadable(&self, path: &str, source: io::Error) -> HostError {
        HostError::Unreadable {
            path: self.shown(path),
            source,
        }
    }

    /// The name of this node.
    pub(super) fn here(&self, nodes: &[String]) -> Option<String> {
        self.local_node().or_else(|| match nodes {
            [only] => Some(only.clone()),
            _ => None,
        })
    }

    pub(super) fn nodes(&self) -> Result<Vec<String>, HostError> {
        let path = self.shown(NODES);
        match self.names(NODES) {
            Ok(nodes) if !nodes.is_empty() => Ok(nodes),
            Ok(_) => Err(HostError::NoClusterFileSystem { path, source: None }),
            Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                Err(HostError::Unreadable { path, source })
            }
            Err(source) => Err(HostError::NoClusterFileSystem {
                path,
                source: Some(source),
            }),
        }
    }

    /// Whether an ID has a configuration of one kind on a node.
    fn has(&self, node: &str, kind: &str, ct: ContainerId) -> Result<bool, HostError> {
        let path = format!("{NODES}/{node}/{kind}/{ct}.conf");
        self.exists(&path)
            .map_err(|source| self.unreadable(&path, source))
    }

    /// The IDs that have a configuration of one kind on a node.
    pub(super) fn ids(&self, node: &str, kind: &str) -> Result<Vec<ContainerId>, HostError> {
        let path = format!("{NODES}/{node}/{kind}");
        match self.names(&path) {
            Ok(names) => {
                let ids = names.iter().filter_map(|name| name.strip_suffix(".conf"));
                Ok(ids.filter_map(|id| id.parse().ok()).collect())
            }
            Err(source)
                if matches!(
                    source.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(Vec::new())
            }
            Err(source) => Err(self.unreadable(&path, source)),
        }
    }
}

fn config_facts(config: Config) -> Facts {
    let texts = [
        ("lock", config.lock),
        ("hostname", config.hostname),
        ("ostype", config.ostype),
        ("config", Some(config.text)),
    ];
    let flags = [
        ("unprivileged", config.unprivileged),
        ("template", config.template),
        ("onboot", config.onboot),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), Fact::Text(text?))));
    let flags = flags
        .into_iter()
        .map(|(name, flag)| (name.to_owned(), Fact::Bool(flag)));
    let pending = config.pending.into_iter().map(Fact::Text).collect();
    texts
        .chain(flags)
        .chain([(String::from("pending"), Fact::List(pending))])
        .collect()
}
