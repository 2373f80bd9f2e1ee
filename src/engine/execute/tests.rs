use super::*;
use crate::engine::backend::Playback;
use crate::engine::demo::INCIDENTS;
use crate::engine::policy::ChangePolicy;
use crate::evidence::fact::Fact;
use crate::fixture::{Run, request, runbook};
use crate::judge::results::Outcome;
use crate::judge::{evaluate, judge};
use crate::runbook::{built_in, read};

fn plan(runbook: &Runbook, recorded: &Recording) -> Plan {
    let request = request(runbook, recorded, ChangePolicy::Allowed);
    Plan::new(&request, recorded.target.clone(), Vec::new())
}

/// Plays a recording back. Returns the recordings that were saved before each change.
async fn played(plan: &Plan, recorded: &Recording) -> (Execution, Vec<Recording>) {
    let kept = std::cell::RefCell::new(Vec::new());
    let hooks = Hooks {
        before_change: &|recording| {
            kept.borrow_mut().push(recording.clone());
            Ok(())
        },
        begins: &|_| {},
    };
    let mut never = std::pin::pin!(std::future::pending());
    let execution = execute(plan, Playback::new(recorded), &hooks, &mut never).await;
    (execution, kept.into_inner())
}

/// The results during a run are the same as those of its recording afterwards.
#[tokio::test]
async fn the_findings_of_a_run_are_those_of_its_recording() {
    let runbook = read(&built_in("race-condition").unwrap()).unwrap();
    for incident in INCIDENTS {
        let recorded = incident.recording().unwrap();
        let (execution, _) = played(&plan(&runbook, &recorded), &recorded).await;
        let diagnosis = evaluate(&runbook, &execution.recording, execution.results.unwrap());
        assert_eq!(
            diagnosis,
            judge(&runbook, &execution.recording),
            "{}",
            incident.name
        );
        assert!(diagnosis.results.len() > 5, "{}", incident.name);
        // The facts that a check needs were known in time, so the same checks ran.
        assert_eq!(
            execution.recording.attempts, recorded.attempts,
            "{}",
            incident.name
        );
    }
}

const RESTARTS: &str = "runbook: test
title: A test
checks:
  - { id: units, title: x, run: [list], each: line, facts: { match: '^(?<name>\\S+)' } }
  - { id: restart, title: x, needs: [units], for_each: units.name, run: [systemctl, restart, '{{ item }}'], changes: true, pass: exit == 0 }
";

#[tokio::test]
async fn each_item_of_a_change_is_kept_before_it_runs() {
    let runbook = runbook(RESTARTS);
    let recorded = Run::new(&runbook).exits("units", 0, "a\nb\n", "").recording;
    let (_, kept) = played(&plan(&runbook, &recorded), &recorded).await;
    assert_eq!(kept.len(), 1);
    let changes: Vec<_> = kept[0]
        .changes()
        .iter()
        .map(|it| it.argv.join(" "))
        .collect();
    assert_eq!(changes, ["systemctl restart a", "systemctl restart b"]);
}

#[tokio::test]
async fn a_check_runs_for_a_hundred_items_and_reports_how_many_did_not_run() {
    let runbook = runbook(RESTARTS);
    let names: String = (0..150).map(|number| format!("u{number}\n")).collect();
    let recorded = Run::new(&runbook).exits("units", 0, &names, "").recording;
    let (execution, _) = played(&plan(&runbook, &recorded), &recorded).await;
    let attempts: Vec<_> = execution
        .recording
        .attempts
        .iter()
        .filter(|attempt| attempt.check == "restart")
        .collect();
    assert_eq!(attempts.len(), 101);
    assert_eq!(
        attempts[100].ending,
        Ending::Errored(
            "50 of 150 items did not run: a check runs for at most 100 items".to_owned()
        )
    );
    let results = execution.results.unwrap();
    let restart = results.checks.last().unwrap();
    assert_eq!(restart.outcome, Outcome::Errored);
    assert!(!results.passed("restart"));
}

