//! What each check of the runbook would print now. One function for a kind of command; the ids of the
//! checks are here alone.

mod files;
mod host;
mod journal;
mod lookup;
mod systemctl;

pub(super) use host::logged_tasks;

use super::unit_text::Text;
use super::world::{UNIT_DIR, Verb, World};
use crate::evidence::fact::Facts;
use crate::evidence::recording::Ending;
use crate::runbook::HostProbe;

/// A check as it is asked.
pub(super) struct Question<'a> {
    pub(super) check: &'a str,
    /// The unit that is asked about.
    pub(super) unit: &'a str,
    pub(super) probe: Option<&'a HostProbe>,
    /// The text of the source on the host.
    pub(super) source: Text,
}

/// The answer to a command.
pub(super) struct Reply {
    pub(super) ending: Ending,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) found: Vec<Facts>,
}

impl Reply {
    pub(super) fn exits(
        status: i32,
        stdout: impl Into<Vec<u8>>,
        stderr: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            ending: Ending::Exited(status),
            stdout: stdout.into(),
            stderr: stderr.into(),
            found: Vec::new(),
        }
    }

    pub(super) fn errors(reason: &str) -> Self {
        Self {
            ending: Ending::Errored(reason.to_owned()),
            ..Self::prints("")
        }
    }

    fn prints(stdout: impl Into<Vec<u8>>) -> Self {
        Self::exits(0, stdout, "")
    }

    fn fails(stderr: impl Into<Vec<u8>>) -> Self {
        Self::exits(1, "", stderr)
    }

    fn found(found: Vec<Facts>) -> Self {
        Self {
            ending: Ending::Probed,
            found,
            ..Self::prints("")
        }
    }
}

/// Answers a check.
///
/// # Panics
/// With a check that the simulator does not know.
pub(super) fn answer(world: &mut World, question: &Question<'_>) -> Reply {
    let unit = question.unit;
    let path = format!("{UNIT_DIR}/{unit}");
    if let Some(probe) = question.probe {
        return host::probe(world, probe, question.source);
    }
    match question.check {
        "stamp" => files::stat(world, &path),
        "target" => files::stat_target(world, &path),
        "mounts" => files::mount_points(world),
        "dir_stamp" => files::stat_directory(world, UNIT_DIR),
        "unit_dir" => files::list(world, UNIT_DIR),
        "unit_file" => files::cat(world, &path),
        "sum" => files::checksum(world, &path),
        "links" => files::find_links(world, unit),
        "elsewhere" => files::find_named(world, unit),
        "arrivals" => files::find_units(world, UNIT_DIR),
        "filesystem" => files::space(world, UNIT_DIR),
        "pid1" => journal::of_pid1(world),
        "journal_u_systemd" => journal::of_unit_systemd(world),
        "unit_log" => journal::of_unit(world, unit),
        "system" => systemctl::is_system_running(world),
        "init" => Reply::prints(match world.setup.is_init {
            true => "systemd\n",
            false => "sleep\n",
        }),
        "load" => systemctl::show(world, unit),
        "unit_files" => systemctl::list_unit_files(world, unit),
        "is_enabled" => systemctl::is_enabled(world, unit),
        "verify" => systemctl::verify(world, unit),
        "lookup" => lookup::lookup(world, unit),
        "counterfactual" => systemctl::enable_copy(world, unit),
        "reload" => said(world.run(super::event::Who::Lxcdiag, Verb::Reload)),
        "enable" => said(world.run_enable(unit)),
        other => panic!("the simulator has no answer to the check {other}"),
    }
}

fn said(said: super::world::Said) -> Reply {
    Reply::exits(said.status, "", line(&said.stderr))
}

fn line(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!("{text}\n"),
    }
}
