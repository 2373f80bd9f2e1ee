//! The containers, units and commands that a log line names.

use crate::constant_pattern::constant_pattern;
use crate::evidence::container_id::ContainerId;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::Regex;

/// `ct 958`, `[CT958]`, `vmid=958`, `container '958'`; the commands `pct exec 958` and `lxc-attach -n 958`,
/// the error `lxc-attach: 958: …`; `/etc/pve/lxc/958.conf`; a task's UPID. In `pct clone 9000 958` it is the
/// second number.
static CONTAINER: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r#"(?x)
        (?: (?i:\b(?:ct|ctid|vmid|lxc|container)) [\s:=\#'"(\[-]{0,3}
          | \bpct\s+clone\s+\d+\s+ | \bpct\s+(?:-\S+\s+)*[a-z]+\s+(?:-\S+\s+)*
          | \blxc-[a-z]+:?\s+(?:-\S+\s+)*?(?:-n\s*|--name[=\s])?
          | /lxc/ | \bpve-config- | \bUPID:[\w.-]+:[0-9A-F]+:[0-9A-F]+:[0-9A-F]+:\w+: )
        (?<id>[1-9]\d{2,8})\b"#,
    )
});

/// Commands that create a container, which then replaces an earlier one with that ID.
static MAKES: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(r"\bpct\s+(?:(?:create|restore)|clone\s+\d+)\s+(?<id>[1-9]\d{2,8})\b")
});

static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r"[\w:.\\@-]+\.(?:service|socket|timer|path|mount|automount|swap|target|slice|scope|device)\b",
    )
});

/// A `systemctl` command with the words after it.
static SYSTEMCTL: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(r"\bsystemctl\s+(?:-\S+\s+)*[a-z-]+(?<words>(?:\s+[\w:.\\@=-]+)+)")
});

/// What `systemctl enable` prints before it calls `update-rc.d`.
static SYNCHRONIZING: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r"\bSynchronizing state of (?<unit>\S+) with SysV"));

/// What Ansible's `log_path` has between the timestamp and the message.
static LOGGER: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r"^p=\d+ u=\S+ n=\S+ (?:[A-Z]+)?\| ?"));

/// Ansible's words about a service.
static SERVICE: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(r"\b(?:the requested|[Uu]nable to \w+) service (?<unit>[\w:.\\@-]+): ")
});

/// A command or a heading, because other output may be repeated within a run.
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(r"^\++ \S|\b(?:pct|lxc-attach)\s|^PLAY\s\[|\b(?i:provision|deploy)")
});

/// `provision[77]`, `p=77`.
static PROCESS_ID: LazyLock<Regex> = LazyLock::new(|| constant_pattern(r"\[\d+\]|\bp=\d+"));

/// The beginnings of the pattern for containers, to skip other lines quickly.
#[allow(clippy::unwrap_used, reason = "constant words, compiled by every test")]
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = ["ct", "vmid", "lxc", "container", "pve-config-", "UPID:"];
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .build(words)
        .unwrap()
});

/// The largest difference in the lengths of process IDs.
const DIGITS: usize = 8;
/// Containers that are taken from one line.
const MOST: usize = 16;

/// The containers that a line names.
pub(super) fn containers(line: &str) -> BTreeSet<ContainerId> {
    if !WORDS.is_match(line) || !line.bytes().any(|byte| byte.is_ascii_digit()) {
        return BTreeSet::new();
    }
    let ids = CONTAINER.captures_iter(line).take(MOST);
    ids.filter_map(|found| found["id"].parse().ok()).collect()
}

/// Whether a line is a command that creates this container.
pub(super) fn makes_container(line: &str, ct: ContainerId) -> bool {
    let made = MAKES.captures(line);
    made.is_some_and(|found| found["id"].parse() == Ok(ct))
}

/// The units that a text names.
pub fn units(text: &str) -> impl Iterator<Item = &str> {
    UNIT.find_iter(text).map(|unit| unit.as_str())
}

/// A line without what Ansible's logger puts before the message.
pub(super) fn without_logger(line: &str) -> &str {
    let logger = LOGGER.find(line).map_or(0, |found| found.end());
    line.get(logger..).unwrap_or(line)
}

/// The unit that the next lines are about, if `systemctl` says so.
pub(super) fn synchronized_unit(line: &str) -> Option<&str> {
    let found = SYNCHRONIZING.captures(line)?;
    found.name("unit").map(|unit| unit.as_str())
}

/// The unit in Ansible's message.
pub(super) fn requested_unit(line: &str) -> Option<String> {
    let found = SERVICE.captures(line)?;
    Some(with_suffix(&found["unit"]))
}

/// The line that begins each run in a log.
#[derive(Debug)]
pub(super) struct Opening {
    text: String,
    /// Its length with its process IDs.
    length: usize,
}

impl Opening {
    /// A line, if it may be one.
    pub(super) fn of(line: &str) -> Option<Self> {
        OPENING.is_match(line).then(|| Self {
            text: PROCESS_ID.replace_all(line, "").into_owned(),
            length: line.len(),
        })
    }

    /// Whether a line is the same, but for the process IDs.
    pub(super) fn is_like(&self, line: &str) -> bool {
        self.length.abs_diff(line.len()) <= DIGITS && PROCESS_ID.replace_all(line, "") == self.text
    }
}

/// A command that a log shows before its output.
#[derive(Debug, Default)]
pub(super) struct Command {
    pub(super) containers: BTreeSet<ContainerId>,
    pub(super) units: Vec<String>,
}

impl Command {
    /// The command in a line that names these containers: one that a shell traces, one of `pct` or `lxc-attach`, or a task
    /// of Ansible.
    pub(super) fn of(line: &str, containers: &BTreeSet<ContainerId>) -> Option<Self> {
        let enters = line.contains("pct ") || line.contains("lxc-attach ");
        let is_command = line.starts_with('+')
            || line.starts_with("TASK [")
            || (enters && !containers.is_empty());
        is_command.then(|| Self {
            containers: containers.clone(),
            units: SYSTEMCTL
                .captures_iter(line)
                .flat_map(|found| named(&found["words"]))
                .collect(),
        })
    }
}

/// The units among the words of a `systemctl` command, with the suffix that it adds.
fn named(words: &str) -> Vec<String> {
    let is_unit = |word: &&str| !word.starts_with('-') && word.parse::<u64>().is_err();
    let words = words.split_whitespace().filter(is_unit);
    words.map(with_suffix).collect()
}

fn with_suffix(name: &str) -> String {
    match UNIT.is_match(name) {
        true => name.to_owned(),
        false => format!("{name}.service"),
    }
}
