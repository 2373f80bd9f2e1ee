//! Pushes that fail, and failures that go unseen.

use std::collections::HashSet;

use super::super::event::{Event, EventKind, Glob, Origin, Push, Status};
use super::super::finding::Severity::{Error, Note, Warning};
use super::super::finding::{Draft, Sure};
use super::super::paths::{self, has_unit_suffix};
use super::super::rule::Rule;
use super::super::symbol::{is_known, may_equal};
use super::super::text::Place;
use super::super::view::{Brought, Group, View};

/// What is wrong with a call of `pct push` itself.
pub(super) fn calls(view: &View, found: &mut Vec<Draft>) {
    for (index, event, push) in view.pushes() {
        if let Some(why) = &push.refused {
            let severity = match event.status {
                Status::Branch => Warning,
                _ => Error,
            };
            let message = format!(
                "{}; it refuses the call and copies nothing",
                view.shown(why)
            );
            found.push(Draft::new(
                Rule::PushArguments,
                severity,
                Sure::Certain,
                event,
                message,
            ));
            continue;
        }
        glob(view, event, push, found);
        directory(view, (index, event, push), found);
        missing_parent(view, (index, event, push), found);
    }
}

fn glob(view: &View, event: &Event, push: &Push, found: &mut Vec<Draft>) {
    let source = view.shown(push.source.as_str());
    let (severity, message) = match push.source.glob {
        Glob::None => return,
        Glob::Quoted => (
            Error,
            format!(
                "the quotes keep the pattern in `{source}`; pct push looks for a file of that name and exits 0"
            ),
        ),
        Glob::Active => (
            Warning,
            format!(
                "`{source}` is a pattern; if it matches more than one file, pct push refuses the call"
            ),
        ),
    };
    found.push(Draft::new(
        Rule::PushGlob,
        severity,
        Sure::Certain,
        event,
        message,
    ));
}

fn directory(view: &View, (index, event, push): (usize, &Event, &Push), found: &mut Vec<Draft>) {
    let destination = push.destination.as_str();
    let shown = view.shown(destination);
    let made = || {
        let mut before = view.naming_directory(index, destination);
        before.any(|event| match &event.kind {
            EventKind::Directory(path) => {
                event.container() == Some(&push.container) && paths::is_within(path, destination)
            }
            _ => false,
        })
    };
    let what = if destination.ends_with('/') {
        "ends in `/`"
    } else if destination.is_empty() {
        return;
    } else if paths::is_system_directory(destination) {
        "is a directory of every system"
    } else if made() {
        "is a directory that the script makes"
    } else if push.source_is_directory && push.source.glob == Glob::None {
        let source = view.shown(push.source.as_str());
        let message = format!(
            "pct push copies one file, but the source `{source}` is a directory: it leaves an empty file, or \
             none, and exits 0"
        );
        let sure = match is_known(push.source.as_str()) {
            true => Sure::Certain,
            false => Sure::Likely,
        };
        found.push(Draft::new(Rule::PushDirectory, Error, sure, event, message));
        return;
    } else {
        return;
    };
    let message = format!(
        "pct push copies one file to one file name, but the destination `{shown}` {what}: \"Is a \
         directory\", nothing is copied, and it exits 0"
    );
    found.push(Draft::new(
        Rule::PushDirectory,
        Error,
        Sure::Certain,
        event,
        message,
    ));
}

fn missing_parent(
    view: &View,
    (index, event, push): (usize, &Event, &Push),
    found: &mut Vec<Draft>,
) {
    let parent = paths::parent(&push.destination);
    if parent.is_empty()
        || push.destination.ends_with('/')
        || !is_known(parent)
        || paths::is_system_directory(parent)
    {
        return;
    }
    let may_exist = |event: &Event| {
        let here = event
            .container()
            .is_none_or(|id| may_equal(id, &push.container));
        let names = |path: &str| {
            may_equal(path, parent) || paths::is_within(path, parent) || path.contains(parent)
        };
        match &event.kind {
            EventKind::Unknown => here,
            EventKind::Packages(_) => here && event.container().is_some(),
            EventKind::Created {
                container, origin, ..
            } => *origin != Origin::Template && *container == push.container,
            EventKind::Directory(path) => here && event.container().is_some() && names(path),
            EventKind::Write(write) => here && event.container().is_some() && names(&write.path),
            EventKind::Command(words) => {
                here && event.container().is_some() && words.iter().any(|word| names(word.as_str()))
            }
            _ => false,
        }
    };
    let mut bringing = view.before(Group::Bringing, index);
    if view.naming_directory(index, parent).any(may_exist)
        || bringing.any(|(_, event)| may_exist(event))
    {
        return;
    }
    let parent = view.shown(parent);
    let message = format!(
        "pct push does not make directories, and nothing in this script makes `{parent}` in the container; \
         if it is missing, nothing is copied, and pct push exits 0"
    );
    found.push(Draft::new(
        Rule::PushMissingParent,
        Warning,
        Sure::Possible,
        event,
        message,
    ));
}

