use super::*;
use crate::fixture::{Run, request, runbook};
use crate::runbook::Runbook;

fn steps() -> Runbook {
    runbook(
        "runbook: test
title: A test
checks:
  - { id: look, title: Look, run: [look], pass: exit == 0 }
  - { id: other, title: Other, run: [other], pass: exit == 0 }
  - { id: reload, title: Reload, step: '2.4', run: [systemctl, daemon-reload], changes: true, needs: [look], pass: exit == 0 }
  - { id: enable, title: Enable, step: '2.4', run: [systemctl, enable, a], changes: true, needs: [reload], pass: exit == 0 }
  - { id: last, title: Last, run: [systemctl, start, a], changes: true, needs: [other], pass: exit == 0 }
",
    )
}

fn pending(runbook: &Runbook, recorded: &Recording, changes: ChangePolicy) -> Option<Pending> {
    let request = request(runbook, recorded, changes);
    let plan = Plan::new(&request, recorded.target.clone(), Vec::new());
    let results = CheckResults::of_recording(runbook, recorded);
    Pending::of(&plan, recorded, &results, Instant::now())
}

/// A check whose needs have failed would not run with consent either.
#[test]
fn only_what_would_run_is_asked_about() {
    let runbook = steps();
    let run = Run::new(&runbook)
        .passes(&["look"])
        .exits("other", 1, "", "");
    let left = pending(&runbook, &run.recording, ChangePolicy::Unasked).unwrap();
    assert_eq!(left.steps, ["2.4"]);
    assert_eq!(
        left.commands,
        ["systemctl daemon-reload", "systemctl enable a"]
    );
    let none = Run::new(&runbook).exits("look", 1, "", "");
    let none = none.exits("other", 1, "", "");
    assert!(pending(&runbook, &none.recording, ChangePolicy::Unasked).is_none());
    for decided in [ChangePolicy::Allowed, ChangePolicy::Declined("x")] {
        assert!(pending(&runbook, &run.recording, decided).is_none());
    }
}

#[test]
fn evidence_older_than_a_minute_is_collected_again() {
    let runbook = steps();
    let run = Run::new(&runbook).passes(&["look", "other"]);
    let left = || pending(&runbook, &run.recording, ChangePolicy::Unasked).unwrap();
    let after = |left: Pending, seconds| {
        let now = left.began + Duration::from_secs(seconds);
        left.evidence(now)
    };
    assert_eq!(after(left(), 60), Some(run.recording.clone()));
    assert_eq!(after(left(), 61), None);
}
