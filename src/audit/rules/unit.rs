//! Units that do not exist when they are enabled or started, and why.

use super::super::event::{Event, EventKind, Origin, Status, Systemctl};
use super::super::finding::Severity::{Error, Warning};
use super::super::finding::{Draft, Related, Sure};
use super::super::paths::{self, has_unit_suffix, unit_name};
use super::super::rule::Rule;
use super::super::symbol::{is_known, is_symbol, may_equal};
use super::super::view::{Brought, Group, UnitFile, View};

/// A unit that is enabled or started.
struct Use<'a> {
    index: usize,
    event: &'a Event,
    container: &'a str,
    call: &'a Systemctl,
    unit: String,
    brought: Brought,
}

pub(super) fn enable(view: &View, found: &mut Vec<Draft>) {
    for (index, event, container, call) in view.systemctls() {
        if !call.enables() && !call.starts() {
            continue;
        }
        for word in call.units.iter().filter(|word| !word.contains('/')) {
            let unit = unit_name(word);
            let is_lost = view.symbols.of(&unit).any(|symbol| symbol.lost.is_some());
            if paths::is_base_unit(&unit) || is_lost {
                continue;
            }
            let brought = view.brought(index, container, &unit);
            if brought == Brought::Yes {
                continue;
            }
            let used = Use {
                index,
                event,
                container,
                call,
                unit,
                brought,
            };
            found.extend(explain(view, &used));
        }
    }
}

/// The rule that says best why a unit does not exist.
fn explain(view: &View, used: &Use) -> Option<Draft> {
    if let Some(later) = brought_later(view, used) {
        return later;
    }
    if !is_known(&used.unit) || explained_elsewhere(view, used) {
        return None;
    }
    if let Some(other) = similar(view, used) {
        let message = format!(
            "`{}` does not exist in the container: the script brings `{}`",
            view.shown(&used.unit),
            view.shown(other.name)
        );
        let names = Related::Name {
            wrong: used.unit.clone(),
            right: other.name.to_owned(),
        };
        let draft = used.draft(Rule::UnitNameMismatch, message);
        return Some(draft.related_to(names));
    }
    if let Some(other) = in_other_container(view, used) {
        let message = format!(
            "`{}` is brought to container {}, but is used in container {}",
            view.shown(&used.unit),
            view.shown(other.container),
            view.shown(used.container)
        );
        let draft = used.draft(Rule::ContainerMismatch, message);
        return Some(draft.related_to(Related::Place(other.place)));
    }
    let created = view
        .before(Group::Bringing, used.index)
        .any(|(_, event)| match &event.kind {
            EventKind::Created {
                container, origin, ..
            } => container == used.container && *origin == Origin::Template,
            _ => false,
        });
    if !created || used.brought != Brought::No {
        return None;
    }
    let message = format!(
        "nothing in this script brings `{}` to the container that it creates",
        view.shown(&used.unit)
    );
    let rule = Rule::EnableWithoutPush;
    let draft = Draft::new(rule, Warning, Sure::Likely, used.event, message);
    Some(draft.about_unit(&used.unit))
}

impl Use<'_> {
    /// An error, or a warning if something before was not followed.
    fn draft(&self, rule: Rule, message: String) -> Draft {
        let (severity, sure) = match self.brought {
            Brought::No => (Error, Sure::Certain),
            Brought::Packages | Brought::Yes => (Error, Sure::Likely),
            Brought::Maybe => (Warning, Sure::Possible),
        };
        Draft::new(rule, severity, sure, self.event, message).about_unit(&self.unit)
    }
}

/// The unit is brought only later. Some(None) if that may be right.
fn brought_later(view: &View, used: &Use) -> Option<Option<Draft>> {
    let template = paths::template(&used.unit);
    let (at, later) = view.after(Group::Bringing, used.index).find(|(index, _)| {
        view.unit_file(*index).is_some_and(|file| {
            file.container == used.container
                && (file.name == used.unit || Some(file.name) == template.as_deref())
        })
    })?;
    let may_fail = used.event.status == Status::OrTrue && !used.call.enables();
    if !view.precedes_always(used.event, later) || may_fail || at <= used.index {
        return Some(None);
    }
    let message = format!(
        "`systemctl {}` reads the disk at this moment, but `{}` is brought only in line {}",
        view.shown(&used.call.verb),
        view.shown(&used.unit),
        later.place.line
    );
    let draft = used.draft(Rule::EnableBeforePush, message);
    Some(Some(draft.related_to(Related::Place(later.place))))
}

