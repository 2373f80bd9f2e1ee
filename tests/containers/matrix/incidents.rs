//! Incidents that look like something else: what is true of each, and what lxcdiag should say.
//!
//! What differs between them is what was done to files, mounts, tasks and logs, which no version of systemd takes part in.
//! So each is played on one version, in turn; with LXCDIAG_TEST_MATRIX_ALL on all of them.

use serde_json::Value;

use super::cases::Case;
use crate::expected::{CONFIRMED, HEALTHY, LIKELY, race};
use crate::lxcdiag::Ended;

/// Every hypothesis that is true, and the expected verdicts: the right one, then others that are vague, but not wrong.
const fn incident(
    name: &'static str,
    truth: &'static [&'static str],
    unaided: &'static str,
    told: &'static str,
) -> Case {
    let mut case = Case::new(name, race(name, unaided, told));
    case.truth = Some(truth);
    case
}

const LATE: &[&str] = &["race-condition"];
const FINE: &[&str] = &["healthy"];
const UNIT: &[&str] = &["--var", "unit=embedding_server.service"];
const TYPED: &[&str] = &["--var", "unit=embeding_server.service"];
const VENDOR: &[&str] = &["--var", "dir=/usr/lib/systemd/system"];
const IN_VENDOR: &[&str] = &["--dir", "/usr/lib/systemd/system"];
const PUSHED: &[&str] = &["push-failed", "file-missing"];

const OPEN: &str = "inconclusive -, race unknown";
/// No cause is known, and a race is not one.
const NONE: &str = "inconclusive -, race unlikely|ruled_out or inconclusive -, race unknown";
const LIKELY_OR_OPEN: &str = "race-condition likely, race likely or inconclusive -, race unknown";
const OPEN_OR_LIKELY: &str = "inconclusive -, race unknown or race-condition likely, race likely";
const OPEN_OR_PARTIAL: &str =
    "inconclusive -, race unlikely|unknown or partial-write likely, race likely";
const LIKELY_OR_FAILED: &str =
    "race-condition likely, race likely or push-failed likely, race unknown";
const PUSH_FAILED_OR_MISSING: &str = "push-failed likely, race unlikely|ruled_out or file-missing confirmed, race unlikely|ruled_out";
const READ_ONLY_OR_OPEN: &str = "read-only-or-full confirmed, race unlikely|ruled_out or read-only-or-full likely, race unlikely|ruled_out|unknown or inconclusive -, race unknown";
const MASKED_OR_OPEN: &str = "unit-masked likely, race unlikely|ruled_out or inconclusive -, race unlikely|ruled_out|unknown or repaired-later likely, race unlikely|ruled_out";
const CONFIRMED_OR_LIKELY: &str =
    "race-condition confirmed, race confirmed or race-condition likely, race likely";
const PUSH_FAILED: &str = "push-failed confirmed, race unlikely|ruled_out or push-failed likely, race unlikely|ruled_out|unknown";
const PUSH_LIKELY: &str =
    "push-failed likely, race unlikely|ruled_out or push-failed likely, race unknown";
const MISSING: &str = "file-missing confirmed, race unlikely|ruled_out or file-missing likely, race unlikely|ruled_out|unknown";
const MISPLACED: &str = "file-misplaced confirmed, race unlikely|ruled_out or file-misplaced likely, race unlikely|ruled_out|unknown";
const MASKED: &str = "unit-masked confirmed, race unlikely|ruled_out";
const INCOMPLETE: &str = "file-incomplete confirmed, race unlikely|ruled_out or file-incomplete likely, race unlikely|ruled_out|unknown";
const MALFORMED: &str = "unit-malformed confirmed, race unlikely|ruled_out";
const NOT_ENABLEABLE: &str = "unit-not-enableable confirmed, race unlikely|ruled_out";
const UNREADABLE: &str = "file-unreadable confirmed, race unlikely|ruled_out or file-unreadable confirmed, race unknown or file-unreadable likely, race unlikely|ruled_out|unknown";
const REPAIRED: &str =
    "repaired-later likely, race unlikely or inconclusive -, race unlikely|ruled_out|unknown";
const READ_ONLY: &str = "read-only-or-full confirmed, race unlikely|ruled_out or read-only-or-full likely, race unlikely|ruled_out|unknown";

