mod stopped;

use super::*;
use crate::evidence::check_key::CheckKey;
use crate::evidence::container_id::ContainerId;
use crate::fixture::ct;
use crate::host::State as HostState;
use crate::judge::VerdictKind;
use crate::judge::results::Outcome;
use crate::sweep::fixture::{affecting, found, line, of, problem, row};
use crate::sweep::selection::SkipReason;
use crate::sweep::stopped::Stopped;

use Status::{Critical, Unknown, Warning};

const NOW: i64 = 1_000;
pub(super) const NONE: [&str; 0] = [];

fn listed(id: u32, state: HostState) -> Listed {
    Listed {
        ct: ct(id),
        node: "pve1".to_owned(),
        name: None,
        tags: std::collections::BTreeSet::new(),
        pool: None,
        lock: None,
        written_at: None,
        unreadable: None,
        template: false,
        onboot: false,
        state,
    }
}

/// Containers on another node, in an unknown state.
pub(super) fn inventory(ids: &[u32]) -> BTreeMap<ContainerId, Listed> {
    let listed = |id: &u32| (ct(*id), listed(*id, HostState::Unknown));
    ids.iter().map(listed).collect()
}

fn in_words(changes: &[ProblemChange]) -> Vec<String> {
    let words = |change: &ProblemChange| {
        let kind = change.kind.word();
        let affected = change.affected.iter().map(|name| format!(" {name}"));
        let affected: String = affected.collect();
        let status = change.status.name().to_uppercase();
        format!("{kind} {}{affected} {status}", change.id)
    };
    changes.iter().map(words).collect()
}

/// What each of these sweeps of container 958 reports.
pub(super) fn reported_from(state: &mut State, confirm: u32, sweeps: Vec<Row>) -> Vec<Vec<String>> {
    let inventory = inventory(&[958]);
    let mut sweep = |row| in_words(&state.update(&mut [row], &inventory, confirm, NOW));
    sweeps.into_iter().map(&mut sweep).collect()
}

fn reported(confirm: u32, sweeps: Vec<Row>) -> Vec<Vec<String>> {
    reported_from(&mut State::default(), confirm, sweeps)
}

pub(super) fn with(problems: Vec<Problem>) -> Row {
    row(958, &["disk", "units"], problems)
}

fn disk(status: Status) -> Row {
    with(vec![problem("disk", status)])
}

pub(super) fn healthy() -> Row {
    with(vec![])
}

/// The check did not run.
fn errored(mut row: Row, check: &str) -> Row {
    for line in &mut found(&mut row).checks {
        if line.key.check == check {
            line.outcome = Outcome::Errored;
        }
    }
    row
}

pub(super) fn unreachable() -> Row {
    row(958, &[], vec![of(ProblemId::Unreachable, Unknown)])
}

pub(super) fn stopped() -> Row {
    Row {
        result: VisitResult::Skipped(SkipReason::Stopped),
        stopped: Some(Stopped::default()),
        ..healthy()
    }
}

#[test]
fn only_changes_are_reported() {
    let reported = reported(
        1,
        vec![
            disk(Warning),
            disk(Warning),
            disk(Critical),
            disk(Warning),
            healthy(),
            healthy(),
        ],
    );
    assert_eq!(reported[0], ["new disk WARNING"]);
    assert_eq!(reported[1], NONE);
    assert_eq!(reported[2], ["worse disk CRITICAL"]);
    assert_eq!(reported[3], ["improved disk WARNING"]);
    assert_eq!(reported[4], ["resolved disk WARNING"]);
    assert_eq!(reported[5], NONE);
}

#[test]
fn a_problem_whose_severity_became_unknown_is_new_not_improved() {
    let reported = reported(1, vec![disk(Critical), disk(Unknown), healthy()]);
    assert_eq!(reported[1], ["new disk UNKNOWN"]);
    assert_eq!(reported[2], ["resolved disk UNKNOWN"]);
}