#[tokio::test]
async fn a_run_keeps_a_bounded_amount_of_output() {
    let runbook = runbook(
        "runbook: test
title: A test
checks:
  - { id: units, title: x, run: [list], each: line, facts: { match: '^(?<name>\\S+)' } }
  - { id: logs, title: x, needs: [units], for_each: units.name, run: [cat, '{{ item }}'], pass: exit == 0 }
",
    );
    let names: String = (0..90).map(|number| format!("u{number}\n")).collect();
    let mut run = Run::new(&runbook).exits("units", 0, &names, "");
    for number in 0..90 {
        run = run.item("logs", &format!("u{number}"), 0, &"z".repeat(512 << 10));
    }
    for attempt in &mut run.recording.attempts[1..] {
        attempt.argv = vec!["cat".to_owned(), attempt.item.clone().unwrap()];
    }
    let (execution, _) = played(&plan(&runbook, &run.recording), &run.recording).await;
    let kept: usize = execution
        .recording
        .attempts
        .iter()
        .map(|attempt| attempt.stdout.escaped_bytes())
        .sum();
    assert!(kept <= MAX_OUTPUT + (512 << 10), "{kept}");
    assert_eq!(execution.recording.attempts.len(), 91);
    let last = execution.recording.attempts.last().unwrap();
    assert_eq!(
        last.ending,
        Ending::Errored("not run: the run has its 2 MiB of output already".to_owned())
    );
}

#[tokio::test]
async fn a_check_that_may_not_change_the_container_is_not_kept_as_a_change() {
    let runbook = runbook(RESTARTS);
    let recorded = Run::new(&runbook).exits("units", 0, "a\n", "").recording;
    for changes in [
        ChangePolicy::Declined("--read-only is given"),
        ChangePolicy::Locked("backup".to_owned()),
    ] {
        let mut plan = plan(&runbook, &recorded);
        plan.changes = changes;
        let (execution, kept) = played(&plan, &recorded).await;
        assert_eq!(kept, []);
        let last = execution.recording.attempts.last().unwrap();
        assert!(matches!(last.ending, Ending::Skipped(_)), "{last:?}");
    }
}

#[tokio::test]
async fn a_container_that_the_runbook_does_not_apply_to_is_not_changed() {
    let runbook = runbook(&format!(
        "{RESTARTS}applies: {{ if: units.name | length > 0, says: No units. }}\n"
    ));
    let recorded = Run::new(&runbook).exits("units", 0, "", "").recording;
    let (execution, kept) = played(&plan(&runbook, &recorded), &recorded).await;
    assert_eq!(kept, []);
    let restart = execution.recording.attempts.last().unwrap();
    assert_eq!(
        restart.ending,
        Ending::Skipped("it changes the container: No units.".to_owned())
    );
}

#[tokio::test]
async fn several_checks_read_the_output_of_one_command() {
    let runbook = runbook(
        "runbook: test
title: A test
checks:
  - { id: days, title: x, run: [uptime], facts: { match: 'up (?<days>\\d+)' } }
  - { id: users, title: x, output_of: days, facts: { match: '(?<count>\\d+) users' } }
  - { id: unanswered, title: x, run: [no], pass: exit == 0 }
  - { id: neither, title: x, output_of: unanswered, pass: exit == 0 }
  - { id: gated, title: x, needs: [neither], output_of: days, pass: exit == 0 }
",
    );
    let run = Run::new(&runbook).exits("days", 0, "up 3 days, 2 users\n", "");
    let (execution, _) = played(&plan(&runbook, &run.recording), &run.recording).await;
    let results = execution.results.as_ref().unwrap();
    let results = &results.checks;
    assert_eq!(results[1].facts["count"], Fact::Text("2".to_owned()));
    let outcomes: Vec<_> = results.iter().map(|result| result.outcome).collect();
    use Outcome::{Errored, Passed, Skipped};
    assert_eq!(outcomes, [Passed, Passed, Errored, Errored, Skipped]);
    let [days, users, ..] = execution.recording.attempts.as_slice() else {
        panic!("{:?}", execution.recording.attempts);
    };
    assert_eq!((&users.argv, &users.stdout), (&days.argv, &days.stdout));
}
