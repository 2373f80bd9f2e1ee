//! Which containers a sweep visits, out of those the cluster has. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::evidence::container_id::ContainerId;
use crate::host::{Listed, State};

/// Container IDs as they are written on a command line: `100-199,958`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids(Vec<(ContainerId, ContainerId)>);

/// A container ID or range that is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid container ID or range `{0}`: expected 958, 100-199, or several separated by commas"
)]
pub struct BadIds(String);

impl FromStr for Ids {
    type Err = BadIds;

    fn from_str(text: &str) -> Result<Self, BadIds> {
        let id = |word: &str| word.trim().parse().ok();
        let range = |word: &str| {
            let (first, last) = match word.split_once('-') {
                Some((first, last)) => (id(first)?, id(last)?),
                None => (id(word)?, id(word)?),
            };
            (first <= last).then_some((first, last))
        };
        text.split(',')
            .map(|word| range(word).ok_or_else(|| BadIds(word.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Extend<Self> for Ids {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, more: T) {
        self.0.extend(more.into_iter().flat_map(|ids| ids.0));
    }
}

impl Ids {
    /// Whether the list contains an ID.
    pub fn has(&self, ct: ContainerId) -> bool {
        self.0
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&ct))
    }

    /// The single IDs, which must exist; those of a range need not.
    fn single(&self) -> impl Iterator<Item = ContainerId> {
        self.0
            .iter()
            .filter(|(first, last)| first == last)
            .map(|(id, _)| *id)
    }

    /// The first position of an ID in the list.
    fn position(&self, ct: ContainerId) -> usize {
        let among = |(first, last): &(ContainerId, ContainerId)| (*first..=*last).contains(&ct);
        self.0.iter().position(among).unwrap_or(self.0.len())
    }
}

/// Which containers to visit: a container must match every given condition, with any of its values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    pub ids: Option<Ids>,
    pub tags: Vec<String>,
    pub pools: Vec<String>,
    pub nodes: Vec<String>,
    pub exclude: Ids,
    /// Silently skip stopped containers.
    pub running: bool,
}

/// A selected container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Its ID.
    pub ct: ContainerId,
    /// The node that has it; empty if none has.
    pub node: String,
    /// Its host name.
    pub name: Option<String>,
    /// A lock that is older than a day: the operation that took it has probably died.
    pub stale_lock: Option<String>,
    /// Whether to visit it.
    pub visit: Visit,
}

/// Whether to visit a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// Visit it.
    Yes,
    /// Skip it, for a reason that is not a problem.
    Skip(SkipReason),
    /// It cannot be visited, which is a problem.
    Unreachable(String),
}

/// Why a container is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// It is a template, which never runs.
    Template,
    /// An operation that stops, freezes or moves it holds this lock.
    Locked(String),
    /// It is stopped.
    Stopped,
    /// The runbook does not apply to it.
    NotApplicable,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template => f.write_str("template"),
            Self::Locked(lock) => write!(f, "locked: {lock}"),
            Self::Stopped => f.write_str("stopped"),
            Self::NotApplicable => f.write_str("not applicable"),
        }
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How long an operation may hold a lock, in nanoseconds.
const LOCKED_TOO_LONG: i64 = 24 * 3_600 * 1_000_000_000;

/// The values of a selector that no container has, as they are given on the command line.
pub(crate) fn unmatched(selector: &Selector, inventory: &[Listed]) -> Vec<String> {
    let known = inventory.iter().filter(|it| it.unreadable.is_none());
    let tags: BTreeSet<_> = known.flat_map(|it| &it.tags).collect();
    let pools: BTreeSet<_> = inventory.iter().filter_map(|it| it.pool.as_ref()).collect();
    let nodes: BTreeSet<_> = inventory.iter().map(|it| &it.node).collect();
    let missing = |option: &str, values: &[String], has: &dyn Fn(&String) -> bool| {
        let missing = values.iter().filter(|value| !has(value));
        missing
            .map(|value| format!("--{option} {value}"))
            .collect::<Vec<_>>()
    };
    let mut unmatched = missing("tag", &selector.tags, &|tag| {
        tags.contains(&tag.to_lowercase())
    });
    unmatched.extend(missing("pool", &selector.pools, &|pool| {
        pools.contains(pool)
    }));
    unmatched.extend(missing("node", &selector.nodes, &|node| {
        nodes.contains(node)
    }));
    unmatched
}

