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

/// The containers that a selector chooses, in the order of its IDs, else by ID.
pub(crate) fn select(selector: &Selector, inventory: &[Listed]) -> Vec<Selected> {
    let mut selected: Vec<_> = inventory
        .iter()
        .filter(|container| matches(selector, container))
        .map(|container| Selected {
            ct: container.ct,
            node: container.node.clone(),
            name: container.name.clone(),
            visit: visit(container),
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
            container.tags.contains(&tag.to_lowercase())
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

fn visit(container: &Listed) -> Visit {
    let busy = container.lock.as_deref().filter(|lock| BUSY.contains(lock));
    match (busy, container.state) {
        _ if container.template => Visit::Skip(SkipReason::Template),
        (Some(lock), _) => Visit::Skip(SkipReason::Locked(lock.to_owned())),
        (None, State::Stopped) => Visit::Skip(SkipReason::Stopped),
        (None, State::Running | State::Frozen | State::Unknown) => Visit::Yes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ct;

    fn container(id: u32) -> Listed {
        Listed {
            ct: ct(id),
            node: "pve1".to_owned(),
            name: None,
            tags: BTreeSet::new(),
            pool: None,
            lock: None,
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
        select(wanted, &inventory())
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
        let visits: Vec<_> = select(&wanted, &inventory())
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
}
