use super::*;
use crate::fixture::{Run, runbook};

/// A runbook that finds problems: each of its checks has a limit.
const OVERVIEW: &str = "
runbook: overview
title: What is wrong?
checks:
  - { id: disk, title: Disk, run: [a], pass: exit == 0, crit: exit == 2, warn: exit == 1 }
  - { id: units, title: Units, run: [b], pass: exit == 0, crit: exit == 2 }
  - { id: errors, title: Errors, run: [c], pass: exit == 0, warn: exit == 1 }
hypotheses:
  - id: full
    title: Disk full
    about: x
    explains: [failed, unit/no-space]
    evidence: [{ if: disk.exit == 2, then: confirms, says: full }, { if: disk.exit == 1, then: supports, says: almost full }]
    remedy: x
  - id: failed
    title: Units have failed
    about: x
    explains: [noisy]
    evidence: [{ if: units.exit == 2, then: confirms, says: failed }]
    remedy: x
    next: [{ run: unit }]
  - id: noisy
    title: Errors
    about: x
    evidence: [{ if: errors.exit == 1, then: supports, says: many }]
    remedy: x
";

/// A runbook with one question: its hypotheses are rivals.
const UNIT: &str = "
runbook: unit
title: Why does it fail?
vars:
  unit: { default: web, about: the unit }
checks:
  - { id: said, title: What it said, run: [a], exits: [0, 1], facts: { match: '(?<word>.+)' }, warn: exit == 1, pass: exit == 0 }
hypotheses:
  - id: no-space
    title: No space left
    about: x
    evidence: [{ if: said.word is matching('no space'), then: confirms, says: it says so }]
    remedy: x
  - id: no-program
    title: No program
    about: x
    evidence: [{ if: said.word is matching('no program'), then: confirms, says: 'it says {{ said.word }}' }]
    remedy: x
  - id: bad-port
    title: Bad port
    about: x
    evidence: [{ if: said.word is matching('port'), then: supports, says: it says so }]
    remedy: x
healthy: { if: said.exit == 0, says: it runs }
";

struct Case {
    runbooks: Vec<Runbook>,
    looks: Vec<(usize, Report, Origin)>,
}

impl Case {
    fn new() -> Self {
        Self {
            runbooks: vec![runbook(OVERVIEW), runbook(UNIT)],
            looks: Vec::new(),
        }
    }

    /// A look of the overview, with the exit status of each check.
    fn overview(mut self, disk: i32, units: i32, errors: i32) -> Self {
        let run = Run::new(&self.runbooks[0]);
        let run = run
            .exits("disk", disk, "", "")
            .exits("units", units, "", "");
        let report = run.exits("errors", errors, "", "").report();
        self.looks.push((0, report, Origin::default()));
        self
    }

    /// A look at a unit which failed, as the overview found, and said this.
    fn unit(mut self, name: &str, exit: i32, said: &str) -> Self {
        let mut run = Run::new(&self.runbooks[1]);
        run.recording
            .vars
            .insert("unit".to_owned(), name.to_owned());
        let report = run.exits("said", exit, said, "").report();
        let origin = Origin {
            vars: vec!["unit".to_owned()],
            pointed_at: false,
            place: vec![1, self.looks.len()],
            causes_of: vec![(0, "failed".to_owned())],
        };
        self.looks.push((1, report, origin));
        self
    }

    fn looks(&self) -> Vec<Look<'_>> {
        let looks = self.looks.iter().map(|(runbook, report, origin)| Look {
            runbook: &self.runbooks[*runbook],
            report,
            origin,
        });
        looks.collect()
    }

    fn not_looked_at(&self) -> Vec<String> {
        let not = settle(&self.looks(), &[]).unwrap().settled.not_looked_at;
        not.into_iter().map(|it| it.what).collect()
    }

    /// The verdict, then the further causes, then the symptoms of the verdict.
    fn settled(&self) -> [String; 3] {
        let looks = self.looks();
        let verdict = settle(&looks, &[]).unwrap();
        let look = &looks[verdict.look];
        let id = verdict.hypothesis.as_deref();
        let id = id.unwrap_or_else(|| look.report.verdict.kind.id());
        let Settled { also, symptoms, .. } = verdict.settled;
        let also = also.iter().map(|it| format!("{}/{}", it.runbook, it.id));
        let symptoms = symptoms
            .iter()
            .map(|it| format!("{}/{}", it.runbook, it.id));
        [
            format!("{}/{id}", look.runbook.id),
            also.collect::<Vec<_>>().join(" "),
            symptoms.collect::<Vec<_>>().join(" "),
        ]
    }
}

