mod doubt;

use super::*;

const PATH: &str = "/etc/systemd/system/u.service";

/// A moment in seconds, known to 10 ms.
fn at(seconds: f64) -> Interval {
    let start = (seconds * SECOND as f64) as i64;
    Interval::new(start, start + 10_000_000)
}

fn stamps(born: f64, modified: f64, changed: f64) -> Stamps {
    Stamps {
        born: Some(at(born)),
        modified: at(modified),
        changed: at(changed),
    }
}

fn task(kind: &str, begin: f64, end: f64, status: &str) -> Task {
    Task {
        kind: kind.to_owned(),
        begin: at(begin),
        end: Some(at(end)),
        ok: Some(status == "OK"),
        status: status.to_owned(),
        called: None,
        record: Facts::new(),
    }
}

fn message(seconds: f64, boot: &str, text: &str) -> Message {
    Message {
        at: at(seconds),
        monotonic: Some((seconds * 1e6) as i64),
        boot: boot.to_owned(),
        text: text.to_owned(),
    }
}

/// A container that was created at 0 s, was up at 10 s, and in which a command failed at 100 s. There is no file.
fn container() -> Observations {
    Observations {
        path: PATH.to_owned(),
        resolved: PATH.to_owned(),
        entry: Ok(Entry::Absent),
        directory: Ok(stamps(-50.0, -50.0, -50.0)),
        parent: Ok(stamps(-50.0, -50.0, -50.0)),
        mounts: Ok(vec!["/".to_owned(), "/proc".to_owned()]),
        journal: Ok(vec![
            message(9.0, "a", "systemd 252 running in system mode"),
            message(10.0, "a", "Startup finished in 1s."),
        ]),
        tasks: Ok(vec![
            task("vzcreate", 0.0, 1.0, "OK"),
            task("vzstart", 8.0, 8.5, "OK"),
        ]),
        failure: Ok(Failure {
            at: at(100.0),
            is_logged: false,
            doubt: None,
            said: None,
            is_answered: false,
            is_said_elsewhere: false,
        }),
        is_failure_unclear: false,
        is_not_ready_logged: false,
        own_changes: Vec::new(),
    }
}

/// The same with a file that one write created then, and pushes.
fn with_file(seconds: f64, pushes: &[Task]) -> Observations {
    let mut seen = container();
    seen.entry = Ok(Entry::Present {
        own: stamps(seconds, seconds, seconds),
        target: None,
    });
    seen.directory = Ok(stamps(-50.0, seconds, seconds));
    if let Ok(tasks) = &mut seen.tasks {
        tasks.extend_from_slice(pushes);
    }
    seen
}

fn push(begin: f64, end: f64) -> Task {
    task("push_file", begin, end, "OK")
}

#[test]
fn a_push_that_runs_at_the_failure_races() {
    let seen = with_file(102.0, &[push(99.0, 102.5)]);
    assert_eq!(seen.state_at_failure(), Ok(State::Absent));
    assert_eq!(seen.delivery(), Ok(Delivery::Racing));
}

#[test]
fn a_push_that_begins_after_the_failure_is_a_repair() {
    let seen = with_file(130.0, &[push(129.5, 130.5)]);
    assert_eq!(seen.state_at_failure(), Ok(State::Absent));
    assert_eq!(seen.delivery(), Ok(Delivery::Later));
}

#[test]
fn a_push_that_begins_within_the_start_of_pct_may_have_been_started_before() {
    assert!(with_file(101.5, &[push(101.0, 102.0)]).delivery().is_err());
}

#[test]
fn a_file_that_no_push_wrote_was_not_pushed() {
    let seen = with_file(102.0, &[push(50.0, 51.0)]);
    assert_eq!(seen.delivery(), Ok(Delivery::NotPushed));
    let copied = Observations {
        entry: Ok(Entry::Present {
            own: stamps(102.0, -1_000.0, 102.0),
            target: None,
        }),
        ..with_file(102.0, &[push(99.0, 103.0)])
    };
    assert_eq!(copied.delivery(), Ok(Delivery::NotPushed));
}

