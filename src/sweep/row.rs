//! What a sweep found in one container. Plain data.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::next;
use super::problem::{AffectedThing, Problem, ProblemId, Status};
use super::selection::{Selected, SkipReason};
use super::stopped::Stopped;
use crate::evidence::check_key::CheckKey;
use crate::evidence::container_id::ContainerId;
use crate::judge::results::{MetricValue, Outcome, Severity};
use crate::judge::{HypothesisResult, Level, VerdictKind};
use crate::report::{CheckRow, Report};
use crate::terminal_text::clipped;

/// One container of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its ID.
    pub ct: ContainerId,
    /// The node that has it; empty if none has.
    pub node: String,
    /// Its host name.
    pub name: Option<String>,
    /// When its diagnosis began, in RFC 3339; absent if it was not visited.
    pub started_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// What is known of its stop, if it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What was found, or why it was skipped.
    #[serde(flatten)]
    pub result: VisitResult,
}

/// How the visit of a container ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitResult {
    /// It was skipped for this reason, which is not a problem.
    Skipped(SkipReason),
    /// It was visited, or could not be, which is a problem.
    Visited(Summary),
}

/// What was found in a container.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The overall verdict; absent if it could not be visited.
    #[serde(serialize_with = "verdict_id")]
    pub verdict: Option<VerdictKind>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The outcome of each check.
    pub checks: Vec<CheckSummary>,
    /// Whether any command ran in the container.
    #[serde(skip)]
    pub entered: bool,
    /// The hypotheses that may be true although another one is the verdict: an earlier problem with one
    /// of them is not resolved.
    #[serde(skip)]
    pub open: BTreeSet<String>,
}

fn verdict_id<S: Serializer>(
    verdict: &Option<VerdictKind>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    verdict.as_ref().map(VerdictKind::id).serialize(serializer)
}

/// Characters that are kept of a check's observation, for every check of every container.
const OBSERVED: usize = 200;

/// The outcome of a check, without its output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckSummary {
    /// Which check, and which of its items.
    #[serde(rename = "id")]
    pub key: CheckKey,
    /// Its outcome.
    pub outcome: Outcome,
    /// Whether it was skipped because its `for_each` lists nothing.
    #[serde(skip)]
    pub no_items: bool,
    /// What was observed, truncated.
    pub observed: String,
    /// Whether a limit is exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// The number for monitoring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricValue>,
}

impl Row {
    /// The row of a container that was skipped.
    pub fn skipped(container: &Selected, reason: SkipReason) -> Self {
        Self::of(container, VisitResult::Skipped(reason))
    }

    /// The row of a container that could not be visited.
    pub fn unreachable(container: &Selected, reason: &str) -> Self {
        let problem = Problem::new(ProblemId::Unreachable, Status::Unknown, reason);
        Self::of(container, VisitResult::Visited(Summary::only(problem)))
    }

    /// The row of a container that was diagnosed.
    pub fn diagnosed(container: &Selected, report: &Report) -> Self {
        let summary = summary(report);
        let is_skipped = report.verdict.kind == VerdictKind::NotApplicable;
        let result = match is_skipped && summary.problems.is_empty() {
            true => VisitResult::Skipped(SkipReason::NotApplicable),
            false => VisitResult::Visited(summary),
        };
        Self {
            started_at: Some(report.started_at.clone()),
            duration_ms: Some(report.took * 1_000.0),
            ..Self::of(container, result)
        }
    }

    fn of(container: &Selected, result: VisitResult) -> Self {
        Self {
            ct: container.ct,
            node: container.node.clone(),
            name: container.name.clone(),
            started_at: None,
            duration_ms: None,
            stopped: None,
            result,
        }
    }

    /// Its problems, those that do not count included.
    pub fn problems(&self) -> &[Problem] {
        match &self.result {
            VisitResult::Skipped(_) => &[],
            VisitResult::Visited(summary) => &summary.problems,
        }
    }

