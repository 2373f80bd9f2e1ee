//! The files in the directory `runbooks`, as text in the binary.

/// Pairs of a name and the text of its file. The first argument is the directory of the files.
macro_rules! texts {
    ($directory:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../", $directory, "/", $name, ".yaml")))),*]
    };
}

/// The built-in runbooks, by name.
pub(super) const RUNBOOKS: &[(&str, &str)] = texts!("runbooks":
    "auto"
    "device"
    "dns"
    "docker"
    "health"
    "idmap"
    "limits"
    "locked"
    "nesting"
    "network"
    "race-condition"
    "race-probe"
    "race-risk"
    "slow"
    "start-failed"
    "storage"
    "unit-failed"
);

/// What built-in runbooks include.
pub(super) const PARTS: &[(&str, &str)] = texts!("runbooks/parts":
    "file-systems"
    "health-certificates"
    "health-essentials"
    "health-files"
    "health-journal"
    "health-mounts"
    "health-network"
    "health-packages"
    "health-units"
    "health-upkeep"
    "last-run"
    "lookup"
    "memory"
    "name-servers"
    "names"
    "network"
    "network-addresses"
    "network-links"
    "race-push"
    "race-timing"
    "race-unit"
    "repairs"
    "start-devices"
    "start-init"
    "start-lxc"
    "start-refused"
    "start-rootfs"
    "start-storage"
    "systemd"
    "unit-endings"
    "unit-file"
    "unit-messages"
    "unit-queue"
    "unit-settings"
    "unit-state"
    "unit-steps"
    "unit-words"
);
