//! Containers that are stopped.

use super::*;

/// Sweeps of 958 alone, as the host lists it; what each reports, and its status.
fn swept(state: &mut State, listed: &Listed, row: Row) -> (Vec<String>, Option<Status>) {
    let inventory = BTreeMap::from([(ct(958), listed.clone())]);
    let mut rows = [row];
    if let Some(stopped) = &mut rows[0].stopped {
        stopped.onboot = listed.onboot;
    }
    state.report_stopped(&mut rows);
    let changes = state.update(&mut rows, &inventory, 1, NOW);
    (in_words(&changes), rows[0].status())
}

#[test]
fn a_container_that_was_running_and_is_stopped_is_a_problem_until_it_runs() {
    let listed = |state, onboot| Listed {
        onboot,
        ..listed(958, state)
    };
    for (onboot, status) in [(false, Warning), (true, Critical)] {
        let running = listed(HostState::Running, onboot);
        let off = listed(HostState::Stopped, onboot);
        let mut state = State::default();
        swept(&mut state, &running, disk(Warning));
        let word = status.name().to_uppercase();
        let (changes, found) = swept(&mut state, &off, stopped());
        assert_eq!(changes, [format!("new stopped {word}")]);
        assert_eq!(found, Some(status));
        assert_eq!(swept(&mut state, &off, stopped()), (vec![], Some(status)));
        let (changes, found) = swept(&mut state, &running, healthy());
        let expected = [
            format!("resolved stopped {word}"),
            "resolved disk WARNING".to_owned(),
        ];
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert!(
            expected.iter().all(|it| changes.contains(it)),
            "{changes:?}"
        );
        assert_eq!(found, Some(Status::Ok));
    }
}

#[test]
fn a_container_that_no_sweep_saw_running_stays_skipped() {
    let mut state = State::default();
    let off = listed(958, HostState::Stopped);
    for _ in 0..2 {
        assert_eq!(swept(&mut state, &off, stopped()), (vec![], None));
    }
    // A container of another node that could not be reached may have been stopped all the time.
    let elsewhere = listed(958, HostState::Unknown);
    swept(&mut state, &elsewhere, unreachable());
    assert_eq!(swept(&mut state, &elsewhere, stopped()), (vec![], None));
}

#[test]
fn a_container_that_should_start_at_boot_is_a_problem_though_no_sweep_saw_it_running() {
    let mut state = State::default();
    let off = Listed {
        onboot: true,
        ..listed(958, HostState::Stopped)
    };
    let (changes, found) = swept(&mut state, &off, stopped());
    assert_eq!(changes, ["new stopped CRITICAL"]);
    assert_eq!(found, Some(Critical));
    assert_eq!(state.containers[&ct(958)].running_at, None);
}

#[test]
fn a_running_container_that_could_not_be_entered_was_seen_running() {
    let mut state = State::default();
    let running = listed(958, HostState::Running);
    swept(&mut state, &running, unreachable());
    let off = listed(958, HostState::Stopped);
    let (changes, _) = swept(&mut state, &off, stopped());
    assert_eq!(
        changes,
        ["new stopped WARNING", "resolved unreachable UNKNOWN"]
    );
}

#[test]
fn a_stopped_container_that_cannot_be_examined_is_not_resolved() {
    let mut state = State::default();
    let elsewhere = listed(958, HostState::Unknown);
    swept(&mut state, &elsewhere, healthy());
    let (changes, _) = swept(&mut state, &elsewhere, stopped());
    assert_eq!(changes, ["new stopped WARNING"]);
    let (changes, _) = swept(&mut state, &elsewhere, unreachable());
    assert_eq!(changes, ["new unreachable UNKNOWN"]);
    let (changes, _) = swept(&mut state, &elsewhere, stopped());
    assert_eq!(changes, ["resolved unreachable UNKNOWN"]);
}

#[test]
fn a_template_or_locked_container_is_not_reported_as_stopped() {
    let mut state = State::default();
    let off = listed(958, HostState::Stopped);
    swept(&mut state, &listed(958, HostState::Running), healthy());
    for reason in [
        SkipReason::Template,
        SkipReason::Locked("backup".to_owned()),
    ] {
        let row = Row {
            result: VisitResult::Skipped(reason),
            ..healthy()
        };
        assert_eq!(swept(&mut state, &off, row), (vec![], None));
    }
}