#[test]
fn a_healthy_container_has_one_healthy_report() {
    let mut case = Case::new().overview(0, 0, 0);
    assert_eq!(case.settled(), ["overview/healthy", "", ""]);
    case = case.unit("web", 0, "ok");
    assert_eq!(case.settled(), ["overview/healthy", "", ""]);
}

#[test]
fn the_cause_of_a_failed_unit_precedes_the_failure() {
    let case = Case::new().overview(0, 2, 1).unit("web", 1, "no program");
    assert_eq!(
        case.settled(),
        ["unit/no-program", "", "overview/failed overview/noisy"]
    );
}

#[test]
fn a_full_disk_explains_the_unit_that_needs_space() {
    let case = Case::new().overview(2, 2, 0).unit("web", 1, "no space");
    assert_eq!(
        case.settled(),
        ["overview/full", "", "overview/failed unit/no-space"]
    );
}

#[test]
fn a_full_disk_does_not_explain_a_unit_without_a_program() {
    let case = Case::new().overview(2, 2, 0).unit("web", 1, "no program");
    assert_eq!(case.settled(), ["overview/full", "unit/no-program", ""]);
    // The certain cause comes before the likely one.
    let case = Case::new().overview(1, 2, 0).unit("web", 1, "no program");
    assert_eq!(
        case.settled(),
        ["unit/no-program", "overview/full", "overview/failed"]
    );
}

#[test]
fn units_that_fail_for_the_same_reason_are_one_cause() {
    let case = Case::new().overview(0, 2, 0);
    let case = case
        .unit("web", 1, "no program")
        .unit("api", 1, "no program");
    assert_eq!(
        case.settled(),
        ["unit/no-program", "", "overview/failed unit/no-program"]
    );
    let case = case.unit("db", 1, "no program for db");
    assert_eq!(case.settled()[1], "unit/no-program");
}

#[test]
fn a_cause_that_could_not_be_determined_replaces_no_hypothesis() {
    let mut case = Case::new().overview(0, 2, 0).unit("web", 1, "nothing");
    assert_eq!(case.settled(), ["overview/failed", "", ""]);
    let disk_and_unit = Case::new().overview(2, 2, 0).unit("web", 1, "nothing");
    assert_eq!(
        disk_and_unit.settled(),
        ["overview/full", "overview/failed", ""]
    );
    // Unless the user asks about it.
    case.looks[1].2.pointed_at = true;
    assert_eq!(case.settled(), ["unit/inconclusive", "", "overview/failed"]);
    case.looks[1].2.pointed_at = false;
    let case = case.unit("api", 1, "no program");
    assert_eq!(
        case.settled()[..2],
        ["unit/no-program", "unit/inconclusive"]
    );
}

#[test]
fn a_closer_look_that_finds_nothing_replaces_no_answer() {
    let mut case = Case::new().overview(0, 0, 0).unit("web", 1, "no program");
    case = case.unit("web", 1, "nothing");
    for look in &mut case.looks[1..] {
        look.2.pointed_at = true;
    }
    case.looks[2].2.causes_of = vec![(1, "no-program".to_owned())];
    assert_eq!(case.settled(), ["unit/no-program", "", ""]);
}

#[test]
fn a_question_that_no_finding_led_to_may_stay_open() {
    let mut case = Case::new().overview(0, 0, 0).unit("web", 1, "nothing");
    case.looks[1].2.causes_of.clear();
    assert_eq!(case.settled(), ["overview/healthy", "", ""]);
    assert_eq!(case.not_looked_at(), ["unit"]);
    // Nothing else came to a verdict before it.
    case.looks[0].2.place = vec![2];
    assert_eq!(case.settled(), ["unit/inconclusive", "", ""]);
    assert_eq!(case.not_looked_at(), [""; 0]);
}

#[test]
fn a_rival_of_the_verdict_is_no_further_cause() {
    let case = Case::new()
        .overview(0, 2, 0)
        .unit("web", 1, "no program, port");
    assert_eq!(case.settled()[..2], ["unit/no-program", ""]);
}

#[test]
fn what_the_user_points_at_comes_first() {
    let mut case = Case::new().overview(2, 2, 0).unit("web", 1, "bad port");
    assert_eq!(case.settled()[..2], ["overview/full", "unit/bad-port"]);
    case.looks[1].2.pointed_at = true;
    assert_eq!(case.settled()[..2], ["unit/bad-port", "overview/full"]);
}

#[test]
fn units_that_wait_for_each_other_are_one_cause() {
    let mut case = Case::new().overview(0, 2, 0);
    case = case
        .unit("web", 1, "no program 1")
        .unit("api", 1, "no program 2");
    case.looks[1].2.causes_of.push((2, "no-program".to_owned()));
    case.looks[2].2.causes_of.push((1, "no-program".to_owned()));
    assert_eq!(
        case.settled(),
        ["unit/no-program", "", "overview/failed unit/no-program"]
    );
}
