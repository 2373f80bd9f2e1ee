//! The node: its name, its kernel, and the versions of Proxmox VE packages.

use super::Host;
use crate::evidence::fact::{Fact, Facts};

/// Most bytes to read of dpkg's list of packages; on a Proxmox VE host it has 1 to 3 MiB.
const MAX_STATUS: u64 = 32 * 1024 * 1024;
/// Most bytes to read of a one-line file.
const MAX_LINE: u64 = 4096;

/// A node; unknown values are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name in the cluster.
    pub name: Option<String>,
    /// The version of `pve-manager`, which is the version of Proxmox VE.
    pub pve_manager: Option<String>,
    /// The version of `pve-container`, which `pct` belongs to.
    pub pve_container: Option<String>,
    /// The version of systemd.
    pub systemd: Option<String>,
    /// The kernel's release.
    pub kernel: Option<String>,
}

impl Node {
    /// The facts `node`, `pve_manager`, `pve_container`, `kernel`. Unknown ones are absent.
    pub fn facts(&self) -> Facts {
        let all = [
            ("node", &self.name),
            ("pve_manager", &self.pve_manager),
            ("pve_container", &self.pve_container),
            ("kernel", &self.kernel),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Fact::Text(value.clone()?))))
            .collect()
    }
}

impl Host {
    /// This node.
    pub fn node(&self) -> Node {
        let packages = self
            .read("var/lib/dpkg/status", MAX_STATUS)
            .unwrap_or_default();
        let packages = versions(&packages, ["pve-manager", "pve-container", "systemd"]);
        let [pve_manager, pve_container, systemd] = packages;
        Node {
            name: self.local_node(),
            pve_manager,
            pve_container,
            systemd,
            kernel: self.line("proc/sys/kernel/osrelease"),
        }
    }

    /// The name of this node: from the cluster file system, else the host name without its domain, as
    /// in Proxmox VE.
    pub fn local_node(&self) -> Option<String> {
        let linked = self.link("etc/pve/local").ok();
        let linked = linked.as_deref().and_then(|target| target.file_name());
        if let Some(name) = linked {
            return Some(name.to_string_lossy().into_owned());
        }
        let hostname = self.line("proc/sys/kernel/hostname")?;
        let name = hostname.split('.').next().unwrap_or_default();
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn line(&self, path: &str) -> Option<String> {
        let text = self.read_text(path, MAX_LINE).ok()?;
        let line = text.lines().next()?.trim();
        (!line.is_empty()).then(|| line.to_owned())
    }
}

/// The versions of installed packages in dpkg's list.
fn versions<const N: usize>(status: &[u8], packages: [&str; N]) -> [Option<String>; N] {
    let mut found = [const { None }; N];
    let mut current = None;
    for line in status.split(|b| *b == b'\n') {
        if let Some(name) = line.strip_prefix(b"Package: ") {
            current = packages
                .iter()
                .position(|p| p.as_bytes() == name.trim_ascii());
        } else if let Some(state) = line.strip_prefix(b"Status: ") {
            // Removed packages whose configuration files are left still have a version.
            if state.ends_with(b" config-files") || state.ends_with(b" not-installed") {
                current = None;
            }
        } else if let (Some(version), Some(slot)) = (
            line.strip_prefix(b"Version: "),
            current.and_then(|at| found.get_mut(at)),
        ) {
            *slot = Some(String::from_utf8_lossy(version.trim_ascii()).into_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_installed_packages() {
        let status =
            b"Package: libpve-common-perl\nStatus: install ok installed\nVersion: 9.2.1\n\n\
            Package: pve-container\nStatus: install ok installed\nPriority: optional\n\
            Version: 6.1.2\nDescription: Proxmox VE Container management tool\n Version: 1\n\n\
            Package: pve-manager\nStatus: deinstall ok config-files\nVersion: 8.4.1\n\n\
            Package: pve-container-dbgsym\nStatus: install ok installed\nVersion: 7\n";
        assert_eq!(
            versions(status, ["pve-manager", "pve-container"]),
            [None, Some(String::from("6.1.2"))]
        );
    }
}
