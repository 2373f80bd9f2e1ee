//! The containers of the cluster, read from its configuration files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

use super::container::{MAX_CONFIG, NODES};
use super::{Config, Host, HostError, State};
use crate::evidence::container_id::ContainerId;

/// The file with the pools of the cluster, among its users and groups.
const USERS: &str = "etc/pve/user.cfg";
/// The cluster file system has no file over 1 MiB.
const MAX_USERS: u64 = 1024 * 1024;

/// A container of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub ct: ContainerId,
    pub node: String,
    pub name: Option<String>,
    pub tags: BTreeSet<String>,
    /// The pool it is in.
    pub pool: Option<String>,
    /// The operation that holds its lock.
    pub lock: Option<String>,
    /// When its configuration was last written, in nanoseconds since the Unix epoch: it has been locked since then at
    /// the latest.
    pub written_at: Option<i64>,
    /// Why its configuration cannot be read, if so. Everything that it sets is then unknown.
    pub unreadable: Option<String>,
    pub template: bool,
    /// Whether it starts with its node.
    pub onboot: bool,
    /// Its state; unknown on another node.
    pub state: State,
}

impl Host {
    /// Every container of the cluster, by ID.
    ///
    /// # Errors
    /// [`HostError::NoClusterFileSystem`], or [`HostError::Unreadable`] for a directory that cannot be
    /// read. A configuration that does not exist any more is skipped: it was moved or removed.
    pub fn inventory(&self) -> Result<Vec<Listed>, HostError> {
        let nodes = self.nodes()?;
        let here = self.here(&nodes);
        let pools = self.pools();
        let running = self.running();
        let mut containers = Vec::new();
        for node in nodes {
            for ct in self.ids(&node, "lxc")? {
                let path = format!("{NODES}/{node}/lxc/{ct}.conf");
                let (text, written_at, unreadable) = match self.dated_text(&path, MAX_CONFIG) {
                    Ok((text, written_at)) => (text, Some(written_at), None),
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => (String::new(), None, Some(error.to_string())),
                };
                let config = Config::parse(&text);
                let state = if here.as_ref() == Some(&node) {
                    self.state_among(ct, running.as_ref())
                } else {
                    State::Unknown
                };
                containers.push(Listed {
                    ct,
                    node: node.clone(),
                    name: config.hostname,
                    tags: tags(config.tags.as_deref()),
                    pool: pools.get(&ct).cloned(),
                    lock: config.lock,
                    written_at,
                    unreadable,
                    template: config.template,
                    onboot: config.onboot,
                    state,
                });
            }
        }
        containers.sort_by_key(|container| container.ct);
        Ok(containers)
    }

    /// The pool of each guest that is in one.
    pub(super) fn pools(&self) -> BTreeMap<ContainerId, String> {
        let text = self.read_text(USERS, MAX_USERS).unwrap_or_default();
        let mut pools = BTreeMap::new();
        // pool:NAME:COMMENT:ID,ID:STORAGE,STORAGE: (PVE::AccessControl)
        for line in text.lines() {
            let mut fields = line.split(':');
            if fields.next() != Some("pool") {
                continue;
            }
            let (Some(name), Some(guests)) = (fields.next(), fields.nth(1)) else {
                continue;
            };
            let guests = guests.split(',').filter_map(|id| id.trim().parse().ok());
            pools.extend(guests.map(|guest| (guest, name.to_owned())));
        }
        pools
    }
}

/// Tags as `split_list` of pve-common splits them, in lower case: they are not case-sensitive.
fn tags(text: Option<&str>) -> BTreeSet<String> {
    text.unwrap_or_default()
        .split(|c: char| matches!(c, ';' | ',') || c.is_whitespace())
        .filter(|tag| !tag.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_split_as_proxmox_ve_splits_them() {
        let tags: Vec<_> = tags(Some("prod;Web,eu  db;")).into_iter().collect();
        assert_eq!(tags, ["db", "eu", "prod", "web"]);
        assert_eq!(super::tags(None), BTreeSet::new());
    }
}
