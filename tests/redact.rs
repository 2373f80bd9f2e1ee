//! Redaction of what was recorded from real containers, in which there are no secrets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::path::{Path, PathBuf};

use lxcdiag::evidence::recording::Recording;
use lxcdiag::judge::judge;
use lxcdiag::redact;
use lxcdiag::runbook::{Library, Runbook, read};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn recordings() -> Vec<(PathBuf, Recording)> {
    let entries = std::fs::read_dir(root("runbooks/tests/recordings")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read(&path).unwrap();
            let recording = serde_json::from_slice(&text).unwrap();
            (path, recording)
        })
        .collect()
}

fn runbook() -> Runbook {
    let runbooks = Library::standard(Some(&root("runbooks")));
    read(&runbooks.find("race-condition").unwrap()).unwrap()
}

/// Units, journals, hashes, task logs: a system as it is has nothing that looks like a secret.
#[test]
fn nothing_is_removed_where_there_is_no_secret() {
    let runbook = runbook();
    let recordings = recordings();
    assert!(recordings.len() > 100, "{}", recordings.len());
    for (path, exact) in recordings {
        let diagnosis = judge(&runbook, &exact);
        let mut recording = exact.clone();
        let report = redact::report(&runbook, &exact.runbook.sha256, &mut recording, &diagnosis);
        assert_eq!(report.redacted, Some(Vec::new()), "{}", path.display());
        assert!(recording == exact, "{}", path.display());
    }
}

/// With a secret in every output, the same verdict on the same grounds.
#[test]
fn redaction_changes_no_verdict() {
    let runbook = runbook();
    for (path, mut recording) in recordings() {
        for attempt in &mut recording.attempts {
            if !attempt.stdout.head.is_empty() && attempt.check == "unit_file" {
                attempt
                    .stdout
                    .head
                    .extend_from_slice(b"\nEnvironment=\"DB_PASSWORD=hunter2 x\"\n");
            }
        }
        let exact = judge(&runbook, &recording);
        let sha256 = recording.runbook.sha256.clone();
        redact::report(&runbook, &sha256, &mut recording, &exact);
        let text = serde_json::to_string(&recording).unwrap();
        assert!(!text.contains("hunter2"), "{}", path.display());
        let read: Recording = serde_json::from_str(&text).unwrap();
        let again = judge(&runbook, &read);
        assert_eq!(again.verdict, exact.verdict, "{}", path.display());
        assert_eq!(again.hypotheses, exact.hypotheses, "{}", path.display());
    }
}
