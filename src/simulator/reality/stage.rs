//! A container of the lab in which histories are played, and what really happened there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::commands::{lab, pct, quiet, succeed, wall};
use super::play::{Done, Part, Play};
use super::{PRIVILEGED, SUITES, UNPRIVILEGED};
use crate::evidence::recording::Recording;
use crate::simulator::event::{Delivery, Event, Fault, How};
use crate::simulator::history::{History, Inputs};
use crate::simulator::property::number;
use crate::simulator::shrink::PLAIN;
use crate::simulator::world::Setup;
use crate::simulator::{EPOCH, MILLI, Nanos, SECOND};

/// The time between two actions.
pub(super) const GAP: Duration = Duration::from_millis(250);
/// Time of the model at which the container is made.
const MADE: Nanos = SECOND;
pub(super) const LAB: &str = "/var/lib/lxcdiag-lab";

/// A container.
pub(super) struct Stage {
    pub(super) id: u32,
    systemd: u32,
    pub(super) unprivileged: bool,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.unprivileged { "un" } else { "" };
        write!(f, "systemd {}, {kind}privileged", self.systemd)
    }
}

/// A history as it was played, in the model's time.
pub(super) struct Played {
    pub(super) history: History,
    pub(super) recording: Recording,
    /// What the clock showed at the model's beginning, less what it shows in the model.
    pub(super) offset: Nanos,
    /// When the history proper began.
    pub(super) began: Nanos,
    /// How far the time of an action may be from the one noted.
    pub(super) slack: Nanos,
}

fn parts(event: &Event) -> &'static [Part] {
    match event {
        Event::Deliver(delivery) => match (delivery.how, delivery.fault) {
            (How::Link, _) => &[Part::Whole],
            (How::Push, Some(Fault::SourceMissing | Fault::SourceIsDirectory | Fault::Locked)) => {
                &[Part::Whole]
            }
            _ => &[Part::Begin, Part::Open, Part::Close],
        },
        _ => &[Part::Whole],
    }
}

/// For each push, by the number of its event, when it gets the container's lock: one has it at a time.
fn lock_times(history: &History) -> BTreeMap<usize, Nanos> {
    let mut free_at = Nanos::MIN;
    let events = history.events.iter().enumerate();
    let pushes = events.filter_map(|(id, (at, event))| match event {
        Event::Deliver(push) if push.how == How::Push && push.fault != Some(Fault::Locked) => {
            let starts = free_at.max(*at);
            free_at = starts + push.opens_after + push.takes + MILLI;
            Some((id, starts))
        }
        _ => None,
    });
    pushes.collect()
}

/// Whether no push waits too long for one that goes on.
pub(super) fn every_push_gets_the_lock(history: &History) -> bool {
    let waits = |(id, starts): (&usize, &Nanos)| *starts - history.events[*id].0;
    lock_times(history)
        .iter()
        .map(waits)
        .all(|it| it < 9 * SECOND)
}

/// The part of a history that a real container can play.
pub(super) fn as_playable(history: &History, setup: Setup) -> History {
    let is_playable = |event: &Event| {
        !matches!(
            event,
            Event::Made(_)
                | Event::ReadOnly(_)
                | Event::Full(_)
                | Event::Snapshot
                | Event::Rollback
                | Event::Restore
                | Event::HostReboot
                | Event::LxcdiagRun
                | Event::StepClock(_)
        )
    };
    let events = history.events.iter();
    History {
        setup,
        events: events
            .filter(|(_, event)| is_playable(event))
            .copied()
            .collect(),
        run_at: history.run_at,
        inputs: Inputs {
            unit: history.inputs.unit,
            allows_changes: history.inputs.allows_changes,
            ..Inputs::NONE
        },
    }
}

