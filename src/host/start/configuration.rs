//! What a container's configuration names on the node, and whether it is there.

use std::io;

use rustix::fs::FileType;

use super::super::config::options;
use super::super::{Config, Host, HostError};
use super::id_map::{self, Accepted, Range};
use super::mounts::Mounts;
use super::storage::Storages;
use super::tree::Tree;
use super::{facts, text};
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};

/// Most items of one kind to look at.
const MAX_ITEMS: usize = 256;

/// What the looks at one container share.
pub(super) struct Look<'a> {
    pub(super) host: &'a Host,
    ct: ContainerId,
    pub(super) config: Config,
    pub(super) node: Option<String>,
    pub(super) mounts: Mounts,
    pub(super) storages: Option<Storages>,
}

impl Host {
    /// A record for each thing on the node that a container's configuration names. Each has `key` (`mp0`), `value`, `kind`,
    /// `name` and `state`. The image is the record with the key `rootfs`.
    ///
    /// # Errors
    /// As [`Host::find_any`]; [`HostError::Unreadable`] if another node does not answer.
    pub fn configuration(&self, ct: ContainerId) -> Result<Vec<Facts>, HostError> {
        let found = self.find_any(ct)?;
        let host = self.itself();
        host.metadata("/")
            .map_err(|source| self.unreadable("", source))?;
        let look = Look {
            host: &host,
            ct,
            config: found.config,
            node: self.local_node(),
            mounts: Mounts::of(&host),
            storages: Storages::of(&host),
        };
        let root = look.root_file_system();
        let tree = root.tree;
        let mut records = vec![root.facts];
        records.extend(look.mount_points(tree.as_ref()));
        records.extend(look.devices());
        records.extend(look.networks());
        records.extend(look.hookscript());
        records.extend(look.raw_lines());
        records.extend(look.id_map());
        Ok(records)
    }
}

