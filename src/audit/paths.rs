//! Paths and unit names: which directories every system has, where systemd looks for units, what a name stands for.

use super::symbol::{is_known, is_symbol, may_equal};
use crate::evidence::UNIT_DIRECTORIES;

const UNIT_SUFFIXES: [&str; 9] = [
    ".service",
    ".timer",
    ".socket",
    ".path",
    ".target",
    ".mount",
    ".automount",
    ".swap",
    ".slice",
];

/// Directories that every Debian container has, and those of systemd.
const SYSTEM_DIRECTORIES: [&str; 82] = [
    "",
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/dev/shm",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/etc/alternatives",
    "/etc/apt",
    "/etc/apt/apt.conf.d",
    "/etc/apt/preferences.d",
    "/etc/apt/sources.list.d",
    "/etc/apt/trusted.gpg.d",
    "/etc/apt/keyrings",
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/etc/default",
    "/etc/init.d",
    "/etc/logrotate.d",
    "/etc/network",
    "/etc/network/interfaces.d",
    "/etc/pam.d",
    "/etc/profile.d",
    "/etc/security",
    "/etc/skel",
    "/etc/ssl",
    "/etc/ssl/certs",
    "/etc/ssl/private",
    "/etc/sysctl.d",
    "/etc/systemd",
    "/etc/systemd/system",
    "/etc/systemd/system/multi-user.target.wants",
    "/etc/systemd/system/timers.target.wants",
    "/etc/systemd/user",
    "/etc/systemd/network",
    "/etc/tmpfiles.d",
    "/etc/udev/rules.d",
    "/etc/update-motd.d",
    "/etc/ssh",
    "/etc/modprobe.d",
    "/etc/modules-load.d",
    "/lib/systemd",
    "/lib/systemd/system",
    "/run/systemd/system",
    "/run/lock",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib/systemd",
    "/usr/lib/systemd/system",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/var/lib",
    "/var/log",
    "/var/tmp",
    "/var/cache",
    "/var/spool",
    "/var/mail",
    "/usr/src",
];

pub(super) fn is_system_directory(path: &str) -> bool {
    SYSTEM_DIRECTORIES.contains(&trimmed(path))
}

pub(super) fn is_unit_directory(path: &str) -> bool {
    UNIT_DIRECTORIES.contains(&trimmed(path))
}

/// A path without the slash at its end, and without doubled ones.
pub(super) fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.starts_with('/') => "/",
        trimmed => trimmed,
    }
}

/// A path with single slashes, and without `.` and `..`.
pub(super) fn normal(path: &str) -> String {
    if !path.contains("//") && !path.contains("/.") && !path.starts_with("./") {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    let end = if path.ends_with('/') && !parts.is_empty() {
        "/"
    } else {
        ""
    };
    format!("{root}{}{end}", parts.join("/"))
}

/// The name of a file without its directory.
pub(super) fn file_name(path: &str) -> &str {
    let path = trimmed(path);
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The directory of a file; empty if the path has none.
pub(super) fn parent(path: &str) -> &str {
    match trimmed(path).rsplit_once('/') {
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => "",
    }
}

pub(super) fn join(directory: &str, name: &str) -> String {
    format!("{}/{name}", directory.trim_end_matches('/'))
}

/// Whether `path` is `directory` or below it.
pub(super) fn is_within(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn has_unit_suffix(name: &str) -> bool {
    UNIT_SUFFIXES
        .iter()
        .any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

/// The name of the unit that a word of systemctl names: without a suffix, a service.
pub(super) fn unit_name(word: &str) -> String {
    let name = file_name(word);
    if has_unit_suffix(name) || name.chars().next_back().is_some_and(is_symbol) {
        name.to_owned()
    } else {
        format!("{name}.service")
    }
}

/// The template of an instance: `w@.service` for `w@a.service`.
pub(super) fn template(unit: &str) -> Option<String> {
    let (name, rest) = unit.split_once('@')?;
    let (instance, suffix) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{name}@.{suffix}"))
}

/// Whether a file of this name may be the unit.
pub(super) fn may_be_unit(file: &str, unit: &str) -> bool {
    may_equal(file, unit)
        || template(unit).is_some_and(|template| may_equal(file, &template))
        || !is_known(unit) && may_equal(file, &format!("{unit}.service"))
}

/// Units that a container has without anyone's doing.
pub(super) fn is_base_unit(unit: &str) -> bool {
    const NAMES: [&str; 26] = [
        "ssh",
        "sshd",
        "cron",
        "crond",
        "dbus",
        "dbus-broker",
        "networking",
        "rsyslog",
        "network",
        "NetworkManager",
        "postfix",
        "chrony",
        "chronyd",
        "fstrim",
        "logrotate",
        "apt-daily",
        "apt-daily-upgrade",
        "unattended-upgrades",
        "udev",
        "resolvconf",
        "ifupdown",
        "procps",
        "console-setup",
        "keyboard-setup",
        "e2scrub_all",
        "man-db",
    ];
    const PREFIXES: [&str; 9] = [
        "systemd-",
        "getty@",
        "serial-getty@",
        "console-getty",
        "container-getty@",
        "user@",
        "ifup@",
        "networkd-",
        "dbus-",
    ];
    let name = unit.rsplit_once('.').map_or(unit, |(name, _)| name);
    NAMES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || unit.ends_with(".target")
        || unit.ends_with(".slice")
        || unit.ends_with(".mount")
        || unit.ends_with(".swap")
}
