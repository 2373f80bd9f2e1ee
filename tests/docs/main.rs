//! The documents: every command line is run, every YAML is read, and what can be compared with lxcdiag is.
//!
//! The tests in real containers follow README.md, the usage and the tutorial once more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../cli/environment.rs"]
#[allow(dead_code, reason = "of another test; not all of it is wanted here")]
mod environment;
mod follow;
mod markdown;
mod picture;
mod sandbox;
mod words;

use std::path::{Path, PathBuf};

use follow::follow;
use markdown::Document;
use sandbox::Sandbox;

/// Every document, by its path from the project's root.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = std::fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    for path in ["README.md", "CONTRIBUTING.md", "tests/lab/README.md"] {
        paths.push(root.join(path));
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root).unwrap().to_owned(), text)
        })
        .collect()
}

#[test]
fn every_command_and_every_yaml_works() {
    std::thread::scope(|scope| {
        for (path, text) in documents() {
            scope.spawn(move || {
                follow(&Sandbox::new(), &path.display().to_string(), &text);
            });
        }
    });
}

/// A block that is indented by four spaces would not be tested.
#[test]
fn every_block_is_fenced() {
    for (path, text) in documents() {
        let mut blank = true;
        for (number, line) in Document::read(&text).prose {
            assert!(
                !(blank && line.starts_with("    ")),
                "{}:{number}: not fenced: {line}",
                path.display()
            );
            blank = line.trim().is_empty();
        }
    }
}

#[test]
fn no_line_is_longer_than_130_characters() {
    for (path, text) in documents() {
        for (index, line) in text.lines().enumerate() {
            let length = line.chars().count();
            assert!(length <= 130, "{}:{}: {length}", path.display(), index + 1);
        }
    }
}
