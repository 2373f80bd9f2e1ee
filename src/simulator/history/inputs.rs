//! What the user hands in: the time of the failure, a log, vars.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use crate::evidence::provision_log::{Log, LoggedFailure, proven_zone};
use crate::evidence::time::{Interval, StampSource, parse_time, rfc3339};
use crate::fixture::ct;
use crate::simulator::answers::logged_tasks;
use crate::simulator::event::Who;
use crate::simulator::world::{Ran, Refusal, Verb, World};
use crate::simulator::{CT, MILLI, MISTYPED, Nanos, SECOND, UNIT};

/// `--failed-at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum FailedAt {
    Missing,
    /// To the microsecond.
    Exact,
    ToSecond,
    /// So much later than it was, or earlier.
    Wrong {
        by: Nanos,
        to_second: bool,
    },
}

/// The zone of a log's stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum LogZone {
    /// Written, in hours ahead of UTC.
    Written(i8),
    /// Not written, but given with `--log-zone`.
    Stated(i8),
    /// Not written: the zone that it is in, and the one that lxcdiag assumes.
    Unwritten { actual: i8, assumed: i8 },
}

/// The unit whose failure a log contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum LogAbout {
    ThisUnit,
    /// Another unit's, which fails at each command of this one's script.
    OtherUnit,
    /// The unit's in another container, likewise.
    OtherContainer,
}

/// `--log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct LogGiven {
    pub(in crate::simulator) zone: LogZone,
    pub(in crate::simulator) about: LogAbout,
    /// How long after an event its line is written, and stamped.
    pub(in crate::simulator) lag: Nanos,
    /// Whether its stamps have milliseconds.
    pub(in crate::simulator) has_millis: bool,
    /// Whether it shows the commands, as `set -x` does.
    pub(in crate::simulator) has_commands: bool,
    /// Whether it has all runs of the script, and not one alone.
    pub(in crate::simulator) has_all_runs: bool,
    /// Whether it was copied since, so that its own time is that of the copy.
    pub(in crate::simulator) is_copied: bool,
}

/// `--var unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum UnitGiven {
    Default,
    Right,
    Mistyped,
}

/// `--var source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum SourceGiven {
    Missing,
    /// The file that the last delivery was made from.
    Delivered,
    /// A later version of it.
    Later,
}

/// Why a check gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum NoAnswer {
    TimedOut,
    /// Its program is not installed.
    NotInstalled,
    /// It could not be begun.
    Errored,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Inputs {
    pub(in crate::simulator) failed_at: FailedAt,
    pub(in crate::simulator) log: Option<LogGiven>,
    pub(in crate::simulator) unit: UnitGiven,
    pub(in crate::simulator) source: SourceGiven,
    pub(in crate::simulator) allows_changes: bool,
    /// Checks that get no answer.
    pub(in crate::simulator) unanswered: Vec<(String, NoAnswer)>,
}

impl Inputs {
    /// Nothing.
    pub(in crate::simulator) const NONE: Self = Self {
        failed_at: FailedAt::Missing,
        log: None,
        unit: UnitGiven::Default,
        source: SourceGiven::Missing,
        allows_changes: false,
        unanswered: Vec::new(),
    };