impl Look<'_> {
    /// The settings `PREFIX0`, `PREFIX1` and so on, in the order of their numbers.
    fn numbered(&self, prefix: &str) -> Vec<(&str, &str)> {
        let number = |key: &str| key.strip_prefix(prefix)?.parse::<u32>().ok();
        let mut settings: Vec<_> = self
            .config
            .settings
            .iter()
            .filter_map(|(key, value)| Some((number(key)?, key.as_str(), value.as_str())))
            .collect();
        settings.sort_unstable();
        settings
            .into_iter()
            .take(MAX_ITEMS)
            .map(|(_, key, value)| (key, value))
            .collect()
    }

    fn mount_points(&self, tree: Option<&Tree>) -> Vec<Facts> {
        let points = self.numbered("mp").into_iter();
        points
            .map(|(key, value)| {
                let mut record = self.volume(key, value);
                if let Some(Fact::Text(path)) = record.get("path").cloned()
                    && matches!(self.state_of(&path), "file" | "device")
                {
                    // An image that cannot be read has no fact `content`.
                    let _ = self.open_image(&path, &mut record);
                }
                let target = options(value, "volume")
                    .get("mp")
                    .copied()
                    .unwrap_or_default();
                let obstacle = tree.and_then(|tree| tree.obstacle(target).ok()).flatten();
                record.extend(facts([
                    ("target", text(target)),
                    ("obstacle", obstacle.and_then(text)),
                ]));
                record
            })
            .collect()
    }

    fn devices(&self) -> Vec<Facts> {
        let devices = self.numbered("dev").into_iter();
        devices
            .map(|(key, value)| {
                let path = options(value, "path")
                    .get("path")
                    .copied()
                    .unwrap_or_default();
                item(key, value, "dev", path, self.state_of(path))
            })
            .collect()
    }

    fn networks(&self) -> Vec<Facts> {
        let directory = "etc/network/interfaces.d";
        let names = self.host.names(directory).unwrap_or_default().into_iter();
        let files = names.map(|name| format!("{directory}/{name}"));
        let configured: String = files
            .chain(["etc/network/interfaces".to_owned()])
            .filter_map(|file| Some(self.host.read_text(file, 1 << 20).ok()? + "\n"))
            .collect();
        let networks = self.numbered("net").into_iter();
        networks
            .map(|(key, value)| {
                let named = options(value, "type");
                let bridge = named.get("bridge").copied().unwrap_or_default();
                let veth = format!("veth{}i{}", self.ct, key.trim_start_matches("net"));
                let mut record = item(key, value, "bridge", bridge, self.interface(bridge));
                let most = self
                    .host
                    .read_text(format!("sys/class/net/{bridge}/mtu"), 64)
                    .ok();
                let most: Option<u32> = most.and_then(|mtu| mtu.trim().parse().ok());
                let mtu: Option<u32> = named.get("mtu").and_then(|mtu| mtu.parse().ok());
                let fits = mtu.zip(most).map(|(mtu, most)| Fact::Bool(mtu <= most));
                let is_configured = |line: &str| {
                    let mut words = line.split_ascii_whitespace();
                    words.next() == Some("iface") && words.next() == Some(bridge)
                };
                record.extend(facts([
                    (
                        "configured",
                        Some(Fact::Bool(configured.lines().any(is_configured))),
                    ),
                    ("mtu_fits", fits),
                    ("veth", text(&veth)),
                    ("veth_state", text(self.interface(&veth))),
                ]));
                record
            })
            .collect()
    }

    fn interface(&self, name: &str) -> &'static str {
        let all = "sys/class/net";
        if name.is_empty() || name.contains('/') || !self.host.exists(all).unwrap_or(false) {
            return "unknown";
        }
        match self.host.exists(format!("{all}/{name}")) {
            Ok(true) => "there",
            Ok(false) => "missing",
            Err(_) => "unknown",
        }
    }

    fn hookscript(&self) -> Option<Facts> {
        let volume = self.config.settings.get("hookscript")?;
        let mut record = self.volume("hookscript", volume);
        record.insert("kind".to_owned(), Fact::Text("hookscript".to_owned()));
        if let Some(Fact::Text(path)) = record.get("path").cloned() {
            record.insert(
                "state".to_owned(),
                Fact::Text(self.program(&path).to_owned()),
            );
        }
        Some(record)
    }

    /// The lines for LXC that name something on the node.
    fn raw_lines(&self) -> Vec<Facts> {
        let lines = self.config.raw.iter().take(MAX_ITEMS);
        lines
            .map(|(key, value)| {
                let (kind, name, state) = match key.as_str() {
                    "lxc.mount.entry" => {
                        let source = value.split_ascii_whitespace().next().unwrap_or_default();
                        let state = if source.starts_with('/') {
                            self.state_of(source)
                        } else {
                            "unknown"
                        };
                        ("mount-entry", source, state)
                    }
                    key if key.starts_with("lxc.hook.") => {
                        let program = value.split_ascii_whitespace().next().unwrap_or_default();
                        ("hook", program, self.program(program))
                    }
                    key if key.starts_with("lxc.net.") && key.ends_with(".link") => {
                        ("link", value.as_str(), self.interface(value))
                    }
                    _ => ("raw", value.as_str(), "unknown"),
                };
                let mut record = item(key, value, kind, name, state);
                record.extend(facts([("line", text(format!("{key} = {value}")))]));
                if kind == "mount-entry" {
                    let has = |option: &str| {
                        value
                            .split([' ', '\t', ','])
                            .any(|word| word == option || word.starts_with(&format!("{option}=")))
                    };
                    record.insert("optional".to_owned(), Fact::Bool(has("optional")));
                    record.insert("creates".to_owned(), Fact::Bool(has("create")));
                }
                record
            })
            .collect()
    }

    fn id_map(&self) -> Vec<Facts> {
        let own = self
            .config
            .raw
            .iter()
            .filter(|(key, _)| key == "lxc.idmap")
            .map(|(_, value)| value.as_str());
        let mut lines: Vec<_> = own.take(MAX_ITEMS).collect();
        if !self.config.unprivileged {
            return Vec::new();
        }
        if lines.is_empty() {
            lines.extend(id_map::DEFAULT);
        }
        let ranges: Vec<_> = lines.iter().map(|line| Range::parse(line)).collect();
        let read = |path: &str| match self.host.read_text(path, 1 << 20) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(String::new()),
            read => read.ok(),
        };
        let (users, groups) = (read("etc/subuid"), read("etc/subgid"));
        let accepted = id_map::accepted(&ranges, users.as_deref(), groups.as_deref());
        let parts = lines.iter().zip(ranges).zip(accepted);
        parts
            .map(|((line, range), accepted)| {
                let state = match accepted {
                    Accepted::Yes => "accepted",
                    Accepted::NotAllowed => "not-allowed",
                    Accepted::Overlaps(_) => "overlaps",
                    Accepted::Invalid => "invalid",
                    Accepted::Unknown => "unknown",
                };
                let mut record = item("lxc.idmap", line, "id-map", line, state);
                record.extend(facts([
                    ("needs", range.map(|range| Fact::Text(range.needs()))),
                    (
                        "file",
                        range.map(|range| Fact::Text(range.file().to_owned())),
                    ),
                    (
                        "with",
                        match accepted {
                            Accepted::Overlaps(other) => {
                                lines.get(other).and_then(|line| text(*line))
                            }
                            _ => None,
                        },
                    ),
                ]));
                record
            })
            .collect()
    }

    /// What is at a path of the node.
    pub(super) fn state_of(&self, path: &str) -> &'static str {
        // A copy of a node's files may lack whole directories.
        let first = path
            .split('/')
            .find(|name| !name.is_empty())
            .unwrap_or_default();
        if first == "dev" && !self.host.exists("dev").unwrap_or(false) {
            return "unknown";
        }
        match self.host.metadata(path) {
            Ok(found) => match found.kind {
                FileType::Directory => "directory",
                FileType::RegularFile => "file",
                FileType::BlockDevice | FileType::CharacterDevice => "device",
                _ => "other",
            },
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                "missing"
            }
            Err(_) => "unknown",
        }
    }

    /// Whether a path of the node is a program.
    fn program(&self, path: &str) -> &'static str {
        // A shell looks for other names in its PATH.
        if !path.starts_with('/') {
            return "unknown";
        }
        match self.state_of(path) {
            "file" => match self.host.metadata(path) {
                Ok(found) if found.mode & 0o111 == 0 => "not-executable",
                Ok(_) => "executable",
                Err(_) => "unknown",
            },
            state => state,
        }
    }
}

pub(super) fn item(key: &str, value: &str, kind: &str, name: &str, state: &str) -> Facts {
    facts([
        ("key", text(key)),
        ("value", text(value)),
        ("kind", text(kind)),
        ("name", text(name)),
        ("state", text(state)),
    ])
}
