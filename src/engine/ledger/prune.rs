//! Prunes the ledger.

use std::path::Path;

use super::{Kept, is_ours};
use crate::atomic_file::replace;
use crate::private_directory;

/// Runs of a container whose whole recording is kept.
const WHOLE: usize = 20;

/// Runs of a container whose changes are kept. Each run reads them all, in some milliseconds.
const KNOWN: usize = 500;

/// Reduces older recordings in a container's directory to their changes, which a later verdict needs,
/// and removes the oldest. `latest` stays whole, even if a clock that was set back makes it look old.
///
/// Errors are ignored: the next run tries again, and nothing depends on it. Files are replaced
/// atomically, so that two runs may prune at once, and may be killed.
pub(super) fn prune(directory: &Path, latest: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let mut begun: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path != latest)
        .filter_map(|path| Some((begun_at(&path)?, path)))
        .collect();
    begun.sort_by(|a, b| b.cmp(a));
    let earlier = begun.iter().map(|(_, path)| path).zip(1..);
    for (path, position) in earlier.skip(WHOLE - 1) {
        if position >= KNOWN {
            let _ = std::fs::remove_file(path);
        } else {
            let _ = cut_down(path);
        }
    }
}

/// When a recording's run began, from the name that [`super::Ledger::file_of`] gives it.
fn begun_at(path: &Path) -> Option<i64> {
    is_ours(path).then(|| path.file_stem()?.to_str()?.parse().ok())?
}

/// A file that is not a recording is kept: each run reports it.
fn cut_down(path: &Path) -> std::io::Result<()> {
    let text = private_directory::read(path)?;
    let mut kept: Kept = serde_json::from_slice(&text)?;
    kept.attempts.retain(|tried| tried.changes);
    let changes = serde_json::to_vec(&kept)?;
    if changes != text {
        replace(path, &changes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::tests::{changing, history, later};
    use crate::fixture::ct;

    #[test]
    fn of_old_runs_the_changes_are_kept_and_of_the_oldest_nothing() {
        let (_directory, history) = history();
        let runbook = changing();
        let files = |runs: std::ops::Range<u32>| -> Vec<PathBuf> {
            runs.map(|run| history.file_of(&later(&runbook, f64::from(run))))
                .collect()
        };
        history.keep(&later(&runbook, 0.0)).unwrap();
        for (file, run) in files(1..509).iter().zip(1..) {
            let recording = later(&runbook, f64::from(run));
            std::fs::write(file, serde_json::to_vec(&recording).unwrap()).unwrap();
        }
        history.keep(&later(&runbook, 509.0)).unwrap();
        let (changes, unreadable) = history.changes(ct(958));
        assert_eq!(unreadable, Vec::<PathBuf>::new());
        assert_eq!(changes.len(), 500);
        let begun: Vec<_> = changes.iter().map(|change| change.during.start).collect();
        assert_eq!(begun[0], crate::fixture::at(11.0), "the newest are known");
        assert!(files(0..10).iter().all(|file| !file.exists()));
        let size = |file: &PathBuf| std::fs::metadata(file).unwrap().len();
        assert!(files(10..490).iter().all(|file| size(file) < 200));
        for (file, run) in files(490..510).iter().zip(490..) {
            let text = std::fs::read(file).unwrap();
            let kept: crate::evidence::recording::Recording =
                serde_json::from_slice(&text).unwrap();
            assert_eq!(kept, later(&runbook, f64::from(run)), "whole");
        }
    }

    #[test]
    fn the_latest_recording_stays_whole_if_the_clock_was_set_back() {
        let (_directory, history) = history();
        let runbook = changing();
        history.keep(&later(&runbook, 100.0)).unwrap();
        for run in 101..600 {
            let recording = later(&runbook, f64::from(run));
            let text = serde_json::to_vec(&recording).unwrap();
            std::fs::write(history.file_of(&recording), text).unwrap();
        }
        let before = later(&runbook, 0.0);
        history.keep(&before).unwrap();
        let text = std::fs::read(history.file_of(&before)).unwrap();
        let kept: crate::evidence::recording::Recording = serde_json::from_slice(&text).unwrap();
        assert_eq!(kept, before);
        assert_eq!(history.changes(ct(958)).0.len(), 500);
    }

    #[test]
    fn other_files_are_kept() {
        let (_directory, history) = history();
        let runbook = changing();
        history.keep(&later(&runbook, 0.0)).unwrap();
        let directory = history.of_container(ct(958));
        let others = ["1.json", "notes.json", "1.txt"].map(|name| directory.join(name));
        for file in &others {
            std::fs::write(file, "mine").unwrap();
        }
        for run in 1..30 {
            history.keep(&later(&runbook, f64::from(run))).unwrap();
        }
        for file in others {
            assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
        }
    }
}
