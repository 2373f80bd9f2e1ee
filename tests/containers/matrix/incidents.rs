//! Incidents that look like something else: what is true of each, and what lxcdiag should say.
//!
//! What differs between them is what was done to files, mounts, tasks and logs, which no version of systemd takes part in.
//! So each is played on one version, in turn; with LXCDIAG_TEST_MATRIX_ALL on all of them.

use serde_json::Value;

use super::cases::Case;
use crate::expected::{CONFIRMED, HEALTHY, LIKELY, race};
use crate::lxcdiag::Ended;

/// Every hypothesis that is true, and the expected verdicts: without the time of the failure, and with it if that differs.
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
const MISSING: &[&str] = &["file-missing"];
const MISPLACED: &[&str] = &["file-misplaced", "file-missing"];
const NOTHING_TO_ENABLE: &[&str] = &["unit-not-enableable"];
const PUSHED: &[&str] = &["push-failed", "file-missing"];
const UNIT: &[&str] = &["--var", "unit=embedding_server.service"];
const TYPED: &[&str] = &["--var", "unit=embeding_server.service"];
const VENDOR: &[&str] = &["--var", "dir=/usr/lib/systemd/system"];
const IN_VENDOR: &[&str] = &["--dir", "/usr/lib/systemd/system"];

/// Nothing shows which of several histories it was.
const OPEN: &str = "inconclusive -, race unknown";
const PUSH_FAILED: &str = "push-failed confirmed, race unlikely|ruled_out";
const PUSH_LIKELY: &str = "push-failed likely, race unlikely|ruled_out";
const NO_FILE: &str = "file-missing confirmed, race unlikely|ruled_out";
const ELSEWHERE: &str = "file-misplaced confirmed, race unlikely|ruled_out";
const RUNTIME: &str = "unit-not-enableable confirmed, race unlikely|ruled_out";
const MASKED: &str = "unit-masked confirmed, race unlikely|ruled_out";
const MALFORMED: &str = "unit-malformed confirmed, race unlikely|ruled_out";
const REPAIRED: &str = "repaired-later likely, race unlikely|ruled_out";
const READ_ONLY: &str = "read-only-or-full likely, race unknown";

