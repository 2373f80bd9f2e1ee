//! A container's configuration file, parsed as Proxmox VE parses it. Pure.
//!
//! As in `parse_pct_config` of pve-container 6.1: comment lines are the description, a later line
//! replaces an earlier one of the same key, except for raw `lxc.…` lines, which accumulate. Lines that
//! cannot be parsed are skipped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// Most bytes of a configuration to keep for the report.
const MAX_TEXT: usize = 64 * 1024;

/// The current configuration of a container: the file up to its first section, which belongs to a
/// snapshot or to pending changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// All settings by key, including those below.
    pub settings: BTreeMap<String, String>,
    /// The raw lines for LXC, in order.
    pub lxc: Vec<(String, String)>,
    /// The user's notes, decoded.
    pub description: String,
    /// The operation that holds the lock: `backup`, `snapshot`, `migrate` and others.
    pub lock: Option<String>,
    /// Whether it is a template, which cannot be started.
    pub template: bool,
    /// Whether it is to be started with its node.
    pub onboot: bool,
    /// Whether its root is an unprivileged user on the host.
    pub unprivileged: bool,
    pub hostname: Option<String>,
    /// Its distribution: `debian`, `alpine`, `unmanaged` and others.
    pub ostype: Option<String>,
    /// The text of the configuration, up to a limit.
    pub text: String,
}

impl Config {
    /// Parses a configuration file. Never fails.
    pub fn parse(text: &str) -> Self {
        let mut config = Self::default();
        for line in text.split('\n') {
            if is_section(line) {
                break;
            }
            if config.text.len() + line.len() < MAX_TEXT {
                config.text.push_str(line);
                config.text.push('\n');
            }
            config.take_line(line);
        }
        config.text.truncate(config.text.trim_end().len());
        let setting = |key: &str| config.settings.get(key).cloned();
        let flag = |key: &str| config.settings.get(key).is_some_and(|value| is_true(value));
        config.lock = setting("lock");
        config.hostname = setting("hostname");
        config.ostype = setting("ostype");
        config.template = flag("template");
        config.onboot = flag("onboot");
        config.unprivileged = flag("unprivileged");
        config
    }

    fn take_line(&mut self, line: &str) {
        if let Some(comment) = line.strip_prefix('#') {
            self.description.push_str(&percent_decoded(comment));
            self.description.push('\n');
            return;
        }
        let key_ends = line
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(line.len());
        let (key, rest) = line.split_at(key_ends);
        let raw = key.starts_with("lxc.");
        let value = match rest.strip_prefix(':') {
            Some(value) => value,
            // The syntax of LXC, which Proxmox VE accepts for keys of LXC.
            None if raw => match rest.trim_start().strip_prefix('=') {
                Some(value) => value,
                None => return,
            },
            None => return,
        };
        let value = value.trim().to_owned();
        if raw {
            self.lxc.push((key.to_owned(), value));
        } else if key == "description" {
            self.description.push_str(&percent_decoded(&value));
        } else if !value.is_empty() && is_key(key) {
            self.settings.insert(key.to_owned(), value);
        }
    }
}

/// `[NAME]` of a snapshot, or `[pve:pending]`.
fn is_section(line: &str) -> bool {
    let line = line.trim_end();
    line.len() > 2 && line.starts_with('[') && line.ends_with(']')
}

/// Lower-case letters and underscores, then digits: `rootfs`, `net0`.
fn is_key(key: &str) -> bool {
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// A boolean of Proxmox VE: everything is true except its words for false.
fn is_true(value: &str) -> bool {
    !["0", "off", "no", "false"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

/// The notes are stored with `%XX` for characters that are not ASCII.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_configuration_counts() {
        let config = Config::parse(
            "#Caf%C3%A9 box\n#100%25 %zz\narch: amd64\ncores: 2\nhostname: old\nhostname: embed\n\
             lock: backup\nmemory: 2048\nnet0: name=eth0,bridge=vmbr0,ip=dhcp\nostype: debian\n\
             rootfs: local-lvm:vm-958-disk-0,size=8G\nunprivileged: 1\n\
             lxc.apparmor.profile: unconfined\nlxc.cgroup2.devices.allow = c 10:200 rwm\n\
             [before-upgrade]\nhostname: snapshot\ntemplate: 1\n",
        );
        assert_eq!(config.hostname.as_deref(), Some("embed"));
        assert_eq!(config.ostype.as_deref(), Some("debian"));
        assert_eq!(config.lock.as_deref(), Some("backup"));
        assert!(config.unprivileged && !config.template);
        assert_eq!(config.description, "Café box\n100% %zz\n");
        assert_eq!(config.settings["net0"], "name=eth0,bridge=vmbr0,ip=dhcp");
        let lxc = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            config.lxc,
            [
                lxc("lxc.apparmor.profile", "unconfined"),
                lxc("lxc.cgroup2.devices.allow", "c 10:200 rwm"),
            ]
        );
        assert!(config.text.starts_with("#Caf%C3%A9 box\n"));
        assert!(config.text.ends_with("= c 10:200 rwm"));
    }

    #[test]
    fn pending_changes_do_not_count() {
        let config = Config::parse("arch: amd64\n[pve:pending]\nlock: backup\n");
        assert_eq!(config.lock, None);
        assert_eq!(config.text, "arch: amd64");
    }

    #[test]
    fn booleans_are_those_of_proxmox_ve() {
        for (text, template) in [
            ("template: 1", true),
            ("template: Yes", true),
            ("template: maybe", true),
            ("template: 0", false),
            ("template: OFF", false),
            ("template:", false),
            ("Template: 1", false),
            ("template 1", false),
            ("", false),
        ] {
            assert_eq!(Config::parse(text).template, template, "{text:?}");
        }
    }

    #[test]
    fn of_a_large_file_the_beginning_is_kept() {
        let config = Config::parse(&format!("{}lock: backup\n", "mp0: x\n".repeat(20_000)));
        assert!(config.text.len() <= MAX_TEXT);
        assert_eq!(config.lock.as_deref(), Some("backup"));
    }
}
