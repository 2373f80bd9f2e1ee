//! A reload that comes too early.

use super::super::event::{EventKind, Systemctl};
use super::super::finding::Severity::{Note, Warning};
use super::super::finding::{Draft, Related, Sure};
use super::super::paths;
use super::super::rule::Rule;
use super::super::view::{Group, View};

pub(super) fn reload(view: &View, found: &mut Vec<Draft>) {
    for (index, event, push) in view.pushes() {
        let name = paths::file_name(&push.destination);
        let is_unit = paths::has_unit_suffix(name)
            && paths::is_unit_directory(paths::parent(&push.destination));
        if push.refused.is_some() || !is_unit {
            continue;
        }
        let calls =
            |(_, event): (usize, &'_ _)| call_in(event, &push.container).map(|call| call.reloads());
        let Some((_, reload)) = view
            .before(Group::Systemctl, index)
            .find(|found| calls(*found) == Some(true))
        else {
            continue;
        };
        let again = view
            .after(Group::Systemctl, index)
            .any(|found| calls(found) == Some(true));
        let enabled = view.after(Group::Systemctl, index).any(|(_, event)| {
            call_in(event, &push.container).is_some_and(|call| {
                call.enables() || matches!(call.verb.as_str(), "link" | "preset")
            })
        });
        let Some(used) = view.used_later(index, &push.container, name) else {
            continue;
        };
        if again || view.unknown_between(index, used, &push.container) {
            continue;
        }
        let shown = view.shown(name);
        let (severity, message) = match enabled {
            true => (
                Note,
                format!(
                    "this reload comes before the push of `{shown}`; it changes nothing, `enable` reloads by itself"
                ),
            ),
            false => (
                Warning,
                format!(
                    "this reload comes before the push of `{shown}`, and none follows: if the unit was loaded before, \
                     systemd starts it with its old text"
                ),
            ),
        };
        let rule = Rule::ReloadBeforePush;
        let draft = Draft::new(rule, severity, Sure::Certain, reload, message);
        found.push(
            draft
                .about_unit(name)
                .related_to(Related::Place(event.place)),
        );
    }
}

fn call_in<'a>(event: &'a super::super::event::Event, container: &str) -> Option<&'a Systemctl> {
    match &event.kind {
        EventKind::Systemctl(call) if event.container() == Some(container) => Some(call),
        _ => None,
    }
}
