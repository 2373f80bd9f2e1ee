//! What a runbook runs and concludes, for programs: `lxcdiag show --format json`. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use super::facts_read::FactsRead;
use super::model::{Action, Check, Effect, Hypothesis, Runbook};
use super::next::NextSpec;
use super::remedy::{RemedyKind, RemedySpec};
use super::scope_names::FactNames;
use super::source::Source;
use crate::evidence::fact::FactType;

const SCHEMA: &str = "lxcdiag.show/1";

/// A runbook. Texts with `{{` are templates.
#[derive(Debug, Serialize)]
pub struct Outline<'a> {
    schema: &'static str,
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    /// Its file; absent if it is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    vars: Vec<VarOutline<'a>>,
    /// In order of execution.
    checks: Vec<CheckOutline<'a>>,
    hypotheses: Vec<HypothesisOutline<'a>>,
    next: BTreeSet<&'a str>,
}

#[derive(Debug, Serialize)]
struct VarOutline<'a> {
    name: &'a str,
    about: &'a str,
    #[serde(rename = "type")]
    kind: FactType,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct CheckOutline<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    /// The command in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    argv: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_of: Option<&'a str>,
    changes: bool,
    needs: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    for_each: Option<&'a str>,
    timeout_s: f64,
    facts: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct HypothesisOutline<'a> {
    id: &'a str,
    title: &'a str,
    about: &'a str,
    race: bool,
    explains: &'a [String],
    evidence: Vec<EvidenceOutline<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    remedies: Vec<RemedyOutline<'a>>,
    next: BTreeSet<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct EvidenceOutline<'a> {
    effect: Effect,
    says: &'a str,
    /// The facts and outcomes of checks, directly or through `let`.
    reads: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct RemedyOutline<'a> {
    kind: RemedyKind,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a str>,
}

/// The outline of a runbook.
pub fn outline<'a>(source: &'a Source, runbook: &'a Runbook) -> Outline<'a> {
    let facts_read = FactsRead::new(runbook);
    let vars = runbook.vars.iter();
    let hypotheses = runbook.hypotheses.iter();
    Outline {
        schema: SCHEMA,
        id: &runbook.id,
        title: &runbook.title,
        about: runbook.about.as_deref(),
        path: Some(&*source.name).filter(|_| !source.built_in),
        vars: vars
            .map(|(name, var)| VarOutline {
                name,
                about: &var.about,
                kind: var.kind,
                default: var.default.as_deref(),
            })
            .collect(),
        checks: runbook.in_order().into_iter().map(check).collect(),
        hypotheses: hypotheses.map(|it| hypothesis(it, &facts_read)).collect(),
        next: names(&runbook.next),
    }
}

fn check(check: &Check) -> CheckOutline<'_> {
    let mut outline = CheckOutline {
        id: &check.id,
        title: &check.title,
        step: check.step.as_deref(),
        argv: None,
        host: None,
        canary: None,
        output_of: None,
        changes: check.changes,
        needs: &check.needs,
        for_each: check.for_each.as_deref(),
        timeout_s: check.timeout_seconds(),
        facts: FactNames::of(check).names,
        from: check.from.as_deref(),
    };
    match check.action() {
        Some(Action::Run(words)) => {
            outline.argv = Some(words.iter().map(String::as_str).collect());
        }
        Some(Action::Shell(text)) => outline.argv = Some(vec!["sh", "-c", text]),
        Some(Action::Host(probe)) => outline.host = Some(probe.to_string()),
        Some(Action::Canary(times)) => outline.canary = Some(times),
        Some(Action::OutputOf(source)) => outline.output_of = Some(source),
        None => {}
    }
    outline
}

fn hypothesis<'a>(hypothesis: &'a Hypothesis, facts_read: &FactsRead<'_>) -> HypothesisOutline<'a> {
    let evidence = hypothesis.evidence.iter();
    HypothesisOutline {
        id: &hypothesis.id,
        title: &hypothesis.title,
        about: &hypothesis.about,
        race: hypothesis.race,
        explains: &hypothesis.explains,
        evidence: evidence
            .map(|evidence| EvidenceOutline {
                effect: evidence.effect,
                says: &evidence.says,
                reads: facts_read.of_evidence(evidence),
            })
            .collect(),
        remedy: hypothesis.remedy.as_deref(),
        remedies: hypothesis.remedies.iter().map(remedy).collect(),
        next: names(&hypothesis.next),
        from: hypothesis.from.as_deref(),
    }
}

fn remedy(remedy: &RemedySpec) -> RemedyOutline<'_> {
    RemedyOutline {
        kind: remedy.kind,
        title: &remedy.title,
        commands: remedy.commands.as_deref(),
        changes: remedy.changes.as_deref(),
    }
}

fn names(next: &[NextSpec]) -> BTreeSet<&str> {
    next.iter().map(|next| next.run.as_str()).collect()
}