    /// Whether it has this problem, even if that does not count.
    pub(super) fn has(&self, id: &ProblemId) -> bool {
        self.problems().iter().any(|problem| problem.id == *id)
    }

    /// Whether any command ran in the container.
    pub(super) fn was_entered(&self) -> bool {
        matches!(&self.result, VisitResult::Visited(found) if found.entered)
    }

    /// Whether the container is running; `None` if that is not known.
    pub(super) fn is_running(&self) -> Option<bool> {
        match self.stopped {
            Some(_) => Some(false),
            None => self.was_entered().then_some(true),
        }
    }

    /// Adds a problem that was found on the host.
    pub fn add(&mut self, problem: Problem) {
        match &mut self.result {
            VisitResult::Skipped(_) => {
                self.result = VisitResult::Visited(Summary::only(problem));
            }
            VisitResult::Visited(found) => found.problems.push(problem),
        }
    }

    /// Whether the container was diagnosed to the end.
    pub(super) fn is_done(&self) -> bool {
        self.was_entered() && !self.has(&ProblemId::Unfinished)
    }

    /// The same, to mark them.
    pub(super) fn problems_mut(&mut self) -> &mut [Problem] {
        match &mut self.result {
            VisitResult::Skipped(_) => &mut [],
            VisitResult::Visited(summary) => &mut summary.problems,
        }
    }

    /// The worst status of the problems that count; `None` if it was skipped.
    pub fn status(&self) -> Option<Status> {
        match &self.result {
            VisitResult::Skipped(_) => None,
            VisitResult::Visited(summary) => Some(
                summary
                    .problems
                    .iter()
                    .filter(|problem| problem.counts())
                    .map(|problem| problem.status)
                    .max()
                    .unwrap_or(Status::Ok),
            ),
        }
    }
}

impl Summary {
    /// The problem with a check, or with one of its items.
    pub(super) fn problem_of(&self, check: &CheckKey) -> Option<&Problem> {
        let of_check = |id: &ProblemId| matches!(id, ProblemId::Check(key) if key == check);
        self.problems.iter().find(|problem| of_check(&problem.id))
    }

    /// The summary of a container that could not be examined.
    pub(super) fn only(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }
}

fn summary(report: &Report) -> Summary {
    let verdict = &report.verdict;
    let mut problems: Vec<_> = report.checks.iter().filter_map(problem_of_check).collect();
    let entered = report.checks.iter().any(has_run);
    if !entered && report.checks.iter().any(could_not_run) {
        // One problem, not one for each check. Problems found on the host stay.
        problems.retain(|problem| problem.status > Status::Unknown);
        let failed = |check: &&CheckRow| check.outcome == Outcome::Errored;
        let reason = report.checks.iter().find(failed);
        let reason = reason.map_or(&verdict.summary, |check| &check.reason);
        problems.push(Problem::new(
            ProblemId::Unreachable,
            Status::Unknown,
            reason,
        ));
    }
    if let VerdictKind::Hypothesis { id, level } = &verdict.kind {
        let status = match level {
            Level::Confirmed => Status::Critical,
            _ => Status::Warning,
        };
        let based_on = checks_behind(report, id);
        let same_fault = problems.iter_mut().filter(|problem| {
            matches!(&problem.id, ProblemId::Check(key) if based_on.contains(key.check.as_str()))
                && problem.status > Status::Unknown
        });
        let mut explained = false;
        for problem in same_fault {
            problem.hypothesis = Some(id.clone());
            problem.status = problem.status.max(status);
            for thing in &mut problem.affected {
                thing.status = thing.status.max(status);
            }
            explained = true;
        }
        if !explained {
            let id = ProblemId::Hypothesis(id.clone());
            problems.insert(0, Problem::new(id, status, &verdict.summary));
        }
    }
    if let Some(reason) = &report.cut_short {
        problems.push(Problem::new(ProblemId::Unfinished, Status::Unknown, reason));
    }
    if verdict.kind == VerdictKind::Inconclusive && problems.is_empty() {
        let id = ProblemId::Inconclusive;
        problems.push(Problem::new(id, Status::Unknown, &verdict.summary));
    }
    let mut problems = one_of_each(problems);
    for problem in &mut problems {
        problem.next = next::runs(report, problem);
    }
    let hypotheses = report.hypotheses.iter();
    let open = hypotheses.filter(|hypothesis| hypothesis.level >= Level::Unknown);
    Summary {
        verdict: Some(verdict.kind.clone()),
        problems,
        checks: report.checks.iter().map(line).collect(),
        entered,
        open: open.map(|hypothesis| hypothesis.id.clone()).collect(),
    }
}