    /// The unit that is asked about.
    pub(in crate::simulator) const fn unit_name(&self) -> &'static str {
        match self.unit {
            UnitGiven::Mistyped => MISTYPED,
            _ => UNIT,
        }
    }

    /// The values of vars.
    pub(in crate::simulator) fn vars(&self) -> Vec<String> {
        let mut vars = Vec::new();
        if self.unit != UnitGiven::Default {
            vars.push(format!("unit={}", self.unit_name()));
        }
        if self.source != SourceGiven::Missing {
            vars.push(format!("source=/srv/provision/{UNIT}"));
        }
        vars
    }

    /// The moment that the user says it failed at, in true time.
    pub(in crate::simulator) fn stated_failure(&self, world: &World) -> Option<Nanos> {
        match self.failed_at {
            FailedAt::Missing => None,
            FailedAt::Exact | FailedAt::ToSecond => Some(first_failure(world)?.at),
            FailedAt::Wrong { by, to_second } => {
                let failed = first_failure(world);
                let mut asked = world.commands.iter().rev();
                let at = match failed {
                    Some(ran) => ran.at,
                    None => asked.find(|ran| ran.at < world.asked_at)?.at,
                };
                let second = |at| world.wall_at(at).div_euclid(SECOND);
                // Who states the right second is right.
                let is_right = failed.is_some() && to_second && second(at) == second(at + by);
                Some(if is_right { at } else { at + by })
            }
        }
    }

    /// `--failed-at` as lxcdiag parses it.
    pub(in crate::simulator) fn stated_interval(&self, world: &World) -> Option<Interval> {
        let wall = world.wall_at(self.stated_failure(world)?);
        let to_second = matches!(
            self.failed_at,
            FailedAt::ToSecond
                | FailedAt::Wrong {
                    to_second: true,
                    ..
                }
        );
        let text = match to_second {
            true => format!("@{}", wall.div_euclid(SECOND)),
            false => rfc3339(wall),
        };
        parse_time(text.trim_start_matches('@'), StampSource::User)
    }

    /// The failures of the unit that the log contains: of its last run the first of each command, and the first after
    /// the run's first command is given again, since which of them is asked about is a matter of taste.
    pub(in crate::simulator) fn logged_failures(&self, world: &World) -> Vec<Nanos> {
        let Some((log, first)) = self.log.zip(first_failure(world)) else {
            return Vec::new();
        };
        let run = first.who.run();
        if log.about != LogAbout::ThisUnit
            || !is_logged(first.who)
            || self.failure_of_earlier_run(world).is_some()
        {
            return Vec::new();
        }
        let shown = || failed_commands(world).filter(|ran| ran.who.run() == run && is_shown(ran));
        let mut failures: Vec<_> = [Verb::Reload, Verb::Enable]
            .into_iter()
            .filter_map(|verb| shown().find(|ran| ran.verb == verb))
            .map(|ran| ran.at)
            .collect();
        if log.has_commands {
            let again = given_again(world, run);
            failures.extend(again.filter_map(|at| Some(shown().find(|ran| ran.at >= at)?.at)));
        }
        failures
    }

    /// The last failure that a log of all runs shows, if a later run shows none.
    pub(in crate::simulator) fn failure_of_earlier_run(&self, world: &World) -> Option<Nanos> {
        let log = self.log.filter(|log| log.about == LogAbout::ThisUnit)?;
        let shown = || failed_commands(world).filter(|ran| is_logged(ran.who) && is_shown(ran));
        let run = shown().filter_map(|ran| ran.who.run()).max();
        let last = world.commands.iter().filter_map(|ran| ran.who.run()).max();
        let failed = shown().find(|ran| ran.who.run() == run)?;
        (log.has_all_runs && run != last).then_some(failed.at)
    }

    /// The failures that lxcdiag reads in the log, as `run --log` does it.
    pub(in crate::simulator) fn failures(&self, world: &World) -> Option<Vec<LoggedFailure>> {
        let log = self.log?;
        let fixed = |hours| TimeZone::fixed(Offset::constant(hours));
        let (text, last) = log.text(world);
        let written = match log.is_copied {
            true => world.wall(),
            false => world.wall_at(last) + log.lag,
        };
        let written = Timestamp::from_nanosecond(i128::from(written)).unwrap();
        let (stated, assumed) = match log.zone {
            LogZone::Written(_) => (None, 0),
            LogZone::Stated(hours) => (Some(fixed(hours)), hours),
            LogZone::Unwritten { assumed, .. } => (None, assumed),
        };
        let tasks = logged_tasks(world);
        let known = stated.or_else(|| proven_zone(&text, written, ct(CT), &tasks));
        let log = Log {
            file: "provision.log",
            zone_is_assumed: known.is_none(),
            text: &text,
            whole: true,
            written,
            zone: &known.unwrap_or_else(|| fixed(assumed)),
        };
        Some(log.failures(ct(CT)))
    }

    /// Whether a user could hand this in.
    pub(in crate::simulator) fn are_possible(&self, world: &World) -> bool {
        // lxcdiag refuses a failure in the future.
        let in_time = |at: Nanos| {
            let has_booted = world.boot_at(at).is_some();
            has_booted && at + SECOND < world.now && world.wall_at(at) + SECOND < world.wall()
        };
        let stated = match self.failed_at {
            FailedAt::Missing => true,
            _ => self.stated_failure(world).is_some_and(in_time),
        };
        let failures = self.failures(world).unwrap_or_default();
        let log = failures.iter().all(|failure| {
            let is_past = |at: Interval| at.start <= world.wall();
            failure.at.is_none_or(is_past)
        });
        // The unit of a log about another one is not asked about unless it is named.
        let named = self
            .log
            .is_none_or(|log| log.about != LogAbout::OtherUnit || self.unit != UnitGiven::Default);
        stated && log && named
    }
}

