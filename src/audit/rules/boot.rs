//! Containers that do not run, or have only just been started.

use super::super::event::{Event, EventKind, Push, Systemctl};
use super::super::finding::Severity::{Error, Note, Warning};
use super::super::finding::{Draft, Sure};
use super::super::rule::Rule;
use super::super::symbol::may_equal;
use super::super::view::{Group, View};

/// A push into a container that the script has created or stopped, and not started since.
pub(super) fn push_before_start(view: &View, found: &mut Vec<Draft>) {
    for (index, event, push) in view.pushes() {
        if push.refused.is_some() {
            continue;
        }
        let last = view
            .before(Group::Contact, index)
            .find_map(|(_, before)| match &before.kind {
                EventKind::Created {
                    container, started, ..
                } if *container == push.container => Some(
                    (*started == Some(false) && view.precedes_always(before, event))
                        .then_some("created"),
                ),
                EventKind::Stopped(id) if *id == push.container => {
                    Some(view.precedes_always(before, event).then_some("stopped"))
                }
                EventKind::Started(id) if may_equal(id, &push.container) => Some(None),
                EventKind::Unknown if before.container().is_none() => Some(None),
                _ => None,
            });
        if let Some(Some(what)) = last {
            let container = view.shown(&push.container);
            let message = format!(
                "container {container} was {what} before and not started since: pct push refuses to push into a \
                 container that does not run"
            );
            found.push(Draft::new(
                Rule::PushBeforeStart,
                Error,
                Sure::Certain,
                event,
                message,
            ));
        }
    }
}

/// The first call into a container after its start.
pub(super) fn first_calls(view: &View, found: &mut Vec<Draft>) {
    for (index, start) in view.indexed() {
        let container = match &start.kind {
            EventKind::Started(id) => id,
            EventKind::Created {
                container,
                started: Some(true),
                ..
            } => container,
            _ => continue,
        };
        for (at, event) in view.after(Group::Contact, index) {
            match &event.kind {
                EventKind::Sleep { .. } | EventKind::Unknown | EventKind::Started(_) => break,
                EventKind::Command(words)
                    if words
                        .first()
                        .is_some_and(|word| word.as_str() == "lxc-wait") =>
                {
                    break;
                }
                EventKind::Push(push) if push.container == *container => {
                    push_to_tmp(view, event, push, found);
                    break;
                }
                EventKind::Exec(exec) if exec.container == *container => {
                    let first = view.events.iter().skip(at + 1).take(4).find_map(|event| {
                        match &event.kind {
                            EventKind::Systemctl(call) => Some(Some((event, call))),
                            EventKind::Command(words) => {
                                let systemctl = words
                                    .first()
                                    .is_some_and(|w| w.as_str().ends_with("systemctl"));
                                (!systemctl).then_some(None)
                            }
                            EventKind::Write(_) => None,
                            _ => Some(None),
                        }
                    });
                    if let Some(Some((event, call))) = first
                        && !event.polling
                    {
                        systemctl(view, event, call, found);
                    }
                    break;
                }
                _ => {}
            }
        }
    }
}

fn push_to_tmp(view: &View, event: &Event, push: &Push, found: &mut Vec<Draft>) {
    if push.refused.is_none() && push.destination.starts_with("/tmp/") {
        let message = format!(
            "`{}` is pushed right after the start: while the container boots, systemd empties /tmp or mounts \
             over it, and the file is lost",
            view.shown(&push.destination)
        );
        found.push(Draft::new(
            Rule::PushToTmpAtBoot,
            Note,
            Sure::Possible,
            event,
            message,
        ));
    }
}

fn systemctl(view: &View, event: &Event, call: &Systemctl, found: &mut Vec<Draft>) {
    let verbs = ["daemon-reload", "enable", "start", "stop", "restart"];
    if verbs.contains(&call.verb.as_str()) {
        let message = format!(
            "`systemctl {}` is the first call after the container's start: in the first 0.4 s it fails with \
             \"Failed to connect to bus\"",
            view.shown(&call.verb)
        );
        let rule = Rule::ExecBeforeSystemdReady;
        found.push(Draft::new(rule, Warning, Sure::Possible, event, message));
    }
}

/// Fixed delays where they change nothing, or only guess.
pub(super) fn sleeps(view: &View, found: &mut Vec<Draft>) {
    for (index, event) in view.indexed() {
        if !matches!(event.kind, EventKind::Sleep { polling: false }) {
            continue;
        }
        if let Some(message) = after_push(view, index).or_else(|| after_start(view, index)) {
            let rule = Rule::SleepAsSynchronisation;
            found.push(Draft::new(rule, Note, Sure::Likely, event, message));
        }
    }
}

fn after_push(view: &View, index: usize) -> Option<String> {
    let container = view
        .before(Group::Contact, index)
        .find_map(|(_, event)| match &event.kind {
            EventKind::Push(_) if !event.jobs.is_empty() => Some(None),
            EventKind::Push(push) => Some(Some(push.container.as_str())),
            EventKind::Systemctl(call) if call.starts() => Some(None),
            EventKind::Started(_) => Some(None),
            _ => None,
        })
        .flatten()?;
    view.after(Group::Systemctl, index)
        .find(|(_, event)| match &event.kind {
            EventKind::Systemctl(call) => {
                event.container() == Some(container)
                    && (call.reloads() || call.enables() || call.starts())
            }
            _ => false,
        })?;
    Some("pct push has ended when it returns: the file is there or the copy has failed, and no delay changes that".to_owned())
}

fn after_start(view: &View, index: usize) -> Option<String> {
    let container = view
        .before(Group::Contact, index)
        .find_map(|(_, event)| match &event.kind {
            EventKind::Started(id) => Some(Some(id.as_str())),
            EventKind::Created {
                container,
                started: Some(true),
                ..
            } => Some(Some(container.as_str())),
            EventKind::Push(_) | EventKind::Exec(_) => Some(None),
            _ => None,
        })
        .flatten()?;
    let (_, first) = view
        .after(Group::Contact, index)
        .find(|(_, event)| match &event.kind {
            EventKind::Exec(exec) => exec.container == container,
            EventKind::Push(push) => push.container == container,
            EventKind::Sleep { polling: true } => true,
            _ => false,
        })?;
    let polls = first.polling || matches!(first.kind, EventKind::Sleep { .. });
    (!polls).then(|| {
        "a fixed delay after the start is a guess: poll `systemctl is-system-running` in the container instead".to_owned()
    })
}