#[test]
fn a_task_log_that_begins_after_the_failure_shows_nothing_of_it() {
    let mut seen = with_file(102.0, &[]);
    seen.tasks = Ok(vec![task("vzstart", 500.0, 501.0, "OK")]);
    assert!(seen.delivery().is_err());
}

#[test]
fn one_of_two_pushes_that_can_have_written_the_file_decides_nothing() {
    let seen = with_file(104.5, &[push(99.0, 105.0), push(104.0, 105.0)]);
    assert!(seen.delivery().is_err());
}

#[test]
fn a_file_that_has_not_changed_since_is_as_it_was() {
    assert_eq!(with_file(50.0, &[]).state_at_failure(), Ok(State::AsNow));
    assert_eq!(container().state_at_failure(), Ok(State::AsNow));
}

#[test]
fn a_directory_that_changed_within_the_lag_of_the_log_hides_no_file_that_arrived_since() {
    let changed = |seconds| {
        let mut seen = container();
        seen.directory = Ok(stamps(-50.0, seconds, seconds));
        seen.failure.as_mut().unwrap().is_logged = true;
        seen
    };
    assert!(changed(99.7).state_at_failure().is_err());
    assert_eq!(changed(99.7).is_still_absent(), Ok(true));
    assert_eq!(changed(100.5).is_still_absent(), Ok(false));
    assert_eq!(with_file(50.0, &[]).is_still_absent(), Ok(false));
}

#[test]
fn a_later_change_leaves_the_state_unknown() {
    let file = |entry, directory| Observations {
        entry: Ok(Entry::Present {
            own: entry,
            target: None,
        }),
        directory: Ok(directory),
        ..container()
    };
    let before = stamps(-50.0, 50.0, 50.0);
    let changed_mode = file(stamps(50.0, 50.0, 200.0), before);
    let rewritten = file(stamps(50.0, 200.0, 200.0), before);
    let exchanged_directory = file(stamps(50.0, 50.0, 50.0), stamps(-50.0, 50.0, 200.0));
    let removed = Observations {
        directory: Ok(stamps(-50.0, 200.0, 200.0)),
        ..container()
    };
    let exchanged_above = Observations {
        parent: Ok(stamps(-50.0, 200.0, 200.0)),
        ..container()
    };
    for seen in [
        changed_mode,
        rewritten,
        exchanged_directory,
        removed,
        exchanged_above,
    ] {
        assert!(seen.state_at_failure().is_err(), "{:?}", seen.entry);
    }
}

#[test]
fn a_rename_shows_when_the_file_probably_arrived() {
    let mut seen = with_file(102.0, &[]);
    seen.entry = Ok(Entry::Present {
        own: stamps(50.0, 50.0, 102.0),
        target: None,
    });
    assert!(seen.state_at_failure().is_err());
    assert_eq!(seen.arrival(), Ok(at(102.0)));
    assert_eq!(seen.visible().map(|it| it.start), Ok(at(50.0).start));
}

#[test]
fn without_a_birth_time_only_the_probable_arrival_is_known() {
    let mut seen = with_file(102.0, &[]);
    if let Ok(Entry::Present { own, .. }) = &mut seen.entry {
        own.born = None;
    }
    assert!(seen.visible().is_err());
    assert_eq!(seen.arrival(), Ok(at(102.0)));
    // On a busy host, it is written for longer than a tick.
    if let Ok(Entry::Present { own, .. }) = &mut seen.entry {
        own.changed = at(102.5);
    }
    assert_eq!(seen.arrival(), Ok(at(102.0)));
}

#[test]
fn a_copied_modification_time_does_not_make_the_file_old() {
    let mut seen = with_file(102.0, &[]);
    seen.entry = Ok(Entry::Present {
        own: stamps(102.0, -1_000.0, 102.0),
        target: None,
    });
    assert_eq!(seen.state_at_failure(), Ok(State::Absent));
    assert_eq!(seen.complete(), Ok(at(102.0)));
}

