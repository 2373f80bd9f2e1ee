//! Which containers the cluster has, read from its configuration without starting anything.

use std::collections::{BTreeMap, BTreeSet};

use super::container::{MAX_CONFIG, NODES};
use super::{Config, Host, HostError, State};

/// Where the cluster's pools are kept, among its users and groups.
const USERS: &str = "etc/pve/user.cfg";
/// The cluster file system holds no file over 1 MiB.
const MAX_USERS: u64 = 1024 * 1024;

/// A container of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ID.
    pub ct: u32,
    /// The node that has it.
    pub node: String,
    /// Its host name.
    pub name: Option<String>,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// The pool it is in.
    pub pool: Option<String>,
    /// What holds its lock.
    pub lock: Option<String>,
    /// Whether it is a template.
    pub template: bool,
    /// Whether it is to be started with its node.
    pub onboot: bool,
    /// What it is doing; not known of one on another node.
    pub state: State,
}

impl Host {
    /// Every container of the cluster, by ID.
    ///
    /// # Errors
    /// [`HostError::NoClusterFileSystem`], or [`HostError::Unreadable`] for what is there and cannot
    /// be read. One configuration that cannot be read is passed over: it is being moved or removed.
    pub fn inventory(&self) -> Result<Vec<Listed>, HostError> {
        let nodes = self.nodes()?;
        let here = self.here(&nodes);
        let pools = self.pools();
        let running = self.running();
        let mut containers = Vec::new();
        for node in nodes {
            for ct in self.ids(&node, "lxc")? {
                let path = format!("{NODES}/{node}/lxc/{ct}.conf");
                let Ok(text) = self.read_text(&path, MAX_CONFIG) else {
                    continue;
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
                    tags: tags(config.settings.get("tags")),
                    pool: pools.get(&ct).cloned(),
                    lock: config.lock,
                    template: config.template,
                    onboot: config.onboot,
                    state,
                });
            }
        }
        containers.sort_by_key(|container| container.ct);
        Ok(containers)
    }

    /// The pool of each guest that is in one; none where there is no such file.
    fn pools(&self) -> BTreeMap<u32, String> {
        let text = self.read_text(USERS, MAX_USERS).unwrap_or_default();
        let mut pools = BTreeMap::new();
        // pool:NAME:COMMENT:ID,ID:STORAGE,STORAGE: as PVE::AccessControl writes it.
        for line in text.lines() {
            let mut fields = line.split(':');
            if fields.next() != Some("pool") {
                continue;
            }
            let (Some(name), Some(guests)) = (fields.next(), fields.nth(1)) else {
                continue;
            };
            let guests = guests.split(',').filter_map(|id| id.trim().parse().ok());
            pools.extend(guests.map(|guest: u32| (guest, name.to_owned())));
        }
        pools
    }
}

/// Tags as pve-common's `split_list` splits them, without regard to case as Proxmox VE has it.
fn tags(text: Option<&String>) -> BTreeSet<String> {
    text.map(String::as_str)
        .unwrap_or_default()
        .split(|c: char| matches!(c, ';' | ',') || c.is_whitespace())
        .filter(|tag| !tag.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_separated_as_proxmox_does() {
        let text = "prod;Web,eu  db;".to_owned();
        let tags: Vec<_> = tags(Some(&text)).into_iter().collect();
        assert_eq!(tags, ["db", "eu", "prod", "web"]);
        assert_eq!(super::tags(None), BTreeSet::new());
    }
}
