//! Settles on one of several runbooks that examined the same container: which cause comes first, which are further causes,
//! and which are only symptoms. Pure. docs/auto.md states the rules.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::evidence::explored::{NotLookedAt, Origin};
use crate::judge::{HypothesisResult, Level, NextRun, VerdictKind, explains};
use crate::report::Report;
use crate::report::settled::{Cause, LookedAt, Settled, Symptom};
use crate::runbook::Runbook;

/// What one runbook found.
pub struct Look<'a> {
    pub runbook: &'a Runbook,
    pub report: &'a Report,
    pub origin: &'a Origin,
}

/// What a container's diagnosis settles on.
pub struct Verdict {
    /// The number of the look.
    pub look: usize,
    /// The hypothesis, if it is one.
    pub hypothesis: Option<String>,
    /// Other hypotheses of the look that have another cause here, although the runbook says that this one explains them.
    pub not_explained: Vec<String>,
    /// What else was found.
    pub settled: Settled,
}

/// Settles on one look; on none if there is none. `reaching` are the options of commands in this container.
pub fn settle(looks: &[Look<'_>], reaching: &[String]) -> Option<Verdict> {
    let found = Findings::of(looks);
    let mut causes: Vec<usize> = (0..found.all.len())
        .filter(|it| found.root(*it) == *it)
        .collect();
    causes.sort_by_cached_key(|it| found.rank(*it));
    let looked_at = looks.iter().map(|look| LookedAt {
        runbook: look.runbook.id.clone(),
        vars: look.run().vars,
        verdict: look.report.verdict.kind.id().to_owned(),
    });
    let open_details = looks.iter().filter(|look| look.is_open_detail(looks));
    let open_details = open_details.map(|look| NotLookedAt {
        what: look.runbook.id.clone(),
        why: look.report.verdict.summary.clone(),
    });
    let mut causes = causes.into_iter();
    let first = causes.next();
    let settled = Settled {
        symptoms: first.map_or_else(Vec::new, |first| found.symptoms(first)),
        also: causes.filter_map(|it| found.cause(it, reaching)).collect(),
        looked_at: looked_at.collect(),
        not_looked_at: open_details.collect(),
    };
    let not_explained = first.map_or_else(Vec::new, |first| found.not_explained(first));
    let first = first.and_then(|first| found.all.get(first));
    let is_healthy = |look: &Look<'_>| look.report.verdict.kind == VerdictKind::Healthy;
    Some(Verdict {
        look: match first {
            Some(first) => first.look,
            None if looks.is_empty() => return None,
            None => looks.iter().position(is_healthy).unwrap_or_default(),
        },
        hypothesis: first.and_then(|it| Some(it.hypothesis?.id.clone())),
        not_explained,
        settled,
    })
}

/// Something that may be the verdict.
struct Finding<'a> {
    /// The number of the look.
    look: usize,
    /// A hypothesis that is at least likely; none if the look could not determine the cause.
    hypothesis: Option<&'a HypothesisResult>,
    place: Vec<usize>,
}

struct Findings<'a> {
    looks: &'a [Look<'a>],
    all: Vec<Finding<'a>>,
}

