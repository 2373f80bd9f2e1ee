//! What the rules ask of a list of events: what comes before what, what a unit is brought by, what is verified.

mod group;
mod mentions;

use super::branches::Branches;
use super::event::{Event, EventKind, Origin, Push, Site, Systemctl};
use super::paths;
use super::symbol::{Symbols, is_known, may_equal};
use super::text::Place;
use super::walk::Walk;
pub(super) use group::Group;
use mentions::Mentions;

/// The events of a script.
pub(super) struct View<'a> {
    pub(super) events: &'a [Event],
    pub(super) symbols: &'a Symbols,
    branches: &'a Branches,
    /// The events of each group: most events are commands, and in none.
    groups: [Vec<usize>; 4],
    mentions: Mentions<'a>,
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
            groups: Group::ALL.map(|group| {
                let all = events.iter().enumerate();
                let of_group = all.filter(|(_, event)| group.has(event));
                of_group.map(|(index, _)| index).collect()
            }),
            mentions: Mentions::of(events),
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

    /// The events of a group before one that can happen in the same run, the last one first.
    pub(super) fn before(
        &self,
        group: Group,
        index: usize,
    ) -> impl Iterator<Item = (usize, &'a Event)> {
        let group = self.group(group);
        let end = group.partition_point(|at| *at < index);
        self.in_run_of(index, group.iter().take(end).rev())
    }

    /// The events of a group after one that can happen in the same run.
    pub(super) fn after(
        &self,
        group: Group,
        index: usize,
    ) -> impl Iterator<Item = (usize, &'a Event)> {
        let group = self.group(group);
        let start = group.partition_point(|at| *at <= index);
        self.in_run_of(index, group.iter().skip(start))
    }

    fn group(&self, group: Group) -> &[usize] {
        self.groups.get(group as usize).map_or(&[], Vec::as_slice)
    }

    fn in_run_of<'i>(
        &self,
        index: usize,
        events: impl Iterator<Item = &'i usize>,
    ) -> impl Iterator<Item = (usize, &'a Event)> {
        let (all, branches) = (self.events, self.branches);
        let here = all.get(index);
        let found = events.filter_map(|at| Some((*at, all.get(*at)?)));
        found.filter(move |(_, event)| {
            here.is_some_and(|here| branches.agree(here.path, event.path))
        })
    }

    /// The events before a push that may name a directory of its destination, in no order.
    pub(super) fn naming_directory(
        &self,
        index: usize,
        path: &str,
    ) -> impl Iterator<Item = &'a Event> {
        let (all, branches) = (self.events, self.branches);
        let here = all.get(index);
        let found = self.mentions.directory(path).filter(move |at| *at < index);
        found.filter_map(move |at| {
            let event = all.get(at)?;
            branches.agree(here?.path, event.path).then_some(event)
        })
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

    /// The unit files that are brought to containers.
    pub(super) fn unit_files(&self) -> impl Iterator<Item = (&'a Event, UnitFile<'a>)> {
        let bringing = self.group(Group::Bringing).iter();
        bringing.filter_map(|at| Some((self.events.get(*at)?, self.unit_file(*at)?)))
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

    /// Whether a container has a unit when an event happens.
    pub(super) fn brought(&self, index: usize, container: &str, unit: &str) -> Brought {
        let mut most = Brought::No;
        // A clone has what its original had.
        let mut next = Some((index, container));
        while let Some((index, container)) = next {
            for (at, event) in self.before(Group::Bringing, index) {
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
        self.before(Group::Bringing, index)
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
            let restored =
                self.before(Group::Bringing, index)
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
        let Some(event) = self.events.get(index) else {
            return false;
        };
        let later = self.mentions.file(&push.destination);
        later
            .filter(|at| *at > index)
            .filter_map(|at| self.events.get(at))
            .any(|later| {
                self.agree(event, later) && verifies(later, &push.container, &push.destination)
            })
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
        let mut later = self.after(Group::Systemctl, index);
        later.find_map(|(at, event)| match &event.kind {
            EventKind::Systemctl(call) if event.container() == Some(container) && used(call) => {
                Some(at)
            }
            _ => None,
        })
    }

    /// Whether something between two events was not followed, in this container or on the host.
    pub(super) fn unknown_between(&self, from: usize, to: usize, container: &str) -> bool {
        let group = self.group(Group::Bringing);
        let between = group.partition_point(|at| *at <= from)..group.partition_point(|at| *at < to);
        let indices = group.get(between).unwrap_or_default().iter();
        indices
            .filter_map(|at| self.events.get(*at))
            .filter(|event| matches!(event.kind, EventKind::Unknown))
            .any(|event| event.container().is_none_or(|id| may_equal(id, container)))
    }
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
