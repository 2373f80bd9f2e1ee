mod current_state;
mod properties;

use std::fmt::Write as _;

use super::*;
use crate::fixture::{Run, at, runbook};

/// Hypotheses over the checks `yes`, `no` and `gone`: in [`run`], the first passed, the second failed, the third was
/// skipped.
fn with_hypotheses(hypotheses: &str) -> Runbook {
    let mut text = String::from("runbook: test\ntitle: A test\nchecks:\n");
    for id in ["yes", "no", "gone"] {
        let _ = writeln!(
            text,
            "  - {{ id: 'is_{id}', title: Is it {id}, run: ['true'], pass: exit == 0 }}"
        );
    }
    text.push_str("hypotheses:\n");
    text.push_str(hypotheses);
    text.push_str("healthy: { if: is_no.passed, says: All is well. }\n");
    runbook(&text)
}

fn run(runbook: &Runbook) -> Run<'_> {
    Run::new(runbook)
        .passes(&["is_yes"])
        .fails(&["is_no"])
        .skipped("is_gone", "it was not asked for")
}

/// A hypothesis with evidence given as `effect:check`.
fn hypothesis(id: &str, more: &str, evidence: &[&str]) -> String {
    let mut text = format!(
        "  - id: {id}\n    title: Title of {id}\n    about: About it.\n    remedy: Remedy of {id}.\n    {more}\n    evidence:\n"
    );
    for one in evidence {
        let (effect, check) = one.split_once(':').unwrap();
        let _ = writeln!(
            text,
            "      - {{ if: is_{check}.passed, then: {effect}, says: '{effect} by {check}' }}"
        );
    }
    text
}

fn judged(evidence: &[&str]) -> HypothesisResult {
    let runbook = with_hypotheses(&hypothesis("h", "", evidence));
    run(&runbook).diagnosis().hypotheses.remove(0)
}

#[test]
fn a_level_follows_from_what_holds() {
    use Level::{Confirmed, Likely, RuledOut, Unknown, Unlikely};
    let cases: &[(&[&str], Level)] = &[
        (&["confirms:yes"], Confirmed),
        (&["rules_out:yes"], RuledOut),
        (&["supports:yes"], Likely),
        (&["weakens:yes"], Unlikely),
        // What settles it outweighs any number of what does not.
        (
            &["confirms:yes", "weakens:yes", "weakens:yes", "rules_out:no"],
            Confirmed,
        ),
        (&["rules_out:yes", "supports:yes", "supports:yes"], RuledOut),
        // What is missing cannot undo what holds.
        (&["confirms:yes", "rules_out:gone"], Confirmed),
        (&["rules_out:yes", "confirms:gone"], RuledOut),
        (&["supports:yes", "weakens:gone"], Likely),
        (&["weakens:yes", "supports:gone"], Unlikely),
        // Counted, not only looked for.
        (&["supports:yes", "supports:yes", "weakens:yes"], Likely),
        (&["supports:yes", "weakens:yes", "weakens:yes"], Unlikely),
        (&["supports:yes", "weakens:yes"], Unknown),
        // Nothing holds.
        (&["supports:no", "weakens:no", "confirms:no"], Unlikely),
        (&["supports:no", "weakens:gone"], Unknown),
        (&["rules_out:gone"], Unknown),
    ];
    for (evidence, expected) in cases {
        let judged = judged(evidence);
        assert_eq!(judged.level, *expected, "{evidence:?}");
        assert!(!judged.conflicting, "{evidence:?}");
    }
}

#[test]
fn confirming_and_ruling_out_evidence_conflict() {
    let judged = judged(&["confirms:yes", "rules_out:yes", "supports:yes"]);
    assert_eq!((judged.level, judged.conflicting), (Level::Unknown, true));
    assert_eq!(judged.grounds().count(), 0);
}

#[test]
fn what_was_missing_is_named_once_with_its_reason() {
    let judged = judged(&["supports:gone", "weakens:gone", "confirms:yes"]);
    let missing: Vec<_> = judged.missing.iter().map(|one| one.to_string()).collect();
    assert_eq!(
        missing,
        ["is_gone.passed (check is_gone was skipped: it was not asked for)"]
    );
    let holds: Vec<_> = judged.evidence.iter().map(|one| one.holds).collect();
    assert_eq!(holds, [None, None, Some(true)]);
}

#[test]
fn a_level_rests_on_the_evidence_of_its_direction() {
    let judged = judged(&[
        "supports:yes",
        "supports:no",
        "weakens:gone",
        "supports:yes",
    ]);
    let says: Vec<_> = judged.grounds().map(|one| one.says.as_str()).collect();
    assert_eq!(says, ["supports by yes", "supports by yes"]);
}

