//! Histories that were once judged wrong, each shrunk and kept under a name.
//!
//! A file of `regressions/` is a history as text, with its truth in the comment `# true: …`. A history that is
//! judged wrong is printed in this form by the property test.

use std::path::Path;

use super::backend::runbook;
use super::history::History;
use super::property::judged;

/// The histories that are still judged wrong. The aim is none.
const STILL_WRONG: &[&str] = &[];

/// Each kept history, by its name.
fn kept() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulator/regressions");
    let mut kept: Vec<_> = std::fs::read_dir(directory)
        .expect("the kept histories")
        .map(|entry| {
            let path = entry.expect("a readable directory").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(path).expect("a text"))
        })
        .collect();
    kept.sort();
    kept
}

#[test]
fn kept_histories_are_judged_right_and_have_the_truth_that_they_state() {
    let runbook = runbook();
    let mut wrong = Vec::new();
    for (name, text) in kept() {
        let judged = judged(&runbook, &History::of_text(&text));
        let held: Vec<_> = judged.truth.held().collect();
        let stated = text.lines().find_map(|line| line.strip_prefix("# true:"));
        let stated = stated.expect("a comment `# true: …`").trim();
        assert_eq!(held.join(", "), stated, "{name}");
        if !judged.wrong().is_empty() {
            println!("{name}: {:?}", judged.wrong());
            wrong.push(name);
        }
    }
    assert_eq!(wrong, STILL_WRONG);
}