impl<'a> Findings<'a> {
    fn of(looks: &'a [Look<'a>]) -> Self {
        let mut all = Vec::new();
        for (number, look) in looks.iter().enumerate() {
            let hypotheses = match look.report.verdict.kind {
                VerdictKind::Inconclusive if !look.is_open_detail(looks) => vec![(0, None)],
                VerdictKind::Inconclusive | VerdictKind::Healthy | VerdictKind::NotApplicable => {
                    Vec::new()
                }
                VerdictKind::Hypothesis { .. } => look
                    .hypotheses()
                    .map(|(place, hypothesis)| (place, Some(hypothesis)))
                    .collect(),
            };
            all.extend(hypotheses.into_iter().map(|(place, hypothesis)| Finding {
                look: number,
                hypothesis,
                place: [look.origin.place.as_slice(), &[place]].concat(),
            }));
        }
        Self { looks, all }
    }

    /// The cause that a finding is a symptom of in the end; itself if it is none.
    fn root(&self, finding: usize) -> usize {
        let mut path = vec![finding];
        while let Some(last) = path.last() {
            let Some(cause) = self.cause_of(*last) else {
                return *last;
            };
            if let Some(start) = path.iter().position(|it| *it == cause) {
                // Each is a symptom of the others.
                return path.split_off(start).into_iter().min().unwrap_or(cause);
            }
            path.push(cause);
        }
        finding
    }

    /// The finding that explains another one, if any does.
    fn cause_of(&self, symptom: usize) -> Option<usize> {
        let found = self.found_causes(symptom);
        // What was examined counts, not what would usually be the cause.
        let is_open = self.is_open(symptom);
        let causes = match found.is_empty() {
            false => found,
            true => self.causes(symptom, |other, cause, of| {
                (!is_open && self.explains(cause, of))
                    || (other < symptom && self.is_same(cause, of))
                    || (self.is_found_cause(of, cause) && self.found_causes(other).is_empty())
            }),
        };
        causes.into_iter().min_by_key(|it| self.rank(*it))
    }

    /// What the runbooks found that were run to find the cause of a finding. One that could not determine the cause replaces
    /// nothing, unless it is the first that examined what the user asked about.
    fn found_causes(&self, symptom: usize) -> Vec<usize> {
        let is_pointed_at = |it: &Finding<'_>| {
            let look = self.looks.get(it.look);
            look.is_some_and(|look| look.origin.pointed_at)
        };
        self.causes(symptom, |_, cause, of| {
            let counts = cause.hypothesis.is_some() || is_pointed_at(cause) && !is_pointed_at(of);
            counts && self.is_found_cause(cause, of)
        })
    }

    /// Whether the cause of one of the things that a finding is about, such as a unit, could not be determined.
    fn is_open(&self, finding: usize) -> bool {
        let of_one = |it: &Finding<'_>| {
            let look = self.looks.get(it.look);
            it.hypothesis.is_none() && look.is_some_and(|look| !look.origin.vars.is_empty())
        };
        !self
            .causes(finding, |_, cause, of| {
                of_one(cause) && self.is_found_cause(cause, of)
            })
            .is_empty()
    }

    fn causes(
        &self,
        symptom: usize,
        is_cause: impl Fn(usize, &Finding<'_>, &Finding<'_>) -> bool,
    ) -> Vec<usize> {
        let Some(of) = self.all.get(symptom) else {
            return Vec::new();
        };
        let others = self.all.iter().enumerate();
        let causes =
            others.filter(|(other, cause)| *other != symptom && is_cause(*other, cause, of));
        causes.map(|(other, _)| other).collect()
    }

    /// Whether a runbook was run to find the cause of a hypothesis, and this is what it found.
    fn is_found_cause(&self, cause: &Finding<'_>, of: &Finding<'_>) -> bool {
        let (Some(look), Some(symptom)) = (self.looks.get(cause.look), of.hypothesis) else {
            return false;
        };
        let is_verdict = cause
            .hypothesis
            .is_none_or(|it| it.id == look.report.verdict.kind.id());
        let is_asked = |(number, id): &(usize, String)| *number == of.look && *id == symptom.id;
        is_verdict && look.origin.causes_of.iter().any(is_asked)
    }

    /// Whether a runbook says that one hypothesis explains the other.
    fn explains(&self, cause: &Finding<'_>, of: &Finding<'_>) -> bool {
        let (Some(look), Some(other)) = (self.looks.get(cause.look), self.looks.get(of.look))
        else {
            return false;
        };
        let (Some(cause_id), Some(symptom_id)) = (cause.hypothesis, of.hypothesis) else {
            return false;
        };
        if cause.look == of.look {
            return explains(look.runbook, &cause_id.id, &symptom_id.id);
        }
        let symptom = format!("{}/{}", other.runbook.id, symptom_id.id);
        // A look at one unit explains nothing about another one.
        let (vars, of_other) = (look.run().vars, other.run().vars);
        let differs = |(name, value): (&String, &String)| {
            of_other.get(name).is_some_and(|other| other != value)
        };
        cause_id.level >= symptom_id.level
            && !vars.iter().any(differs)
            && explains(look.runbook, &cause_id.id, &symptom)
    }

    /// Whether two looks of the same runbook found the same, for the same reason: several units that fail for one cause.
    fn is_same(&self, one: &Finding<'_>, other: &Finding<'_>) -> bool {
        let runbook = |it: &Finding<'_>| self.looks.get(it.look).map(|look| &look.runbook.id);
        let reason = |it: &HypothesisResult| it.grounds().next().map(|it| it.says.clone());
        match (one.hypothesis, other.hypothesis) {
            (Some(a), Some(b)) => {
                one.look != other.look
                    && runbook(one) == runbook(other)
                    && a.id == b.id
                    && reason(a) == reason(b)
            }
            _ => false,
        }
    }

    /// The order of causes: what the user points at, then the certain ones, then those that cannot wait, then by their place.
    fn rank(&self, finding: usize) -> impl Ord + use<> {
        let found = self.all.get(finding);
        let look = found.and_then(|it| self.looks.get(it.look));
        let hypothesis = found.and_then(|it| it.hypothesis);
        let is_minor = look.zip(hypothesis).is_some_and(|(look, it)| {
            let mut of_runbook = look.runbook.hypotheses.iter();
            of_runbook.any(|other| other.id == it.id && other.minor)
        });
        (
            Reverse(look.is_some_and(|look| look.origin.pointed_at)),
            Reverse(hypothesis.map(|it| it.level)),
            is_minor,
            found.map(|it| it.place.clone()),
        )
    }

    /// Whether a finding is a symptom of a cause. One that has several causes is a symptom of none of them alone.
    fn is_symptom(&self, finding: usize, cause: usize) -> bool {
        let mut found = self.found_causes(finding).into_iter();
        finding != cause
            && self.root(finding) == cause
            && found.all(|found| self.root(found) == cause)
    }

    /// The hypotheses of the look that found a cause which are not its symptoms.
    fn not_explained(&self, cause: usize) -> Vec<String> {
        let look = self.all.get(cause).map(|it| it.look);
        let others = self.all.iter().enumerate().filter(|(number, it)| {
            *number != cause && Some(it.look) == look && !self.is_symptom(*number, cause)
        });
        let ids = others.filter_map(|(_, it)| Some(it.hypothesis?.id.clone()));
        ids.collect()
    }

    fn symptoms(&self, cause: usize) -> Vec<Symptom> {
        let others = (0..self.all.len()).filter(|it| self.is_symptom(*it, cause));
        let mut others: Vec<_> = others.collect();
        others.sort_by_cached_key(|it| self.rank(*it));
        let symptom = |it: &usize| {
            let finding = self.all.get(*it)?;
            let (look, hypothesis) = (self.looks.get(finding.look)?, finding.hypothesis?);
            Some(Symptom {
                runbook: look.runbook.id.clone(),
                vars: look.run().vars,
                id: hypothesis.id.clone(),
                level: hypothesis.level,
                summary: hypothesis.summary(),
            })
        };
        others.iter().filter_map(symptom).collect()
    }

    fn cause(&self, cause: usize, reaching: &[String]) -> Option<Cause> {
        let finding = self.all.get(cause)?;
        let look = self.looks.get(finding.look)?;
        let verdict = &look.report.verdict;
        Some(Cause {
            runbook: look.runbook.id.clone(),
            vars: look.run().vars,
            id: finding
                .hypothesis
                .map_or(verdict.kind.id(), |it| &it.id)
                .to_owned(),
            level: finding.hypothesis.map_or(Level::Unknown, |it| it.level),
            summary: finding
                .hypothesis
                .map_or_else(|| verdict.summary.clone(), HypothesisResult::summary),
            command: look.run().command(look.report.target.ct, reaching),
            symptoms: self.symptoms(cause),
        })
    }
}

