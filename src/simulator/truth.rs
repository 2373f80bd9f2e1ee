//! What is true of a history, computed from the world itself and not from what can be observed.
//!
//! A failure is known if `--failed-at` or the log contains it. Each hypothesis is then about that time, even
//! if the user gave a wrong one: it is true if it would be the reason of a failure of `systemctl enable` at
//! that time. A hypothesis whose truth is a matter of definition is absent, and is not judged.

mod at_failure;
mod now;

use std::collections::BTreeMap;

use at_failure::Failure;

use super::event::{Event, Place};
use super::history::{History, UnitGiven, failed_commands};
use super::unit_text::Content;
use super::world::{Delivered, Found, Look, World};
use super::{Nanos, WINDOW};

/// The hypotheses that are about the past.
const PAST: [&str; 5] = [
    "race-condition",
    "partial-write",
    "systemd-not-ready",
    "push-failed",
    "repaired-later",
];

/// Those that are about a state.
const STATES: [&str; 10] = [
    "file-missing",
    "file-misplaced",
    "broken-link",
    "unit-masked",
    "file-unreadable",
    "file-incomplete",
    "unit-malformed",
    "unit-not-enableable",
    "read-only-or-full",
    "not-systemd",
];

/// Hypotheses that are races.
const RACES: [&str; 3] = ["race-condition", "partial-write", "systemd-not-ready"];

/// A race of any kind.
pub(super) const RACE: &str = "a race";
/// Nothing failed, and nothing is wrong.
pub(super) const HEALTHY: &str = "healthy";

/// Which hypotheses are true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Truth(BTreeMap<&'static str, bool>);

impl Truth {
    /// Nothing holds.
    fn nothing() -> Self {
        let ids = PAST.into_iter().chain(STATES);
        Self(ids.map(|id| (id, false)).collect())
    }

    /// Whether a hypothesis is true; none if that is not judged.
    pub(super) fn of(&self, id: &str) -> Option<bool> {
        self.0.get(id).copied()
    }

    /// The hypotheses that are true.
    pub(super) fn held(&self) -> impl Iterator<Item = &'static str> {
        self.0
            .iter()
            .filter(|(_, holds)| **holds)
            .map(|(id, _)| *id)
    }

    /// The hypotheses that are not judged.
    pub(super) fn open(&self) -> impl Iterator<Item = &'static str> {
        let ids = PAST.into_iter().chain(STATES).chain([RACE, HEALTHY]);
        ids.filter(|id| !self.0.contains_key(id))
    }

    fn holds(&mut self, id: &'static str) {
        self.0.insert(id, true);
    }

    /// Leaves hypotheses to taste.
    fn leave_open(&mut self, ids: &[&str]) {
        self.0.retain(|id, _| !ids.contains(id));
    }

    /// The same with those hypotheses alone on which another truth agrees.
    fn agreeing(mut self, other: &Self) -> Self {
        self.0.retain(|id, holds| other.of(id) == Some(*holds));
        self
    }

    fn take(&mut self, other: &Self, ids: &[&'static str]) {
        for id in ids {
            match other.of(id) {
                Some(holds) => self.0.insert(id, holds),
                None => self.0.remove(id),
            };
        }
    }

    /// Adds what follows: whether it is a race of any kind.
    fn with_race(mut self) -> Self {
        let races = RACES.map(|id| self.of(id));
        if races.contains(&Some(true)) {
            self.0.insert(RACE, true);
        } else if races.iter().all(|race| *race == Some(false)) {
            self.0.insert(RACE, false);
        }
        self
    }

    fn with_healthy(mut self, healthy: Option<bool>) -> Self {
        if let Some(healthy) = healthy {
            self.0.insert(HEALTHY, healthy);
        }
        self
    }
}

/// What is true of a history that was played, and at whose end lxcdiag ran.
pub(super) fn truth(history: &History, world: &World) -> Truth {
    if history.inputs.unit == UnitGiven::Mistyped {
        // Nobody ever provisioned such a unit; whether it is missing or misplaced is a matter of words.
        let mut truth = Truth::nothing();
        truth.leave_open(&["file-missing", "file-misplaced", "repaired-later"]);
        truth.leave_open(&["not-systemd", "read-only-or-full"]);
        // It is true of the container, whatever the unit is.
        truth.leave_open(&["systemd-not-ready"]);
        return truth.with_race();
    }
    let case = Case { history, world };
    let known = match history.inputs.stated_failure(world) {
        Some(at) => vec![at],
        None => history.inputs.logged_failures(world),
    };
    if let Some(truth) = case.at_all(known.iter().copied()) {
        return truth.with_race().with_healthy(case.is_ill(&known));
    }
    let (truth, healthy) = case.without_failure();
    // A log of all runs does not always show that a later run has worked.
    let earlier = history.inputs.failure_of_earlier_run(world);
    let truth = match case.at_all(earlier.into_iter()) {
        Some(earlier) => truth.agreeing(&earlier),
        None => truth,
    };
    truth.with_race().with_healthy(healthy)
}