/// The checks that the level of a hypothesis is based on. A problem with one of them is the same fault, which is
/// known by the check: another hypothesis may be the verdict in the next sweep.
fn checks_behind<'a>(report: &'a Report, hypothesis: &str) -> BTreeSet<&'a str> {
    let hypotheses = report.hypotheses.iter();
    let grounds = hypotheses
        .filter(|it| it.id == hypothesis)
        .flat_map(HypothesisResult::grounds);
    grounds
        .flat_map(|evidence| &evidence.checks)
        .map(String::as_str)
        .collect()
}

fn line(check: &CheckRow) -> CheckSummary {
    CheckSummary {
        key: check.key.clone(),
        outcome: check.outcome,
        no_items: check.no_items,
        observed: clipped(&check.observed, OBSERVED),
        severity: check.severity,
        duration_ms: check.duration_ms,
        metric: check.metric.clone(),
    }
}

/// The worst of those with the same id: a container may list the same item twice.
fn one_of_each(problems: Vec<Problem>) -> Vec<Problem> {
    let mut worst: IndexMap<ProblemId, Problem> = IndexMap::new();
    for problem in problems {
        let known = worst
            .entry(problem.id.clone())
            .or_insert_with(|| problem.clone());
        if known.status < problem.status {
            *known = problem;
        }
    }
    worst.into_values().collect()
}

/// Whether a check is a command that ran in the container.
fn has_run(check: &CheckRow) -> bool {
    !check.argv.is_empty() && (check.exit.is_some() || check.timed_out)
}

/// Whether a check is a command that could not be run in the container.
fn could_not_run(check: &CheckRow) -> bool {
    !check.argv.is_empty() && check.outcome == Outcome::Errored
}

fn problem_of_check(check: &CheckRow) -> Option<Problem> {
    let (status, observed) = match (check.severity, check.outcome) {
        (Some(severity), _) => (severity.into(), &check.observed),
        // The check during which the shell was lost reports that.
        (None, Outcome::Errored) if check.session_lost => return None,
        (None, Outcome::Errored) => (Status::Unknown, &check.reason),
        (None, _) => return None,
    };
    let says = |observed: &str| format!("{}: {observed}", check.title);
    let affected = check.affected.iter().map(|affected| AffectedThing {
        name: affected.name.clone(),
        status: affected.severity.into(),
        says: says(&affected.observed),
        silent: None,
    });
    Some(Problem {
        affected: affected.collect(),
        ..Problem::new(ProblemId::Check(check.key.clone()), status, &says(observed))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_problems_with_one_id_the_worse_takes_the_place_of_the_first() {
        let check =
            |id, status, says| Problem::new(ProblemId::Check(CheckKey::new(id)), status, says);
        let hypothesis = ProblemId::Hypothesis("load".to_owned());
        let kept = one_of_each(vec![
            check("restarts", Status::Warning, "10 restarts"),
            check("load", Status::Unknown, "no load"),
            check("restarts", Status::Critical, "120 restarts"),
            check("load", Status::Unknown, "no load, again"),
            Problem::new(hypothesis, Status::Warning, "Overload: likely."),
        ]);
        let kept: Vec<_> = kept.iter().map(|it| &*it.says).collect();
        assert_eq!(kept, ["120 restarts", "no load", "Overload: likely."]);
    }
}
