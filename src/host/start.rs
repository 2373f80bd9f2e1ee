//! What decides whether a container can start: its last start, what its configuration names, and its image.

mod configuration;
mod id_map;
mod image;
mod inode;
mod kernel;
mod last;
mod locks;
mod mounts;
mod storage;
mod superblock;
mod tree;
mod volume;

use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};

/// A record of named facts. Values that are `None` are absent.
fn facts<const N: usize>(named: [(&str, Option<Fact>); N]) -> Facts {
    let present = named.into_iter();
    present
        .filter_map(|(name, fact)| Some((name.to_owned(), fact?)))
        .collect()
}

fn text(value: impl Into<String>) -> Option<Fact> {
    Some(Fact::Text(value.into()))
}

/// Whether a text has `before`, followed by the ID of this container and not of another one that begins alike.
fn names(text: &str, before: &str, ct: ContainerId) -> bool {
    let name = format!("{before}{ct}");
    let mut rest = text.split(name.as_str()).skip(1);
    rest.any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}
