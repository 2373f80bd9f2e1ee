//! What several runbooks found in one container besides the verdict. Plain data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::evidence::explored::NotLookedAt;
use crate::judge::Level;

/// What was found besides the verdict, and what was not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Further causes, the most important first.
    pub also: Vec<Cause>,
    /// What the verdict explains.
    pub symptoms: Vec<Symptom>,
    /// What was looked at, in this order.
    pub looked_at: Vec<LookedAt>,
    /// What was not looked at, and why.
    pub not_looked_at: Vec<NotLookedAt>,
}

/// A cause that the verdict does not explain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The runbook that found it.
    pub runbook: String,
    /// The vars that the runbook was run with.
    pub vars: BTreeMap<String, String>,
    /// The hypothesis, or `inconclusive`.
    pub id: String,
    /// How certain it is; unknown if the cause could not be determined.
    pub level: Level,
    /// It in a few sentences.
    pub summary: String,
    /// The command for the whole report on it.
    pub command: String,
    /// What it explains.
    pub symptoms: Vec<Symptom>,
}

/// Something that a cause explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symptom {
    /// The runbook that found it.
    pub runbook: String,
    /// The vars that the runbook was run with.
    pub vars: BTreeMap<String, String>,
    /// The hypothesis.
    pub id: String,
    /// How certain it is.
    pub level: Level,
    /// It in a few sentences.
    pub summary: String,
}

/// A runbook that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookedAt {
    /// The runbook.
    pub runbook: String,
    /// The vars that it was run with.
    pub vars: BTreeMap<String, String>,
    /// Its verdict: a hypothesis, or `healthy`, `inconclusive` or `not-applicable`.
    pub verdict: String,
}

impl Settled {
    /// The lists with their labels, without those that are empty.
    pub(super) fn lists(&self) -> Vec<(&'static str, Vec<String>)> {
        let symptoms: Vec<_> = self.symptoms.iter().map(Symptom::line).collect();
        let symptoms = (!symptoms.is_empty()).then_some(("Symptoms", symptoms));
        symptoms.into_iter().chain(self.others()).collect()
    }

    /// The same without the symptoms.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        let also = self.also.iter().flat_map(Cause::lines).collect();
        let not = self.not_looked_at.iter().map(NotLookedAt::line).collect();
        let lists: [(_, Vec<String>); 2] = [("Also found", also), ("Not looked at", not)];
        lists.into_iter().filter(|(_, lines)| !lines.is_empty())
    }

    /// What the symptoms are, without the evidence for them.
    pub(super) fn symptom_names(&self) -> Vec<String> {
        self.symptoms.iter().map(Symptom::name).collect()
    }

    /// The runbooks that were run, each with what it is about.
    pub(super) fn runbooks(&self) -> String {
        let names = self.looked_at.iter();
        let names = names.map(|it| match subject(&it.vars) {
            Some(subject) => format!("{} ({subject})", it.runbook),
            None => it.runbook.clone(),
        });
        names.collect::<Vec<_>>().join(", ")
    }
}

impl Symptom {
    fn line(&self) -> String {
        about(&self.vars, &self.summary)
    }

    fn name(&self) -> String {
        let level = format!(": {}.", self.level.words());
        let title = self.summary.split_once(&level);
        about(&self.vars, title.map_or(&self.summary, |(title, _)| title))
    }
}

impl Cause {
    /// What it is, what it explains, and how to see all of it.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} See {}",
            about(&self.vars, &self.summary),
            self.command
        )];
        let symptoms = self.symptoms.iter();
        lines.extend(symptoms.map(|it| format!("its symptom: {}", it.line())));
        lines
    }
}

impl NotLookedAt {
    fn line(&self) -> String {
        format!("{}: {}", self.what, self.why)
    }
}

/// A summary, with what it is about before it.
fn about(vars: &BTreeMap<String, String>, summary: &str) -> String {
    match subject(vars) {
        Some(subject) => format!("{subject}: {summary}"),
        None => summary.to_owned(),
    }
}

/// What a runbook with these vars is about: their values.
fn subject(vars: &BTreeMap<String, String>) -> Option<String> {
    let values: Vec<_> = vars.values().map(String::as_str).collect();
    (!values.is_empty()).then(|| values.join(", "))
}
