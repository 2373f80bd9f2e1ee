//! What may have happened as well, and left no trace.

use super::{TIMES, delivery};
use crate::simulator::event::{Delivery, Event, Fault, How, Place, Who};
use crate::simulator::history::{History, first_failure};
use crate::simulator::unit_text::{Cut, Text};
use crate::simulator::world::World;
use crate::simulator::{MILLI, Nanos, SECOND};

/// What was in the way of a command, and how somebody removed it.
fn obstacles() -> Vec<(Event, Event)> {
    let write = |opens_after, takes, text, fault| {
        Event::Deliver(Delivery {
            opens_after,
            takes,
            cut: Cut::Empty,
            text,
            fault,
            ..delivery(Who::Second, How::Write)
        })
    };
    let at_once = |text, fault| write(8 * MILLI, MILLI, text, fault);
    let of = |how, to| {
        Event::Deliver(Delivery {
            to,
            ..delivery(Who::Second, how)
        })
    };
    let remove = |at| Event::Remove {
        who: Who::Human,
        at,
    };
    let at_the_path = [
        Event::MakeDirectory(Who::Unrelated),
        Event::Mask(Who::Unrelated),
        of(How::Link, Place::Unit),
        at_once(Text::BadHeader, None),
        at_once(Text::NoInstall, None),
        at_once(Text::Good, Some(Fault::SourceIsDirectory)),
        // It arrives only after the command, or is incomplete then.
        write(2 * SECOND, MILLI, Text::Good, None),
        write(8 * MILLI, 2 * SECOND, Text::Good, None),
    ];
    let at_the_path = at_the_path.map(|begins| (begins, remove(Place::Unit)));
    let misplaced = (of(How::Write, Place::OtherName), remove(Place::OtherName));
    at_the_path.into_iter().chain([misplaced]).collect()
}

/// A push that cannot get the container's lock for ten seconds: no task shows it.
fn locked_out(who: Who) -> Event {
    Event::Deliver(Delivery {
        fault: Some(Fault::Locked),
        ..delivery(who, How::Push)
    })
}

/// Attempts that may have failed before all of [`TIMES`], each for another reason.
fn earlier_attempts() -> Vec<Vec<(Nanos, Event)>> {
    let enable = |at| (at, Event::Enable(Who::Second));
    let hindered = obstacles()
        .into_iter()
        .map(|(begins, ends)| vec![(4 * SECOND, begins), enable(5 * SECOND), (8 * SECOND, ends)]);
    // While systemd starts, without a file, and after a push that failed.
    let others = [
        vec![enable(2 * SECOND + SECOND / 20)],
        vec![enable(5 * SECOND)],
        vec![
            (2 * SECOND + SECOND / 2, locked_out(Who::Second)),
            enable(TIMES[1] - SECOND / 10),
        ],
    ];
    hindered.chain(others).collect()
}

/// What may have been in the way of a failed command beside what is known, or before it.
fn beside_failure(at: Nanos) -> Vec<Vec<(Nanos, Event)>> {
    let around = |(begins, ends)| vec![(at - SECOND, begins), (at + 5 * SECOND / 2, ends)];
    let mut all: Vec<_> = obstacles().into_iter().map(around).collect();
    all.push(vec![(
        at - 10 * SECOND - SECOND / 2,
        locked_out(Who::Script(1)),
    )]);
    all
}

/// Whether the user gives the time of a failure, or a log that shows one.
fn is_failure_known(history: &History, world: &World) -> bool {
    let inputs = &history.inputs;
    let logged = inputs.failures(world).unwrap_or_default();
    inputs.stated_failure(world).is_some() || !logged.is_empty()
}

/// The same history with each of what may have happened as well. Where no failure is known, that is an earlier attempt.
pub(super) fn with_unseen(history: &History, world: &World) -> Vec<History> {
    let is_known = is_failure_known(history, world);
    let unseen = match first_failure(world).filter(|_| is_known) {
        Some(failure) => beside_failure(failure.at),
        None => earlier_attempts(),
    };
    let with = |more: Vec<_>| {
        let mut history = history.clone();
        history.events.extend(more);
        history.events.sort_by_key(|(at, _)| *at);
        history
    };
    unseen.into_iter().map(with).collect()
}
