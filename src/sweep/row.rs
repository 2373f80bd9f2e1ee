//! What a sweep found in one container. Plain data.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::selection::Selected;
use crate::judge::findings::{Outcome, Severity};
use crate::judge::{Level, VerdictKind};
use crate::report::{MetricValue, Report};
use crate::terminal_text::clipped;

/// How bad it is; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is wrong.
    Ok,
    /// It could not be told.
    Unknown,
    /// A warning limit exceeded, or a fault that is only likely.
    Warning,
    /// A critical limit exceeded, or a fault confirmed.
    Critical,
}

impl Status {
    /// In one word, as monitoring plugins write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Unknown => "UNKNOWN",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// One container of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its ID.
    pub ct: u32,
    /// The node that has it; empty where none has.
    pub node: String,
    /// Its host name.
    pub name: Option<String>,
    /// When it was begun with, in RFC 3339; absent where it was not visited.
    pub started_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// What came of it.
    #[serde(flatten)]
    pub visit: Visited,
}

/// What came of a container.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Visited {
    /// It was left alone, for this reason, which is no problem of the container's.
    Skipped(String),
    /// It was visited, or could not be, which is a problem of its own.
    Visited(Found),
}

/// What was found in a container.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Found {
    /// The overall verdict's id; absent where it could not be visited.
    pub verdict: Option<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How each check came out.
    pub checks: Vec<CheckLine>,
    /// The hypotheses that may hold all the same, though only one is the verdict: a problem that one
    /// of them was has not gone.
    #[serde(skip)]
    pub open: Vec<String>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What it is told from its like by: a check's id, a hypothesis's, or [`UNREACHABLE`].
    pub id: String,
    /// How bad it is.
    pub status: Status,
    /// It in words.
    pub says: String,
    /// Why it does not count, where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
}

/// The problem of a container that could not be visited.
pub const UNREACHABLE: &str = "unreachable";
/// The problem of a container that was not done with in time.
pub const UNFINISHED: &str = "unfinished";

/// Characters of what a check observed: every container keeps that of every check until the sweep's end.
const OBSERVED: usize = 200;

