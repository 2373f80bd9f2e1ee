//! `journalctl`.

use super::Reply;
use crate::simulator::world::{Record, World};

/// From this version on, `-g` with `-n` prints the newest message first.
const REVERSES: u32 = 250;

fn json(record: &Record) -> String {
    let message = record.message.replace('\\', "\\\\").replace('"', "\\\"");
    let (wall, monotonic) = (record.wall / 1_000, record.monotonic / 1_000);
    let boot = record.boot;
    format!(
        "{{\"__REALTIME_TIMESTAMP\":\"{wall}\",\"__MONOTONIC_TIMESTAMP\":\"{monotonic}\",\"_BOOT_ID\":\"{boot:032x}\",\"MESSAGE\":\"{message}\"}}\n"
    )
}

fn answer(records: Vec<&Record>) -> String {
    records.into_iter().map(json).collect()
}

/// Reloads, start-ups and unmounts of PID 1, by `-g`.
pub(super) fn of_pid1(world: &World) -> Reply {
    let is_wanted = |record: &&Record| {
        let message = &record.message;
        message.starts_with("Reload")
            || message.starts_with("Startup finished")
            || message.contains(".mount: ")
    };
    let mut records: Vec<_> = world.journal().iter().filter(is_wanted).collect();
    if world.setup.systemd >= REVERSES {
        records.reverse();
    }
    match records.is_empty() {
        true => Reply::exits(1, "", ""),
        false => Reply::prints(answer(records)),
    }
}

/// Messages about a unit.
pub(super) fn of_unit(world: &World, unit: &str) -> Reply {
    let is_wanted = |record: &&Record| record.unit == Some(unit);
    Reply::prints(answer(world.journal().iter().filter(is_wanted).collect()))
}

/// `-u systemd`: there is no such unit.
pub(super) fn of_unit_systemd(world: &World) -> Reply {
    let is_there = world.setup.has_journal && world.setup.is_init;
    Reply::exits(
        0,
        "-- No entries --\n",
        match is_there {
            true => "",
            false => "No journal files were found.\n",
        },
    )
}
