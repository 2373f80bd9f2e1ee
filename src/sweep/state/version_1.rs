//! Version 1 of the state file: problems by their text alone, without what they affect.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Container, KnownProblem, State};
use crate::evidence::check_key::CheckKey;
use crate::runbook::Runbook;
use crate::sweep::problem::{ProblemId, Status};

pub(super) const SCHEMA: &str = "lxcdiag.sweep-memory/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: String,
    swept_at: BTreeMap<u32, i64>,
    known: BTreeMap<u32, BTreeMap<String, Problem>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    status: Status,
    says: String,
    since: i64,
    seen: u32,
    told: bool,
}

pub(super) fn read(text: &[u8], runbook: &Runbook) -> Result<State, serde_json::Error> {
    let file: File = serde_json::from_slice(text)?;
    let mut state = State::default();
    // Whether a container runs was not kept. Those of the last sweep did; others may have been stopped
    // before it, which was no problem then.
    let last = file.swept_at.values().max().copied();
    for (ct, at) in file.swept_at {
        let container = Container {
            swept_at: Some(at),
            running_at: Some(at).filter(|_| Some(at) == last),
            problems: Vec::new(),
        };
        state.containers.insert(ct, container);
    }
    for (ct, problems) in file.known {
        let problems = problems.into_iter().map(|(id, problem)| KnownProblem {
            id: id_of(&id, &problem, runbook),
            affected: None,
            status: problem.status,
            says: problem.says,
            since: problem.since,
            seen: problem.seen,
            reported: problem.told,
            unlisted: true,
        });
        let container = state.containers.entry(ct).or_default();
        container.problems = problems.collect();
    }
    Ok(state)
}

/// What a text stood for, according to the runbook: `disk[/srv]` is an item of the check `disk`. Of a check and
/// a hypothesis with the same name, the description shows which one it was.
fn id_of(text: &str, problem: &Problem, runbook: &Runbook) -> ProblemId {
    let is_hypothesis = runbook.hypotheses.iter().any(|it| it.id == text);
    for check in &runbook.checks {
        let described = problem.says.starts_with(&format!("{}: ", check.title));
        let key = match text.strip_prefix(check.id.as_str()) {
            Some("") if described || !is_hypothesis => CheckKey::new(&check.id),
            Some(rest) => match rest.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                Some(item) => CheckKey::of_item(&check.id, item),
                None => continue,
            },
            None => continue,
        };
        return ProblemId::Check(key);
    }
    match text {
        _ if is_hypothesis => ProblemId::Hypothesis(text.to_owned()),
        "unreachable" => ProblemId::Unreachable,
        "unfinished" => ProblemId::Unfinished,
        "inconclusive" => ProblemId::Inconclusive,
        // The runbook has it no more.
        _ => ProblemId::Hypothesis(text.to_owned()),
    }
}

#[cfg(test)]
mod tests;