/// A unit file pushed to where systemd does not look.
pub(super) fn outside_unit_path(view: &View, found: &mut Vec<Draft>) {
    for (index, event, push) in view.pushes() {
        let destination = push.destination.as_str();
        let name = paths::file_name(destination);
        let source = paths::file_name(push.source.as_str());
        if push.refused.is_some()
            || destination.ends_with('/')
            || !is_known(paths::parent(destination))
            || !(has_unit_suffix(name) || has_unit_suffix(source))
        {
            continue;
        }
        let in_unit_directory = paths::is_unit_directory(paths::parent(destination));
        let unit = match (has_unit_suffix(name), has_unit_suffix(source)) {
            (true, _) if in_unit_directory => continue,
            (true, _) => name.to_owned(),
            (false, true) if in_unit_directory && name.ends_with(".conf") => continue,
            (false, true) if in_unit_directory => source.to_owned(),
            _ if is_drop_in(destination) => continue,
            _ => source.to_owned(),
        };
        let Some(used) = view.used_later(index, &push.container, &unit) else {
            continue;
        };
        let directory = paths::parent(destination);
        let moved = view.events.iter().take(used).skip(index + 1).any(|event| {
            let here = event
                .container()
                .is_some_and(|id| may_equal(id, &push.container));
            match &event.kind {
                EventKind::Unknown => here || event.container().is_none(),
                EventKind::Command(words) => {
                    let is_systemctl = words
                        .first()
                        .is_some_and(|w| w.as_str().ends_with("systemctl"));
                    here && words.iter().skip(1).any(|word| {
                        let word = word.as_str();
                        word.contains(name) && (!is_systemctl || word.contains('/'))
                            || may_equal(word, destination)
                            || directory.len() > 1 && paths::trimmed(word) == directory
                    })
                }
                _ => false,
            }
        });
        let copies_nothing = found
            .iter()
            .any(|draft| draft.rule == Rule::PushDirectory && draft.place == event.place);
        let brought = view.brought(used, &push.container, &unit);
        if moved || brought >= Brought::Maybe || copies_nothing {
            continue;
        }
        let message = match in_unit_directory {
            true => format!(
                "systemd takes no unit from `{}`, a name without the suffix of a unit; `{unit}` does not exist when it \
                 is enabled or started",
                view.shown(destination)
            ),
            false => format!(
                "systemd does not look for units in `{}`; `{unit}` does not exist when it is enabled or started",
                view.shown(directory)
            ),
        };
        let rule = Rule::PushOutsideUnitPath;
        found.push(Draft::new(rule, Error, Sure::Certain, event, message));
    }
}

/// `/etc/systemd/system/x.service.d/override.conf`.
fn is_drop_in(path: &str) -> bool {
    paths::parent(path).ends_with(".d")
}

/// Pushes whose failure goes unseen.
pub(super) fn unverified(view: &View, found: &mut Vec<Draft>) {
    let about_pushing = found.iter().filter(|draft| draft.rule.is_about_pushing());
    let mut explained: HashSet<Place> = about_pushing.map(|draft| draft.place).collect();
    for (index, event, push) in view.pushes() {
        if push.refused.is_some() || view.verified(index, push) {
            continue;
        }
        let destination = view.shown(&push.destination);
        if event.status == Status::Branch {
            let message = format!(
                "pct push exits 0 even if the copy fails: this error branch is taken only if the container does not \
                 run or its lock is held, and nothing checks `{destination}` in the container"
            );
            let rule = Rule::PushErrorBranchDead;
            found.push(Draft::new(rule, Warning, Sure::Certain, event, message));
        }
        if push.discarded {
            let message = format!(
                "pct push exits 0 even if the copy of `{destination}` fails, and its only message goes to /dev/null"
            );
            let rule = Rule::PushOutputDiscarded;
            found.push(Draft::new(rule, Warning, Sure::Certain, event, message));
        }
        let name = paths::file_name(&push.destination);
        if event.status == Status::Branch || push.discarded {
            explained.insert(event.place);
        }
        if !explained.contains(&event.place)
            && has_unit_suffix(name)
            && paths::is_unit_directory(paths::parent(&push.destination))
            && view.used_later(index, &push.container, name).is_some()
        {
            let message = format!(
                "pct push exits 0 even if the copy fails, and nothing checks `{destination}` before the unit is used"
            );
            explained.insert(event.place);
            found.push(Draft::new(
                Rule::PushUnchecked,
                Note,
                Sure::Certain,
                event,
                message,
            ));
        }
    }
}
