//! The names that expressions and templates of a runbook can read, besides its own vars, lets and checks.
//! Validation and evaluation share these tables.

use std::collections::BTreeSet;

use super::host_probe::HostProbe;
use super::model::{Check, Each};
use super::pattern::fact_pattern;

/// The names that every expression can read. `failed_at` is absent unless the user or the provisioning
/// log gives it; `own_changes` is a list of records with [`CHANGE_FIELDS`],
/// `script_findings` one with `rule`, `severity`, `at` and `message`; `log_error` is the failure
/// in the log, `log_kind` its kind (`unit`, `not_ready`), `log_push_error` a failed push in it,
/// `log_zone_assumed` whether `failed_at` is in a time zone that lxcdiag assumed.
pub const GLOBALS: &[&str] = &[
    "ct",
    "node",
    "failed_at",
    "read_only",
    "started_at",
    "own_changes",
    "script_findings",
    "given",
    "log_error",
    "log_kind",
    "log_push_error",
    "log_zone_assumed",
];

/// The fields of a record in `own_changes`.
pub const CHANGE_FIELDS: &[&str] = &["argv", "at", "begin", "end", "repair"];

/// The names that a check's own expressions (`pass`, `show`, `events`, `warn`, `crit`, `metric`) can
/// read besides its facts.
pub const OWN: &[&str] = &[
    "stdout",
    "stderr",
    "exit",
    "signal",
    "duration",
    "timed_out",
    "records",
];

/// The element of `for_each` that the check runs for.
pub const ITEM: &str = "item";

/// The attributes of every check, as in `check.passed`, besides its facts.
pub const CHECK_ATTRIBUTES: &[&str] = &[
    "passed",
    "failed",
    "errored",
    "skipped",
    "outcome",
    "reason",
    "exit",
    "signal",
    "stdout",
    "stderr",
    "duration",
    "timed_out",
    "records",
];

/// Facts of `host: container`.
pub const CONTAINER_FACTS: &[&str] = &[
    "status",
    "lock",
    "running",
    "hostname",
    "unprivileged",
    "ostype",
    "template",
    "onboot",
    "config",
    "pending",
];

/// Facts of `host: node`.
pub const NODE_FACTS: &[&str] = &["node", "pve_manager", "pve_container", "kernel"];

/// Facts of each record of `host: tasks`. The facts of the check are lists of them.
pub const TASK_FACTS: &[&str] = &[
    "type", "status", "ok", "begin", "end", "user", "upid", "text",
];

/// Facts of `host: { source: … }`.
pub const SOURCE_FACTS: &[&str] = &["path", "size", "sha256", "modified"];

/// Facts of `host: last_start`.
pub const LAST_START_FACTS: &[&str] = &[
    "upid",
    "user",
    "begin",
    "end",
    "status",
    "ok",
    "words",
    "lxc",
    "lxc_older",
    "stop_type",
    "stop_user",
    "stop_at",
    "stop_ok",
    "holder_type",
    "holder_user",
    "holder_begin",
    "holder_upid",
    "operation",
    "operation_begin",
    "operation_status",
    "lock_pid",
    "lock_command",
    "kernel",
    "node_booted",
    "startall",
    "pure_cgroup_v2",
];

/// Facts of each record of `host: configuration`. The facts of the check are lists of them.
pub const CONFIGURATION_FACTS: &[&str] = &[
    "key",
    "value",
    "kind",
    "name",
    "state",
    "path",
    "storage",
    "storage_type",
    "storage_state",
    "allows_containers",
    "storage_path",
    "not_mounted",
    "nodes",
    "dataset_mounted",
    "read_only",
    "noexec",
    "content",
    "free_blocks",
    "free_inodes",
    "pool_free",
    "unreadable",
    "empty",
    "os_release",
    "os",
    "os_version",
    "debian_version",
    "release_file",
    "immutable",
    "init",
    "init_state",
    "interpreter",
    "machine",
    "target",
    "obstacle",
    "configured",
    "mtu_fits",
    "veth",
    "veth_state",
    "optional",
    "creates",
    "line",
    "needs",
    "file",
    "with",
];

/// Facts of `host: backups`.
pub const BACKUP_FACTS: &[&str] = &[
    "last",
    "failed_at",
    "error",
    "upid",
    "job",
    "schedule",
    "allowed",
    "counted_from",
];

/// The group of facts that a runbook with `history` has.
pub const HISTORY: &str = "history";

/// Facts of `history`.
pub const HISTORY_FACTS: &[&str] = &[
    "failed_at",
    "said",
    "answered",
    "not_ready_logged",
    "visible",
    "arrival",
    "complete",
    "unchanged_since",
    "untouched",
    "state",
    "delivery",
    "systemd",
    "started",
    "up",
    "last_reload",
    "failed_push",
    "failed_push_of",
    "pushed_since",
    "delivery_at_reload",
    "pushing",
    "creating_push_began",
    "pushed_at_failure",
    "pushed_later",
    "is_certain",
    "current",
    "still_absent",
];

/// Names that a var, let, check or fact cannot have.
pub fn is_reserved(name: &str) -> bool {
    name == ITEM
        || name == "facts"
        || name == HISTORY
        || GLOBALS.contains(&name)
        || OWN.contains(&name)
        || CHECK_ATTRIBUTES.contains(&name)
}

/// The facts that a check can have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactNames {
    /// The known facts.
    pub names: BTreeSet<String>,
    /// Any other name can also be a fact: a key of the JSON output.
    pub open: bool,
    /// Each fact is a list: one value per record or item.
    pub lists: bool,
}

impl FactNames {
    /// The facts of a check.
    pub fn of(check: &Check) -> Self {
        let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let repeated = check.each.is_some() || check.for_each.is_some();
        if let Some(probe) = &check.host {
            return Self {
                names: fixed(match probe {
                    HostProbe::Container => CONTAINER_FACTS,
                    HostProbe::Node => NODE_FACTS,
                    HostProbe::Tasks(_) => TASK_FACTS,
                    HostProbe::Source(_) => SOURCE_FACTS,
                    HostProbe::LastStart => LAST_START_FACTS,
                    HostProbe::Configuration => CONFIGURATION_FACTS,
                    HostProbe::Backups => BACKUP_FACTS,
                }),
                open: false,
                lists: repeated || matches!(probe, HostProbe::Tasks(_) | HostProbe::Configuration),
            };
        }
        let mut facts = Self {
            open: check.each == Some(Each::Json)
                && check
                    .facts
                    .as_ref()
                    .is_none_or(|spec| spec.fields.is_empty()),
            lists: repeated,
            ..Self::default()
        };
        if let Some(spec) = &check.facts {
            facts.names.extend(spec.fields.keys().cloned());
            for pattern in &spec.patterns {
                let groups: Vec<_> = match fact_pattern(pattern) {
                    Ok(regex) => regex.capture_names().flatten().map(str::to_owned).collect(),
                    Err(_) => Vec::new(),
                };
                // A pattern without facts is an error itself, and which ones it should have is not known.
                facts.open |= groups.is_empty();
                facts.names.extend(groups);
            }
        }
        facts
    }

    /// Whether `name` can be a fact.
    pub fn has(&self, name: &str) -> bool {
        self.open || self.names.contains(name)
    }
}