/// How a check came out, without its output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckLine {
    /// The check's id.
    pub id: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What was observed, in a few words; of many words the beginning.
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
    /// The row of a container that was left alone.
    pub fn skipped(container: &Selected, reason: &str) -> Self {
        Self::of(container, Visited::Skipped(reason.to_owned()))
    }

    /// The row of a container that could not be visited.
    pub fn lost(container: &Selected, reason: &str) -> Self {
        let problems = vec![Problem::new(UNREACHABLE, Status::Unknown, reason)];
        Self::of(
            container,
            Visited::Visited(Found {
                problems,
                ..Found::default()
            }),
        )
    }

    /// The row of a container that was diagnosed.
    pub fn diagnosed(container: &Selected, report: &Report) -> Self {
        Self {
            started_at: Some(report.started_at.clone()),
            duration_ms: Some(report.took * 1_000.0),
            ..Self::of(container, Visited::Visited(found(report)))
        }
    }

    fn of(container: &Selected, visit: Visited) -> Self {
        Self {
            ct: container.ct,
            node: container.node.clone(),
            name: container.name.clone(),
            started_at: None,
            duration_ms: None,
            visit,
        }
    }

    /// What is wrong, whether it counts or not.
    pub fn problems(&self) -> &[Problem] {
        match &self.visit {
            Visited::Skipped(_) => &[],
            Visited::Visited(found) => &found.problems,
        }
    }

    /// Whether it was visited, and until its end.
    pub(super) fn is_done(&self) -> bool {
        let cut = |problem: &Problem| [UNREACHABLE, UNFINISHED].contains(&problem.id.as_str());
        matches!(self.visit, Visited::Visited(_)) && !self.problems().iter().any(cut)
    }

    /// What is wrong, to mark.
    pub(super) fn problems_mut(&mut self) -> &mut [Problem] {
        match &mut self.visit {
            Visited::Skipped(_) => &mut [],
            Visited::Visited(found) => &mut found.problems,
        }
    }

    /// The worst of what is wrong and counts; `None` where it was left alone.
    pub fn status(&self) -> Option<Status> {
        match &self.visit {
            Visited::Skipped(_) => None,
            Visited::Visited(found) => Some(
                found
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

impl Problem {
    /// Whether it is to be told of: nobody waived it, and it was seen often enough.
    pub fn counts(&self) -> bool {
        self.silent.is_none()
    }

    fn new(id: &str, status: Status, says: &str) -> Self {
        Self {
            id: id.to_owned(),
            status,
            says: says.to_owned(),
            silent: None,
        }
    }
}

/// Whether an id is this check's, or one of its items', where it has `for_each`.
pub(super) fn is_of(id: &str, check: &str) -> bool {
    let rest = id.strip_prefix(check);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

fn found(report: &Report) -> Found {
    let mut problems: Vec<_> = report.checks.iter().filter_map(problem_of_check).collect();
    let verdict = &report.verdict;
    match &verdict.kind {
        VerdictKind::Hypothesis { id, level } => {
            let status = match level {
                Level::Confirmed => Status::Critical,
                _ => Status::Warning,
            };
            problems.insert(0, Problem::new(id, status, &verdict.summary));
        }
        // Whoever got no answer at all says that once, not once a check.
        VerdictKind::Inconclusive if ran_nothing(report) => {
            let reason = report
                .checks
                .iter()
                .find(|check| check.outcome == Outcome::Errored);
            let reason = reason.map_or(verdict.summary.as_str(), |check| check.reason.as_str());
            // What the host showed stays.
            problems.retain(|problem| problem.status > Status::Unknown);
            problems.push(Problem::new(UNREACHABLE, Status::Unknown, reason));
        }
        VerdictKind::Inconclusive if problems.is_empty() && report.cut_short.is_none() => {
            problems.push(Problem::new(
                verdict.kind.id(),
                Status::Unknown,
                &verdict.summary,
            ));
        }
        VerdictKind::Healthy | VerdictKind::Inconclusive => {}
    }
    if let Some(reason) = &report.cut_short {
        problems.push(Problem::new(UNFINISHED, Status::Unknown, reason));
    }
    Found {
        verdict: Some(verdict.kind.id().to_owned()),
        problems: one_of_each(problems),
        checks: report
            .checks
            .iter()
            .map(|check| CheckLine {
                id: check.key.to_string(),
                outcome: check.outcome,
                observed: clipped(&check.observed, OBSERVED),
                severity: check.severity,
                duration_ms: check.duration_ms,
                metric: check.metric.clone(),
            })
            .collect(),
        open: open(report),
    }
}

/// What is not settled, or holds beside a stronger one.
fn open(report: &Report) -> Vec<String> {
    let hypotheses = report.hypotheses.iter();
    let open = hypotheses.filter(|hypothesis| hypothesis.verdict >= Level::Unknown);
    let verdict = &report.verdict.kind;
    let inconclusive = (*verdict == VerdictKind::Inconclusive).then(|| verdict.id().to_owned());
    open.map(|hypothesis| hypothesis.id.clone())
        .chain(inconclusive)
        .collect()
}

/// The worst of those with the same id, which one sweep tells another's by: a hypothesis may bear a
/// check's name, and a container may list the same thing twice.
fn one_of_each(problems: Vec<Problem>) -> Vec<Problem> {
    let mut worst: IndexMap<String, Problem> = IndexMap::new();
    for problem in problems {
        match worst.get_mut(&problem.id) {
            Some(known) if known.status >= problem.status => {}
            Some(known) => *known = problem,
            None => {
                worst.insert(problem.id.clone(), problem);
            }
        }
    }
    worst.into_values().collect()
}

/// No command came to its end in the container.
fn ran_nothing(report: &Report) -> bool {
    let mut commands = report
        .checks
        .iter()
        .filter(|check| !check.argv.is_empty())
        .peekable();
    commands.peek().is_some()
        && commands.all(|check| check.outcome == Outcome::Errored && !check.timed_out)
}

fn problem_of_check(check: &crate::report::CheckRow) -> Option<Problem> {
    let (status, says) = match (check.severity, check.outcome) {
        (Some(Severity::Critical), _) => (Status::Critical, &check.observed),
        (Some(Severity::Warning), _) => (Status::Warning, &check.observed),
        // The check during which the shell was lost reports that.
        (None, Outcome::Errored) if check.session_lost => return None,
        (None, Outcome::Errored) => (Status::Unknown, &check.reason),
        (None, _) => return None,
    };
    Some(Problem::new(
        &check.key.to_string(),
        status,
        &format!("{}: {says}", check.title),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_with_one_id_the_worst_is_kept_in_the_place_of_the_first() {
        let problem = |id, status, says| Problem::new(id, status, says);
        let kept = one_of_each(vec![
            problem("restarts", Status::Warning, "services keep restarting"),
            problem("load", Status::Unknown, "no load"),
            problem("restarts", Status::Critical, "120 restarts"),
            problem("load", Status::Unknown, "no load, again"),
        ]);
        let kept: Vec<_> = kept.iter().map(|it| (&*it.id, &*it.says)).collect();
        assert_eq!(kept, [("restarts", "120 restarts"), ("load", "no load")]);
    }
}