#[rustfmt::skip]
pub fn incidents() -> Vec<Case> {
    vec![
        // Late, by other means than a push. Without a task of the host, nothing shows that it was on its way at the failure.
        incident("late-tar", LATE, LIKELY, LIKELY),
        incident("late-cp", LATE, LIKELY, LIKELY),
        incident("late-rsync", LATE, LIKELY, LIKELY),
        incident("late-writer", LATE, LIKELY, LIKELY),
        incident("late-link", LATE, LIKELY_OR_OPEN, "race-condition likely, race likely or inconclusive -, race unknown|unlikely"),
        incident("late-target", LATE, LIKELY_OR_OPEN, "race-condition likely, race likely or inconclusive -, race unknown|unlikely"),
        incident("late-directory", LATE, LIKELY_OR_OPEN, LIKELY_OR_OPEN),
        incident("late-bind-mount", &["race-condition", "late-mount"], LIKELY_OR_OPEN, LIKELY_OR_OPEN),
        // Late, and something else afterwards.
        incident("late-push-restart", LATE, LIKELY_OR_OPEN, CONFIRMED_OR_LIKELY),
        incident("late-push-again", LATE, LIKELY_OR_OPEN, CONFIRMED_OR_LIKELY),
        incident("late-push-remade", LATE, LIKELY_OR_OPEN, "inconclusive -, race unknown or repaired-later likely, race unlikely"),
        incident("late-push-copied", LATE, LIKELY_OR_OPEN, LIKELY_OR_OPEN),
        incident("late-push-chmod", LATE, LIKELY_OR_OPEN, CONFIRMED_OR_LIKELY),
        // No failure is known: it is enabled and runs.
        incident("late-push-fixed", LATE, HEALTHY, CONFIRMED_OR_LIKELY).now(FINE),
        incident("push-running", &["race-condition", "file-missing"], "inconclusive -, race likely|unknown or file-missing confirmed, race unknown|unlikely", "").told(UNIT),
        incident("retried", LATE, LIKELY_OR_OPEN, CONFIRMED),
        // Late, beside another push that failed.
        incident("other-directory-push", LATE, LIKELY_OR_FAILED, CONFIRMED_OR_LIKELY),
        incident("similar-path-push", LATE, LIKELY, CONFIRMED),
        incident("failed-good-removed", LATE, LIKELY_OR_FAILED, CONFIRMED_OR_LIKELY),
        incident("old-failed-push", LATE, LIKELY, CONFIRMED),
        // Pushes that fail without naming the unit.
        incident("push-two-slashes", PUSHED, PUSH_FAILED, ""),
        incident("push-no-source", PUSHED, PUSH_FAILED_OR_MISSING, "").told(UNIT),
        incident("push-relative", PUSHED, PUSH_FAILED, ""),
        incident("push-no-user", PUSHED, PUSH_LIKELY, "").told(UNIT),
        incident("push-bad-mode", PUSHED, PUSH_LIKELY, "").told(UNIT),
        incident("push-restarted", PUSHED, PUSH_FAILED, ""),
        incident("push-rotated", PUSHED, PUSH_FAILED, ""),
        incident("push-forgotten", PUSHED, MISSING, "").told(UNIT),
        incident("push-remedied", &["push-failed", "repaired-later"], HEALTHY, PUSH_FAILED).now(FINE),
        incident("removed-pushed-again", &["repaired-later"], OPEN, REPAIRED),
        // Nothing failed.
        incident("disabled", &[], NONE, ""),
        incident("never-enabled", &[], NONE, ""),
        incident("started-by-hand", &[], NONE, ""),
        incident("boot-failed-at", FINE, HEALTHY, "inconclusive -, race unknown|unlikely"),
        incident("after-failed-at", FINE, HEALTHY, NONE),
        incident("healthy", &["wrong-unit-name", "file-missing"], "wrong-unit-name likely, race unlikely|ruled_out", "").named("healthy, mistyped name").told(TYPED),
        // Hidden or replaced.
        incident("hidden", &[], OPEN, OPEN),
        incident("still-hidden", &["file-missing"], MISSING, "").told(UNIT),
        incident("removed-later", &["unit-gone", "file-missing"], "unit-gone likely, race unlikely|ruled_out", ""),
        incident("restored", &[], OPEN_OR_LIKELY, OPEN_OR_LIKELY),
        incident("rolled-back", &[], OPEN_OR_LIKELY, OPEN_OR_LIKELY),
        incident("masked-elsewhere", &["unit-masked"], MASKED, "").injected(IN_VENDOR).told(VENDOR),
        incident("masked-at-runtime", &["unit-masked"], "unit-masked confirmed, race unlikely|ruled_out|unknown", "").injected(IN_VENDOR).told(VENDOR),
        incident("unmasked-later", &["unit-masked", "repaired-later"], OPEN_OR_LIKELY, REPAIRED),
        incident("malformed-then-fixed", &["unit-malformed"], OPEN_OR_PARTIAL, OPEN_OR_PARTIAL),
        incident("read-only-at-enable", &["read-only-or-full"], READ_ONLY_OR_OPEN, ""),
        incident("full-then-freed", &["read-only-or-full", "file-incomplete"], INCOMPLETE, ""),
        // Not what it should be.
        incident("fifo", &["file-unreadable"], UNREADABLE, ""),
        incident("link-loop", &["broken-link"], "broken-link confirmed, race unlikely|ruled_out or broken-link likely, race unlikely|ruled_out", ""),
        incident("utf-16", &["unit-malformed"], MALFORMED, ""),
        incident("error-page", &["unit-malformed", "unit-not-enableable"], "unit-malformed confirmed, race unlikely|ruled_out or unit-not-enableable confirmed, race unlikely|ruled_out", ""),
        incident("install-misspelt", &["unit-not-enableable"], NOT_ENABLEABLE, ""),
        // The wrong name or place.
        incident("in-wants", &["file-misplaced", "file-missing"], MISPLACED, "").told(UNIT),
        incident("user-unit", &["file-misplaced", "file-missing"], MISPLACED, ""),
        incident("txt", &["file-misplaced", "file-missing"], "file-misplaced confirmed, race unlikely|ruled_out or file-misplaced likely, race unlikely|ruled_out or file-missing confirmed, race unlikely|ruled_out", "").told(UNIT),
        incident("capitals", &["file-misplaced", "file-missing"], MISPLACED, ""),
        incident("template-only", &["file-missing"], "file-missing likely, race unlikely|ruled_out or file-misplaced likely, race unlikely|ruled_out", "").told(UNIT),
        // Provisioning logs.
        incident("log-shell", LATE, LIKELY, "").logged(CONFIRMED_OR_LIKELY),
        incident("log-zone", LATE, LIKELY, "").logged(CONFIRMED_OR_LIKELY),
        incident("log-retries", LATE, LIKELY, "").logged(CONFIRMED_OR_LIKELY),
        incident("log-ansible", LATE, LIKELY, "").logged(CONFIRMED_OR_LIKELY),
        incident("log-terraform", LATE, LIKELY, "").logged(CONFIRMED_OR_LIKELY),
        incident("log-cloud-init", LATE, LIKELY, "").logged(CONFIRMED_OR_LIKELY),
        incident("log-set-x", LATE, LIKELY, "").logged(LIKELY_OR_OPEN),
        incident("log-other-unit", FINE, HEALTHY, "").told(UNIT).logged(HEALTHY),
        incident("log-other-container", FINE, HEALTHY, "").logged(HEALTHY),
        incident("log-user-bus", FINE, HEALTHY, "").logged(HEALTHY),
        incident("log-old", FINE, HEALTHY, "").logged("inconclusive -, race unknown|unlikely"),
        incident("log-time-inside", &["unit-masked"], MASKED, "").logged("unit-masked confirmed, race unlikely|ruled_out or unit-masked likely, race unlikely|ruled_out"),
        incident("log-masked", &["unit-masked", "repaired-later"], OPEN_OR_LIKELY, "").logged(MASKED_OR_OPEN),
        incident("log-malformed", &["unit-malformed"], OPEN_OR_PARTIAL, "").logged("unit-malformed likely, race unlikely|ruled_out or inconclusive -, race unlikely|ruled_out|unknown"),
        incident("log-read-only", &["read-only-or-full"], READ_ONLY_OR_OPEN, "").logged(READ_ONLY),
        incident("log-push-not-running", PUSHED, MISSING, "").told(UNIT).logged(PUSH_FAILED_OR_MISSING),
    ]
}

