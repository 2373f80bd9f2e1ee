//! The volumes of a container: where they are, and what the root file system has.

use std::io;

use rustix::fs::FileType;

use super::super::config::{is_true, options};
use super::super::files::Usage;
use super::configuration::{Look, item};
use super::storage::Availability;
use super::superblock::{self, Content, Volume};
use super::tree::Tree;
use super::{facts, image, text};
use crate::evidence::fact::{Fact, Facts};

/// The program that LXC starts unless the configuration names another one.
const INIT: &str = "/sbin/init";
/// The type of ext4 in statfs(2).
const EXT4: i64 = 0xef53;

/// The root file system, as far as it can be read.
pub(super) struct Root {
    pub(super) facts: Facts,
    pub(super) tree: Option<Tree>,
}

impl Look<'_> {
    pub(super) fn root_file_system(&self) -> Root {
        let Some(value) = self.config.settings.get("rootfs") else {
            let facts = item("rootfs", "", "volume", "", "not-configured");
            return Root { facts, tree: None };
        };
        let named = options(value, "volume");
        let mut record = self.volume("rootfs", value);
        let flag = |key: &str| named.get(key).is_some_and(|value| is_true(value));
        let mount_options = named.get("mountoptions").copied().unwrap_or_default();
        record.insert("read_only".to_owned(), Fact::Bool(flag("ro")));
        record.insert(
            "noexec".to_owned(),
            Fact::Bool(mount_options.split(';').any(|option| option == "noexec")),
        );
        let path = match record.get("path") {
            Some(Fact::Text(path)) => path.clone(),
            _ => {
                return Root {
                    facts: record,
                    tree: None,
                };
            }
        };
        let tree = match self.open_tree(&path, &mut record) {
            Ok(tree) => tree,
            Err(error) => {
                record.insert("unreadable".to_owned(), Fact::Text(error.to_string()));
                None
            }
        };
        if let Some(tree) = &tree {
            record.extend(image::look(tree, &self.init()));
        }
        Root {
            facts: record,
            tree,
        }
    }

    /// The program that is to be the init process, without its arguments.
    fn init(&self) -> String {
        let raw = self
            .config
            .raw
            .iter()
            .rev()
            .find(|(key, _)| key == "lxc.init.cmd");
        let command = raw
            .map(|(_, value)| value)
            .or_else(|| self.config.settings.get("entrypoint"));
        let words = command.and_then(|command| shell_words::split(command).ok());
        words
            .and_then(|words| words.into_iter().next())
            .unwrap_or_else(|| INIT.to_owned())
    }

    /// Opens the tree of a root file system, and notes what its file system has left.
    fn open_tree(&self, path: &str, record: &mut Facts) -> io::Result<Option<Tree>> {
        if self.host.metadata(path)?.kind == FileType::Directory {
            if let Ok(used) = self.host.usage(path) {
                let own = matches!(record.get("storage_type"), Some(Fact::Text(kind)) if kind == "zfspool");
                if own {
                    record.insert("free_blocks".to_owned(), whole(free(&used)));
                } else {
                    // A directory shares the space of its storage.
                    record.insert("pool_free".to_owned(), whole(free(&used)));
                }
                // btrfs and others have no fixed number of inodes.
                if own && used.inodes > 0 {
                    record.insert("free_inodes".to_owned(), whole(used.free_inodes));
                }
            }
            return Ok(Some(Tree::Directory(self.host.directory(path)?)));
        }
        let Some(volume) = self.open_image(path, record)? else {
            return Ok(None);
        };
        if let Some(storage) = path.rsplit_once('/').map(|(directory, _)| directory)
            && let Ok(used) = self.host.usage(storage)
        {
            record.insert("pool_free".to_owned(), whole(free(&used)));
        }
        Tree::of_image(volume).map(Some)
    }

    /// Opens an image, and notes what it contains; `None` unless that is ext4.
    pub(super) fn open_image(&self, path: &str, record: &mut Facts) -> io::Result<Option<Volume>> {
        let volume = Volume::new(self.host.disk(path)?)?;
        let content = match volume.content() {
            Content::Ext4 {
                free_blocks,
                free_inodes,
            } => {
                record.insert("free_blocks".to_owned(), whole(free_blocks));
                record.insert("free_inodes".to_owned(), whole(free_inodes));
                "ext4"
            }
            Content::Other(name) => name,
            Content::Zeros => "zeros",
            Content::Unrecognized => "unrecognized",
        };
        record.insert("content".to_owned(), Fact::Text(content.to_owned()));
        Ok((content == "ext4").then_some(volume))
    }

    /// A volume of a storage, a device, or a directory of the node.
    pub(super) fn volume(&self, key: &str, value: &str) -> Facts {
        let name = options(value, "volume")
            .get("volume")
            .copied()
            .unwrap_or_default()
            .to_owned();
        if name.starts_with('/') {
            let kind = if name.starts_with("/dev/") {
                "device"
            } else {
                "bind"
            };
            let mut record = item(key, value, kind, &name, self.state_of(&name));
            record.extend(facts([
                ("path", text(&name)),
                ("not_mounted", self.mounts.missing(&name).and_then(text)),
            ]));
            return record;
        }
        let (id, volume) = name.split_once(':').unwrap_or((&name, ""));
        let storage = self.storages.as_ref().map(|storages| storages.get(id));
        let availability = match storage {
            None => Availability::Unknown,
            Some(None) => Availability::Undefined,
            Some(Some(storage)) => {
                storage.availability(self.host, self.node.as_deref(), &self.mounts)
            }
        };
        let storage = storage.flatten();
        let path = storage.and_then(|storage| storage.path(volume));
        let is_file = storage.and_then(|storage| storage.directory()).is_some();
        // Without its link, a logical volume can be inactive; only files are sure to be missing.
        let state = match &path {
            Some(path) => match self.state_of(path) {
                "missing" if !is_file => "unknown",
                state => state,
            },
            None => "unknown",
        };
        let mut record = item(key, value, "volume", &name, state);
        record.extend(facts([
            ("storage", text(id)),
            (
                "storage_type",
                storage.and_then(|storage| text(storage.kind())),
            ),
            ("storage_state", text(availability.name())),
            (
                "allows_containers",
                storage.map(|storage| Fact::Bool(storage.allows_containers())),
            ),
            (
                "not_mounted",
                match &availability {
                    Availability::NotMounted(point) => text(point),
                    _ => path
                        .as_deref()
                        .and_then(|path| self.mounts.missing(path))
                        .and_then(text),
                },
            ),
            (
                "storage_path",
                match &availability {
                    Availability::NoDirectory(path) => text(path),
                    _ => None,
                },
            ),
            (
                "nodes",
                match &availability {
                    Availability::OtherNodes(nodes) => text(nodes),
                    _ => None,
                },
            ),
            ("path", path.clone().and_then(text)),
            (
                "dataset_mounted",
                match storage.map(|storage| storage.kind()) {
                    Some("zfspool") => path
                        .as_deref()
                        .and_then(|path| self.mounts.at(path))
                        .map(Fact::Bool),
                    _ => None,
                },
            ),
        ]));
        record
    }
}

/// The blocks that root can still write.
fn free(used: &Usage) -> u64 {
    match used.kind == EXT4 {
        true => superblock::writable(used.free, used.blocks),
        false => used.free,
    }
}

fn whole(number: u64) -> Fact {
    Fact::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