/// The verdict over hypotheses given as `id`, what they explain, and their evidence.
fn verdict(hypotheses: &[(&str, &str, &[&str])]) -> Verdict {
    let text: String = hypotheses
        .iter()
        .map(|(id, more, evidence)| hypothesis(id, more, evidence))
        .collect();
    let runbook = with_hypotheses(&text);
    run(&runbook).diagnosis().verdict
}

const LIKELY: &[&str] = &["supports:yes"];
const CONFIRMED: &[&str] = &["confirms:yes"];
const UNLIKELY: &[&str] = &["supports:no"];
const UNKNOWN: &[&str] = &["supports:gone"];
const RULED_OUT: &[&str] = &["rules_out:yes"];

#[test]
fn the_strongest_hypothesis_is_the_verdict() {
    let found = verdict(&[("a", "", LIKELY), ("b", "", CONFIRMED), ("c", "", UNKNOWN)]);
    assert_eq!(
        (found.kind.id(), found.kind.level()),
        ("b", Some(Level::Confirmed))
    );
    assert_eq!(found.summary, "Title of b: confirmed. confirms by yes.");
    assert_eq!(found.remedy, "Remedy of b.");
}

#[test]
fn among_equals_the_first_of_the_runbook() {
    let found = verdict(&[("a", "", UNLIKELY), ("b", "", LIKELY), ("c", "", LIKELY)]);
    assert_eq!(
        (found.kind.id(), found.kind.level()),
        ("b", Some(Level::Likely))
    );
}

#[test]
fn a_cause_comes_before_the_symptoms_it_explains() {
    let cause = "explains: [symptom]";
    let id = |hypotheses: &[(&str, &str, &[&str])]| verdict(hypotheses).kind.id().to_owned();
    assert_eq!(
        id(&[("symptom", "", CONFIRMED), ("cause", cause, CONFIRMED)]),
        "cause"
    );
    // Through a hypothesis that is not itself believed.
    assert_eq!(
        id(&[
            ("symptom", "", LIKELY),
            ("between", cause, UNLIKELY),
            ("cause", "explains: [between]", LIKELY),
        ]),
        "cause"
    );
    // So does a likely cause of a confirmed symptom, but not an unlikely one.
    assert_eq!(
        id(&[("symptom", "", CONFIRMED), ("cause", cause, LIKELY)]),
        "cause"
    );
    assert_eq!(
        id(&[("symptom", "", CONFIRMED), ("cause", cause, UNLIKELY)]),
        "symptom"
    );
    // What explains something else is no cause of this one.
    assert_eq!(
        id(&[
            ("other", "", LIKELY),
            ("cause", cause, LIKELY),
            ("symptom", "", LIKELY),
        ]),
        "other"
    );
}

#[test]
fn the_race_verdict_is_the_strongest_races_whatever_the_id() {
    let race = "race: true";
    let of = |hypotheses: &[(&str, &str, &[&str])]| verdict(hypotheses).race;
    let plain = ("plain", "", CONFIRMED);
    let steps = [
        (RULED_OUT, Level::RuledOut),
        (UNLIKELY, Level::Unlikely),
        (UNKNOWN, Level::Unknown),
        (LIKELY, Level::Likely),
        (CONFIRMED, Level::Confirmed),
    ];
    for pair in steps.windows(2) {
        let [(weaker, _), (stronger, level)] = pair else {
            unreachable!()
        };
        assert_eq!(
            of(&[plain, ("a", race, weaker), ("b", race, stronger)]),
            Some(*level)
        );
    }
    assert_eq!(of(&[plain, ("a", race, RULED_OUT)]), Some(Level::RuledOut));
    assert_eq!(of(&[plain]), None, "the runbook has no race");
}

#[test]
fn without_a_fault_the_verdict_is_healthy_or_inconclusive() {
    let healthy = with_hypotheses(&hypothesis("h", "race: true", UNLIKELY));
    let well = Run::new(&healthy).passes(&["is_yes", "is_no", "is_gone"]);
    // The evidence of `h` is `supports:no`, which holds where `is_no` passed.
    assert_eq!(well.diagnosis().verdict.kind.id(), "h");

    let runbook = with_hypotheses(&hypothesis("h", "race: true", &["supports:yes"]));
    let well = Run::new(&runbook).fails(&["is_yes"]).passes(&["is_no"]);
    let found = well.diagnosis().verdict;
    assert_eq!(found.kind, VerdictKind::Healthy);
    assert_eq!(found.race, Some(Level::Unlikely));
    assert_eq!(
        (found.summary.as_str(), found.remedy.as_str()),
        ("All is well.", "")
    );

    let found = Run::new(&runbook)
        .fails(&["is_yes", "is_no"])
        .diagnosis()
        .verdict;
    assert_eq!(found.kind, VerdictKind::Inconclusive);
    assert_eq!(
        found.summary,
        "No hypothesis is supported, but some checks failed: is_yes (exit 1); is_no (exit 1)."
    );

    let found = Run::new(&runbook).diagnosis().verdict;
    assert_eq!(found.kind, VerdictKind::Inconclusive);
    assert_eq!(
        found.summary,
        "No hypothesis is supported, and it is unknown whether the container is healthy. \
         Missing evidence: check is_yes is not in the recording; check is_no is not in the recording."
    );
}

