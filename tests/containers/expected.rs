//! The verdict that an expert would give on every scenario of the lab.

use crate::lxcdiag::{Ended, Verdict};

/// The expected verdict on a scenario: `ID LEVEL, race LEVEL`, with alternatives separated by `|`.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    pub scenario: &'static str,
    /// Without the time of the failure.
    pub unaided: &'static str,
    /// With it, if `systemctl enable` failed; empty if it is the same.
    told: &'static str,
}

impl Expected {
    pub fn told(&self) -> &'static str {
        match self.told {
            "" => self.unaided,
            told => told,
        }
    }
}

pub const fn verdict(scenario: &'static str, unaided: &'static str) -> Expected {
    Expected {
        scenario,
        unaided,
        told: "",
    }
}

pub const fn race(scenario: &'static str, unaided: &'static str, told: &'static str) -> Expected {
    Expected {
        scenario,
        unaided,
        told,
    }
}

pub const LIKELY: &str = "race-condition likely, race likely";
pub const CONFIRMED: &str = "race-condition confirmed, race confirmed";
/// Enabled, and no known failure.
pub const HEALTHY: &str = "healthy -, race unlikely|ruled_out";

#[rustfmt::skip]
pub const EXPECTED: &[Expected] = &[
    // Late: the file arrived after systemd had looked.
    race("late-push", LIKELY, CONFIRMED),
    race("late-push-reloads", "inconclusive -, race unknown", CONFIRMED),
    verdict("late-rename", LIKELY),
    verdict("late-old-mtime", LIKELY),
    race("other-push-failed", LIKELY, CONFIRMED),
    verdict("partial-write", "partial-write likely, race likely"),
    verdict("partial-empty", "partial-write likely, race likely"),
    verdict("starting", "systemd-not-ready likely, race likely"),
    // Late, in a container that makes it hard to see.
    race("no-dbus", LIKELY, CONFIRMED),
    verdict("no-stat", LIKELY),
    race("no-timeout", LIKELY, CONFIRMED),
    race("locked", LIKELY, CONFIRMED),
    // Without a journal, only the time of the failure shows when systemd looked.
    race("no-journal", "inconclusive -, race unknown", CONFIRMED),
    // Pushes that failed, or seemed to succeed.
    verdict("directory-push", "push-failed confirmed, race unlikely|ruled_out"),
    verdict("push-missing-dir", "push-failed confirmed, race unlikely|ruled_out"),
    verdict("push-dir-to-file", "file-incomplete confirmed, race unlikely|ruled_out"),
    race("disk-full", "read-only-or-full confirmed, race unlikely|ruled_out", "read-only-or-full likely, race unknown|unlikely|ruled_out"),
    verdict("disk-full-cut", "read-only-or-full confirmed, race unlikely|ruled_out"),
    verdict("read-only", "read-only-or-full confirmed, race unlikely|ruled_out"),
    // The assumed time is that of a reload between the failed push and the repair.
    verdict("repaired-later", "push-failed likely, race unknown|unlikely|ruled_out"),
    // A push that began after the failure is a repair.
    race("pushed-later", "inconclusive -, race unknown", "repaired-later likely, race unlikely"),
    // Missing.
    verdict("absent", "file-missing confirmed, race unlikely|ruled_out"),
    verdict("nested", "file-misplaced confirmed, race unlikely|ruled_out"),
    verdict("typo", "file-misplaced confirmed, race unlikely|ruled_out"),
    verdict("drop-in-only", "file-missing confirmed, race unlikely|ruled_out"),
    // Not what it should be.
    verdict("masked", "unit-masked confirmed, race unlikely|ruled_out"),
    verdict("empty", "file-incomplete confirmed, race unlikely|ruled_out"),
    verdict("cut-section", "file-incomplete confirmed, race unlikely|ruled_out"),
    verdict("cut-install", "unit-not-enableable confirmed, race unlikely|ruled_out"),
    verdict("no-install", "unit-not-enableable confirmed, race unlikely|ruled_out"),
    verdict("binary", "unit-malformed confirmed, race unlikely|ruled_out"),
    race("dangling", "broken-link confirmed, race unlikely|ruled_out", "broken-link likely, race unlikely|ruled_out"),
    verdict("directory", "broken-link confirmed, race unlikely|ruled_out"),
    // Unusual, but systemd accepts it.
    verdict("crlf", HEALTHY),
    verdict("mode-0000", HEALTHY),
    verdict("healthy", HEALTHY),
    // Enabled, with another fault that no hypothesis is about.
    verdict("missing-program", "inconclusive -, race unlikely|ruled_out"),
    verdict("stale", "inconclusive -, race unlikely|ruled_out"),
    // No systemd, no race.
    verdict("no-systemd", "not-systemd confirmed, race ruled_out|unlikely|unknown"),
    // No command can run; the host probes are still judged.
    verdict("no-sh", "inconclusive -, race unknown"),
];

/// Those whose container cannot be examined; `bad_input` has them.
pub const ELSEWHERE: [&str; 2] = ["stopped", "frozen"];

/// In an unprivileged container, as Proxmox VE makes them by default.
#[rustfmt::skip]
pub const UNPRIVILEGED: &[Expected] = &[
    verdict("unmapped-owner", "file-unreadable confirmed, race unlikely|ruled_out"),
    verdict("late-rename", LIKELY),
    verdict("partial-write", "partial-write likely, race likely"),
    verdict("masked", "unit-masked confirmed, race unlikely|ruled_out"),
    verdict("no-install", "unit-not-enableable confirmed, race unlikely|ruled_out"),
];

/// The exit status for a verdict.
pub fn status(verdict: &Verdict) -> i32 {
    match (verdict.id.as_str(), verdict.level.as_deref()) {
        ("healthy", _) => 0,
        ("inconclusive", _) => 3,
        (_, Some("confirmed")) => 2,
        _ => 1,
    }
}

/// Whether a verdict, in short, is the expected one.
pub fn is_as_expected(got: &str, expected: &str) -> bool {
    let (head, races) = expected.split_once(", race ").unwrap();
    races
        .split('|')
        .any(|race| got == format!("{head}, race {race}"))
}

/// What differs from `expected`, in words.
pub fn difference(run: &str, ended: &Ended, expected: &str) -> Option<String> {
    if ended.stdout.is_empty() {
        return Some(format!("{run}: no report: {}", ended.stderr));
    }
    let verdict = ended.verdict();
    let got = verdict.in_short();
    if is_as_expected(&got, expected) && ended.status == status(&verdict) {
        return None;
    }
    Some(format!(
        "{run}: expected {expected}\n   got {got}, exit status {}\n   {}",
        ended.status, verdict.summary
    ))
}
