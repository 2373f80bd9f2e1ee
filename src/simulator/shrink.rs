//! Finds the shortest history that is still judged wrong in the same way.

use super::event::{Delivery, Event, How, Who};
use super::history::{FailedAt, History, LogAbout, LogGiven, LogZone, SourceGiven, UnitGiven};
use super::unit_text::{Cut, Text};
use super::world::Setup;
use super::{MILLI, Nanos, SECOND};

/// The simplest setup.
pub(super) const PLAIN: Setup = Setup {
    systemd: 252,
    unprivileged: false,
    is_init: true,
    persistent_journal: true,
    has_journal: true,
    tick: MILLI,
    has_births: true,
};

/// Makes a history simpler, one step after the other, as long as it stays `wrong`.
pub(super) fn shrink(mut history: History, wrong: impl Fn(&History) -> bool) -> History {
    loop {
        let is_kept = |simpler: &History| simpler.is_possible() && wrong(simpler);
        match simpler(&history).into_iter().find(is_kept) {
            Some(simpler) => history = simpler,
            None => return history,
        }
    }
}

/// Histories that are one step simpler, those with fewer events first.
fn simpler(history: &History) -> Vec<History> {
    let mut all = Vec::new();
    for at in 0..history.events.len() {
        all.push(changed(history, |it| {
            it.events.remove(at);
        }));
    }
    all.extend(simpler_inputs(history));
    all.extend(simpler_setups(history));
    for at in 0..history.events.len() {
        if let Some(simpler) = simpler_event(history.events[at].1) {
            all.push(changed(history, |it| it.events[at].1 = simpler));
        }
        all.extend(rounded(history, at));
    }
    let last = history.events.last().map_or(0, |(at, _)| *at);
    let soon = whole(last, SECOND) + 100 * SECOND;
    all.push(changed(history, |it| it.run_at = soon.min(it.run_at)));
    all.retain(|simpler| simpler != history);
    all
}

fn changed(history: &History, change: impl FnOnce(&mut History)) -> History {
    let mut changed = history.clone();
    change(&mut changed);
    changed
}

const fn whole(time: Nanos, unit: Nanos) -> Nanos {
    (time + unit / 2) / unit * unit
}

/// The same with the time of one event rounded, in the order of the events.
fn rounded(history: &History, at: usize) -> Vec<History> {
    let units = [SECOND, SECOND / 10, SECOND / 100, MILLI];
    let time = history.events[at].0;
    let after = at
        .checked_sub(1)
        .map_or(0, |before| history.events[before].0);
    let before = history
        .events
        .get(at + 1)
        .map_or(history.run_at, |(next, _)| *next);
    let times = units.map(|unit| whole(time, unit));
    // A time that is round to a coarser unit already stays.
    let stays = times.iter().position(|rounded| *rounded == time);
    let times = times.into_iter().take(stays.unwrap_or(units.len()));
    times
        .filter(|time| after < *time && *time < before)
        .map(|time| changed(history, |it| it.events[at].0 = time))
        .collect()
}

fn simpler_setups(history: &History) -> Vec<History> {
    let old = history.setup;
    let setups = [
        PLAIN,
        Setup {
            systemd: PLAIN.systemd,
            ..old
        },
        Setup {
            unprivileged: false,
            ..old
        },
        Setup {
            is_init: true,
            ..old
        },
        Setup {
            persistent_journal: true,
            has_journal: true,
            ..old
        },
        Setup { tick: MILLI, ..old },
        Setup {
            has_births: true,
            ..old
        },
    ];
    let with = |setup| changed(history, |it| it.setup = setup);
    setups.map(with).to_vec()
}

fn simpler_inputs(history: &History) -> Vec<History> {
    let with = |change: fn(&mut History)| changed(history, change);
    let mut all = vec![
        with(|it| it.inputs.log = None),
        with(|it| it.inputs.failed_at = FailedAt::Missing),
        with(|it| it.inputs.unit = UnitGiven::Default),
        with(|it| it.inputs.source = SourceGiven::Missing),
        with(|it| it.inputs.allows_changes = false),
        with(|it| it.inputs.unanswered.clear()),
        with(|it| drop(it.inputs.unanswered.pop())),
    ];
    if matches!(
        history.inputs.failed_at,
        FailedAt::ToSecond | FailedAt::Wrong { .. }
    ) {
        all.push(with(|it| it.inputs.failed_at = FailedAt::Exact));
    }
    if let FailedAt::Wrong { by, to_second } = history.inputs.failed_at {
        for (by, to_second) in [(by, false), (whole(by, SECOND), to_second)] {
            let simpler = FailedAt::Wrong { by, to_second };
            all.push(changed(history, |it| it.inputs.failed_at = simpler));
        }
    }
    if let Some(old) = history.inputs.log {
        let logs = [
            LogGiven {
                about: LogAbout::ThisUnit,
                ..old
            },
            LogGiven {
                zone: LogZone::Written(0),
                ..old
            },
            LogGiven { lag: 0, ..old },
            LogGiven {
                has_millis: true,
                ..old
            },
            LogGiven {
                has_commands: true,
                ..old
            },
            LogGiven {
                has_all_runs: false,
                ..old
            },
            LogGiven {
                is_copied: true,
                ..old
            },
        ];
        let with = |log| changed(history, |it| it.inputs.log = Some(log));
        all.extend(logs.map(with));
    }
    all
}

/// A simpler event in an event's place.
fn simpler_event(event: Event) -> Option<Event> {
    Some(match event {
        Event::Boot {
            answers_after,
            up_after,
        } => Event::Boot {
            answers_after: if answers_after > 300 * MILLI {
                300 * MILLI
            } else {
                answers_after
            },
            up_after: whole(up_after, SECOND).max(SECOND),
        },
        Event::Deliver(old) => Event::Deliver(Delivery {
            text: if old.text == Text::CarriageReturns {
                Text::Good
            } else {
                old.text
            },
            cut: if old.takes < 5 * MILLI {
                Cut::Empty
            } else {
                old.cut
            },
            takes: if old.takes < 5 * MILLI {
                MILLI
            } else {
                whole(old.takes, 10 * MILLI)
            },
            opens_after: if old.opens_after < 15 * MILLI {
                8 * MILLI
            } else {
                whole(old.opens_after, 10 * MILLI)
            },
            how: if old.how == How::Move {
                How::Write
            } else {
                old.how
            },
            ..old
        }),
        Event::Enable(Who::Human) => Event::Enable(Who::Script(1)),
        _ => return None,
    })
}