#[rustfmt::skip]
pub fn incidents() -> Vec<Case> {
    vec![
        // Late, by other means than a push. Without a task of the host, nothing shows that it was on its way at the failure.
        incident("late-tar", LATE, LIKELY, ""),
        incident("late-cp", LATE, LIKELY, ""),
        incident("late-rsync", LATE, LIKELY, ""),
        incident("late-writer", LATE, LIKELY, ""),
        incident("late-link", LATE, LIKELY, ""),
        incident("late-target", LATE, LIKELY, CONFIRMED),
        // No timestamp shows when what is older than the failure came to its path.
        incident("late-directory", LATE, OPEN, ""),
        incident("late-bind-mount", &["race-condition", "late-mount"], OPEN, ""),
        // Late, and something else afterwards.
        incident("late-push-restart", LATE, LIKELY, ""),
        incident("late-push-again", LATE, LIKELY, ""),
        incident("late-push-remade", LATE, OPEN, ""),
        incident("late-push-copied", LATE, OPEN, ""),
        incident("late-push-chmod", LATE, LIKELY, CONFIRMED),
        incident("late-push-fixed", LATE, HEALTHY, CONFIRMED).now(FINE),
        incident("push-running", &["race-condition", "file-missing"], "file-missing confirmed, race unknown", "").told(UNIT),
        incident("retried", LATE, LIKELY, CONFIRMED),
        // Late, beside another push that failed.
        incident("other-directory-push", LATE, LIKELY, CONFIRMED),
        incident("similar-path-push", LATE, LIKELY, CONFIRMED),
        incident("failed-good-removed", LATE, LIKELY, CONFIRMED),
        incident("old-failed-push", LATE, LIKELY, CONFIRMED),
        // Pushes that fail. A message that does not name the path confirms nothing.
        incident("push-two-slashes", PUSHED, PUSH_FAILED, ""),
        incident("push-no-source", PUSHED, PUSH_LIKELY, ""),
        incident("push-relative", PUSHED, PUSH_LIKELY, ""),
        incident("push-no-user", PUSHED, PUSH_LIKELY, "").told(UNIT),
        incident("push-bad-mode", PUSHED, PUSH_LIKELY, "").told(UNIT),
        // What was mounted before the restart is unknown.
        incident("push-restarted", PUSHED, PUSH_FAILED, "push-failed likely, race unknown"),
        incident("push-rotated", PUSHED, PUSH_FAILED, ""),
        incident("push-forgotten", PUSHED, NO_FILE, "").told(UNIT),
        incident("push-remedied", &["push-failed", "repaired-later"], HEALTHY, PUSH_LIKELY).now(FINE),
        incident("removed-pushed-again", &["repaired-later"], OPEN, REPAIRED),
        // Nothing failed.
        incident("disabled", &[], OPEN, ""),
        incident("never-enabled", &[], OPEN, ""),
        incident("started-by-hand", &[], OPEN, ""),
        incident("boot-failed-at", FINE, HEALTHY, OPEN),
        incident("after-failed-at", FINE, HEALTHY, "inconclusive -, race ruled_out"),
        incident("healthy", &["wrong-unit-name", "file-missing"], "wrong-unit-name likely, race unlikely|ruled_out", "").named("healthy, mistyped name").told(TYPED),
        // Hidden or replaced.
        incident("hidden", &[], OPEN, ""),
        incident("still-hidden", MISSING, NO_FILE, "file-missing likely, race unknown").told(UNIT),
        incident("removed-later", &["unit-gone", "file-missing"], "unit-gone likely, race unlikely|ruled_out", ""),
        incident("restored", &[], OPEN, ""),
        incident("rolled-back", &[], OPEN, ""),
        incident("masked-elsewhere", &["unit-masked"], MASKED, "").injected(IN_VENDOR).told(VENDOR),
        incident("masked-at-runtime", &["unit-masked"], MASKED, "").injected(IN_VENDOR).told(VENDOR),
        incident("unmasked-later", &["unit-masked", "repaired-later"], OPEN, REPAIRED),
        incident("malformed-then-fixed", &["unit-malformed"], OPEN, ""),
        // A mount shows what is now, not what was at the failure.
        incident("read-only-at-enable", &["read-only-or-full"], READ_ONLY, ""),
        incident("full-then-freed", &["read-only-or-full", "file-incomplete"], "file-incomplete confirmed, race unlikely|ruled_out", "file-incomplete likely, race unknown"),
        // Not what it should be.
        // systemd 247 and 262 wait for the other end of the pipe, and answer nothing any more.
        incident("fifo", &["file-unreadable"], "file-unreadable confirmed, race unlikely|ruled_out", "").not_on(&["247", "262"]),
        incident("link-loop", &["broken-link"], "broken-link confirmed, race unlikely|ruled_out", "broken-link likely, race unlikely|ruled_out"),
        incident("utf-16", &["unit-malformed"], MALFORMED, ""),
        incident("error-page", &["unit-malformed"], MALFORMED, ""),
        incident("install-misspelt", &["unit-not-enableable"], "unit-not-enableable confirmed, race unlikely|ruled_out", ""),
        // The wrong name or place.
        incident("in-wants", MISPLACED, ELSEWHERE, "").told(UNIT),
        incident("user-unit", MISPLACED, ELSEWHERE, ""),
        incident("txt", MISPLACED, "file-misplaced likely, race unlikely|ruled_out", ""),
        incident("capitals", MISPLACED, ELSEWHERE, ""),
        incident("template-only", MISPLACED, "file-misplaced likely, race unlikely|ruled_out", "").told(UNIT),
        // Provisioning logs.
        incident("log-shell", LATE, LIKELY, "").logged(CONFIRMED),
        incident("log-zone", LATE, LIKELY, "").logged(CONFIRMED),
        incident("log-retries", LATE, LIKELY, "").logged(CONFIRMED),
        incident("log-ansible", LATE, LIKELY, "").logged(CONFIRMED),
        // They name no container.
        incident("log-terraform", LATE, LIKELY, "").logged(LIKELY),
        incident("log-cloud-init", LATE, LIKELY, "").logged(LIKELY),
        incident("log-set-x", LATE, LIKELY, "").logged(LIKELY),
        incident("log-other-unit", FINE, HEALTHY, "").told(UNIT).logged(HEALTHY),
        incident("log-other-container", FINE, HEALTHY, "").logged(HEALTHY),
        incident("log-user-bus", FINE, HEALTHY, "").logged(HEALTHY),
        incident("log-old", FINE, HEALTHY, "").logged("inconclusive -, race unlikely"),
        incident("log-time-inside", &["unit-masked"], MASKED, "").logged(MASKED),
        incident("log-masked", &["unit-masked", "repaired-later"], OPEN, "").logged("unit-masked likely, race unlikely|ruled_out"),
        incident("log-malformed", &["unit-malformed"], OPEN, "").logged("unit-malformed likely, race unknown"),
        incident("log-read-only", &["read-only-or-full"], READ_ONLY, "").logged("read-only-or-full confirmed, race ruled_out"),
        incident("log-push-locked", PUSHED, NO_FILE, "").told(UNIT).logged(PUSH_LIKELY),
        incident("log-push-not-running", PUSHED, NO_FILE, "").told(UNIT).logged(PUSH_LIKELY),
        // Hostile in other ways.
        incident("late-hard-link", LATE, LIKELY, ""),
        incident("late-while-frozen", LATE, LIKELY, CONFIRMED),
        incident("other-push-late", MISSING, NO_FILE, "").told(UNIT),
        incident("removed-before", MISSING, NO_FILE, "").told(UNIT),
        incident("not-renamed", MISPLACED, "file-misplaced likely, race unlikely|ruled_out", ""),
        incident("trailing-space", MISPLACED, "file-misplaced confirmed, race unlikely|ruled_out", ""),
        incident("en-dash", MISPLACED, "file-misplaced likely, race unlikely|ruled_out", ""),
        incident("other-container", MISSING, NO_FILE, "").told(UNIT).logged(NO_FILE),
        incident("byte-order-mark", FINE, HEALTHY, ""),
        incident("wants-is-a-file", &[], "inconclusive -, race unlikely|ruled_out", ""),
        // systemd 247 refuses to enable it.
        incident("also-missing", FINE, HEALTHY, "").not_on(&["247"]),
        incident("empty-override", &["file-incomplete"], "file-incomplete confirmed, race unlikely|ruled_out", ""),
        incident("log-interleaved", FINE, HEALTHY, "").logged(HEALTHY),
        incident("log-windows", LATE, LIKELY, "").logged(CONFIRMED),
        incident("log-epoch", LATE, LIKELY, "").logged(CONFIRMED),
        incident("log-retry-succeeds", LATE, HEALTHY, "").now(FINE).logged(CONFIRMED),
        // Nothing shows what was removed since.
        incident("masked-then-removed", &["unit-masked", "file-missing"], NO_FILE, OPEN).told(UNIT),
        incident("log-push-no-source", PUSHED, NO_FILE, "").told(UNIT).logged(PUSH_LIKELY),
        // What a name is to systemd.
        incident("link-to-directory", &["broken-link"], "broken-link confirmed, race unlikely|ruled_out", ""),
        incident("link-chain", FINE, HEALTHY, ""),
        incident("generated", NOTHING_TO_ENABLE, RUNTIME, "unit-not-enableable likely, race unlikely|ruled_out|unknown").told(UNIT),
        incident("transient", NOTHING_TO_ENABLE, RUNTIME, "unit-not-enableable likely, race unlikely|ruled_out|unknown").told(UNIT),
        incident("no-instance", NOTHING_TO_ENABLE, RUNTIME, "").told(&["--var", "unit=app@.service"]),
        incident("instance-file", FINE, HEALTHY, "").told(&["--var", "unit=app@a.service"]),
        incident("missing-at", MISPLACED, "file-misplaced likely, race unlikely|ruled_out", "").told(&["--var", "unit=worker@a.service"]),
        incident("carriage-return", MISPLACED, ELSEWHERE, "").told(UNIT),
        incident("no-ending", MISPLACED, "file-misplaced likely, race unlikely|ruled_out", "").told(UNIT),
        incident("bad-drop-in", &["unit-malformed"], MALFORMED, ""),
        incident("device", &["unit-masked", "file-unreadable"], "file-unreadable confirmed, race unlikely|ruled_out", ""),
        incident("directory-link", LATE, OPEN, ""),
        incident("run-restarted", MISSING, NO_FILE, "").told(UNIT),
        incident("snapshot-repaired", &["repaired-later"], OPEN, REPAIRED),
        incident("log-two-runs", &["unit-masked"], MASKED, "").logged(MASKED),
        incident("log-syslog", LATE, LIKELY, "").logged(CONFIRMED),
        incident("removed-running", &["unit-gone", "file-missing"], "unit-gone likely, race unlikely|ruled_out", ""),
    ]
}

/// In an unprivileged container.
#[rustfmt::skip]
pub fn unprivileged() -> Vec<Case> {
    vec![
        incident("late-tar", LATE, LIKELY, "").named("late-tar, unprivileged"),
        incident("push-two-slashes", PUSHED, PUSH_FAILED, "").named("push-two-slashes, unprivileged"),
        incident("late-push-restart", LATE, LIKELY, "").named("late-push-restart, unprivileged"),
        incident("masked-at-runtime", &["unit-masked"], MASKED, "").named("masked-at-runtime, unprivileged").injected(IN_VENDOR).told(VENDOR),
        incident("log-shell", LATE, LIKELY, "").named("log-shell, unprivileged").logged(CONFIRMED),
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
