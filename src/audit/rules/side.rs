//! Commands and files that end up on the host instead of in the container.

use super::super::event::{Event, EventKind, Site, Systemctl};
use super::super::finding::Severity::{Error, Warning};
use super::super::finding::{Draft, Sure};
use super::super::paths::{self, unit_name};
use super::super::rule::Rule;
use super::super::symbol::may_equal;
use super::super::view::{Brought, Group, View, in_root_file_system};

/// `pct exec … systemctl … && systemctl …`: the second half runs on the host.
pub(super) fn host_side(view: &View, found: &mut Vec<Draft>) {
    for (index, event) in view.indexed() {
        let EventKind::Systemctl(call) = &event.kind else {
            continue;
        };
        if !is_on_node(view, event) || !acts(call) {
            continue;
        }
        for word in call.units.iter().filter(|word| !word.contains('/')) {
            let unit = unit_name(word);
            if is_of_host(&unit) || put_on_host(view, index, event, &unit) {
                continue;
            }
            let split = follows_exec(view, (index, event, call), &unit);
            let container = view
                .unit_files()
                .find(|(other, file)| file.name == unit && view.agree(event, other))
                .map(|(_, file)| file);
            let changes = !matches!(
                call.verb.as_str(),
                "status" | "is-active" | "is-enabled" | "is-failed"
            );
            let unknown = view.before(Group::Bringing, index).any(|(_, before)| {
                matches!(before.kind, EventKind::Unknown) && before.site == event.site
            });
            let (severity, sure) = match (&container, split) {
                (Some(_), _) if unknown => (Warning, Sure::Possible),
                (Some(_), true) => (Error, Sure::Certain),
                (Some(_), false) if changes => (Error, Sure::Certain),
                (Some(_), false) => (Warning, Sure::Likely),
                (None, true) => (Warning, Sure::Likely),
                (None, false) => continue,
            };
            let (verb, named) = (view.shown(&call.verb), view.shown(&unit));
            let message = match (&container, split) {
                (_, true) => format!(
                    "this `systemctl {verb} {named}` runs on the host: the host's shell ends `pct exec` at the \
                     operator before it"
                ),
                (Some(file), false) => format!(
                    "this `systemctl {verb} {named}` runs on the host, but the unit is in container {}",
                    view.shown(file.container)
                ),
                (None, false) => continue,
            };
            let rule = Rule::HostSideCommand;
            let draft = Draft::new(rule, severity, sure, event, message);
            found.push(draft.about_unit(&unit));
        }
    }
}

/// Whether a command runs on a Proxmox VE host: here, or on a machine where the script also runs pct. Any other machine
/// may be the container itself.
fn is_on_node(view: &View, event: &Event) -> bool {
    let is_pct = |kind: &EventKind| match kind {
        EventKind::Push(_) | EventKind::Exec(_) => true,
        EventKind::Command(words) => words.first().is_some_and(|word| word.as_str() == "pct"),
        _ => false,
    };
    match &event.site {
        Site::Host => true,
        Site::Container(_) => false,
        Site::Remote(_) => view
            .events
            .iter()
            .any(|other| other.site == event.site && is_pct(&other.kind)),
    }
}

/// Verbs that name units.
fn acts(call: &Systemctl) -> bool {
    const VERBS: &[&str] = &[
        "enable",
        "reenable",
        "start",
        "restart",
        "try-restart",
        "reload",
        "reload-or-restart",
        "stop",
        "disable",
        "mask",
        "unmask",
        "status",
        "is-active",
        "is-enabled",
        "is-failed",
    ];
    VERBS.contains(&call.verb.as_str())
}

/// Whether the command before it, in the same list or line, runs systemctl in a container, or brings the unit to it.
fn follows_exec(
    view: &View,
    (index, event, call): (usize, &Event, &Systemctl),
    unit: &str,
) -> bool {
    let mut before = view.before(Group::Contact, index);
    before.any(|(_, before)| match &before.kind {
        EventKind::Exec(exec) => {
            before.site == event.site
                && (exec.lists.contains(&call.list) || before.end == event.place)
                && (exec.systemctl || view.brought(index, &exec.container, unit) == Brought::Yes)
        }
        _ => false,
    })
}

/// Units that a Proxmox VE host has.
fn is_of_host(unit: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "pve",
        "lxc",
        "qemu",
        "corosync",
        "ceph",
        "zfs",
        "zed",
        "nfs",
        "iscsi",
        "spice",
        "ksm",
        "postfix",
        "proxmox",
        "watchdog",
        "multipath",
        "frr",
        "ifup",
        "apparmor",
        "smart",
        "nvidia",
    ];
    paths::is_base_unit(unit) || PREFIXES.iter().any(|prefix| unit.starts_with(prefix))
}

fn put_on_host(view: &View, index: usize, event: &Event, unit: &str) -> bool {
    view.before(Group::Bringing, index)
        .any(|(_, before)| match &before.kind {
            _ if before.site != event.site => false,
            EventKind::Write(write) => {
                paths::is_unit_directory(paths::parent(&write.path))
                    && paths::may_be_unit(paths::file_name(&write.path), unit)
            }
            EventKind::Packages(names) => names.as_ref().is_none_or(|names| !names.is_empty()),
            _ => false,
        })
}

/// `pct exec … > /etc/systemd/system/x.service`.
pub(super) fn redirect(view: &View, found: &mut Vec<Draft>) {
    for (_, event) in view.indexed() {
        let EventKind::Exec(exec) = &event.kind else {
            continue;
        };
        let Some((path, place)) = &exec.output else {
            continue;
        };
        if exec.reads_file || !paths::is_unit_directory(paths::parent(path)) {
            continue;
        }
        let message = format!(
            "the host's shell opens `{}`: the file is written on the host, not in container {}",
            view.shown(path),
            view.shown(&exec.container)
        );
        let mut draft = Draft::new(Rule::RedirectOnHost, Error, Sure::Certain, event, message);
        if !(event.place..=event.end).contains(place) {
            // The redirection is around a function that runs the command.
            (draft.place, draft.end) = (*place, *place);
        }
        found.push(draft);
    }
}

/// A file below `/var/lib/lxc/ID/rootfs` without `pct mount`.
pub(super) fn root_file_system(view: &View, found: &mut Vec<Draft>) {
    for (index, event) in view.indexed() {
        let EventKind::Write(write) = &event.kind else {
            continue;
        };
        let Some((id, _)) = in_root_file_system(&write.path) else {
            continue;
        };
        if matches!(event.site, Site::Container(_)) {
            continue;
        }
        let mounted = view
            .before(Group::Contact, index)
            .any(|(_, before)| match &before.kind {
                EventKind::Mounted(mounted) => may_equal(mounted, id),
                EventKind::Command(words) => {
                    words.first().is_some_and(|word| word.as_str() == "mount")
                        && words.iter().any(|word| word.as_str().contains("/rootfs"))
                }
                _ => false,
            });
        if mounted {
            continue;
        }
        let unknown = view.before(Group::Bringing, index).any(|(_, before)| {
            matches!(before.kind, EventKind::Unknown) && before.container().is_none()
        });
        let (severity, sure) = match unknown {
            true => (Warning, Sure::Possible),
            false => (Error, Sure::Likely),
        };
        let message = format!(
            "`{}` is written on the host: the container's root is mounted in its own namespace only, unless `pct \
             mount` mounts it here",
            view.shown(&write.path)
        );
        found.push(Draft::new(Rule::RootfsCopy, severity, sure, event, message));
    }
}
