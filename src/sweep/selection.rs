//! Which containers a sweep visits, out of those the cluster has. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::host::{Listed, State};

/// Container IDs as they are written on a command line: `100-199,958`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids(Vec<(u32, u32)>);

/// A list of IDs that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no container ID and no range of them: write 958, 100-199, or both with a comma between"
)]
pub struct BadIds(String);

impl FromStr for Ids {
    type Err = BadIds;

    fn from_str(text: &str) -> Result<Self, BadIds> {
        let id = |word: &str| {
            let id: u32 = word.trim().parse().ok()?;
            (100..=999_999_999).contains(&id).then_some(id)
        };
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
    /// Whether an ID is among them.
    pub fn has(&self, ct: u32) -> bool {
        self.0
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&ct))
    }

    /// The IDs that are written out, which must be there; those of a range need not.
    fn single(&self) -> impl Iterator<Item = u32> {
        self.0
            .iter()
            .filter(|(first, last)| first == last)
            .map(|(id, _)| *id)
    }

    /// Where in the list an ID stands first.
    fn position(&self, ct: u32) -> usize {
        let among = |(first, last): &(u32, u32)| (*first..=*last).contains(&ct);
        self.0.iter().position(among).unwrap_or(self.0.len())
    }
}

/// What is asked for: every condition that is given must hold, each in any of its ways.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// These IDs.
    pub ids: Option<Ids>,
    /// Any of these tags.
    pub tags: Vec<String>,
    /// In one of these pools.
    pub pools: Vec<String>,
    /// On one of these nodes.
    pub nodes: Vec<String>,
    /// None of these IDs.
    pub exclude: Ids,
    /// Leave out what does not run, without a word.
    pub running: bool,
}

/// A container that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Its ID.
    pub ct: u32,
    /// The node that has it; empty where none has.
    pub node: String,
    /// Its host name.
    pub name: Option<String>,
    /// Whether it is to be visited.
    pub visit: Visit,
}

/// Whether a container is to be visited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// It is.
    Yes,
    /// It is skipped, for a reason that is not a problem.
    Skip(SkipReason),
    /// It cannot be visited, which is a problem.
    Lost(String),
}

/// Why a container is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// It is a template, which never runs.
    Template,
    /// Work that holds this lock stops, freezes or moves it.
    Locked(String),
    /// It is stopped.
    Stopped,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template => f.write_str("it is a template"),
            Self::Locked(lock) => write!(f, "it is locked: {lock}"),
            Self::Stopped => f.write_str("it is stopped"),
        }
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Those asked for: in the order of the IDs given, else by ID.
pub fn select(wanted: &Wanted, inventory: &[Listed]) -> Vec<Selected> {
    let mut selected: Vec<_> = inventory
        .iter()
        .filter(|container| is_wanted(wanted, container))
        .map(|container| Selected {
            ct: container.ct,
            node: container.node.clone(),
            name: container.name.clone(),
            visit: visit(container),
        })
        .collect();
    if let Some(ids) = &wanted.ids {
        let there: BTreeSet<_> = inventory.iter().map(|container| container.ct).collect();
        let gone: BTreeSet<_> = ids
            .single()
            .filter(|ct| !there.contains(ct) && !wanted.exclude.has(*ct))
            .collect();
        selected.extend(gone.into_iter().map(|ct| Selected {
            ct,
            node: String::new(),
            name: None,
            visit: Visit::Lost("there is no such container on any node".to_owned()),
        }));
        selected.sort_by_key(|container| (ids.position(container.ct), container.ct));
    }
    selected
}

fn is_wanted(wanted: &Wanted, container: &Listed) -> bool {
    let any =
        |asked: &[String], has: &dyn Fn(&String) -> bool| asked.is_empty() || asked.iter().any(has);
    wanted.ids.as_ref().is_none_or(|ids| ids.has(container.ct))
        && !wanted.exclude.has(container.ct)
        && any(&wanted.tags, &|tag| {
            container.tags.contains(&tag.to_lowercase())
        })
        && any(&wanted.pools, &|pool| container.pool.as_ref() == Some(pool))
        && any(&wanted.nodes, &|node| container.node == *node)
        && !(wanted.running && (container.template || container.state == State::Stopped))
}