#[test]
fn each_thing_that_a_check_lists_is_new_and_resolved_separately() {
    let units = |names: &[&str]| {
        let things: Vec<_> = names.iter().map(|name| (*name, Critical)).collect();
        with(vec![affecting("units", &things)])
    };
    let reported = reported(
        1,
        vec![
            units(&["a.service"]),
            units(&["a.service", "b.service"]),
            units(&["b.service", "a.service"]),
            units(&["b.service", "c.service"]),
            healthy(),
        ],
    );
    assert_eq!(reported[0], ["new units a.service CRITICAL"]);
    assert_eq!(reported[1], ["new units b.service CRITICAL"]);
    assert_eq!(reported[2], NONE);
    assert_eq!(
        reported[3],
        [
            "new units c.service CRITICAL",
            "resolved units a.service CRITICAL"
        ]
    );
    assert_eq!(
        reported[4],
        [
            "resolved units b.service CRITICAL",
            "resolved units c.service CRITICAL"
        ]
    );
}

#[test]
fn each_thing_becomes_worse_and_improves_separately() {
    let disks = |root, srv| with(vec![affecting("disk", &[("/", root), ("/srv", srv)])]);
    let reported = reported(
        1,
        vec![
            disks(Critical, Warning),
            disks(Critical, Critical),
            disks(Warning, Critical),
        ],
    );
    assert_eq!(reported[1], ["worse disk /srv CRITICAL"]);
    assert_eq!(reported[2], ["improved disk / WARNING"]);
}

/// Many errors are a problem, and so is one serious error.
#[test]
fn a_limit_that_only_all_things_together_exceed_is_a_problem_of_the_check() {
    let errors = |status, things: &[(&str, Status)]| {
        let problem = Problem {
            status,
            ..affecting("errors", things)
        };
        row(958, &["errors"], vec![problem])
    };
    let reported = reported(
        1,
        vec![
            errors(Warning, &[]),
            errors(Warning, &[("kernel", Warning)]),
            errors(Critical, &[("kernel", Warning)]),
            errors(Warning, &[]),
            row(958, &["errors"], vec![]),
        ],
    );
    assert_eq!(reported[0], ["new errors WARNING"]);
    assert_eq!(reported[1], ["new errors kernel WARNING"]);
    assert_eq!(reported[2], ["worse errors CRITICAL"]);
    assert_eq!(
        reported[3],
        ["improved errors WARNING", "resolved errors kernel WARNING"]
    );
    assert_eq!(reported[4], ["resolved errors WARNING"]);
}

#[test]
fn a_check_that_did_not_run_resolves_none_of_its_things() {
    let units = |names: &[&str]| {
        let things: Vec<_> = names.iter().map(|name| (*name, Critical)).collect();
        with(vec![affecting("units", &things)])
    };
    let failed = errored(with(vec![problem("units", Unknown)]), "units");
    let reported = reported(
        1,
        vec![units(&["a", "b"]), failed, units(&["b"]), units(&["b"])],
    );
    assert_eq!(reported[1], ["new units UNKNOWN"]);
    assert_eq!(
        reported[2],
        ["resolved units a CRITICAL", "resolved units UNKNOWN"]
    );
    assert_eq!(reported[3], NONE);
}

#[test]
fn a_flapping_problem_is_not_reported_until_it_stays() {
    let bad = || disk(Critical);
    let reported = reported(
        3,
        vec![
            bad(),
            bad(),
            healthy(),
            bad(),
            bad(),
            bad(),
            bad(),
            healthy(),
        ],
    );
    for early in [0, 1, 2, 3, 4] {
        assert_eq!(reported[early], NONE, "{early}");
    }
    assert_eq!(reported[5], ["new disk CRITICAL"]);
    assert_eq!(reported[6], NONE);
    assert_eq!(reported[7], ["resolved disk CRITICAL"]);
}