impl Stage {
    /// The containers, all of them up.
    pub(super) fn all() -> Vec<Self> {
        let first = number("LXCDIAG_TEST_FIRST_CT", 1_000);
        let mut stages = Vec::new();
        for (at, (suite, systemd)) in (0..).zip(SUITES) {
            let ids = [first + PRIVILEGED + at, first + UNPRIVILEGED + at].map(|id| id.to_string());
            let options = [
                "up",
                "--suite",
                suite,
                "--ct",
                &ids[0],
                "--unprivileged-ct",
                &ids[1],
            ];
            succeed(lab().args(options));
            for (id, unprivileged) in ids.iter().zip([false, true]) {
                stages.push(Self {
                    id: id.parse().expect("a number"),
                    systemd,
                    unprivileged,
                });
            }
        }
        stages
    }

    fn setup(&self) -> Setup {
        Setup {
            systemd: self.systemd,
            unprivileged: self.unprivileged,
            tick: 4 * MILLI,
            ..PLAIN
        }
    }

    /// Plays a history, and runs lxcdiag at its end.
    pub(super) fn play(&self, history: &History) -> Played {
        let history = as_playable(history, self.setup());
        let directory = tempfile::tempdir().expect("a directory");
        let mut play = Play {
            stage: self,
            directory: directory.path(),
            going: BTreeMap::new(),
            is_up: false,
            longest: 0,
        };
        let offset = wall() - EPOCH - MADE;
        let before = play.make(&history);
        let mut begun = Vec::new();
        for (at, (id, part)) in in_order(&history) {
            sleep(GAP);
            begun.push((at, id, part, play.act(id, part, &history.events[id].1)));
        }
        sleep(GAP);
        let run_at = wall();
        let recording = self.record(&history.inputs, directory.path());
        drop(play.going);
        let at = |wall: Nanos| wall - EPOCH - offset;
        let mut events: Vec<_> = before
            .iter()
            .map(|(wall, event)| (at(*wall), *event))
            .collect();
        let began = begun
            .first()
            .map_or(at(run_at), |(.., done)| at(done.during.0));
        for (id, (_, event)) in history.events.iter().enumerate() {
            let done = |part| {
                let mut parts = begun
                    .iter()
                    .filter(|(_, of, it, _)| *of == id && *it == part);
                parts.next().map(|(.., done)| *done)
            };
            // When the last push before had ended.
            let mut pushes = begun.iter().rev().skip_while(|(_, of, ..)| *of != id);
            let freed = pushes.find(|(_, of, part, _)| {
                let is_end = matches!(part, Part::Whole | Part::Close);
                *of != id && is_end && is_push(&history.events[*of].1)
            });
            let freed = freed.map_or(0, |(.., done)| done.during.1);
            let played = as_played(event, freed, done);
            events.extend(played.map(|(wall, event)| (at(wall), event)));
        }
        events.sort_by_key(|(at, _)| *at);
        Played {
            history: History {
                events,
                run_at: at(run_at),
                ..history
            },
            recording,
            offset,
            began,
            slack: play.longest / 2 + 60 * MILLI,
        }
    }