/// The containers that a selector chooses, in the order of its IDs, else by ID. `now` is in nanoseconds since the
/// Unix epoch.
pub(crate) fn select(selector: &Selector, inventory: &[Listed], now: i64) -> Vec<Selected> {
    let mut selected: Vec<_> = inventory
        .iter()
        .filter(|container| matches(selector, container))
        .map(|container| Selected {
            ct: container.ct,
            node: container.node.clone(),
            name: container.name.clone(),
            stale_lock: stale_lock(container, now),
            visit: visit(container, now),
        })
        .collect();
    if let Some(ids) = &selector.ids {
        let existing: BTreeSet<_> = inventory.iter().map(|container| container.ct).collect();
        let missing: BTreeSet<_> = ids
            .single()
            .filter(|ct| !existing.contains(ct) && !selector.exclude.has(*ct))
            .collect();
        selected.extend(missing.into_iter().map(|ct| Selected {
            ct,
            node: String::new(),
            name: None,
            stale_lock: None,
            visit: Visit::Unreachable("no node has this container".to_owned()),
        }));
        selected.sort_by_key(|container| (ids.position(container.ct), container.ct));
    }
    selected
}

fn matches(selector: &Selector, container: &Listed) -> bool {
    let any = |values: &[String], has: &dyn Fn(&String) -> bool| {
        values.is_empty() || values.iter().any(has)
    };
    selector
        .ids
        .as_ref()
        .is_none_or(|ids| ids.has(container.ct))
        && !selector.exclude.has(container.ct)
        && any(&selector.tags, &|tag| {
            container.unreadable.is_some() || container.tags.contains(&tag.to_lowercase())
        })
        && any(&selector.pools, &|pool| {
            container.pool.as_ref() == Some(pool)
        })
        && any(&selector.nodes, &|node| container.node == *node)
        && !(selector.running && (container.template || container.state == State::Stopped))
}

/// Locks of operations that stop, freeze or move a container, and end soon. With any other lock (`disk`,
/// `fstrim`, `mounted`), the container can be visited.
const BUSY: [&str; 7] = [
    "backup",
    "create",
    "destroyed",
    "migrate",
    "rollback",
    "snapshot",
    "snapshot-delete",
];

fn visit(container: &Listed, now: i64) -> Visit {
    if let Some(error) = &container.unreadable {
        return Visit::Unreachable(format!("cannot read its configuration: {error}"));
    }
    let lock = container.lock.as_deref();
    let busy = lock.filter(|lock| BUSY.contains(lock) && stale_lock(container, now).is_none());
    match (busy, container.state) {
        _ if container.template => Visit::Skip(SkipReason::Template),
        (Some(lock), _) => Visit::Skip(SkipReason::Locked(lock.to_owned())),
        (None, State::Stopped) => Visit::Skip(SkipReason::Stopped),
        (None, State::Running | State::Frozen | State::Unknown) => Visit::Yes,
    }
}

