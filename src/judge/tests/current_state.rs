//! Evidence of the current state, where the state at the failure may have been another.

use super::*;

fn judged(effect: &str, run: impl FnOnce(Run<'_>) -> Run<'_>) -> (Level, EvidenceResult) {
    let runbook = with_hypotheses(&format!(
        "  - id: h\n    title: H\n    about: About it.\n    remedy: Wait.\n    evidence:\n      \
         - {{ if: is_yes.passed, then: {effect}, now: container, says: it is so }}\n"
    ));
    let recorded = self::run(&runbook);
    let mut hypothesis = run(recorded).diagnosis().hypotheses.remove(0);
    (hypothesis.level, hypothesis.evidence.remove(0))
}

#[test]
fn the_current_state_is_certain_if_no_failure_is_known() {
    for (effect, level) in [
        ("confirms", Level::Confirmed),
        ("supports", Level::Likely),
        ("weakens", Level::Unlikely),
        ("rules_out", Level::RuledOut),
    ] {
        assert_eq!(judged(effect, |run| run).0, level, "{effect}");
    }
}

#[test]
fn the_current_state_is_weaker_evidence_of_an_earlier_failure() {
    for (effect, level, weaker) in [
        ("confirms", Level::Likely, Effect::Supports),
        ("supports", Level::Likely, Effect::Supports),
        ("weakens", Level::Unlikely, Effect::Weakens),
        ("rules_out", Level::Unlikely, Effect::Weakens),
    ] {
        let (judged, evidence) = judged(effect, |run| run.failed_at(1.0));
        assert_eq!((judged, evidence.effect), (level, weaker), "{effect}");
        assert_eq!(evidence.holds, Some(true));
        let missing: Vec<_> = evidence.missing.iter().flat_map(Missing::reasons).collect();
        assert_eq!(missing, ["the state of the container at the failure"]);
    }
}

#[test]
fn evidence_that_does_not_hold_now_has_no_effect() {
    let (level, evidence) = judged("confirms", |run| run.fails(&["is_yes"]).failed_at(1.0));
    assert_eq!((level, evidence.holds), (Level::Unlikely, Some(false)));
}