    /// Runs the built lxcdiag, which is beside this test.
    fn record(&self, inputs: &Inputs, directory: &Path) -> Recording {
        let test = std::env::current_exe().expect("a path");
        let binary = test
            .ancestors()
            .nth(2)
            .expect("a directory")
            .join("lxcdiag");
        let file = directory.join("recording.json");
        let mut command = Command::new(&binary);
        command.args(["run", "race-condition", "--ct", &self.id.to_string()]);
        command.arg("--pct").arg(pct()).arg("--record").arg(&file);
        command.args(["--var", &format!("unit={}", inputs.unit_name())]);
        command.arg(match inputs.allows_changes {
            true => "--allow-changes",
            false => "--read-only",
        });
        command.env("LXCDIAG_HOST_ROOT", format!("{LAB}/host"));
        command.env("XDG_STATE_HOME", directory);
        let output = quiet(&mut command);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!(
                "{binary:?}: {error}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        });
        serde_json::from_str(&text).expect("a recording")
    }

    pub(super) fn inside(&self, script: &str) -> Command {
        let mut command = Command::new(pct());
        command.args(["exec", &self.id.to_string(), "--", "sh", "-c", script]);
        command
    }

    /// A script that the host's root runs with the container's root directory.
    pub(super) fn on_host(&self, script: &str) -> Command {
        let init = self.init().expect("a running container");
        let mut command = Command::new("chroot");
        command.args([&format!("/proc/{init}/root"), "sh", "-c", script]);
        command
    }

    /// The container's first process.
    pub(super) fn init(&self) -> Option<u32> {
        let output = quiet(Command::new("lxc-info").args(["-n", &self.id.to_string(), "-p", "-H"]));
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    }

    /// Files of the host's task log that belong to the container.
    pub(super) fn task_outputs(&self, kind: &str) -> Vec<PathBuf> {
        let tasks = format!("{LAB}/host/var/log/pve/tasks");
        let ending = format!(":{kind}:{}:root@pam:", self.id);
        let directories = std::fs::read_dir(tasks).expect("a task log").flatten();
        let files = directories.filter_map(|entry| std::fs::read_dir(entry.path()).ok());
        let files = files.flatten().flatten().map(|entry| entry.path());
        files
            .filter(|path| path.to_string_lossy().ends_with(&ending))
            .collect()
    }

    /// When the last task of a kind began.
    pub(super) fn last_task(&self, kind: &str) -> Nanos {
        let born = |path: &PathBuf| {
            let created = std::fs::metadata(path).and_then(|data| data.created());
            let since = created
                .expect("a birth")
                .duration_since(SystemTime::UNIX_EPOCH);
            since.expect("a clock after 1970").as_nanos() as Nanos
        };
        self.task_outputs(kind)
            .iter()
            .map(born)
            .max()
            .expect("a task")
    }
}

/// The actions of a history in their order.
fn in_order(history: &History) -> Vec<(Nanos, (usize, Part))> {
    let lock_times = lock_times(history);
    let mut actions = Vec::new();
    for (id, (at, event)) in history.events.iter().enumerate() {
        let starts = *lock_times.get(&id).unwrap_or(at);
        for part in parts(event) {
            let at = match (event, part) {
                (Event::Deliver(delivery), Part::Open) => starts + delivery.opens_after,
                (Event::Deliver(delivery), Part::Close) => {
                    starts + delivery.opens_after + delivery.takes
                }
                // It is a command to its end, and cannot wait for the end of another.
                (_, Part::Whole) => starts,
                _ => *at,
            };
            actions.push((at, (id, *part)));
        }
    }
    actions.sort_by_key(|(at, (id, part))| (*at, *id, *part));
    actions
}

fn is_push(event: &Event) -> bool {
    matches!(event, Event::Deliver(delivery) if delivery.how == How::Push)
}

/// An event with the times at which its parts were done. The lock of the container was `freed` before it was opened.
fn as_played(
    event: &Event,
    freed: Nanos,
    done: impl Fn(Part) -> Option<Done>,
) -> Option<(Nanos, Event)> {
    let middle = |part| done(part).map(|it| it.during.middle());
    match event {
        Event::Boot { .. } => done(Part::Whole)?.booted,
        Event::Deliver(delivery) if middle(Part::Begin).is_some() => {
            let (begin, open) = (middle(Part::Begin)?, middle(Part::Open)?);
            let starts = if is_push(event) {
                begin.max(freed)
            } else {
                begin
            };
            let delivery = Delivery {
                opens_after: (open - starts).max(MILLI),
                takes: middle(Part::Close)? - open,
                ..*delivery
            };
            Some((begin, Event::Deliver(delivery)))
        }
        Event::Deliver(delivery) if delivery.how == How::Push => {
            let during = done(Part::Whole)?.during;
            let delivery = Delivery {
                opens_after: (during.1 - during.0) / 2,
                takes: MILLI,
                ..*delivery
            };
            Some((during.0, Event::Deliver(delivery)))
        }
        event => Some((middle(Part::Whole)?, *event)),
    }
}
