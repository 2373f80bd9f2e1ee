//! The probes of the host.

use base16ct::lower::encode_string;
use sha2::{Digest as _, Sha256};

use super::Reply;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::provision_log::LoggedTask;
use crate::evidence::time::{FILE_STAMP_SLACK, Interval};
use crate::runbook::HostProbe;
use crate::simulator::unit_text::Text;
use crate::simulator::world::{Task, World};
use crate::simulator::{EPOCH, MILLI, SECOND};

fn text(text: &str) -> Fact {
    Fact::Text(text.to_owned())
}

fn facts<const N: usize>(facts: [(&str, Option<Fact>); N]) -> Facts {
    let present = |(name, fact): (&str, Option<Fact>)| Some((name.to_owned(), fact?));
    facts.into_iter().filter_map(present).collect()
}

/// Answers a probe.
pub(super) fn probe(world: &World, probe: &HostProbe, source: Text) -> Reply {
    Reply::found(match probe {
        HostProbe::Container => vec![facts([
            (
                "config",
                Some(text("arch: amd64\nhostname: ct958\nostype: debian")),
            ),
            ("hostname", Some(text("ct958"))),
            ("ostype", Some(text("debian"))),
            ("running", Some(Fact::Bool(true))),
            ("status", Some(text("running"))),
            ("template", Some(Fact::Bool(false))),
            ("unprivileged", Some(Fact::Bool(world.setup.unprivileged))),
        ])],
        HostProbe::Node => vec![facts([
            ("kernel", Some(text("6.8.12-1-pve"))),
            ("node", Some(text("pve1"))),
            ("pve_manager", Some(text("8.4.1"))),
        ])],
        HostProbe::Tasks(kinds) => world
            .tasks
            .iter()
            .filter(|task| kinds.is_empty() || kinds.iter().any(|kind| kind == task.kind))
            .map(|task| record(world, task))
            .collect(),
        // The model is about pushes; no container of it fails to start.
        HostProbe::LastStart | HostProbe::Configuration | HostProbe::Backups => Vec::new(),
        HostProbe::Source(_) => {
            let bytes = source.bytes();
            vec![facts([
                ("size", Some(Fact::Int(bytes.len() as i64))),
                ("sha256", Some(text(&encode_string(&Sha256::digest(bytes))))),
            ])]
        }
    })
}

/// When a task began, as `host::tasks` knows it: within a tick of the clock, if that agrees with the second.
fn began(world: &World, task: &Task) -> Interval {
    const TICK: i64 = 10 * MILLI;
    let second = task.began_wall.div_euclid(SECOND);
    // The host's boot is where today's clock has it.
    let boot = world.wall() - (world.now - world.host_booted);
    let precise = Interval::new(boot + task.ticks * TICK, boot + (task.ticks + 1) * TICK);
    let whole = Interval::new(second * SECOND, (second + 1) * SECOND);
    let agrees = precise.end >= whole.start && precise.start < whole.end + SECOND / 4;
    if agrees { precise } else { whole }
}

/// The tasks with which `run --log` compares a log.
pub(in crate::simulator) fn logged_tasks(world: &World) -> Vec<LoggedTask> {
    let tasks = world.tasks.iter();
    tasks
        .map(|task| LoggedTask {
            kind: task.kind.to_owned(),
            begin: began(world, task).start,
        })
        .collect()
}

/// A task as `host::tasks` records it: it ended when its output was last written.
fn record(world: &World, task: &Task) -> Facts {
    let begin = began(world, task);
    let (ticks, second) = (task.ticks, task.began_wall.div_euclid(SECOND));
    let upid = format!(
        "UPID:pve1:{:08X}:{ticks:08X}:{second:08X}:{}:{}:root@pam:",
        0x4000 + task.number,
        task.kind,
        task.ct
    );
    let end = task.ended_wall.map(|wall| match task.has_output {
        true => {
            let stamp = wall - wall.rem_euclid(world.setup.tick);
            Interval::new(stamp, stamp + FILE_STAMP_SLACK)
        }
        false => {
            let second = wall.div_euclid(SECOND) * SECOND;
            Interval::new(second, second + SECOND)
        }
    });
    let status = task.status.as_deref();
    let output = match status {
        None => String::new(),
        Some("OK") => "TASK OK\n".to_owned(),
        Some(error) => format!("TASK ERROR: {error}\n"),
    };
    facts([
        ("upid", Some(text(&upid))),
        ("type", Some(text(task.kind))),
        ("user", Some(text("root@pam"))),
        ("begin", Some(Fact::Time(begin))),
        ("end", end.map(Fact::Time)),
        ("ok", status.map(|status| Fact::Bool(status == "OK"))),
        ("status", status.map(text)),
        ("text", task.has_output.then(|| text(&output))),
    ])
}

/// The clock's beginning lies within the years that a UPID can hold.
const _: () = assert!(EPOCH / SECOND < 1 << 32);
