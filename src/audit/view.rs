//! What the rules ask of a list of events: what comes before what, what a unit is brought by, what is verified.

use super::branches::Branches;
use super::event::{Event, EventKind, Origin, Push, Site, Systemctl};
use super::paths;
use super::symbol::{Symbols, is_known, may_equal};
use super::text::Place;
use super::walk::Walk;

/// The events of a script.
pub(super) struct View<'a> {
    pub(super) events: &'a [Event],
    pub(super) symbols: &'a Symbols,
    branches: &'a Branches,
    /// The events that may bring a unit: most events are commands that bring none.
    bringing: Vec<usize>,
}

/// Whether a container has a unit at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Brought {
    /// Nothing brings it.
    No,
    /// Only packages were installed whose names have nothing to do with it.
    Packages,
    /// Something was not followed.
    Maybe,
    /// Something brings it by its name.
    Yes,
}

/// A file in a unit directory of a container.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnitFile<'a> {
    pub(super) container: &'a str,
    pub(super) name: &'a str,
    /// The command that brings it.
    pub(super) place: Place,
}

impl<'a> View<'a> {
    /// The views of what a script does.
    pub(super) fn of(walk: &'a Walk) -> impl Iterator<Item = Self> {
        walk.traces.iter().map(|events| Self {
            events,
            symbols: &walk.symbols,
            branches: &walk.branches,
            bringing: (0..)
                .zip(events)
                .filter(|(_, event)| may_bring(event))
                .map(|(at, _)| at)
                .collect(),
        })
    }

    /// Whether both can happen in one run of the script.
    pub(super) fn agree(&self, a: &Event, b: &Event) -> bool {
        self.branches.agree(a.path, b.path)
    }

    /// Whether an event has happened whenever another one does, given that it comes first.
    pub(super) fn precedes_always(&self, before: &Event, after: &Event) -> bool {
        self.branches.precedes_always(before.path, after.path)
    }

    pub(super) fn shown(&self, text: &str) -> String {
        self.symbols.shown(text)
    }

    pub(super) fn indexed(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + use<'a> {
        self.events.iter().enumerate()
    }