/// Another rule says why: the unit was pushed elsewhere, or written on the host.
fn explained_elsewhere(view: &View, used: &Use) -> bool {
    view.before(Group::Bringing, used.index)
        .any(|(_, event)| match &event.kind {
            EventKind::Push(push) => {
                let name = paths::file_name(&push.destination);
                let source = paths::file_name(push.source.as_str());
                let parent = paths::parent(&push.destination);
                let outside = !paths::is_unit_directory(parent) || !has_unit_suffix(name);
                push.container == used.container
                    && (push.refused.is_some()
                        || outside
                            && (may_equal(name, &used.unit) || may_equal(source, &used.unit)))
            }
            EventKind::Write(write) => {
                let name = paths::file_name(&write.path);
                let parent = paths::parent(&write.path);
                let on_host = event.container().is_none();
                on_host && paths::is_unit_directory(parent) && may_equal(name, &used.unit)
                    || event.container() == Some(used.container)
                        && !paths::is_unit_directory(parent)
                        && name == used.unit
            }
            EventKind::LostVariable { .. } | EventKind::EarlyVariable { .. } => true,
            _ => false,
        })
}

/// The unit files that are brought before.
fn files<'a>(view: &View<'a>, index: usize) -> impl Iterator<Item = UnitFile<'a>> {
    let files: Vec<_> = view
        .before(Group::Bringing, index)
        .filter_map(|(at, _)| view.unit_file(at))
        .filter(|file| {
            has_unit_suffix(file.name) && file.name.chars().filter(|c| is_symbol(*c)).count() == 0
        })
        .collect();
    files.into_iter()
}

fn similar<'a>(view: &View<'a>, used: &Use) -> Option<UnitFile<'a>> {
    files(view, used.index)
        .filter(|file| file.container == used.container)
        .find(|file| is_similar(file.name, &used.unit))
}

/// Whether one name was probably meant by the other.
fn is_similar(file: &str, unit: &str) -> bool {
    let parts = |name: &str| {
        let lower = name.to_lowercase().replace('_', "-");
        let (stem, suffix) = lower
            .rsplit_once('.')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        let (stem, instance) = match stem.split_once('@') {
            Some((stem, _)) => (stem.to_owned(), true),
            None => (stem, false),
        };
        Some((stem, instance, suffix))
    };
    let (Some((a, _, a_suffix)), Some((b, _, b_suffix))) = (parts(file), parts(unit)) else {
        return false;
    };
    if a == b {
        return true;
    }
    let without_digits = |name: &str| {
        name.chars()
            .filter(|c| !c.is_ascii_digit())
            .collect::<String>()
    };
    let shorter = a.chars().count().min(b.chars().count());
    a_suffix == b_suffix
        && shorter >= 3
        && without_digits(&a) != without_digits(&b)
        && strsim::damerau_levenshtein(&a, &b) <= (shorter / 3).min(2)
}

fn in_other_container<'a>(view: &View<'a>, used: &Use) -> Option<UnitFile<'a>> {
    if view.is_restored(used.index, used.container) {
        return None;
    }
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let template = paths::template(&used.unit);
    files(view, used.index).find(|file| {
        is_number(file.container)
            && is_number(used.container)
            && file.container != used.container
            && (file.name == used.unit || Some(file.name) == template.as_deref())
    })
}

/// `enable` of a unit without `[Install]`.
pub(super) fn no_install_section(view: &View, found: &mut Vec<Draft>) {
    for (index, event, container, call) in view.systemctls().filter(|(.., call)| call.enables()) {
        for word in &call.units {
            let unit = unit_name(word);
            let template = paths::template(&unit);
            let last = view.before(Group::Bringing, index).find_map(|(at, event)| {
                let file = view.unit_file(at)?;
                if file.container != container {
                    return None;
                }
                let exact = file.name == unit || Some(file.name) == template.as_deref();
                match exact {
                    true => Some(content(event)),
                    false => paths::may_be_unit(file.name, &unit).then_some(None),
                }
            });
            let Some(Some(text)) = last else {
                continue;
            };
            let has_section = |name: &str| text.lines().any(|line| line.trim() == name);
            let is_unit = ["[Unit]", "[Service]", "[Timer]", "[Socket]", "[Path]"]
                .into_iter()
                .any(has_section);
            let unknown_line = |line: &str| {
                let line = line.trim();
                !line.is_empty() && !line.contains('=') && line.chars().any(is_symbol)
            };
            if !is_unit || text.contains("[Install]") || text.lines().any(unknown_line) {
                continue;
            }
            let message = format!(
                "the text of `{}` has no [Install] section: `systemctl {}` exits 0 and enables nothing",
                view.shown(&unit),
                view.shown(&call.verb)
            );
            let rule = Rule::NoInstallSection;
            let draft = Draft::new(rule, Warning, Sure::Certain, event, message);
            found.push(draft.about_unit(&unit));
        }
    }
}

/// The text of a file that an event brings, if it is known.
fn content(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Write(write) => write.content.as_deref(),
        EventKind::Push(push) => push.content.as_deref(),
        _ => None,
    }
}