#[test]
fn the_target_of_a_link_counts_too() {
    let mut seen = with_file(50.0, &[]);
    seen.entry = Ok(Entry::Present {
        own: stamps(50.0, 50.0, 50.0),
        target: Some(stamps(103.0, 103.0, 103.0)),
    });
    seen.resolved = "/opt/u.service".to_owned();
    assert_eq!(seen.state_at_failure(), Ok(State::Absent));
    seen.entry = Ok(Entry::Dangling);
    assert!(seen.state_at_failure().is_err());
}

#[test]
fn a_push_that_was_writing_leaves_an_incomplete_file() {
    let mut seen = with_file(99.0, &[push(98.9, 103.0)]);
    seen.entry = Ok(Entry::Present {
        own: stamps(99.0, 102.0, 102.0),
        target: None,
    });
    assert_eq!(seen.state_at_failure(), Ok(State::Incomplete));
    if let Ok(tasks) = &mut seen.tasks {
        tasks.pop();
    }
    assert!(seen.state_at_failure().is_err());
}

#[test]
fn timestamps_from_before_the_container_show_nothing() {
    for kind in ["vzrestore", "vzclone", "vzrollback", "vzcreate"] {
        let after = with_file(102.0, &[task(kind, 200.0, 210.0, "OK")]);
        assert!(after.state_at_failure().is_err(), "{kind}");
        assert!(after.visible().is_err(), "{kind}");
        let before = with_file(40.0, &[task(kind, 45.0, 50.0, "OK")]);
        assert_eq!(before.state_at_failure(), Ok(State::AsNow), "{kind}");
    }
}

#[test]
fn a_mount_leaves_the_times_unknown() {
    let mounted = Observations {
        mounts: Ok(vec!["/etc/systemd".to_owned()]),
        ..with_file(102.0, &[])
    };
    assert!(mounted.state_at_failure().is_err());
    let beside = Observations {
        mounts: Ok(vec!["/etc/systemd/sys".to_owned()]),
        ..with_file(102.0, &[])
    };
    assert_eq!(beside.state_at_failure(), Ok(State::Absent));
    let mut unmounted = with_file(50.0, &[]);
    for (unit, hidden) in [
        ("etc-systemd-system", true),
        ("etc", true),
        ("opt", false),
        ("etc-sys", false),
    ] {
        let text = format!("{unit}.mount: Deactivated successfully.");
        unmounted.journal = Ok(vec![
            message(10.0, "a", "Startup finished in 1s."),
            message(150.0, "a", &text),
        ]);
        assert_eq!(unmounted.state_at_failure().is_err(), hidden, "{unit}");
    }
}

#[test]
fn a_clock_that_was_set_leaves_every_order_unknown() {
    let mut seen = with_file(102.0, &[push(99.0, 103.0)]);
    let mut late = message(120.0, "a", "Reloading.");
    late.monotonic = Some(60_000_000);
    if let Ok(journal) = &mut seen.journal {
        journal.push(late);
    }
    assert!(seen.state_at_failure().is_err());
    assert!(seen.readiness_at_failure().is_err());
}

#[test]
fn the_time_of_a_log_line_may_be_a_second_after_the_failure() {
    let logged = |file: f64| {
        let mut seen = with_file(file, &[]);
        seen.failure = Ok(Failure {
            at: at(100.0),
            is_logged: true,
            doubt: None,
            is_said_elsewhere: false,
            said: Some(Said::Absent),
            is_answered: true,
        });
        seen
    };
    assert!(logged(99.5).state_at_failure().is_err());
    assert_eq!(logged(98.5).state_at_failure(), Ok(State::AsNow));
}

