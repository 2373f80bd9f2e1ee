//! What was found, as plain data: recordings, typed facts, times, the failures in a provisioning log.

pub mod check_key;
pub mod container_id;
pub mod explored;
pub mod fact;
mod output;
pub(crate) mod provision_log;
pub mod recording;
pub mod script;
pub mod time;
pub mod trace;

/// Where systemd looks for the units of the system (systemd.unit(5)); not below.
pub const UNIT_DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
