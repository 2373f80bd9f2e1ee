//! A container's configuration file, parsed as Proxmox VE parses it. Pure.
//!
//! As in `parse_pct_config` of pve-container 6.1: comment lines are the description, raw `lxc.…` lines are for LXC, and of
//! several lines with one key the last counts. Lines that cannot be parsed are skipped.

use std::collections::BTreeMap;

/// Most bytes of a configuration to keep for the report.
const MAX_TEXT: usize = 64 * 1024;
/// The section of changes that wait for a restart.
const PENDING: &str = "[pve:pending]";

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
    /// All settings, with the last value of each key.
    pub(super) settings: BTreeMap<String, String>,
    /// The lines for LXC, such as `lxc.mount.entry`, in order.
    pub(super) raw: Vec<(String, String)>,
    /// The snapshot whose creation or removal was interrupted.
    pub(super) half_snapshot: Option<String>,
    /// The settings with changes that wait for a restart, sorted.
    pub pending: Vec<String>,
    /// The text of the configuration, up to a limit.
    pub text: String,
}

impl Config {
    /// Parses a configuration file. Never fails.
    pub fn parse(text: &str) -> Self {
        let mut kept = String::new();
        let mut settings = BTreeMap::new();
        let mut raw = Vec::new();
        for line in text.split('\n').take_while(|line| !is_section(line)) {
            if kept.len() + line.len() < MAX_TEXT {
                kept.push_str(line);
                kept.push('\n');
            }
            if line.starts_with("lxc.") {
                let setting = line.split_once([':', '=']);
                let trimmed =
                    |(key, value): (&str, &str)| (key.trim().to_owned(), value.trim().to_owned());
                raw.extend(setting.map(trimmed));
                continue;
            }
            let setting = line.split_once(':').map(|(key, value)| (key, value.trim()));
            if let Some((key, value)) =
                setting.filter(|(key, value)| is_key(key) && !value.is_empty())
            {
                settings.insert(key.to_owned(), value.to_owned());
            }
        }
        kept.truncate(kept.trim_end().len());
        let setting = |key: &str| settings.get(key).cloned();
        let flag = |key: &str| settings.get(key).is_some_and(|value| is_true(value));
        Self {
            lock: setting("lock"),
            template: flag("template"),
            onboot: flag("onboot"),
            unprivileged: flag("unprivileged"),
            hostname: setting("hostname"),
            ostype: setting("ostype"),
            tags: setting("tags"),
            half_snapshot: half_snapshot(text),
            pending: pending(text),
            text: kept,
            settings,
            raw,
        }
    }
}

/// The options of a value: `a,b=c`. An item without a name gets the name `unnamed`.
pub(super) fn options<'a>(value: &'a str, unnamed: &'a str) -> BTreeMap<&'a str, &'a str> {
    let items = value.split(',').filter(|item| !item.is_empty());
    items
        .map(|item| item.split_once('=').unwrap_or((unnamed, item)))
        .collect()
}

/// A snapshot with the state `prepare` or `delete`.
fn half_snapshot(text: &str) -> Option<String> {
    let mut section = None;
    for line in text.lines() {
        if is_section(line) {
            section = Some(line.trim_end().trim_matches(['[', ']']));
        } else if let Some(name) = section
            && let Some(("snapstate", _)) = line.split_once(':')
        {
            return Some(name.to_owned());
        }
    }
    None
}

/// The keys of the section `[pve:pending]`, and those that it deletes: `delete: mp0,!swap`. An exclamation mark forces that.
fn pending(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| line.trim_end() != PENDING);
    let mut keys = Vec::new();
    for line in lines.skip(1).take_while(|line| !is_section(line)) {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if key == "delete" {
            let deleted = value
                .split([',', ' '])
                .map(|key| key.trim_start_matches('!'));
            keys.extend(deleted.filter(|key| is_key(key)).map(str::to_owned));
        } else if is_key(key) {
            keys.push(key.to_owned());
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// `[NAME]` of a snapshot, or [`PENDING`].
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
pub(super) fn is_true(value: &str) -> bool {
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
    fn lines_for_lxc_and_half_a_snapshot_are_found() {
        let config = Config::parse(
            "mp0: /srv/x,mp=/x,ro=1\nlxc.cap.drop: sys_foo\nlxc.mount.entry = /a b none bind 0 0\n\
             [old]\nlxc.idmap: u 0 1 1\n[new]\nsnapstate: prepare\n",
        );
        let raw = [
            ("lxc.cap.drop", "sys_foo"),
            ("lxc.mount.entry", "/a b none bind 0 0"),
        ];
        let found: Vec<_> = config.raw.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(found, raw);
        assert_eq!(config.half_snapshot.as_deref(), Some("new"));
        let mount = options(&config.settings["mp0"], "volume");
        assert_eq!(
            (mount["volume"], mount["mp"], mount["ro"]),
            ("/srv/x", "/x", "1")
        );
    }

    #[test]
    fn pending_changes_do_not_count() {
        let config = Config::parse("arch: amd64\n[pve:pending]\nlock: backup\n");
        assert_eq!(config.lock, None);
        assert_eq!(config.text, "arch: amd64");
        assert_eq!(config.pending, ["lock"]);
    }

    #[test]
    fn settings_with_pending_changes_are_listed() {
        let config = Config::parse(
            "memory: 512\n[pve:pending]\nswap: 0\ndelete: mp0,!net1\nmemory: 1024\n[old]\ncores: 2\n",
        );
        assert_eq!(config.pending, ["memory", "mp0", "net1", "swap"]);
        assert_eq!(
            Config::parse("memory: 512\n[old]\ncores: 2\n").pending,
            [""; 0]
        );
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
