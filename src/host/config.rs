//! A container's configuration file, parsed as Proxmox VE parses it. Pure.
//!
//! As in `parse_pct_config` of pve-container 6.1: comment lines are the description, raw `lxc.…` lines are for LXC, and of
//! several lines with one key the last counts. Lines that cannot be parsed are skipped.

use std::collections::BTreeMap;

/// Most bytes of a configuration to keep for the report.
const MAX_TEXT: usize = 64 * 1024;

/// The current configuration of a container: the file up to its first section, which belongs to a
/// snapshot or to pending changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
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
    /// Its tags, as they are written.
    pub tags: Option<String>,
    /// The text of the configuration, up to a limit.
    pub text: String,
}

impl Config {
    /// Parses a configuration file. Never fails.
    pub fn parse(text: &str) -> Self {
        let mut kept = String::new();
        let mut settings = BTreeMap::new();
        for line in text.split('\n').take_while(|line| !is_section(line)) {
            if kept.len() + line.len() < MAX_TEXT {
                kept.push_str(line);
                kept.push('\n');
            }
            let setting = line.split_once(':').map(|(key, value)| (key, value.trim()));
            if let Some((key, value)) =
                setting.filter(|(key, value)| is_key(key) && !value.is_empty())
            {
                settings.insert(key, value);
            }
        }
        kept.truncate(kept.trim_end().len());
        let setting = |key: &str| settings.get(key).map(|value| (*value).to_owned());
        let flag = |key: &str| settings.get(key).is_some_and(|value| is_true(value));
        Self {
            lock: setting("lock"),
            template: flag("template"),
            onboot: flag("onboot"),
            unprivileged: flag("unprivileged"),
            hostname: setting("hostname"),
            ostype: setting("ostype"),
            tags: setting("tags"),
            text: kept,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_configuration_counts() {
        let config = Config::parse(
            "#Caf%C3%A9 box\n#100%25 %zz\narch: amd64\ncores: 2\nhostname: old\nhostname: embed\n\
             lock: backup\nmemory: 2048\ntags: a;b\nostype: debian\n\
             rootfs: local-lvm:vm-958-disk-0,size=8G\nunprivileged: 1\n\
             lxc.apparmor.profile: unconfined\nlxc.cgroup2.devices.allow = c 10:200 rwm\n\
             [before-upgrade]\nhostname: snapshot\ntemplate: 1\n",
        );
        assert_eq!(config.hostname.as_deref(), Some("embed"));
        assert_eq!(config.ostype.as_deref(), Some("debian"));
        assert_eq!(config.lock.as_deref(), Some("backup"));
        assert_eq!(config.tags.as_deref(), Some("a;b"));
        assert!(config.unprivileged && !config.template);
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