#[test]
fn an_unconfirmed_problem_does_not_count() {
    let mut state = State::default();
    let mut sweep = || {
        let mut rows = [disk(Critical)];
        state.update(&mut rows, &inventory(&[958]), 2, NOW);
        let [row] = rows;
        row
    };
    let first = sweep();
    assert_eq!(first.status(), Some(Status::Ok));
    let silent = first.problems()[0].silent.as_deref();
    assert_eq!(silent, Some("seen 1 of 2 times"));
    assert_eq!(sweep().status(), Some(Critical));
}

#[test]
fn an_unconfirmed_thing_does_not_count_beside_a_confirmed_one() {
    let mut state = State::default();
    let mut sweep = |things: &[(&str, Status)]| {
        let mut rows = [with(vec![affecting("disk", things)])];
        let changes = state.update(&mut rows, &inventory(&[958]), 2, NOW);
        (rows[0].status(), in_words(&changes))
    };
    let both = [("/", Warning), ("/srv", Critical)];
    assert_eq!(sweep(&both[..1]), (Some(Status::Ok), vec![]));
    let (status, changes) = sweep(&both);
    assert_eq!((status, changes.len()), (Some(Warning), 1));
    assert_eq!(changes, ["new disk / WARNING"]);
    let (status, changes) = sweep(&both);
    assert_eq!(status, Some(Critical));
    assert_eq!(changes, ["new disk /srv CRITICAL"]);
}

#[test]
fn nothing_is_resolved_if_its_check_did_not_run() {
    let reported = reported(
        1,
        vec![
            disk(Critical),
            errored(healthy(), "disk"),
            unreachable(),
            stopped(),
            disk(Critical),
            healthy(),
        ],
    );
    assert_eq!(reported[0], ["new disk CRITICAL"]);
    assert_eq!(reported[1], NONE);
    assert_eq!(reported[2], ["new unreachable UNKNOWN"]);
    assert_eq!(reported[3], NONE);
    assert_eq!(reported[4], ["resolved unreachable UNKNOWN"]);
    assert_eq!(reported[5], ["resolved disk CRITICAL"]);
}

pub(super) fn item() -> Row {
    let key = CheckKey::of_item("disk", "/srv");
    let mut row = with(vec![of(ProblemId::Check(key.clone()), Critical)]);
    found(&mut row).checks = vec![line(key)];
    row
}

#[test]
fn an_item_is_not_resolved_while_the_items_are_unknown() {
    let unknown = errored(healthy(), "disk");
    let reported = reported(1, vec![item(), unknown, item(), healthy()]);
    assert_eq!(reported[0], ["new disk[/srv] CRITICAL"]);
    assert_eq!(reported[1], NONE);
    assert_eq!(reported[2], NONE);
    assert_eq!(reported[3], ["resolved disk[/srv] CRITICAL"]);
}

#[test]
fn an_item_is_resolved_when_no_items_are_left() {
    let mut none = healthy();
    let line = &mut found(&mut none).checks[0];
    (line.outcome, line.no_items) = (Outcome::Skipped, true);
    let reported = reported(1, vec![item(), none]);
    assert_eq!(reported[1], ["resolved disk[/srv] CRITICAL"]);
}

#[test]
fn a_hypothesis_is_not_resolved_while_it_may_be_true() {
    let id = || ProblemId::Hypothesis("out-of-memory".to_owned());
    let verdict = || with(vec![of(id(), Critical)]);
    let mut open = healthy();
    found(&mut open).open.insert("out-of-memory".to_owned());
    let reported = reported(1, vec![verdict(), open, verdict(), healthy()]);
    assert_eq!(reported[0], ["new out-of-memory CRITICAL"]);
    assert_eq!(reported[1], NONE);
    assert_eq!(reported[2], NONE);
    assert_eq!(reported[3], ["resolved out-of-memory CRITICAL"]);
}

