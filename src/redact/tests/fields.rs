//! Every field of a report and a recording, including fields that are added later.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde::Serialize;
use serde_json::Value;

use super::super::Redactor;
use super::super::texts::{Texts, Visitor};
use super::runs::{everywhere, recording};
use super::with_patterns;
use crate::evidence::explored::{Explored, NotLookedAt, Origin, OtherRun};
use crate::evidence::recording::{Output, Recording};
use crate::evidence::script::{ScriptFinding, Severity as FindingSeverity};
use crate::evidence::trace::TracedPush;
use crate::expression::{Missing, NoFact, Reason};
use crate::judge::results::MetricValue;
use crate::judge::results::{Affected, Severity};
use crate::judge::{NextRun, Remedy, Required, judge};
use crate::report::Report;
use crate::report::settled::{Cause, LookedAt, Settled, Symptom};
use crate::runbook::{RemedyKind, Runbook};

/// Replaces every text that is redacted with a secret of its own.
struct Plant(usize);

impl Plant {
    fn next(&mut self) -> String {
        self.0 += 1;
        format!("PASSWORD=planted{}/x", self.0)
    }
}

impl Visitor for Plant {
    fn text(&mut self, _: Option<&str>, text: &mut String) {
        *text = self.next();
    }

    fn output(&mut self, output: &mut Output) {
        (output.head, output.tail) = (self.next().into_bytes(), self.next().into_bytes());
    }
}

/// The places of texts in JSON without a planted secret: the fields that are not redacted.
fn exempt(place: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if !text.contains("planted") => {
            found.insert(place.to_owned());
        }
        Value::Array(items) => {
            for item in items {
                exempt(&format!("{place}[]"), item, found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                exempt(&format!("{place}.{name}"), field, found);
            }
        }
        _ => {}
    }
}

/// Plants secrets in a value in which every field must have a value, and checks that only the expected fields got none.
fn plant(value: &mut (impl Texts + Serialize + Debug), expected: &[&str]) {
    let debug = format!("{value:#?}");
    let fields = debug
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let (empty, full): (BTreeSet<_>, BTreeSet<_>) =
        fields.partition(|(_, value)| matches!(*value, "None," | "[]," | "{}," | "\"\","));
    let [empty, full] = [empty, full]
        .map(|fields| -> BTreeSet<_> { fields.into_iter().map(|(name, _)| name).collect() });
    let unknown: Vec<_> = empty.difference(&full).collect();
    assert!(unknown.is_empty(), "give these fields a value: {unknown:?}");

    value.visit(None, &mut Plant(0));
    let mut found = BTreeSet::new();
    exempt("", &serde_json::to_value(&*value).unwrap(), &mut found);
    assert_eq!(
        found,
        expected.iter().map(|place| (*place).to_owned()).collect()
    );
}

/// A recording in which every field has a value.
fn full_recording(runbook: &Runbook) -> Recording {
    let mut recording = recording(runbook);
    recording.demonstration = Some("late-push".to_owned());
    recording.target.systemd = Some("252".to_owned());
    recording.target.kernel = Some("6.8.12-4-pve".to_owned());
    recording.target.pve = Some("8.4.1".to_owned());
    recording.runbook.text = "runbook: test".to_owned();
    recording.runbook.parts = [("part".to_owned(), "checks: []".to_owned())].into();
    recording.failed_at = Some(recording.earlier_changes[0].during);
    recording.failed_at_given = true;
    let failure = &mut recording.log.as_mut().unwrap()[0];
    failure.at = recording.failed_at;
    failure.later_runs = Some(1);
    failure.units = vec!["a.service".to_owned()];
    failure.place.as_mut().unwrap().call = Some(1);
    let failure_place = failure.place.clone().unwrap();
    recording.traced_pushes = vec![TracedPush {
        called: recording.earlier_changes[0].during,
        ended: recording.failed_at,
    }];
    recording.script = Some(vec![ScriptFinding {
        place: failure_place,
        rule: "push-directory".to_owned(),
        severity: FindingSeverity::Error,
        message: "a".to_owned(),
        units: Some(recording.vars.get("unit").into_iter().cloned().collect()),
    }]);
    recording.attempts[0].changes = true;
    recording.earlier_changes[0].repair = Some("a".to_owned());
    recording.repairs = recording.earlier_changes.clone();
    let output = &mut recording.attempts[0].stdout;
    (output.tail, output.written) = (b"end".to_vec(), Some(40));
    let origin = Origin {
        vars: vec!["unit".to_owned()],
        pointed_at: true,
        place: vec![1],
        causes_of: vec![(0, "a".to_owned())],
    };
    recording.explored = Some(Box::new(Explored {
        number: 1,
        origin: origin.clone(),
        others: vec![OtherRun {
            origin,
            recording: recording.clone(),
        }],
        not_run: vec![NotLookedAt {
            what: "a".to_owned(),
            why: "b".to_owned(),
        }],
        options: vec!["--node=pve2".to_owned()],
    }));
    recording
}