/// Locks of work that stops, freezes or moves a container by itself, and is over soon. Any other
/// (`disk`, `fstrim`, `mounted`) leaves it as it is.
const AT_WORK: [&str; 7] = [
    "backup",
    "create",
    "destroyed",
    "migrate",
    "rollback",
    "snapshot",
    "snapshot-delete",
];

fn visit(container: &Listed) -> Visit {
    let at_work = container
        .lock
        .as_deref()
        .filter(|lock| AT_WORK.contains(lock));
    match (at_work, container.state) {
        _ if container.template => Visit::Skip(SkipReason::Template),
        (Some(lock), _) => Visit::Skip(SkipReason::Locked(lock.to_owned())),
        (None, State::Stopped) => Visit::Skip(SkipReason::Stopped),
        (None, State::Frozen) => Visit::Lost("it is frozen, and nothing was sent to it".to_owned()),
        (None, State::Running | State::Unknown) => Visit::Yes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(ct: u32) -> Listed {
        Listed {
            ct,
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

    fn ids(wanted: &Wanted) -> Vec<u32> {
        select(wanted, &inventory())
            .iter()
            .map(|one| one.ct)
            .collect()
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let all: Ids = "100-199,958".parse().unwrap();
        assert!(all.has(100) && all.has(199) && all.has(958) && !all.has(200) && !all.has(957));
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
        ] {
            assert!(bad.parse::<Ids>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "100,x".parse::<Ids>().unwrap_err().to_string(),
            "\"x\" is no container ID and no range of them: write 958, 100-199, or both with a comma between"
        );
    }

    #[test]
    fn all_are_by_id_and_what_is_asked_for_in_that_order() {
        assert_eq!(ids(&Wanted::default()), [100, 101, 150, 200, 300, 301]);
        let wanted = |text: &str| Wanted {
            ids: text.parse().ok(),
            ..Wanted::default()
        };
        assert_eq!(ids(&wanted("300,100-101")), [300, 100, 101]);
        assert_eq!(
            ids(&wanted("300-301,999,100-101,300")),
            [300, 301, 999, 100, 101]
        );
    }

    #[test]
    fn every_condition_must_hold_in_one_of_its_ways() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let tagged = Wanted {
            tags: words(&["x", "Prod"]),
            ..Wanted::default()
        };
        assert_eq!(ids(&tagged), [100]);
        let elsewhere = Wanted {
            nodes: words(&["pve2"]),
            ..tagged
        };
        assert_eq!(ids(&elsewhere), [0; 0]);
        let pooled = Wanted {
            pools: words(&["web"]),
            ..Wanted::default()
        };
        assert_eq!(ids(&pooled), [200]);
        let running = Wanted {
            running: true,
            exclude: "300-399".parse().unwrap(),
            ..Wanted::default()
        };
        assert_eq!(ids(&running), [100, 200]);
    }

    #[test]
    fn what_is_not_visited_says_why() {
        let wanted = Wanted {
            ids: "100-301,999".parse().ok(),
            ..Wanted::default()
        };
        let visits: Vec<_> = select(&wanted, &inventory())
            .into_iter()
            .map(|one| (one.ct, one.visit))
            .collect();
        let lost = |why: &str| Visit::Lost(why.to_owned());
        assert_eq!(
            visits,
            [
                (100, Visit::Yes),
                (101, Visit::Skip(SkipReason::Stopped)),
                (150, Visit::Skip(SkipReason::Template)),
                (200, Visit::Yes),
                (300, lost("it is frozen, and nothing was sent to it")),
                (301, Visit::Skip(SkipReason::Locked("snapshot".to_owned()))),
                (999, lost("there is no such container on any node")),
            ]
        );
    }
}
