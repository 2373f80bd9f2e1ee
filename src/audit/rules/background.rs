//! Pushes that may still run when the container's units are read.

use super::super::event::EventKind;
use super::super::finding::Severity::Warning;
use super::super::finding::{Draft, Related, Sure};
use super::super::paths;
use super::super::rule::Rule;
use super::super::view::{Group, View, verifies};

pub(super) fn push(view: &View, found: &mut Vec<Draft>) {
    for (index, event, push) in view.pushes() {
        if push.refused.is_some() || event.jobs.is_empty() && !push.parallel {
            continue;
        }
        for (at, later) in view.after(Group::Waiting, index) {
            // A job that contains the later command, too, has its own order.
            let beside: Vec<_> = event
                .jobs
                .iter()
                .filter(|job| !later.jobs.contains(job))
                .collect();
            let runs_beside = !beside.is_empty() || push.parallel;
            let ends = match &later.kind {
                EventKind::Wait(None) => runs_beside,
                EventKind::Wait(Some(jobs)) => beside.iter().any(|job| jobs.contains(job)),
                _ => later.polling && verifies(later, &push.container, &push.destination),
            };
            if ends {
                break;
            }
            let EventKind::Systemctl(call) = &later.kind else {
                continue;
            };
            let reads = call.reloads() || call.enables() || call.starts();
            if !reads || later.container() != Some(&push.container) || !runs_beside {
                continue;
            }
            // Another job looks at its own units.
            let in_other_job = later.jobs.iter().any(|job| !event.jobs.contains(job));
            let file = paths::file_name(&push.destination);
            if in_other_job
                && !call
                    .units
                    .iter()
                    .any(|unit| paths::may_be_unit(file, &paths::unit_name(unit)))
            {
                continue;
            }
            let what = match push.parallel {
                true => {
                    "xargs runs several pushes at once, and each waits for the same lock for 10 s only"
                }
                false => "this push runs in the background",
            };
            let verb = view.shown(&call.verb);
            let reading = view.events.get(at).map_or(event.place, |event| event.place);
            let line = reading.line;
            let message = format!(
                "{what}; nothing waits for it before `systemctl {verb}` in line {line}, so the file may be missing \
                 or incomplete then"
            );
            let rule = Rule::PushBackground;
            let draft = Draft::new(rule, Warning, Sure::Certain, event, message);
            found.push(draft.related_to(Related::Place(reading)));
            break;
        }
    }
}