#[test]
fn a_runbook_that_names_no_health_asks_that_every_check_passed() {
    let runbook = runbook(
        "runbook: test
title: A test
checks:
  - { id: is_a, title: A, run: [a], pass: exit == 0 }
  - { id: is_b, title: B, run: [b], pass: exit == 0 }
",
    );
    let kind = |run: Run<'_>| run.diagnosis().verdict.kind;
    let new = || Run::new(&runbook);
    assert_eq!(kind(new().passes(&["is_a", "is_b"])), VerdictKind::Healthy);
    assert_eq!(
        kind(new().passes(&["is_a"]).fails(&["is_b"])),
        VerdictKind::Inconclusive
    );
    assert_eq!(
        kind(new().passes(&["is_a"]).skipped("is_b", "no")),
        VerdictKind::Inconclusive
    );
    assert_eq!(
        kind(new().passes(&["is_a"])),
        VerdictKind::Inconclusive,
        "is_b has no result"
    );
    assert_eq!(kind(new()), VerdictKind::Inconclusive);
}

#[test]
fn an_exceeded_limit_is_reported_and_is_not_healthy() {
    let text = |limits: &str| {
        format!(
            "runbook: test
title: A test
checks:
  - id: disk
    title: Disk
    run: [df]
    facts: {{ match: '(?<used>\\d+)%', types: {{ used: int }} }}
    pass: used < 100
    {limits}
"
        )
    };
    let both = runbook(&text("warn: used > 80\n    crit: used > 95"));
    let of = |used: &str| {
        let verdict = Run::new(&both)
            .exits("disk", 0, used, "")
            .diagnosis()
            .verdict;
        (verdict.kind, verdict.severity)
    };
    assert_eq!(of("70%"), (VerdictKind::Healthy, None));
    assert_eq!(
        of("81%"),
        (VerdictKind::Inconclusive, Some(Severity::Warning))
    );
    assert_eq!(
        of("96%"),
        (VerdictKind::Inconclusive, Some(Severity::Critical))
    );
    // Not known is no alarm: the outcome says that it could not be judged.
    assert_eq!(of("none"), (VerdictKind::Inconclusive, None));
    let crit = runbook(&text("crit: used > 95"));
    let found = Run::new(&crit).ends(
        "disk",
        crate::evidence::recording::Ending::TimedOut,
        "99%",
        "",
    );
    assert_eq!(found.diagnosis().verdict.severity, None);
}

