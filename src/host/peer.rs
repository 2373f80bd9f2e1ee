//! The addresses of other nodes, from the files of the cluster.

use std::net::IpAddr;
use std::path::PathBuf;

use serde_json::Value;

use super::container::NODES;
use super::{Host, HostError};

/// The members that pmxcfs knows; absent on a node that is not in a cluster.
const MEMBERS: &str = "etc/pve/.members";
/// The configuration of corosync.
const COROSYNC: &str = "etc/pve/corosync.conf";
/// The cluster file system has no file over 1 MiB.
const MAX_FILE: u64 = 1024 * 1024;

/// How to reach another node of the cluster.
///
/// All of it is put on a command line: [`Host::peer`] has checked `node` and `address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub node: String,
    pub address: String,
    /// The file with its host key, unless it is in the files of ssh.
    pub known_hosts: Option<PathBuf>,
}

impl Host {
    /// Finds another node. Its name and address are safe on a command line.
    ///
    /// # Errors
    /// [`HostError::BadNode`] and [`HostError::NoAddress`].
    pub fn peer(&self, node: &str) -> Result<Peer, HostError> {
        if !is_host_name(node) || node.contains('.') {
            return Err(HostError::BadNode(node.to_owned()));
        }
        let text = |path| self.read_text(path, MAX_FILE).unwrap_or_default();
        let address = of_members(&text(MEMBERS), node)
            .or_else(|| of_corosync(&text(COROSYNC), node))
            .ok_or_else(|| HostError::NoAddress {
                node: node.to_owned(),
                members: self.shown(MEMBERS),
            })?;
        let known_hosts = format!("{NODES}/{node}/ssh_known_hosts");
        let has_known_hosts = self.open(&known_hosts).is_ok();
        Ok(Peer {
            node: node.to_owned(),
            address,
            known_hosts: has_known_hosts.then(|| self.shown(known_hosts)),
        })
    }
}

/// Always an IP address: pmxcfs resolves the names itself.
fn of_members(text: &str, node: &str) -> Option<String> {
    let members: Value = serde_json::from_str(text).ok()?;
    let address: IpAddr = members
        .get("nodelist")?
        .get(node)?
        .get("ip")?
        .as_str()?
        .parse()
        .ok()?;
    Some(address.to_string())
}

/// The address in the first ring, of a `node { name: …; ring0_addr: … }`.
fn of_corosync(text: &str, node: &str) -> Option<String> {
    let (mut name, mut address) = (None, None);
    for line in text.lines().map(str::trim) {
        match line.split_once(':') {
            Some((key, value)) if key.trim() == "name" => name = Some(value.trim()),
            Some((key, value)) if key.trim() == "ring0_addr" => address = Some(value.trim()),
            _ if line.ends_with('{') => (name, address) = (None, None),
            _ if line == "}" && name == Some(node) => break,
            _ => {}
        }
    }
    let address = address.filter(|_| name == Some(node))?;
    let is_address = address.parse::<IpAddr>().is_ok() || is_host_name(address);
    is_address.then(|| address.to_owned())
}

/// RFC 1123. A leading hyphen, which would make it an option, is not valid.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As pmxcfs writes it.
    const MEMBERS: &str = r#"{
"nodename": "pve1",
"version": 4,
"cluster": { "name": "lab", "version": 2, "nodes": 2, "quorate": 1 },
"nodelist": {
  "pve1": { "id": 1, "online": 1, "ip": "10.0.0.1"},
  "pve2": { "id": 2, "online": 1, "ip": "fd00::2"},
  "evil": { "id": 3, "online": 1, "ip": "-oProxyCommand=x"}
  }
}
"#;

    /// As pvecm writes it.
    const COROSYNC: &str = "logging {
  to_syslog: yes
}
nodelist {
  node {
    name: pve1
    nodeid: 1
    ring0_addr: 10.0.0.1
  }
  node {
    name: pve2
    nodeid: 2
    quorum_votes: 1
    ring0_addr: pve2-ring.example.org
    ring1_addr: 10.1.0.2
  }
  node {
    ring0_addr: -oProxyCommand=x
    name: evil
  }
}
totem {
  cluster_name: pve3
}
";

    #[test]
    fn addresses_of_the_members() {
        for (node, expected) in [
            ("pve1", Some("10.0.0.1")),
            ("pve2", Some("fd00::2")),
            ("pve3", None),
            ("evil", None),
        ] {
            assert_eq!(of_members(MEMBERS, node).as_deref(), expected, "{node}");
        }
        assert_eq!(of_members("", "pve1"), None);
    }

    #[test]
    fn addresses_in_the_configuration_of_corosync() {
        for (node, expected) in [
            ("pve1", Some("10.0.0.1")),
            ("pve2", Some("pve2-ring.example.org")),
            ("pve3", None),
            ("evil", None),
        ] {
            assert_eq!(of_corosync(COROSYNC, node).as_deref(), expected, "{node}");
        }
    }

    #[test]
    fn a_peer_has_a_safe_name_and_address() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join("etc/pve").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let host = Host::at(root.path());
        let refused = |node: &str| host.peer(node).unwrap_err().to_string();
        assert!(refused("pve2").starts_with("no address of node pve2 in "));
        write("corosync.conf", COROSYNC);
        assert_eq!(host.peer("pve2").unwrap().address, "pve2-ring.example.org");
        write(".members", MEMBERS);
        let peer = host.peer("pve2").unwrap();
        assert_eq!((peer.address.as_str(), peer.known_hosts), ("fd00::2", None));
        write("nodes/pve2/ssh_known_hosts", "");
        let known_hosts = host.peer("pve2").unwrap().known_hosts.unwrap();
        assert!(known_hosts.ends_with("etc/pve/nodes/pve2/ssh_known_hosts"));
        for name in [
            "",
            "-oProxyCommand=x",
            "a b",
            "../pve2",
            "pve2;id",
            "pve2.lan",
            "pvé",
        ] {
            assert!(refused(name).starts_with("invalid node name "), "{name:?}");
        }
    }
}