impl Look<'_> {
    /// The runbook with the vars that it was run with, as the report has them: without secrets.
    fn run(&self) -> NextRun {
        let vars = self.report.vars.iter();
        let given = vars.filter(|(name, _)| self.origin.vars.contains(name));
        NextRun {
            runbook: self.runbook.id.clone(),
            vars: given
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }

    /// Whether this could not determine a question that no finding led to, after another runbook came to a verdict.
    fn is_open_detail(&self, looks: &[Look<'_>]) -> bool {
        let is_verdict = |look: &&Look<'_>| {
            matches!(
                look.report.verdict.kind,
                VerdictKind::Healthy | VerdictKind::Hypothesis { .. }
            )
        };
        let mut verdicts = looks.iter().filter(is_verdict);
        self.report.verdict.kind == VerdictKind::Inconclusive
            && !self.origin.pointed_at
            && self.origin.causes_of.is_empty()
            && verdicts.any(|other| other.origin.place < self.origin.place)
    }

    /// The verdict, and what is true besides it: what is confirmed and not explained by another hypothesis, and what depends on
    /// a limit that the verdict does not depend on. Other hypotheses that are only likely are rivals of the verdict.
    fn hypotheses(&self) -> impl Iterator<Item = (usize, &HypothesisResult)> {
        let verdict = self.report.verdict.kind.id();
        let all = || self.report.hypotheses.iter();
        let limits = all().filter(|it| it.id == verdict);
        let limits: BTreeSet<_> = limits.flat_map(|it| self.exceeded_limits(it)).collect();
        let likely = all()
            .enumerate()
            .filter(|(_, it)| it.level >= Level::Likely);
        likely.filter(move |(_, it)| {
            it.id == verdict
                || self
                    .exceeded_limits(it)
                    .any(|limit| !limits.contains(limit))
                || it.level == Level::Confirmed && !self.is_explained(&it.id)
        })
    }

    /// The checks that exceed a limit, of those that a hypothesis depends on.
    fn exceeded_limits<'b>(
        &'b self,
        hypothesis: &'b HypothesisResult,
    ) -> impl Iterator<Item = &'b str> {
        let grounds = hypothesis.grounds().flat_map(|it| &it.checks);
        let exceeds = |id: &&String| {
            let mut checks = self.report.checks.iter();
            checks.any(|check| check.key.check == **id && check.severity.is_some())
        };
        grounds.filter(exceeds).map(String::as_str)
    }

    fn is_explained(&self, symptom: &str) -> bool {
        let mut all = self.report.hypotheses.iter();
        all.any(|it| it.level >= Level::Likely && explains(self.runbook, &it.id, symptom))
    }
}

#[cfg(test)]
mod tests;
