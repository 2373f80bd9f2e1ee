//! Attempts that failed earlier and were cleaned up, of which the user knows nothing.

use super::{TIMES, delivery};
use crate::simulator::event::{Delivery, Event, Fault, How, Place, Who};
use crate::simulator::history::{FailedAt, History};
use crate::simulator::unit_text::{Cut, Text};
use crate::simulator::{MILLI, Nanos, SECOND};

/// Attempts that may have failed before all of [`TIMES`], each for another reason, and what was left was removed.
fn attempts() -> Vec<Vec<(Nanos, Event)>> {
    let write = |opens_after, takes, cut, text, fault| {
        Event::Deliver(Delivery {
            opens_after,
            takes,
            cut,
            text,
            fault,
            ..delivery(Who::Second, How::Write)
        })
    };
    let at_once = |text, fault| write(8 * MILLI, MILLI, Cut::Empty, text, fault);
    let link = delivery(Who::Second, How::Link);
    let begins = [
        Event::MakeDirectory(Who::Unrelated),
        Event::Deliver(link),
        at_once(Text::BadHeader, None),
        at_once(Text::NoInstall, None),
        at_once(Text::Good, Some(Fault::SourceIsDirectory)),
        // It arrives only after the command, or is incomplete then.
        write(2 * SECOND, MILLI, Cut::Empty, Text::Good, None),
        write(8 * MILLI, 2 * SECOND, Cut::Empty, Text::Good, None),
    ];
    let attempt = |begins| {
        let remove = Event::Remove {
            who: Who::Human,
            at: Place::Unit,
        };
        vec![
            (4 * SECOND, begins),
            (5 * SECOND, Event::Enable(Who::Second)),
            (8 * SECOND, remove),
        ]
    };
    begins.into_iter().map(attempt).collect()
}

/// The same histories with an earlier attempt, if the user knows of no failure.
pub(super) fn with_earlier(history: &History) -> Vec<History> {
    let knows = history.inputs.failed_at != FailedAt::Missing || history.inputs.log.is_some();
    let is_changed_later = history.events.iter().any(|(at, _)| TIMES.contains(at));
    if knows || !is_changed_later {
        return Vec::new();
    }
    let with = |attempt: Vec<_>| {
        let mut history = history.clone();
        history.events.extend(attempt);
        history.events.sort_by_key(|(at, _)| *at);
        history
    };
    attempts().into_iter().map(with).collect()
}