    /// The events before one that can happen in the same run, the last one first.
    pub(super) fn before(
        &self,
        index: usize,
    ) -> impl Iterator<Item = (usize, &'a Event)> + use<'a> {
        let (events, branches) = (self.events, self.branches);
        let at = events.get(index);
        let before = events.iter().enumerate().take(index).rev();
        before.filter(move |(_, event)| at.is_some_and(|at| branches.agree(at.path, event.path)))
    }

    /// The events after one that can happen in the same run.
    pub(super) fn after(&self, index: usize) -> impl Iterator<Item = (usize, &'a Event)> + use<'a> {
        let (events, branches) = (self.events, self.branches);
        let at = events.get(index);
        let after = events.iter().enumerate().skip(index + 1);
        after.filter(move |(_, event)| at.is_some_and(|at| branches.agree(at.path, event.path)))
    }

    pub(super) fn pushes(&self) -> impl Iterator<Item = (usize, &'a Event, &'a Push)> + use<'a> {
        self.indexed()
            .filter_map(|(index, event)| match &event.kind {
                EventKind::Push(push) => Some((index, event, push)),
                _ => None,
            })
    }

    /// Calls of systemctl in a container.
    pub(super) fn systemctls(
        &self,
    ) -> impl Iterator<Item = (usize, &'a Event, &'a str, &'a Systemctl)> + use<'a> {
        self.indexed()
            .filter_map(|(index, event)| match &event.kind {
                EventKind::Systemctl(call) => Some((index, event, event.container()?, call)),
                _ => None,
            })
    }

    /// The unit file that an event brings to a container, by its name.
    pub(super) fn unit_file(&self, index: usize) -> Option<UnitFile<'a>> {
        let event = self.events.get(index)?;
        let (container, path) = match &event.kind {
            EventKind::Push(push) => (push.container.as_str(), push.destination.as_str()),
            EventKind::Write(write) => match &event.site {
                Site::Container(id) => (id.as_str(), write.path.as_str()),
                Site::Host | Site::Remote(_) => in_root_file_system(&write.path)?,
            },
            _ => return None,
        };
        let parent = paths::parent(path);
        let in_unit_directory = paths::is_unit_directory(parent) || !is_known(parent);
        (in_unit_directory && !path.ends_with('/')).then(|| UnitFile {
            container,
            name: paths::file_name(path),
            place: event.place,
        })
    }

    /// Like [`Self::before`], with the events only that may bring a unit.
    pub(super) fn bringing_before(&self, index: usize) -> impl Iterator<Item = (usize, &'a Event)> {
        let end = self.bringing.partition_point(|at| *at < index);
        let before = self.bringing.iter().take(end).rev();
        let events = before.filter_map(|at| Some((*at, self.events.get(*at)?)));
        let at = self.events.get(index);
        events.filter(move |(_, event)| at.is_some_and(|at| self.agree(at, event)))
    }

    /// Whether a container has a unit when an event happens.
    pub(super) fn brought(&self, index: usize, container: &str, unit: &str) -> Brought {
        let mut most = Brought::No;
        // A clone has what its original had.
        let mut next = Some((index, container));
        while let Some((index, container)) = next {
            for (at, event) in self.bringing_before(index) {
                most = most.max(self.brings(at, event, container, unit));
                if most == Brought::Yes {
                    return most;
                }
            }
            next = self.cloned_from(index, container);
        }
        most
    }

    /// The container that another one was cloned from, and when.
    fn cloned_from(&self, index: usize, container: &str) -> Option<(usize, &'a str)> {
        self.bringing_before(index)
            .find_map(|(at, event)| match &event.kind {
                EventKind::Created {
                    container: id,
                    origin: Origin::Container(original),
                    ..
                } if id == container => Some((at, original.as_str())),
                _ => None,
            })
    }

    /// Whether a container, or one that it is cloned from, is restored from a backup.
    pub(super) fn is_restored(&self, index: usize, container: &str) -> bool {
        let mut next = Some((index, container));
        while let Some((index, container)) = next {
            let restored = self
                .bringing_before(index)
                .any(|(_, event)| match &event.kind {
                    EventKind::Created {
                        container: id,
                        origin: Origin::Backup,
                        ..
                    } => id == container,
                    _ => false,
                });
            if restored {
                return true;
            }
            next = self.cloned_from(index, container);
        }
        false
    }

    fn brings(&self, index: usize, event: &Event, container: &str, unit: &str) -> Brought {
        let here = match &event.site {
            Site::Container(id) => may_equal(id, container),
            Site::Host | Site::Remote(_) => true,
        };
        let sure = |yes: bool| if yes { Brought::Yes } else { Brought::No };
        match &event.kind {
            EventKind::Unknown if here => Brought::Maybe,
            EventKind::Created {
                container: id,
                origin,
                ..
            } if may_equal(id, container) => match origin {
                Origin::Template => Brought::No,
                Origin::Container(_) | Origin::Backup => Brought::Maybe,
            },
            EventKind::Packages(names) if here && event.container().is_some() => match names {
                None => Brought::Maybe,
                Some(names) if names.iter().any(|name| is_related(name, unit)) => Brought::Yes,
                Some(_) => Brought::Packages,
            },
            EventKind::Push(push) if may_equal(&push.container, container) => {
                // A push of a directory brings nothing, but it was meant to: its own rule says so.
                let directory = push.destination.ends_with('/')
                    || paths::is_unit_directory(&push.destination)
                    || push.source_is_directory;
                if directory && paths::is_unit_directory(&push.destination) {
                    return Brought::Yes;
                }
                let content = push.content.as_deref();
                sure(self.is_unit_file(index, container, unit) || has_alias(content, unit))
            }
            EventKind::Write(write) => {
                let parent = paths::file_name(paths::parent(&write.path));
                let alias = || {
                    let file = self.unit_file(index);
                    file.is_some_and(|file| may_equal(file.container, container))
                        && has_alias(write.content.as_deref(), unit)
                };
                sure(
                    self.is_unit_file(index, container, unit)
                        || here && parent.strip_suffix(".d") == Some(unit)
                        || alias(),
                )
            }
            EventKind::Directory(path) if here => {
                sure(paths::file_name(path).strip_suffix(".d") == Some(unit))
            }
            _ => Brought::No,
        }
    }

    fn is_unit_file(&self, index: usize, container: &str, unit: &str) -> bool {
        self.unit_file(index).is_some_and(|file| {
            may_equal(file.container, container) && paths::may_be_unit(file.name, unit)
        })
    }

    /// Whether a later command in the container would notice that a push has failed.
    pub(super) fn verified(&self, index: usize, push: &Push) -> bool {
        self.after(index)
            .any(|(_, event)| verifies(event, &push.container, &push.destination))
    }

    /// The first later call that enables or starts a unit.
    pub(super) fn used_later(
        &self,
        index: usize,
        container: &str,
        unit_file: &str,
    ) -> Option<usize> {
        let used = |call: &Systemctl| {
            let units = call.units.iter().map(|unit| paths::unit_name(unit));
            let template = |unit: &str| paths::template(unit).is_some_and(|t| t == unit_file);
            (call.enables() || call.starts())
                && units
                    .into_iter()
                    .any(|unit| unit == unit_file || template(&unit))
        };
        self.after(index).find_map(|(at, event)| match &event.kind {
            EventKind::Systemctl(call) if event.container() == Some(container) && used(call) => {
                Some(at)
            }
            _ => None,
        })
    }

    /// Whether something between two events was not followed, in this container or on the host.
    pub(super) fn unknown_between(&self, from: usize, to: usize, container: &str) -> bool {
        let between = self.events.iter().take(to).skip(from + 1);
        between
            .filter(|event| matches!(event.kind, EventKind::Unknown))
            .any(|event| event.container().is_none_or(|id| may_equal(id, container)))
    }
}

fn may_bring(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Unknown
            | EventKind::Created { .. }
            | EventKind::Packages(_)
            | EventKind::Push(_)
            | EventKind::Write(_)
            | EventKind::Directory(_)
    )
}

