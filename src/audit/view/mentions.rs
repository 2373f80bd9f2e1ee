//! Which commands name the files that a script pushes: found once for all pushes, so that long scripts take no longer
//! for each line than short ones.

use std::collections::{BTreeSet, HashMap};

use aho_corasick::{AhoCorasick, MatchKind};

use super::super::event::{Event, EventKind, Word};
use super::super::paths;
use super::super::symbol::is_known;

/// The commands that may name a path.
#[derive(Debug, Default)]
pub(super) struct Mentions<'a> {
    /// The events with words that contain the destination of a push, or its directory.
    containing: HashMap<&'a str, Vec<usize>>,
    /// The events with words that are not known in full, by the directories in these words.
    vague: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Mentions<'a> {
    pub(super) fn of(events: &'a [Event]) -> Self {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for event in events {
            if let EventKind::Push(push) = &event.kind {
                names.extend(both(&push.destination));
            }
        }
        let names: Vec<&str> = names.into_iter().collect();
        let mut mentions = Self::default();
        let builder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&names);
        let Ok(finder) = builder else {
            return mentions;
        };
        for (index, event) in events.iter().enumerate() {
            for word in words(event) {
                for found in finder.find_overlapping_iter(word) {
                    if let Some(name) = names.get(found.pattern().as_usize()) {
                        add(&mut mentions.containing, name, index);
                    }
                }
                if !is_known(word) {
                    add(&mut mentions.vague, paths::parent(word), index);
                }
            }
        }
        mentions
    }

    /// The events that may name a destination, or a file that may be it; in no order.
    pub(super) fn file(&self, path: &str) -> impl Iterator<Item = usize> {
        let [path, parent] = both(path);
        let (name, vague) = match is_known(path) {
            true => (path, self.vague.get(parent)),
            false => (parent, None),
        };
        let containing = self.containing.get(name);
        containing.into_iter().chain(vague).flatten().copied()
    }

    /// The events that may name a directory of a destination, or a file below it; in no order.
    pub(super) fn directory(&self, path: &str) -> impl Iterator<Item = usize> {
        let containing = self.containing.get(paths::trimmed(path));
        let vague = self.vague.values();
        containing.into_iter().chain(vague).flatten().copied()
    }
}

/// A destination, and its directory.
fn both(path: &str) -> [&str; 2] {
    [paths::trimmed(path), paths::parent(path)]
}

fn add<'a>(to: &mut HashMap<&'a str, Vec<usize>>, name: &'a str, index: usize) {
    let events = to.entry(name).or_default();
    if events.last() != Some(&index) {
        events.push(index);
    }
}

/// The words of an event that can be paths.
fn words(event: &Event) -> impl Iterator<Item = &str> {
    let (path, words) = match &event.kind {
        EventKind::Command(words) => (None, words.as_slice()),
        EventKind::Directory(path) => (Some(path.as_str()), Default::default()),
        EventKind::Write(write) => (Some(write.path.as_str()), Default::default()),
        _ => (None, Default::default()),
    };
    path.into_iter().chain(words.iter().map(Word::as_str))
}
