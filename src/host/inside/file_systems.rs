//! The local file systems of a running container, by the mounts of its init.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use rustix::fs::StatFs;

use super::super::Host;
use super::super::directory::Here;
use crate::evidence::container_id::ContainerId;

/// Most bytes to read of the list of mounts.
const MAX_MOUNTS: u64 = 1024 * 1024;

impl Host {
    /// What the check `file_systems` of the built-in runbooks prints in the container.
    pub(crate) fn file_systems(&self, ct: ContainerId) -> Option<String> {
        if self.is_copy() {
            return None;
        }
        let init = self.init(ct)?;
        let root = self.root_of_process(&init).ok()?;
        let mounts = self
            .read_text(format!("proc/{init}/mountinfo"), MAX_MOUNTS)
            .ok()?;
        let (mut text, mounts) = local(&mounts)?;
        for mount in mounts {
            describe(&usage(&root, &mount)?, &mount, &mut text);
        }
        Some(text)
    }
}

fn usage(root: &Here, mount: &str) -> Option<StatFs> {
    root.file_system(mount).ok()
}

/// The local file systems in `mountinfo`, each device once: the lines about them, and the mount points of those that are
/// writable. Network file systems are not listed, because access to one may hang; so may access to what is mounted below one.
fn local(mountinfo: &str) -> Option<(String, Vec<String>)> {
    let (mut text, mut writable, mut seen) = (String::new(), Vec::new(), BTreeSet::new());
    let mut may_hang = Vec::new();
    // A process that enters the container sees the topmost root; init may be below it.
    let is_root = |line: &str| line.split(' ').nth(4) == Some("/");
    let root = mountinfo.lines().rfind(|line| is_root(line));
    for line in mountinfo.lines() {
        if is_root(line) && root != Some(line) {
            continue;
        }
        let (fields, rest) = line.split_once(" - ")?;
        let mut fields = fields.split(' ').skip(2);
        let (device, _, mount, options) = (
            fields.next()?,
            fields.next()?,
            fields.next()?,
            fields.next()?,
        );
        let mut rest = rest.split(' ');
        let (kind, _, of_device) = (rest.next()?, rest.next()?, rest.next()?);
        let is_local = match kind {
            "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "zfs" | "f2fs" | "bcachefs" | "tmpfs" => {
                true
            }
            "overlay" => mount == "/",
            _ => false,
        };
        if !is_local && !["overlay", "devtmpfs"].contains(&kind) {
            may_hang.push(unescaped(mount)?);
        }
        let is_of_the_kernel = mount == "/dev"
            || ["/sys/", "/proc/", "/run/credentials/", "/run/user/"]
                .iter()
                .any(|directory| mount.starts_with(directory));
        if !is_local || is_of_the_kernel || !seen.insert(device) {
            continue;
        }
        let path = unescaped(mount)?;
        let has = |options: &str, option: &str| options.split(',').any(|it| it == option);
        if has(options, "ro") {
            if mount == "/" {
                text.push_str("protected /\n");
            }
        } else if ["ro", "emergency_ro", "shutdown"]
            .iter()
            .any(|option| has(of_device, option))
        {
            let _ = writeln!(text, "read-only {path}");
        } else {
            let _ = writeln!(text, "mount {path}");
            writable.push(path);
        }
    }
    writable.retain(|path| !may_hang.iter().any(|it| Path::new(path).starts_with(it)));
    Some((text, writable))
}

/// A path as it is, without the kernel's octal escapes. `None` if it has control characters.
fn unescaped(path: &str) -> Option<String> {
    let mut parts = path.split('\\');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(3)?;
        let byte = u8::from_str_radix(digits, 8).ok()?;
        text.push(char::from(byte));
        text.push_str(rest);
    }
    (!text.contains(char::is_control)).then_some(text)
}

/// The numbers of `df -P`.
fn describe(found: &StatFs, mount: &str, text: &mut String) {
    let number = |number: i128| i128::max(number, 0);
    let size = number(found.f_frsize.into());
    let kib = |blocks: i128| blocks * size / 1024;
    let (blocks, free) = (i128::from(found.f_blocks), i128::from(found.f_bfree));
    let (used, available) = (number(blocks - free), i128::from(found.f_bavail));
    let usable = used + available;
    if usable > 0 {
        let percent = (used * 100 + usable - 1) / usable;
        let _ = writeln!(
            text,
            "space {}K {}K {}K {percent}% {mount}",
            kib(blocks),
            kib(used),
            kib(available)
        );
    }
    let (files, unused) = (i128::from(found.f_files), i128::from(found.f_ffree));
    if files > 0 {
        let percent = (number(files - unused) * 100 + files - 1) / files;
        let _ = writeln!(text, "inodes {unused} {percent}% {mount}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_file_systems_are_listed_once_for_each_device() {
        let mounts = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro
23 22 0:5 / /dev rw - tmpfs none rw
24 22 0:6 / /srv/my\\040data ro,relatime - ext4 /dev/vdb rw
25 22 0:7 / /mnt/broken rw,relatime - xfs /dev/vdc ro,shutdown
26 22 0:8 / /mnt/far rw - nfs4 server:/ rw
27 22 254:0 /var /var rw - ext4 /dev/vda rw
28 22 0:9 / /run/user/0 rw - tmpfs tmpfs rw
29 22 0:10 / /my\\040run rw master:3 - tmpfs tmpfs rw,size=1k
30 22 0:11 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
";
        let (text, writable) = local(mounts).unwrap();
        assert_eq!(text, "mount /\nread-only /mnt/broken\nmount /my run\n");
        assert_eq!(writable, ["/", "/my run"]);
    }

    #[test]
    fn what_is_below_a_file_system_that_may_hang_is_not_accessed() {
        let mounts = "\
22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:8 / /mnt/far rw - nfs4 server:/ rw
24 23 0:9 / /mnt/far/tmp rw - tmpfs tmpfs rw
25 22 0:10 / /mnt/farther rw - tmpfs tmpfs rw
26 22 0:11 / /srv rw - tmpfs tmpfs rw
27 26 0:12 / /srv rw - fuse.sshfs server: rw
";
        let (text, writable) = local(mounts).unwrap();
        assert_eq!(
            text,
            "mount /\nmount /mnt/far/tmp\nmount /mnt/farther\nmount /srv\n"
        );
        assert_eq!(writable, ["/", "/mnt/farther"]);
    }

    #[test]
    fn a_read_only_root_is_protected() {
        let (text, writable) = local("22 1 0:1 / / ro - overlay overlay rw\n").unwrap();
        assert_eq!(text, "protected /\n");
        assert!(writable.is_empty());
    }

    #[test]
    fn a_root_below_another_does_not_count() {
        let mounts = "22 1 0:1 / / rw - ext4 /dev/vda rw\n29 22 0:1 / / ro - ext4 /dev/vda rw\n";
        let (text, writable) = local(mounts).unwrap();
        assert_eq!(text, "protected /\n");
        assert!(writable.is_empty());
    }

    #[test]
    fn a_list_that_cannot_be_read_gives_nothing() {
        for mounts in [
            "22 1 0:1 / /\n",
            "22 1 0:1 / /a\\0 rw - ext4 x rw\n",
            "22 1 0:1 / /a\\012b rw - ext4 x rw\n",
        ] {
            assert_eq!(local(mounts), None, "{mounts}");
        }
    }
}