#[test]
fn readiness_is_that_of_the_boot_that_contains_the_failure() {
    // The newest boot first, as journalctl prints it; it began at 99 s.
    let journal = vec![
        message(10.0, "a", "Startup finished in 1.000s."),
        message(105.0, "b", "Startup finished in 6s."),
    ];
    let readiness = |failed: f64| {
        let seen = Observations {
            journal: Ok(journal.clone()),
            failure: Ok(Failure {
                at: at(failed),
                is_logged: false,
                doubt: None,
                is_said_elsewhere: false,
                said: None,
                is_answered: false,
            }),
            ..container()
        };
        (seen.readiness_at_failure().ok(), seen.up().ok())
    };
    assert_eq!(
        readiness(100.0),
        (Some(Readiness::Starting), Some(at(105.0)))
    );
    assert_eq!(readiness(98.0), (Some(Readiness::Ready), Some(at(10.0))));
    assert_eq!(readiness(106.0), (Some(Readiness::Ready), Some(at(105.0))));
    assert_eq!(readiness(9.5), (Some(Readiness::Starting), Some(at(10.0))));
    assert_eq!(readiness(99.0), (None, None), "the start itself");
    assert_eq!(readiness(8.5), (None, None), "before the journal");
}

#[test]
fn a_reload_stands_for_the_failure_only_if_none_follows() {
    let mut seen = with_file(102.0, &[]);
    let reloads = |times: &[f64]| {
        Ok(times
            .iter()
            .map(|it| message(*it, "a", "Reloading..."))
            .collect())
    };
    seen.journal = reloads(&[90.0, 100.0]);
    assert_eq!(seen.reload_before_arrival(), Ok(at(100.0)));
    seen.journal = reloads(&[100.0, 110.0]);
    assert!(seen.reload_before_arrival().is_err());
    seen.own_changes = vec![Interval::spanning(at(109.0), at(111.0))];
    assert_eq!(seen.reload_before_arrival(), Ok(at(100.0)));
    seen.journal = reloads(&[]);
    assert!(seen.reload_before_arrival().is_err());
}

#[test]
fn a_failed_push_counts_for_the_file_that_its_message_names() {
    let subject = |status: &str| {
        let mut seen = container();
        if let Ok(tasks) = &mut seen.tasks {
            tasks.push(task("push_file", 95.0, 95.5, status));
        }
        seen.failed_push().map(|push| push.subject()).ok()
    };
    for (status, expected) in [
        (
            "failed to create file: /etc/systemd/system/u.service: Read-only file system",
            Some("file"),
        ),
        (
            "failed to create file: /usr/local/lib/systemd/system/u.service: No such file or directory",
            Some("file"),
        ),
        (
            "failed to create file: /etc/systemd/system/: Is a directory",
            Some("directory"),
        ),
        (
            "failed to create file: /etc/systemd/system//: Is a directory",
            Some("directory"),
        ),
        (
            "failed to create file: /etc/systemd/system/other.service: Is a directory",
            None,
        ),
        (
            "failed to create file: /opt/u.service: No such file or directory",
            None,
        ),
        (
            "failed to create file: system/u.service: No such file or directory",
            Some("similar"),
        ),
        (
            "failed to open /root/u.service for reading",
            Some("similar"),
        ),
        ("failed to open /root/other.service for reading", None),
        ("failed to get uid for: nosuch", Some("nothing")),
        (
            "can't lock file '/run/lock/lxc/pve-config-958.lock' - got timeout",
            Some("nothing"),
        ),
    ] {
        assert_eq!(subject(status), expected, "{status}");
    }
}

#[test]
fn a_failed_push_counts_only_for_its_own_attempt() {
    let failed = || {
        task(
            "push_file",
            50.0,
            50.5,
            "failed to create file: /etc/systemd/system/: Is a directory",
        )
    };
    let with = |tasks: &[Task]| {
        let mut seen = container();
        if let Ok(known) = &mut seen.tasks {
            known.extend_from_slice(tasks);
        }
        seen.failed_push().is_ok() && seen.pushed_since() == Ok(false)
    };
    assert!(with(&[failed()]));
    assert!(
        !with(&[failed(), push(60.0, 60.5)]),
        "a later push succeeded"
    );
    assert!(
        with(&[failed(), push(160.0, 160.5)]),
        "a push after the failure repaired it"
    );
    assert!(
        !with(&[failed(), task("vzrestore", 70.0, 75.0, "OK")]),
        "the container is a new one"
    );
}
