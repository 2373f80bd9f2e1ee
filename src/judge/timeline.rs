//! The timeline: events that checks found, what the user and the log say, what lxcdiag changed.

use super::results::{CheckResults, Event, EventSource};
use crate::evidence::provision_log::Owner;
use crate::evidence::recording::{OwnChange, Recording};
use crate::expression::{let_names, moment_of};
use crate::runbook::{EventSpec, Runbook};

/// The events from every source, earliest first.
pub(super) fn timeline(
    runbook: &Runbook,
    recording: &Recording,
    results: &CheckResults,
) -> Vec<Event> {
    let mut events: Vec<Event> = results
        .checks
        .iter()
        .flat_map(|result| result.events.iter().cloned())
        .collect();
    for failure in recording.log.iter().flatten() {
        if let Some(at) = failure.at
            && failure.owner == Owner::ThisContainer
        {
            events.push(Event {
                at,
                what: failure.text.clone(),
                source: match failure.is_traced() {
                    true => EventSource::Trace,
                    false => EventSource::Log,
                },
                decisive: false,
            });
        }
    }
    if let Some(at) = recording.stated_failure_time()
        && !events.iter().any(|event| {
            matches!(event.source, EventSource::Log | EventSource::Trace) && event.at == at
        })
    {
        events.push(Event {
            at,
            what: "provisioning failed".to_owned(),
            source: EventSource::FailedAt,
            decisive: false,
        });
    }
    let shows_all = is_about_changes(runbook);
    let earlier = recording.earlier_changes.iter();
    for change in earlier.filter(|change| shows_all || change.repair.is_some()) {
        events.push(own_event(change, EventSource::EarlierRun));
    }
    for change in recording.changes() {
        events.push(own_event(&change, EventSource::Lxcdiag));
    }
    events.extend(derived(runbook, results));
    // Events of the same time stay in the runbook's order: a file's birth before its change.
    events.sort_by_key(|event| (event.at.start, event.at.end));
    events
}

/// Whether the checks of earlier runs matter: the runbook takes them into account, or changes the container too.
fn is_about_changes(runbook: &Runbook) -> bool {
    let reads_changes = |source: &String| {
        let names = let_names(source).unwrap_or_default();
        names.iter().any(|name| name == "own_changes")
    };
    runbook.history.is_some()
        || runbook.lets.values().any(reads_changes)
        || runbook.checks.iter().any(|check| check.changes)
}

/// The events that the runbook derives from the results of several checks.
fn derived(runbook: &Runbook, results: &CheckResults) -> Vec<Event> {
    let scope = results.scope();
    let holds = |spec: &EventSpec| {
        spec.condition
            .as_ref()
            .is_none_or(|condition| scope.judge(condition) == Ok(true))
    };
    runbook
        .events
        .iter()
        .filter(|spec| holds(spec))
        .filter_map(|spec| {
            let value = scope.value(&spec.at).ok()?;
            Some(Event {
                at: moment_of(&value)?,
                what: scope.describe(&spec.what),
                source: EventSource::Derived,
                decisive: true,
            })
        })
        .collect()
}

fn own_event(change: &OwnChange, source: EventSource) -> Event {
    let who = match source {
        EventSource::EarlierRun => "an earlier run of lxcdiag",
        _ => "lxcdiag",
    };
    let what = match &change.repair {
        Some(changes) => format!("lxcdiag fix: {changes}"),
        None => format!("{who} ran: {}", change.argv.join(" ")),
    };
    Event {
        at: change.during,
        what,
        source,
        decisive: false,
    }
}
