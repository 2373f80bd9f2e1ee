//! What is mounted on the node, and what should be.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::Host;

/// Most bytes to read of a list of mounts.
const MAX_LIST: u64 = 4 * 1024 * 1024;

/// The mount points of a node.
pub(super) struct Mounts {
    /// What is mounted; `None` if the list cannot be read.
    mounted: Option<BTreeSet<String>>,
    /// The mount points in `/etc/fstab` and in systemd's mount units.
    wanted: BTreeSet<String>,
}

impl Mounts {
    /// Reads both lists of a node.
    pub(super) fn of(host: &Host) -> Self {
        let read = |path: &str| host.read_text(path, MAX_LIST).ok();
        let mounted = read("proc/mounts").map(|text| points(&text));
        let mut wanted = read("etc/fstab").map_or_else(BTreeSet::new, |text| points(&text));
        let units = host.names("etc/systemd/system").unwrap_or_default();
        for unit in units.iter().filter(|name| name.ends_with(".mount")) {
            let unit = read(&format!("etc/systemd/system/{unit}")).unwrap_or_default();
            wanted.extend(
                unit.lines()
                    .filter_map(|line| Some(line.strip_prefix("Where=")?.trim().to_owned())),
            );
        }
        wanted.retain(|point| point.starts_with('/') && point != "/");
        Self { mounted, wanted }
    }

    /// Whether something is mounted at `path`; `None` if unknown.
    pub(super) fn at(&self, path: &str) -> Option<bool> {
        let mounted = self.mounted.as_ref()?;
        Some(mounted.contains(path.trim_end_matches('/')))
    }

    /// The mount point at or above `path` that should be mounted and is not.
    pub(super) fn missing(&self, path: &str) -> Option<&str> {
        let mounted = self.mounted.as_ref()?;
        let mut wanted = self.wanted.iter();
        let point =
            wanted.find(|point| Path::new(path).starts_with(point) && !mounted.contains(*point))?;
        Some(point)
    }
}

/// The second field of each line.
fn points(list: &str) -> BTreeSet<String> {
    let lines = list
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| line.split_ascii_whitespace().nth(1))
        .map(|point| unescaped(point).trim_end_matches('/').to_owned())
        .collect()
}

/// The kernel writes blanks and backslashes as `\040`, and so does fstab.
fn unescaped(field: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(field.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_point_above_a_path_can_be_missing() {
        let mounts = Mounts {
            mounted: Some(points(
                "tmpfs /run tmpfs rw 0 0\n/dev/sdb1 /mnt/with\\040blank ext4 rw 0 0\n",
            )),
            wanted: points(
                "# x\nUUID=1 /mnt/usb ext4 defaults 0 2\nUUID=2 /mnt/with\\040blank ext4 defaults 0 2\n",
            ),
        };
        assert_eq!(mounts.missing("/mnt/usb/images/958"), Some("/mnt/usb"));
        assert_eq!(mounts.missing("/mnt/usbstick"), None);
        assert_eq!(mounts.missing("/mnt/with blank/x"), None);
        assert_eq!(mounts.at("/run/"), Some(true));
        assert_eq!(mounts.at("/mnt/usb"), Some(false));
    }
}