#[test]
fn an_inconclusive_verdict_is_resolved_by_another_one_alone() {
    let inconclusive = || {
        let mut row = with(vec![]);
        found(&mut row).verdict = Some(VerdictKind::Inconclusive);
        row
    };
    let mut alone = inconclusive();
    found(&mut alone).problems = vec![of(ProblemId::Inconclusive, Unknown)];
    let mut beside = inconclusive();
    found(&mut beside).problems = vec![problem("disk", Warning)];
    let reported = reported(1, vec![alone, beside, healthy()]);
    assert_eq!(reported[1], ["new disk WARNING"]);
    assert_eq!(
        reported[2],
        ["resolved disk WARNING", "resolved inconclusive UNKNOWN"]
    );
}

/// Names that a runbook may use, and that also are states of a container.
#[test]
fn a_check_or_hypothesis_may_be_called_unreachable_or_unfinished() {
    let mut state = State::default();
    let inventory = inventory(&[958]);
    for name in ["unreachable", "unfinished", "stopped", "locked"] {
        for id in [
            ProblemId::Check(CheckKey::new(name)),
            ProblemId::Hypothesis(name.to_owned()),
        ] {
            let now = state.swept_at(ct(958)).unwrap_or(NOW) + 1;
            let mut rows = [with(vec![problem("disk", Critical), of(id, Critical)])];
            state.update(&mut rows, &inventory, 1, now);
            assert_eq!(state.swept_at(ct(958)), Some(now), "{name}");
            let mut rows = [with(vec![])];
            let changes = in_words(&state.update(&mut rows, &inventory, 1, now));
            assert!(changes.contains(&"resolved disk CRITICAL".to_owned()));
            assert!(changes.contains(&format!("resolved {name} CRITICAL")));
        }
    }
}

#[test]
fn a_sweep_that_ended_early_is_not_the_last_one_of_a_container() {
    let mut state = State::default();
    let inventory = inventory(&[958]);
    state.update(&mut [healthy()], &inventory, 1, NOW);
    for id in [ProblemId::Unreachable, ProblemId::Unfinished] {
        let mut cut = [with(vec![of(id, Unknown)])];
        state.update(&mut cut, &inventory, 1, 2 * NOW);
        assert_eq!(state.swept_at(ct(958)), Some(NOW));
    }
    state.update(&mut [disk(Critical)], &inventory, 1, 3 * NOW);
    assert_eq!(state.swept_at(ct(958)), Some(3 * NOW));
}

#[test]
fn a_problem_is_reported_once_its_waiver_has_expired() {
    let waived = || {
        let mut row = disk(Critical);
        found(&mut row).problems[0].silent = Some("waived".to_owned());
        row
    };
    let reported = reported(
        1,
        vec![waived(), waived(), disk(Critical), waived(), healthy()],
    );
    assert_eq!(reported[0], NONE);
    assert_eq!(reported[1], NONE);
    assert_eq!(reported[2], ["new disk CRITICAL"]);
    assert_eq!(reported[3], NONE);
    assert_eq!(reported[4], NONE);
}

#[test]
fn removed_containers_are_forgotten_and_others_kept() {
    let mut state = State::default();
    let both = inventory(&[958, 959]);
    let mut rows = [
        disk(Critical),
        row(959, &["disk"], vec![problem("disk", Warning)]),
    ];
    state.update(&mut rows, &both, 1, NOW);
    // A sweep of 958 alone does not change the state of 959.
    state.update(&mut [healthy()], &both, 1, 2 * NOW);
    assert_eq!(state.containers[&ct(959)].problems[0].since, NOW);
    assert_eq!(state.swept_at(ct(958)), Some(2 * NOW));
    state.update(&mut [], &inventory(&[958]), 1, 3 * NOW);
    assert_eq!(
        state.containers.keys().copied().collect::<Vec<_>>(),
        [ct(958)]
    );
    // A selected container that does not exist is reported once.
    let lost = || [row(999, &[], vec![of(ProblemId::Unreachable, Unknown)])];
    assert_eq!(state.update(&mut lost(), &inventory(&[]), 1, NOW).len(), 1);
    assert_eq!(state.update(&mut lost(), &inventory(&[]), 1, NOW).len(), 0);
}