#[test]
fn every_field_of_a_recording_is_redacted_except_these() {
    let mut recording = full_recording(&everywhere());
    let exempt = [
        ".attempts[].check",
        ".attempts[].ending",
        ".defaulted[]",
        ".log[].kind",
        ".runbook.id",
        ".runbook.parts.part",
        ".runbook.sha256",
        ".runbook.text",
        ".schema",
        ".script[].rule",
        ".script[].severity",
    ];
    let of_others = exempt.map(|place| format!(".explored.others[].recording{place}"));
    let origins = [
        ".explored.origin.causes_of[][]",
        ".explored.origin.vars[]",
        ".explored.others[].origin.causes_of[][]",
        ".explored.others[].origin.vars[]",
    ];
    let of_others = of_others.iter().map(String::as_str);
    let expected = exempt.into_iter().chain(origins).chain(of_others);
    plant(&mut recording, &expected.collect::<Vec<_>>());
    let mut redactor = Redactor::new(&with_patterns(""));
    redactor.learn_recording(&mut recording);
    redactor.redact_recording(&mut recording);
    let text = serde_json::to_string(&recording).unwrap();
    assert!(!text.contains("planted"), "{text}");
}

#[test]
fn every_field_of_a_report_is_redacted_except_these() {
    let runbook = everywhere();
    let recording = full_recording(&runbook);
    let mut report = Report::new(&runbook, "00", &recording, &judge(&runbook, &recording));
    let check = &mut report.checks[0];
    check.step = Some("1".to_owned());
    check.signal = Some(9);
    check.severity = Some(Severity::Critical);
    check.affected = vec![Affected {
        name: "a".to_owned(),
        severity: Severity::Warning,
        observed: "b".to_owned(),
    }];
    check.metric = Some(MetricValue {
        value: 1.0,
        unit: "s".to_owned(),
    });
    report.hypotheses[0].missing = vec!["a".to_owned().into()];
    report.hypotheses[0].evidence[0].missing = vec!["a".to_owned().into()];
    let remedy = Remedy {
        kind: RemedyKind::Now,
        title: "a".to_owned(),
        commands: "b".to_owned(),
        changes: "c".to_owned(),
        only_if: "f".to_owned(),
        requires: vec![Required {
            name: "d".to_owned(),
            about: "e".to_owned(),
        }],
    };
    report.hypotheses[0].remedies = vec![remedy.clone()];
    report.verdict.remedies = vec![remedy];
    report.verdict.severity = check.severity;
    report.verdict.race = Some(report.hypotheses[0].level);
    let vars: BTreeMap<_, _> = [("unit".to_owned(), "a".to_owned())].into();
    report.hypotheses[0].next = vec![NextRun {
        runbook: "a".to_owned(),
        vars: vars.clone(),
    }];
    let symptom = Symptom {
        runbook: "a".to_owned(),
        vars: vars.clone(),
        id: "b".to_owned(),
        level: report.hypotheses[0].level,
        summary: "c".to_owned(),
    };
    report.settled = Some(Settled {
        also: vec![Cause {
            runbook: "a".to_owned(),
            vars: vars.clone(),
            id: "b".to_owned(),
            level: symptom.level,
            summary: "c".to_owned(),
            command: "d".to_owned(),
            symptoms: vec![symptom.clone()],
        }],
        symptoms: vec![symptom],
        looked_at: vec![LookedAt {
            runbook: "a".to_owned(),
            vars,
            verdict: "b".to_owned(),
        }],
        not_looked_at: vec![NotLookedAt {
            what: "a".to_owned(),
            why: "b".to_owned(),
        }],
    });
    report.explained = vec!["a".to_owned()];
    report.fix_command = Some("lxcdiag fix a --ct 958".to_owned());
    report.overview_command = Some("lxcdiag 958".to_owned());
    report.whole_command = Some("lxcdiag history show 958".to_owned());
    report.redacted = Some(Vec::new());
    report.code = vec!["systemctl \\S+".to_owned()];
    plant(
        &mut report,
        &[
            ".also[].id",
            ".also[].level",
            ".also[].runbook",
            ".also[].symptoms[].id",
            ".also[].symptoms[].level",
            ".also[].symptoms[].runbook",
            ".checks[].affected[].severity",
            ".checks[].id",
            ".checks[].outcome",
            ".checks[].race",
            ".checks[].severity",
            ".checks[].started_at",
            ".defaulted[]",
            ".failed_at",
            ".finished_at",
            ".hypotheses[].evidence[].effect",
            ".hypotheses[].id",
            ".hypotheses[].next[].runbook",
            ".hypotheses[].verdict",
            ".looked_at[].runbook",
            ".looked_at[].verdict",
            ".runbook.id",
            ".runbook.sha256",
            ".schema",
            ".script[].rule",
            ".script[].severity",
            ".started_at",
            ".symptoms[].id",
            ".symptoms[].level",
            ".symptoms[].runbook",
            ".timeline[].at",
            ".timeline[].source",
            ".timeline[].until",
            ".verdict.id",
            ".verdict.level",
            ".verdict.race",
            ".verdict.remedies[].kind",
            ".verdict.severity",
        ],
    );
    let mut redactor = Redactor::new(&runbook);
    report.visit(None, &mut super::super::Learn(&mut redactor));
    redactor.redact_report(&mut report);
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("planted"), "{text}");
}

/// A reason may quote what a command printed.
#[test]
fn the_reasons_for_missing_values_are_redacted() {
    let quoted = || "quoted".to_owned();
    let of_check = |state| Reason::Check {
        check: "a".to_owned(),
        state,
    };
    for reason in [
        of_check(NoFact::Failed(quoted())),
        of_check(NoFact::Errored(quoted())),
        of_check(NoFact::Skipped(quoted())),
        Reason::NoResult(quoted()),
        Reason::Let(vec![quoted().into()]),
    ] {
        let name = "records.quoted".to_owned();
        let mut missing = Missing::Value { name, reason };
        missing.visit(None, &mut Plant(0));
        assert!(!missing.to_string().contains("quoted"), "{missing}");
    }
}