/// The commands of the container that did not do their work, in their order.
pub(in crate::simulator) fn failed_commands(world: &World) -> impl Iterator<Item = &Ran> {
    world.commands.iter().filter(|ran| {
        let refusal = ran.said.refusal;
        let is_past = ran.at < world.asked_at;
        is_past && ran.who != Who::Lxcdiag && !matches!(refusal, None | Some(Refusal::Stopped))
    })
}

/// The first failure of the last run of the script that has one; else the first of anybody's.
pub(in crate::simulator) fn first_failure(world: &World) -> Option<&Ran> {
    let last_run = failed_commands(world).filter_map(|ran| ran.who.run()).max();
    failed_commands(world).find(|ran| last_run.is_none() || ran.who.run() == last_run)
}

/// What exits with 0 is no failure to the reader of a log.
const fn is_shown(ran: &Ran) -> bool {
    ran.said.status != 0
}

/// When a run of the script gives its first command again.
fn given_again(world: &World, run: Option<u8>) -> impl Iterator<Item = Nanos> {
    let of_run = |who: Who| is_logged(who) && who.run() == run;
    let pushes = world.deliveries.values();
    let pushes = pushes.filter(|it| it.is_push && of_run(it.who));
    let mut given: Vec<_> = pushes.map(|it| (it.began, None)).collect();
    let commands = world.commands.iter().filter(|ran| of_run(ran.who));
    given.extend(commands.map(|ran| (ran.at, Some(ran.verb))));
    given.sort_by_key(|(at, _)| *at);
    let first = given.first().copied();
    let is_again = move |(at, verb): &(Nanos, Option<Verb>)| {
        first.is_some_and(|(began, first)| *at > began && *verb == first)
    };
    given.into_iter().filter(is_again).map(|(at, _)| at)
}

const fn is_logged(who: Who) -> bool {
    matches!(who, Who::Script(_) | Who::Background(_))
}

impl LogGiven {
    /// The log of the script's last run, and the time of its last line.
    fn text(&self, world: &World) -> (String, Nanos) {
        let (unit, ct) = match self.about {
            LogAbout::ThisUnit => (UNIT, CT),
            LogAbout::OtherUnit => ("worker.service", CT),
            LogAbout::OtherContainer => (UNIT, CT + 1),
        };
        let last_failed = first_failure(world).and_then(|ran| ran.who.run());
        let runs = world.commands.iter().filter_map(|ran| ran.who.run());
        let run = last_failed.or(runs.max());
        let mut lines = vec![];
        let of_run = |who: Who| is_logged(who) && (self.has_all_runs || who.run() == run);
        for delivered in world.deliveries.values() {
            if of_run(delivered.who) && delivered.is_push {
                let command = format!("pct push {ct} ./{UNIT} {}", delivered.path);
                lines.push((delivered.began, true, command));
                if let Some(message) = &delivered.message {
                    let ended = delivered.ended.unwrap_or(delivered.began);
                    lines.push((ended, false, message.clone()));
                }
            }
        }
        for ran in world.commands.iter().filter(|ran| of_run(ran.who)) {
            let verb = match ran.verb {
                Verb::Reload if self.about == LogAbout::ThisUnit => "daemon-reload".to_owned(),
                _ => format!("enable {UNIT}"),
            };
            lines.push((
                ran.at - 30 * MILLI,
                true,
                format!("pct exec {ct} -- systemctl {verb}"),
            ));
            let said = match self.about {
                LogAbout::ThisUnit => ran.said.stderr.clone(),
                _ => format!("Failed to enable unit: Unit file {UNIT} does not exist."),
            };
            for line in said.lines() {
                lines.push((ran.at, false, line.to_owned()));
            }
        }
        lines.sort_by_key(|(at, is_command, _)| (*at, !is_command));
        let mut text = String::new();
        let last = lines.last().map_or(world.now, |(at, ..)| *at);
        for (at, is_command, line) in lines {
            if !is_command || self.has_commands {
                let mark = if is_command { "+ " } else { "" };
                let line = line.replace(UNIT, unit);
                let stamp = self.stamp(world.wall_at(at) + self.lag);
                text.push_str(&format!("{stamp} {mark}{line}\n"));
            }
        }
        (text, last)
    }

    fn stamp(&self, wall: Nanos) -> String {
        let (hours, suffix) = match self.zone {
            LogZone::Written(0) => (0, "Z".to_owned()),
            LogZone::Written(hours) => (hours, format!("{hours:+03}:00")),
            LogZone::Stated(actual) | LogZone::Unwritten { actual, .. } => (actual, String::new()),
        };
        let local = rfc3339(wall + Nanos::from(hours) * 3_600 * SECOND);
        let length = if self.has_millis { 23 } else { 19 };
        format!("{}{suffix}", &local[..length])
    }
}