/// In an unprivileged container.
#[rustfmt::skip]
pub fn unprivileged() -> Vec<Case> {
    vec![
        incident("late-tar", LATE, LIKELY, LIKELY).named("late-tar, unprivileged"),
        incident("push-two-slashes", PUSHED, PUSH_FAILED, "").named("push-two-slashes, unprivileged"),
        incident("late-push-restart", LATE, LIKELY_OR_OPEN, CONFIRMED_OR_LIKELY).named("late-push-restart, unprivileged"),
        incident("masked-at-runtime", &["unit-masked"], "unit-masked confirmed, race unlikely|ruled_out|unknown", "").named("masked-at-runtime, unprivileged").injected(IN_VENDOR).told(VENDOR),
        incident("log-shell", LATE, LIKELY, "").named("log-shell, unprivileged").logged(CONFIRMED_OR_LIKELY),
    ]
}

/// What a report is certain of although it is false.
pub fn false_claims(ended: &Ended, truth: &[&str]) -> Vec<String> {
    let report = ended.report();
    let hypotheses = report["hypotheses"].as_array().unwrap();
    let is_true = |it: &Value| truth.contains(&it["id"].as_str().unwrap());
    let mut claims: Vec<_> = hypotheses
        .iter()
        .filter_map(|it| match it["verdict"].as_str().unwrap() {
            "confirmed" if !is_true(it) => Some(format!("{} confirmed", it["id"])),
            "ruled_out" if is_true(it) => Some(format!("{} ruled out", it["id"])),
            _ => None,
        })
        .collect();
    if report["verdict"]["id"] == "healthy" && !truth.contains(&"healthy") {
        claims.push("healthy".to_owned());
    }
    claims
}