#[test]
fn checks_with_for_each_count_as_one() {
    let runbook = runbook(
        "runbook: test
title: A test
checks:
  - { id: units, title: Units, run: [ls], each: line, facts: { match: '^(?<unit>.+)$' } }
  - id: states
    title: State
    needs: [units]
    for_each: units.unit
    run: [systemctl, is-active, '{{ item }}']
    exits: [0, 3]
    facts: { match: '^(?<state>.*)$' }
    pass: exit == 0
hypotheses:
  - id: one-is-down
    title: One is down
    about: x
    remedy: x
    evidence: [{ if: states.failed, then: confirms, says: \"{{ states.state | join(', ') }}\" }]
",
    );
    let run = |b: i32| {
        Run::new(&runbook)
            .exits("units", 0, "a.service\nb.service\n", "")
            .item("states", "a.service", 0, "active\n")
            .item("states", "b.service", b, "inactive\n")
            .diagnosis()
    };
    let down = run(3);
    assert_eq!(down.verdict.kind.id(), "one-is-down");
    assert_eq!(down.hypotheses[0].evidence[0].says, "active, inactive");
    let ids: Vec<_> = down
        .results
        .iter()
        .map(|result| result.key.to_string())
        .collect();
    assert_eq!(ids, ["units", "states[a.service]", "states[b.service]"]);
    assert_eq!(run(0).verdict.kind, VerdictKind::Healthy);
}

fn dated() -> Runbook {
    runbook(
        "runbook: test
title: A test
vars:
  window: { default: 60s, type: duration, about: the longest gap }
let:
  look: failed_at
  late: gap(look, stamp.changed) <= window
checks:
  - { id: enable, title: Enable, run: [systemctl, enable, --, x], changes: true, pass: exit == 0 }
  - id: stamp
    title: Stamp
    run: [stat, x]
    facts: { match: '^(?<changed>\\S+)$', types: { changed: time } }
    events: [{ at: changed, what: x last changed }]
  - { id: other, title: Other, run: [other], pass: exit == 0 }
hypotheses:
  - id: race
    race: true
    title: Race
    about: x
    remedy: x
    evidence: [{ if: { all: [other.passed, { not: not late }] }, then: supports, says: late }]
",
    )
}

#[test]
fn the_time_line_has_every_source_and_lxcdiags_own_doing() {
    let runbook = dated();
    let found = Run::new(&runbook)
        .changed_before(&["systemctl", "daemon-reload"], -50.0, -49.5)
        .failed_at(-30.0)
        .exits("stamp", 0, "1767323025.500000000\n", "")
        .passes(&["other", "enable"])
        .diagnosis();
    let shown: Vec<_> = found
        .timeline
        .iter()
        .map(|event| format!("{} {} ({})", event.at, event.what, event.source))
        .collect();
    assert_eq!(
        shown,
        [
            "2026-01-02T03:03:15.000000Z an earlier run of lxcdiag ran: systemctl daemon-reload (lxcdiag)",
            "2026-01-02T03:03:35.000000Z provisioning failed (--failed-at)",
            "2026-01-02T03:03:45.500000Z x last changed (stamp)",
            "2026-01-02T03:04:05.300000Z lxcdiag ran: systemctl enable -- x (lxcdiag)",
        ]
    );
    assert_eq!(found.timeline[0].at.end, at(-49.5));
    // What changes the container comes last, wherever the runbook has it.
    let ids: Vec<_> = found
        .results
        .iter()
        .map(|result| result.key.to_string())
        .collect();
    assert_eq!(ids, ["stamp", "other", "enable"]);
}

#[test]
fn a_change_that_was_never_begun_is_not_on_the_time_line() {
    let runbook = dated();
    let found = Run::new(&runbook)
        .errored("enable", "the shell was gone")
        .skipped("enable", "--read-only")
        .diagnosis();
    assert_eq!(found.timeline, []);
}

#[test]
fn evidence_names_the_checks_behind_it_through_lets_and_nested_conditions() {
    let runbook = dated();
    let found = Run::new(&runbook).diagnosis();
    assert_eq!(found.hypotheses[0].evidence[0].checks, ["other", "stamp"]);
}

#[test]
fn the_order_of_recorded_attempts_does_not_matter() {
    let runbook = dated();
    let ordered = Run::new(&runbook)
        .failed_at(-30.0)
        .exits("stamp", 0, "1767323025.500000000\n", "")
        .passes(&["other", "enable"]);
    let mut reversed = ordered.clone();
    reversed.recording.attempts.reverse();
    assert_eq!(ordered.diagnosis(), reversed.diagnosis());
}

#[test]
fn a_check_that_the_runbook_no_longer_has_is_passed_over() {
    let runbook = dated();
    let mut run = Run::new(&runbook).passes(&["other"]);
    run.recording.attempts[0].check = "renamed".to_owned();
    let found = run.diagnosis();
    assert_eq!(found.results, []);
    assert_eq!(found.verdict.kind, VerdictKind::Inconclusive);
}

#[test]
fn a_runbook_that_does_not_apply_has_no_verdict_on_its_hypotheses() {
    let mut text = "runbook: test
title: A test
vars: { unit: { default: a.service, about: the unit } }
checks:
  - { id: is_there, title: Is it there, run: ['true'], pass: exit == 0 }
applies: { if: is_there.passed, says: \"nothing of {{ unit }} is in container {{ ct }}\" }
hypotheses:
"
    .to_owned();
    text.push_str(
        &hypothesis("h", "race: true", &["confirms:there"]).replace(".passed", ".failed"),
    );
    let runbook = runbook(&text);
    let verdict = |run: Run<'_>| run.diagnosis().verdict;

    let found = Run::new(&runbook).fails(&["is_there"]).diagnosis();
    assert_eq!(found.verdict.kind, VerdictKind::NotApplicable);
    assert_eq!(
        found.verdict.summary,
        "nothing of a.service is in container 958."
    );
    assert_eq!((found.verdict.race, found.hypotheses.len()), (None, 0));
    let json = serde_json::to_value(&found.verdict).unwrap();
    assert_eq!(json["id"], "not-applicable");
    assert_eq!(json.get("level"), None);

    let applies = verdict(Run::new(&runbook).passes(&["is_there"]));
    assert_eq!(applies.kind, VerdictKind::Healthy);
    let unknown = verdict(Run::new(&runbook).skipped("is_there", "it timed out"));
    assert_eq!(unknown.kind, VerdictKind::Inconclusive, "it may apply");
}