fn stale_lock(container: &Listed, now: i64) -> Option<String> {
    let lock = container.lock.as_ref()?;
    let age = now.saturating_sub(container.written_at?);
    let days = age / LOCKED_TOO_LONG;
    (days > 0).then(|| {
        let unit = if days == 1 { "day" } else { "days" };
        format!("locked for more than {days} {unit}: {lock}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ct;

    const NOW: i64 = 1_800_000_000_000_000_000;

    fn container(id: u32) -> Listed {
        Listed {
            ct: ct(id),
            node: "pve1".to_owned(),
            name: None,
            tags: BTreeSet::new(),
            pool: None,
            lock: None,
            written_at: Some(NOW),
            unreadable: None,
            template: false,
            onboot: false,
            state: State::Running,
        }
    }

    fn inventory() -> Vec<Listed> {
        vec![
            Listed {
                tags: BTreeSet::from(["prod".to_owned()]),
                lock: Some("mounted".to_owned()),
                ..container(100)
            },
            Listed {
                state: State::Stopped,
                ..container(101)
            },
            Listed {
                template: true,
                state: State::Stopped,
                ..container(150)
            },
            Listed {
                pool: Some("web".to_owned()),
                node: "pve2".to_owned(),
                state: State::Unknown,
                ..container(200)
            },
            Listed {
                state: State::Frozen,
                ..container(300)
            },
            Listed {
                state: State::Frozen,
                lock: Some("snapshot".to_owned()),
                ..container(301)
            },
        ]
    }

    fn ids(wanted: &Selector) -> Vec<u32> {
        select(wanted, &inventory(), NOW)
            .iter()
            .map(|one| one.ct.into())
            .collect()
    }

    #[test]
    fn ids_and_ranges_are_parsed() {
        let all: Ids = "100-199,958".parse().unwrap();
        assert!(
            all.has(ct(100))
                && all.has(ct(199))
                && all.has(ct(958))
                && !all.has(ct(200))
                && !all.has(ct(957))
        );
        for bad in [
            "",
            "99",
            "958,",
            "200-100",
            "1000000000",
            "a",
            "100-",
            "-100",
            "100--200",
            "0100",
        ] {
            assert!(bad.parse::<Ids>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "100,x".parse::<Ids>().unwrap_err().to_string(),
            "invalid container ID or range `x`: expected 958, 100-199, or several separated by commas"
        );
    }

    #[test]
    fn containers_are_sorted_by_id_or_as_they_were_asked_for() {
        assert_eq!(ids(&Selector::default()), [100, 101, 150, 200, 300, 301]);
        let wanted = |text: &str| Selector {
            ids: text.parse().ok(),
            ..Selector::default()
        };
        assert_eq!(ids(&wanted("300,100-101")), [300, 100, 101]);
        assert_eq!(
            ids(&wanted("300-301,999,100-101,300")),
            [300, 301, 999, 100, 101]
        );
    }

    #[test]
    fn every_condition_must_hold_for_one_of_its_values() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let tagged = Selector {
            tags: words(&["x", "Prod"]),
            ..Selector::default()
        };
        assert_eq!(ids(&tagged), [100]);
        let elsewhere = Selector {
            nodes: words(&["pve2"]),
            ..tagged
        };
        assert_eq!(ids(&elsewhere), [0; 0]);
        let pooled = Selector {
            pools: words(&["web"]),
            ..Selector::default()
        };
        assert_eq!(ids(&pooled), [200]);
        let running = Selector {
            running: true,
            exclude: "300-399".parse().unwrap(),
            ..Selector::default()
        };
        assert_eq!(ids(&running), [100, 200]);
    }

    #[test]
    fn a_container_that_is_not_visited_has_a_reason() {
        let wanted = Selector {
            ids: "100-301,999".parse().ok(),
            ..Selector::default()
        };
        let visits: Vec<_> = select(&wanted, &inventory(), NOW)
            .into_iter()
            .map(|one| (one.ct.into(), one.visit))
            .collect();
        let unreachable = |why: &str| Visit::Unreachable(why.to_owned());
        assert_eq!(
            visits,
            [
                (100, Visit::Yes),
                (101, Visit::Skip(SkipReason::Stopped)),
                (150, Visit::Skip(SkipReason::Template)),
                (200, Visit::Yes),
                (300, Visit::Yes),
                (301, Visit::Skip(SkipReason::Locked("snapshot".to_owned()))),
                (999, unreachable("no node has this container")),
            ]
        );
    }

    #[test]
    fn a_lock_that_is_older_than_a_day_does_not_hide_the_container() {
        let locked = |hours: i64| Listed {
            lock: Some("backup".to_owned()),
            written_at: Some(NOW - hours * 3_600 * 1_000_000_000),
            ..container(100)
        };
        let visited = |hours| select(&Selector::default(), &[locked(hours)], NOW).remove(0);
        assert_eq!(
            visited(23).visit,
            Visit::Skip(SkipReason::Locked("backup".to_owned()))
        );
        assert_eq!(visited(23).stale_lock, None);
        assert_eq!(visited(50).visit, Visit::Yes);
        assert_eq!(
            visited(50).stale_lock.as_deref(),
            Some("locked for more than 2 days: backup")
        );
    }

    #[test]
    fn a_container_without_a_readable_configuration_is_never_overlooked() {
        let unreadable = Listed {
            unreadable: Some("Input/output error".to_owned()),
            ..container(100)
        };
        let tagged = Selector {
            tags: vec!["prod".to_owned()],
            ..Selector::default()
        };
        let selected = select(&tagged, &[unreadable], NOW);
        let why = "cannot read its configuration: Input/output error";
        assert_eq!(selected[0].visit, Visit::Unreachable(why.to_owned()));
    }

    #[test]
    fn values_that_no_container_has_are_listed() {
        let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
        let wanted = Selector {
            tags: words(&["PROD", "nope"]),
            pools: words(&["web", "shop"]),
            nodes: words(&["pve1", "pve9"]),
            ..Selector::default()
        };
        assert_eq!(
            unmatched(&wanted, &inventory()),
            ["--tag nope", "--pool shop", "--node pve9"]
        );
    }
}
