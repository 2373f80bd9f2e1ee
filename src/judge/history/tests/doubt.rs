//! What is not certain, because another history explains it as well.

use super::*;

#[test]
fn the_push_that_wrote_the_file_last_was_later_if_it_began_after_the_failure() {
    let is_later = |begin, end| with_file(102.0, &[push(begin, end)]).is_pushed_later();
    assert_eq!(is_later(101.0, 102.5), Ok(true));
    assert_eq!(is_later(99.0, 102.5), Ok(false));
    assert_eq!(is_later(101.0, 110.0), Ok(false), "another wrote it last");
    assert!(container().is_pushed_later().is_err(), "there is no file");
}

#[test]
fn the_state_now_counts_if_no_failure_is_known() {
    let with = |is_unclear| Observations {
        failure: Err("unknown".to_owned()),
        is_failure_unclear: is_unclear,
        ..container()
    };
    assert_eq!(with(false).is_current(), Ok(true));
    assert!(with(true).is_current().is_err());
    assert_eq!(container().is_current(), Ok(true));
    assert_eq!(with_file(102.0, &[]).is_current(), Ok(false));
}

#[test]
fn a_log_that_may_be_of_another_container_makes_nothing_certain() {
    let mut seen = with_file(102.0, &[push(99.0, 102.5)]);
    if let Ok(failure) = &mut seen.failure {
        failure.said = Some(Said::Masked);
        failure.is_said_elsewhere = true;
    }
    assert!(seen.said().is_err());
    assert_eq!(
        seen.state_at_failure(),
        Ok(State::Absent),
        "at a given time"
    );
    if let Ok(failure) = &mut seen.failure {
        failure.doubt = Some(Doubt::Container);
    }
    assert!(seen.state_at_failure().is_err());
}

#[test]
fn the_clock_was_set_if_a_tasks_second_and_ticks_do_not_agree() {
    let mut seen = with_file(98.0, &[]);
    assert_eq!(seen.state_at_failure(), Ok(State::AsNow));
    if let Ok(tasks) = &mut seen.tasks {
        tasks[1].begin = Interval::new(8 * SECOND, 9 * SECOND);
    }
    assert!(seen.clock_was_set());
    assert!(seen.state_at_failure().is_err());
}

#[test]
fn a_push_was_writing_the_file_if_the_last_write_is_its_own() {
    let written = |end: Option<f64>| {
        let mut seen = with_file(98.0, &[push(97.95, 103.2)]);
        if let Ok(Entry::Present { own, .. }) = &mut seen.entry {
            (own.modified, own.changed) = (at(103.0), at(103.0));
        }
        if let Some(push) = seen.tasks.as_mut().ok().and_then(|it| it.last_mut()) {
            (push.end, push.ok) = (end.map(at), end.map(|_| true));
        }
        seen.state_at_failure()
    };
    assert_eq!(written(Some(103.2)), Ok(State::Incomplete));
    assert!(written(Some(109.0)).is_err(), "somebody else wrote it last");
    assert!(written(None).is_err(), "it still runs");
}

#[test]
fn a_time_whose_zone_is_assumed_makes_nothing_certain() {
    let mut seen = with_file(102.0, &[push(99.0, 102.5)]);
    if let Ok(failure) = &mut seen.failure {
        failure.doubt = Some(Doubt::Zone);
    }
    assert!(seen.failed_at().is_ok());
    assert!(seen.state_at_failure().is_err());
    assert!(seen.delivery().is_err());
    assert!(seen.readiness_at_failure().is_err());
}

#[test]
fn a_link_made_after_the_failure_is_not_the_work_of_the_push_of_its_target() {
    let linked = |link: f64, content: f64| Observations {
        entry: Ok(Entry::Present {
            own: stamps(link, link, link),
            target: Some(stamps(content, content, content)),
        }),
        ..with_file(link, &[push(99.0, 102.5)])
    };
    assert_eq!(linked(50.0, 102.0).delivery(), Ok(Delivery::Racing));
    assert!(linked(103.0, 102.0).delivery().is_err());
}

#[test]
fn a_push_that_ran_at_the_failure_may_have_raced_although_a_later_one_wrote_the_file() {
    let repair = push(129.5, 130.5);
    let seen = with_file(130.0, &[push(99.0, 102.5), repair.clone()]);
    assert!(seen.delivery().is_err());
    let ended = with_file(130.0, &[push(50.0, 51.0), repair]);
    assert_eq!(ended.delivery(), Ok(Delivery::Later));
}

#[test]
fn a_later_push_that_overwrites_the_file_did_not_bring_it() {
    let mut seen = with_file(101.0, &[push(99.0, 101.5), push(104.0, 105.0)]);
    seen.entry = Ok(Entry::Present {
        own: stamps(101.0, 105.0, 105.0),
        target: None,
    });
    assert_eq!(seen.is_pushed_later(), Ok(false));
}

#[test]
fn a_failed_push_of_a_misspelt_source_may_be_of_the_file() {
    let of = |source: &str| {
        let status = format!("failed to open {source} for reading: No such file or directory");
        let mut seen = with_file(102.0, &[task("push_file", 99.0, 99.1, &status)]);
        seen.path = "/etc/systemd/system/embedding.service".to_owned();
        seen.failed_push().map(|push| push.subject())
    };
    assert_eq!(of("/srv/embedding.srevice"), Ok("similar"));
    assert!(of("/srv/another.service").is_err());
    assert!(of("/srv/embedding2.service").is_err(), "other digits");
}
