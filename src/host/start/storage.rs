//! The storages of the cluster, as `storage.cfg` has them, and where their volumes are on a node.

use super::super::Host;
use super::super::config::is_true;
use super::super::sections::{Section as Storage, parse_sections};
use super::mounts::Mounts;

/// Most bytes to read of `storage.cfg`; the cluster file system has no larger file.
const MAX_CONFIG: u64 = 1024 * 1024;

/// The storages. Without `storage.cfg`, Proxmox VE has one: `local`.
pub(super) struct Storages(Vec<Storage>);

/// Whether a storage can be used on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Availability {
    Available,
    Undefined,
    Disabled,
    OtherNodes(String),
    /// Its directory should be a mount point, and is not.
    NotMounted(String),
    NoDirectory(String),
    Unknown,
}

impl Availability {
    /// As the fact `storage_state` has it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Undefined => "undefined",
            Self::Disabled => "disabled",
            Self::OtherNodes(_) => "other-nodes",
            Self::NotMounted(_) => "not-mounted",
            Self::NoDirectory(_) => "no-directory",
            Self::Unknown => "unknown",
        }
    }
}

impl Storages {
    /// The storages of the cluster that a node belongs to; `None` if the file cannot be read.
    pub(super) fn of(host: &Host) -> Option<Self> {
        match host.read_text("etc/pve/storage.cfg", MAX_CONFIG) {
            Ok(text) => Some(Self(parse_sections(&text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Some(Self(parse_sections("dir: local\n\tpath /var/lib/vz\n")))
            }
            Err(_) => None,
        }
    }

    /// The storage with this ID.
    pub(super) fn get(&self, id: &str) -> Option<&Storage> {
        self.0.iter().find(|storage| storage.id == id)
    }
}

impl Storage {
    /// Its type, such as `dir` or `lvmthin`.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether its `content` has root file systems and mount points of containers; without that setting, it has.
    pub(super) fn allows_containers(&self) -> bool {
        self.setting("content")
            .is_none_or(|content| content.split([',', ' ', ';']).any(|kind| kind == "rootdir"))
    }

    /// The directory of a storage of files.
    pub(super) fn directory(&self) -> Option<String> {
        let mounted = || Some(format!("/mnt/pve/{}", self.id));
        match self.kind.as_str() {
            "dir" | "btrfs" => self.setting("path").map(str::to_owned),
            "nfs" | "cifs" | "cephfs" | "glusterfs" => {
                self.setting("path").map(str::to_owned).or_else(mounted)
            }
            "zfspool" => {
                let default = || Some(format!("/{}", self.setting("pool")?));
                self.setting("mountpoint")
                    .map(str::to_owned)
                    .or_else(default)
            }
            _ => None,
        }
    }

    /// The path of a volume, if it has one on a node.
    pub(super) fn path(&self, volume: &str) -> Option<String> {
        let last = volume.rsplit('/').next()?;
        match self.kind.as_str() {
            "lvm" | "lvmthin" => Some(format!("/dev/{}/{last}", self.setting("vgname")?)),
            "zfspool" => Some(format!("{}/{last}", self.directory()?)),
            "btrfs" if last.ends_with(".raw") => {
                let disk = volume.strip_suffix(".raw")?;
                Some(format!("{}/images/{disk}/disk.raw", self.directory()?))
            }
            _ => {
                let kind = if volume.starts_with("snippets/") {
                    ""
                } else {
                    "images/"
                };
                Some(format!("{}/{kind}{volume}", self.directory()?))
            }
        }
    }

    /// Whether it can be used on `node`.
    pub(super) fn availability(
        &self,
        host: &Host,
        node: Option<&str>,
        mounts: &Mounts,
    ) -> Availability {
        if self
            .setting("disable")
            .is_some_and(|value| value.is_empty() || is_true(value))
        {
            return Availability::Disabled;
        }
        if let (Some(nodes), Some(node)) = (self.setting("nodes"), node)
            && !nodes.split([',', ' ', ';']).any(|name| name == node)
        {
            return Availability::OtherNodes(nodes.to_owned());
        }
        let Some(directory) = self.directory() else {
            return Availability::Available;
        };
        // `is_mountpoint` is a truth value or the path of the mount point.
        let point = match (self.kind.as_str(), self.setting("is_mountpoint")) {
            ("nfs" | "cifs" | "cephfs" | "glusterfs", _) => Some(directory.clone()),
            (_, Some(path)) if path.starts_with('/') => Some(path.to_owned()),
            (_, Some(value)) if is_true(value) => Some(directory.clone()),
            _ => mounts.missing(&directory).map(str::to_owned),
        };
        if let Some(point) = point {
            match mounts.at(&point) {
                Some(true) => {}
                Some(false) => return Availability::NotMounted(point),
                None => return Availability::Unknown,
            }
        }
        match host.metadata(&directory) {
            Ok(_) => Availability::Available,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Availability::NoDirectory(directory)
            }
            Err(_) => Availability::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_found_by_the_kind_of_their_storage() {
        let storages = Storages(parse_sections(
            "dir: local\n\tpath /var/lib/vz\n\tcontent iso\n\nlvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n\n\
             zfspool: tank\n\tpool tank/ct\n\nnfs: nas\n\tserver x\n\texport /e\n\nbtrfs: b\n\tpath /b\n\nrbd: ceph\n\tpool p\n",
        ));
        for (storage, volume, expected) in [
            (
                "local",
                "958/vm-958-disk-0.raw",
                Some("/var/lib/vz/images/958/vm-958-disk-0.raw"),
            ),
            (
                "local",
                "snippets/hook.sh",
                Some("/var/lib/vz/snippets/hook.sh"),
            ),
            ("local-lvm", "vm-958-disk-0", Some("/dev/pve/vm-958-disk-0")),
            (
                "tank",
                "basevol-9-disk-0/subvol-958-disk-0",
                Some("/tank/ct/subvol-958-disk-0"),
            ),
            (
                "nas",
                "958/vm-958-disk-0.raw",
                Some("/mnt/pve/nas/images/958/vm-958-disk-0.raw"),
            ),
            (
                "b",
                "958/vm-958-disk-0.raw",
                Some("/b/images/958/vm-958-disk-0/disk.raw"),
            ),
            ("ceph", "vm-958-disk-0", None),
        ] {
            let path = storages.get(storage).unwrap().path(volume);
            assert_eq!(path.as_deref(), expected, "{storage}:{volume}");
        }
        assert_eq!(storages.get("nope"), None);
    }
}
