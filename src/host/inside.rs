//! A running container as its node shows it: files and cgroups, read without a process in the container. This also works if
//! it is frozen, or its processes hang.

mod file_systems;
mod memory;

use std::collections::BTreeSet;
use std::io;

use super::Host;
use super::directory::Directory;
use crate::evidence::UNIT_DIRECTORIES;
use crate::evidence::container_id::ContainerId;

/// Most bytes to read of `/etc/os-release`, which usually has 300.
const MAX_RELEASE: u64 = 16 * 1024;
/// Most names to read of a directory of libraries.
const MAX_LIBRARIES: usize = 4096;
/// Most directories of platforms to search. A system has one or two, but a hostile one may have as many as it likes.
const MAX_PLATFORMS: usize = 16;

impl Host {
    /// The content of `/etc/os-release`, and on a line below it the path of systemd's shared library; `None` if the container
    /// is not running here, or its root file system does not have them itself.
    pub(crate) fn release(&self, ct: ContainerId) -> Option<String> {
        if self.is_copy() {
            return None;
        }
        let root = self.root_of_process(&self.init(ct)?).ok()?;
        let root = Directory::Here(root.on_one_file_system());
        let release = root.read("etc/os-release", MAX_RELEASE).ok()?;
        let mut lines = String::from_utf8_lossy(&release).into_owned();
        if let Some(library) = systemd_library(&root).ok()? {
            lines.push('\n');
            lines.push_str(&library);
        }
        Some(lines)
    }
}

/// Most names to read of a directory of unit files.
const MAX_UNITS: usize = 4096;

impl Host {
    /// The names of the unit files in a container, sorted; none if it is not running here. Templates are not among them.
    pub(crate) fn units(&self, ct: ContainerId) -> Vec<String> {
        let root = self.init(ct).map(|init| self.root_of_process(&init));
        let Some(Ok(root)) = root else {
            return Vec::new();
        };
        let root = Directory::Here(root.on_one_file_system());
        let directories = UNIT_DIRECTORIES.iter();
        let names =
            directories.filter_map(|it| root.names(it.trim_start_matches('/'), MAX_UNITS).ok());
        let units: BTreeSet<_> = names.flatten().filter(|name| is_unit(name)).collect();
        units.into_iter().collect()
    }
}

fn is_unit(name: &str) -> bool {
    const TYPES: [&str; 8] = [
        "automount",
        "mount",
        "path",
        "service",
        "slice",
        "socket",
        "target",
        "timer",
    ];
    name.rsplit_once('.')
        .is_some_and(|(name, kind)| TYPES.contains(&kind) && !name.ends_with('@'))
}

/// systemd's shared library is in `/usr/lib/systemd`, in `/lib/systemd` if that is not the same, or in the directory of a
/// platform (Debian).
fn systemd_library(root: &Directory) -> io::Result<Option<String>> {
    let platforms = root.names("usr/lib", MAX_LIBRARIES)?;
    let platforms = platforms.iter().filter(|name| name.contains("-linux-"));
    let platforms = platforms.map(|name| format!("usr/lib/{name}/systemd"));
    let usual = ["usr/lib/systemd", "lib/systemd"].map(str::to_owned);
    for directory in usual.into_iter().chain(platforms.take(MAX_PLATFORMS)) {
        let names = match root.names(&directory, MAX_LIBRARIES) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let is_library =
            |name: &&String| name.starts_with("libsystemd-shared-") && name.ends_with(".so");
        if let Some(name) = names.iter().find(is_library) {
            return Ok(Some(format!("/{directory}/{name}")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;
    use crate::fixture::ct;

    /// A host with container 958, whose init is process 4242, and the root directory of that container.
    fn host() -> (tempfile::TempDir, Host, PathBuf) {
        let tree = tempfile::tempdir().unwrap();
        let group = tree.path().join("sys/fs/cgroup/lxc/958/ns/init.scope");
        let process = tree.path().join("proc/4242");
        let root = process.join("root");
        create_dir_all(&group).unwrap();
        create_dir_all(root.join("etc")).unwrap();
        create_dir_all(root.join("usr/lib/x86_64-linux-gnu/systemd")).unwrap();
        write(group.join("cgroup.procs"), "4242\n").unwrap();
        write(process.join("status"), "NSpid:\t4242\t1\n").unwrap();
        let host = Host::at(tree.path());
        (tree, host, root)
    }

    #[test]
    fn release_and_libraries_are_read_below_the_root_of_the_container() {
        let (_tree, host, root) = host();
        write(root.join("usr/lib/os-release"), "PRETTY_NAME=\"Debian\"\n").unwrap();
        symlink("/usr/lib/os-release", root.join("etc/os-release")).unwrap();
        let systemd = root.join("usr/lib/x86_64-linux-gnu/systemd");
        write(systemd.join("libsystemd-shared-252.so"), "").unwrap();
        assert_eq!(
            host.release(ct(958)).unwrap(),
            "PRETTY_NAME=\"Debian\"\n\n/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so"
        );
        assert_eq!(host.release(ct(959)), None);
    }

    #[test]
    fn unit_files_are_named_once_without_templates_and_directories() {
        let (_tree, host, root) = host();
        for file in [
            "etc/systemd/system/web.service",
            "usr/lib/systemd/system/web.service",
            "usr/lib/systemd/system/db.socket",
            "usr/lib/systemd/system/getty@.service",
            "usr/lib/systemd/system/README",
        ] {
            create_dir_all(root.join(file).parent().unwrap()).unwrap();
            write(root.join(file), "").unwrap();
        }
        create_dir_all(root.join("etc/systemd/system/web.service.d")).unwrap();
        assert_eq!(host.units(ct(958)), ["db.socket", "web.service"]);
        assert_eq!(host.units(ct(959)), [""; 0]);
    }

    #[test]
    fn systemd_is_found_where_lib_is_not_merged_into_usr() {
        let (_tree, host, root) = host();
        write(root.join("etc/os-release"), "ID=debian\n").unwrap();
        create_dir_all(root.join("lib/systemd")).unwrap();
        write(root.join("lib/systemd/libsystemd-shared-247.so"), "").unwrap();
        assert_eq!(
            host.release(ct(958)).unwrap(),
            "ID=debian\n\n/lib/systemd/libsystemd-shared-247.so"
        );
    }

    #[test]
    fn only_one_of_many_libraries_is_named() {
        let (_tree, host, root) = host();
        write(root.join("etc/os-release"), "ID=debian\n").unwrap();
        let many = root.join("many");
        create_dir_all(&many).unwrap();
        for number in 0..50 {
            write(many.join(format!("libsystemd-shared-{number}.so")), "").unwrap();
            let platform = root.join(format!("usr/lib/p{number}-linux-gnu"));
            create_dir_all(&platform).unwrap();
            symlink("/many", platform.join("systemd")).unwrap();
        }
        let release = host.release(ct(958)).unwrap();
        assert_eq!(
            release.matches("libsystemd-shared-").count(),
            1,
            "{release}"
        );
    }

    #[test]
    fn no_file_outside_the_container_is_read() {
        let (tree, host, root) = host();
        write(tree.path().join("secret"), "PRETTY_NAME=secret\n").unwrap();
        for target in ["/secret", "../../../../secret", "/proc/self/cwd/secret"] {
            let link = root.join("etc/os-release");
            symlink(target, &link).unwrap();
            assert_eq!(host.release(ct(958)), None, "{target}");
            std::fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn a_fifo_in_place_of_a_file_does_not_block() {
        let (_tree, host, root) = host();
        let fifo = root.join("etc/os-release");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(host.release(ct(958)), None);
    }
}