/// A history and its world.
struct Case<'a> {
    history: &'a History,
    world: &'a World,
}

impl Case<'_> {
    /// What is true if no failure is known, and whether the unit is healthy.
    fn without_failure(&self) -> (Truth, Option<bool>) {
        let world = self.world;
        let mut truth = self.now();
        if let Some(past) = self.at_all(failed_commands(world).map(|ran| ran.at)) {
            // A push that failed since keeps the file from being there now, though it was not why a command failed.
            let push_since = truth.of("push-failed") != past.of("push-failed");
            truth.take(&past, &PAST);
            // A state that is over may have been why it failed.
            for id in STATES.into_iter().filter(|id| past.of(id) != Some(false)) {
                match (truth.of(id), past.of(id)) {
                    (Some(false), Some(true)) => truth.holds(id),
                    (Some(false), _) => truth.leave_open(&[id]),
                    _ => {}
                }
            }
            if push_since {
                truth.leave_open(&["push-failed"]);
            }
        }
        (truth, self.is_healthy())
    }

    /// What is true of each of several failures.
    fn at_all(&self, times: impl Iterator<Item = Nanos>) -> Option<Truth> {
        let truths = times.map(|at| Failure::at(self, at).truth());
        truths.reduce(|all, other| all.agreeing(&other))
    }

    /// What systemd would find when lxcdiag runs; none if that changes in the meantime.
    fn look_now(&self) -> Option<&Look> {
        let look = self.world.look_at(self.history.run_at)?;
        let is_stable = look.writer.is_none() && self.world.looks.last()?.1 == *look;
        is_stable.then_some(look)
    }

    /// Whether the file system was read-only at a time.
    fn was_read_only(&self, at: Nanos) -> bool {
        self.last_switch(at, |event| match event {
            Event::ReadOnly(is) => Some(*is),
            _ => None,
        })
    }

    /// Whether it was full.
    fn was_full(&self, at: Nanos) -> bool {
        self.last_switch(at, |event| match event {
            Event::Full(is) => Some(*is),
            _ => None,
        })
    }

    fn last_switch(&self, at: Nanos, switch: impl Fn(&Event) -> Option<bool>) -> bool {
        let until = |(when, event): &(Nanos, Event)| switch(event).filter(|_| *when <= at);
        let mut switches = self.history.events.iter().filter_map(until);
        switches.next_back().unwrap_or(false)
    }

    /// The deliveries of the unit's file that began before a time, the first first.
    fn deliveries_before(&self, at: Nanos) -> Vec<&Delivered> {
        let all = self.world.deliveries.values();
        let mut before: Vec<_> = all.filter(|it| it.of_unit && it.began < at).collect();
        before.sort_by_key(|it| it.began);
        before
    }

    /// Whether another unit has the unit's name as an alias.
    fn has_alias(&self) -> bool {
        let mut events = self.history.events.iter();
        events
            .any(|(at, event)| matches!(event, Event::DeclareAlias(_)) && !self.was_read_only(*at))
    }

    /// Whether the unit's file was at a wrong place: by mistake, or in a staging area.
    fn misplaced(&self, at: Nanos) -> (bool, bool) {
        let mut strays = self.world.strays.iter().rev();
        let Some((_, places)) = strays.find(|(since, _)| *since <= at) else {
            return (false, false);
        };
        let is_staging = |place: &Place| matches!(place, Place::Home | Place::Temporary);
        (
            places.iter().any(|place| !is_staging(place)),
            places.iter().any(is_staging),
        )
    }
}

/// The hypothesis that a file's state is, and the others that describe it as well.
fn state_of(look: &Look) -> (Option<&'static str>, &'static [&'static str]) {
    const CUT: &[&str] = &["unit-masked", "unit-malformed", "unit-not-enableable"];
    match look.found {
        Found::Absent => (None, &[]),
        Found::Dangling | Found::Directory => (Some("broken-link"), &[]),
        Found::Masked => (Some("unit-masked"), &[]),
        Found::Unreadable => (Some("file-unreadable"), &[]),
        Found::File(Content::Enableable) => (None, &[]),
        Found::File(_) if !look.is_whole => (Some("file-incomplete"), CUT),
        Found::File(Content::Empty) => (Some("file-incomplete"), CUT),
        Found::File(Content::BadMessage | Content::InvalidArgument) => {
            (Some("unit-malformed"), &[])
        }
        Found::File(Content::NoInstall) => (Some("unit-not-enableable"), &[]),
    }
}