/// Whether the text of a unit gives it another name.
fn has_alias(content: Option<&str>, unit: &str) -> bool {
    let lines = content.unwrap_or_default().lines();
    let mut names = lines
        .filter_map(|line| line.trim().split_once('='))
        .filter(|(key, _)| key.trim_end() == "Alias")
        .flat_map(|(_, names)| names.split_whitespace());
    names.any(|name| may_equal(name, unit))
}

/// Whether a command fails, and is seen to fail, if a file is missing in a container.
pub(super) fn verifies(event: &Event, container: &str, path: &str) -> bool {
    const PROGRAMS: &[&str] = &[
        "test",
        "[",
        "[[",
        "stat",
        "cmp",
        "sha256sum",
        "sha512sum",
        "sha1sum",
        "md5sum",
        "b2sum",
        "cksum",
        "wc",
        "cat",
        "chmod",
        "chown",
        "cp",
        "mv",
        "install",
        "tar",
        "grep",
        "diff",
        "ls",
        "bash",
        "sh",
        "source",
        ".",
        "unzip",
        "dpkg",
        "python3",
        "du",
        "file",
        "head",
        "systemd-analyze",
    ];
    let EventKind::Command(words) = &event.kind else {
        return false;
    };
    let Some((first, arguments)) = words.split_first() else {
        return false;
    };
    // A pattern, or another variable, for the name: the directory must be the same.
    let beside = |text: &str| {
        paths::parent(text) == paths::parent(path)
            && may_equal(paths::file_name(text), paths::file_name(path))
    };
    let names = |text: &str| text.contains(path) || text.contains('/') && beside(text);
    if matches!(event.site, Site::Host | Site::Remote(_)) {
        // `pct pull` fetches it back, for a comparison here.
        let pulls = first.as_str() == "pct"
            && arguments
                .first()
                .is_some_and(|verb| verb.as_str() == "pull");
        return pulls && arguments.iter().any(|word| word.as_str() == path);
    }
    let name = first.as_str().rsplit('/').next().unwrap_or_default();
    let looks = PROGRAMS.contains(&name) && arguments.iter().any(|word| names(word.as_str()));
    event.container().is_some_and(|id| may_equal(id, container))
        && (looks || names(first.as_str()))
        && (event.captured || is_used(event))
}

fn is_used(event: &Event) -> bool {
    use super::event::Status::{
        Branch, Chain, Declaration, Errexit, OrTrue, Piped, Unchecked, Unknown,
    };
    match event.status {
        Errexit | Branch | Chain | Piped | Declaration | Unknown => true,
        OrTrue | Unchecked => false,
    }
}

/// A path below `/var/lib/lxc/ID/rootfs`: the container, and the path in it.
pub(super) fn in_root_file_system(path: &str) -> Option<(&str, &str)> {
    let (id, rest) = path.strip_prefix("/var/lib/lxc/")?.split_once('/')?;
    let inner = rest.strip_prefix("rootfs")?;
    inner.starts_with('/').then_some((id, inner))
}

/// Whether a package may bring a unit, by their names.
fn is_related(package: &str, unit: &str) -> bool {
    let unit = unit.rsplit_once('.').map_or(unit, |(name, _)| name);
    let unit = unit.split('@').next().unwrap_or_default().to_lowercase();
    let package = package.to_lowercase();
    let parts = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_alphanumeric())
            .filter(|part| part.len() >= 3)
            .map(|part| part.trim_end_matches('d').to_owned())
            .collect()
    };
    const GENERAL: &[&str] = &[
        "server", "python3", "python", "service", "common", "tools", "utils", "client",
    ];
    const SPECIAL: &[(&str, &str)] = &[
        ("bind9", "named"),
        ("samba", "smbd"),
        ("samba", "nmbd"),
        ("mariadb", "mysql"),
    ];
    if SPECIAL
        .iter()
        .any(|(from, to)| package.starts_with(from) && unit == *to)
    {
        return true;
    }
    let of_package = parts(&package);
    let related = |part: &String| !GENERAL.contains(&part.as_str()) && of_package.contains(part);
    package.contains(&unit) || parts(&unit).iter().any(related)
}
