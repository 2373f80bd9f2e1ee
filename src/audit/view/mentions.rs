//! Which commands name the files that a script pushes: found once for all pushes, so that long scripts take no longer
//! for each line than short ones.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::super::event::{Event, EventKind, Word};
use super::super::paths;
use super::super::symbol::is_known;

/// The commands that may name a path.
#[derive(Debug, Default)]
pub(super) struct Mentions<'a> {
    /// The destinations of pushes, and their directories, in order.
    names: Vec<&'a str>,
    /// For each of them, the events with words that contain it.
    containing: Vec<Vec<usize>>,
    /// The events with words that are not known in full, by the directories in these words.
    vague: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Mentions<'a> {
    pub(super) fn of(events: &'a [Event]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for event in events {
            if let EventKind::Push(push) = &event.kind {
                names.extend(both(&push.destination));
            }
        }
        names.sort_unstable();
        names.dedup();
        // Every word contains nothing, and almost each path the root.
        names.retain(|name| !matches!(*name, "" | "/"));
        let mut mentions = Self {
            containing: vec![Vec::new(); names.len()],
            names,
            vague: HashMap::new(),
        };
        let builder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&mentions.names);
        let Ok(finder) = builder else {
            return mentions;
        };
        for (index, event) in events.iter().enumerate() {
            for word in words(event) {
                for found in finder.find_overlapping_iter(word) {
                    if let Some(events) = mentions.containing.get_mut(found.pattern().as_usize()) {
                        add(events, index);
                    }
                }
                if !is_known(word) {
                    let events = mentions.vague.entry(paths::parent(word)).or_default();
                    add(events, index);
                }
            }
        }
        mentions
    }

    /// The events that may name a destination, or a file that may be it; in no order.
    pub(super) fn file(&self, path: &str) -> impl Iterator<Item = usize> {
        let [path, parent] = both(path);
        let beside = match is_known(path) {
            true => self.vague.get(parent),
            false => self.containing(parent),
        };
        let containing = self.containing(path);
        containing.into_iter().chain(beside).flatten().copied()
    }

    fn containing(&self, name: &str) -> Option<&Vec<usize>> {
        let found = self.names.binary_search(&name).ok()?;
        self.containing.get(found)
    }

    /// The events that may name a directory of a destination, or a file below it; in no order.
    pub(super) fn directory(&self, path: &str) -> impl Iterator<Item = usize> {
        let containing = self.containing(paths::trimmed(path));
        let vague = self.vague.values();
        containing.into_iter().chain(vague).flatten().copied()
    }
}

/// A destination, and its directory.
fn both(path: &str) -> [&str; 2] {
    [paths::trimmed(path), paths::parent(path)]
}

fn add(events: &mut Vec<usize>, index: usize) {
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
