use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::engine::conclude::conclude;
use crate::fixture::{Run, at, ct, runbook};

const RUNBOOK: &str = "runbook: test
title: A test
checks:
  - { id: look, title: x, run: [look], pass: exit == 0 }
hypotheses:
  - id: broken
    title: x
    about: x
    remedy: x
    evidence:
      - { if: look.failed, then: confirms, says: it fails }
healthy: { if: look.passed, says: it passes }
";

/// The report of a run that began this many seconds later than the others.
fn report(seconds: u32, passes: bool) -> Report {
    let runbook = runbook(RUNBOOK);
    let run = match passes {
        true => Run::new(&runbook).passes(&["look"]),
        false => Run::new(&runbook).fails(&["look"]),
    };
    let mut recording = run.recording;
    recording.started_at = at(f64::from(seconds));
    recording.finished_at = at(f64::from(seconds) + 1.0);
    conclude(&runbook, "", recording, None, false).report
}

fn history() -> (tempfile::TempDir, History) {
    let directory = tempfile::tempdir().unwrap();
    let history = History::new(directory.path());
    (directory, history)
}

/// The results that are kept, the latest first: seconds and verdicts. The first run begins at second 5.
fn kept(history: &History) -> Vec<String> {
    let (entries, unreadable) = history.of(ct(958)).unwrap();
    assert_eq!(unreadable, Vec::<PathBuf>::new());
    let shown = |entry: &Entry| format!("{} {}", &entry.started_at[17..19], entry.finding.words());
    entries.iter().map(shown).collect()
}

#[test]
fn of_the_same_result_the_first_and_the_last_report_are_kept() {
    let (_directory, history) = history();
    for seconds in 0..5 {
        history.keep(&report(seconds, true)).unwrap();
    }
    for seconds in 5..9 {
        history.keep(&report(seconds, false)).unwrap();
    }
    history.keep(&report(9, true)).unwrap();
    assert_eq!(
        kept(&history),
        [
            "14 healthy",
            "13 confirmed broken",
            "10 confirmed broken",
            "09 healthy",
            "05 healthy",
        ]
    );
}

/// The modification time of the file says when it was written.
#[test]
fn a_sweep_with_the_same_result_is_kept_once_an_hour() {
    let (_directory, history) = history();
    let sweep = |seconds, passes| {
        let mut report = report(seconds, passes);
        report.command_line = ["lxcdiag", "sweep", "test", "--all"]
            .map(str::to_owned)
            .to_vec();
        history.keep(&report).unwrap();
    };
    let ages = |minutes: u64| {
        let written = std::time::SystemTime::now() - Duration::from_secs(minutes * 60);
        let (entries, _) = history.of(ct(958)).unwrap();
        let opened = std::fs::File::open(&entries[0].path).unwrap();
        opened.set_modified(written).unwrap();
    };
    sweep(0, true);
    ages(55);
    sweep(1, true);
    assert_eq!(kept(&history), ["05 healthy"]);
    ages(65);
    sweep(2, true);
    sweep(3, true);
    assert_eq!(kept(&history), ["07 healthy", "05 healthy"]);
    sweep(4, false);
    sweep(5, true);
    history.keep(&report(6, true)).unwrap();
    assert_eq!(
        kept(&history),
        [
            "11 healthy",
            "10 healthy",
            "09 confirmed broken",
            "07 healthy",
            "05 healthy"
        ]
    );
}

#[test]
fn the_oldest_reports_are_removed() {
    let (_directory, history) = history();
    for seconds in 0..30 {
        history.keep(&report(seconds, seconds % 2 == 0)).unwrap();
    }
    let kept = kept(&history);
    assert_eq!(kept.len(), MOST);
    assert_eq!(kept[0], "34 confirmed broken");
    assert_eq!(kept[MOST - 1], "15 healthy");
}

#[test]
fn only_the_owner_can_read_a_report_and_none_has_secrets() {
    let (directory, history) = history();
    let mut with_secrets = report(0, true);
    with_secrets.redacted = None;
    history.keep(&with_secrets).unwrap();
    let mut demonstration = report(0, true);
    demonstration.demonstration = Some("late-push".to_owned());
    history.keep(&demonstration).unwrap();
    assert_eq!(kept(&history), [""; 0]);
    history.keep(&report(0, true)).unwrap();
    let (entries, _) = history.of(ct(958)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&entries[0].path), 0o600);
    assert_eq!(mode(&directory.path().join("history/958")), 0o700);
}

#[test]
fn other_files_are_kept_and_torn_ones_listed() {
    let (_directory, history) = history();
    history.keep(&report(0, true)).unwrap();
    let directory = history.of_container(ct(958));
    std::fs::write(directory.join("notes_test.json"), "mine").unwrap();
    for seconds in 1..30 {
        history.keep(&report(seconds, seconds % 2 == 0)).unwrap();
    }
    assert!(directory.join("notes_test.json").exists());
    std::fs::write(directory.join("3000_test.json"), "{ torn").unwrap();
    let (entries, unreadable) = history.of(ct(958)).unwrap();
    assert_eq!(entries.len(), MOST);
    assert_eq!(unreadable, [directory.join("3000_test.json")]);
}

#[test]
fn the_history_of_a_container_that_is_gone_is_removed() {
    let (directory, history) = history();
    let mut gone = report(0, true);
    gone.target.ct = ct(700);
    history.keep(&gone).unwrap();
    gone.target.ct = ct(701);
    history.keep(&gone).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(91 * 86_400);
    let opened = std::fs::File::open(directory.path().join("history/700")).unwrap();
    opened.set_modified(long_ago).unwrap();
    history.keep(&report(0, true)).unwrap();
    let containers: Vec<_> = history.containers().unwrap().into_iter().collect();
    assert_eq!(containers, [ct(701), ct(958)]);
}
