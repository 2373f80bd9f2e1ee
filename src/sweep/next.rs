//! The commands that find out more about a problem. Pure.

use std::path::PathBuf;

use super::problem::{Problem, ProblemId};
use super::row::Row;
use crate::evidence::container_id::ContainerId;
use crate::judge::{Level, NextRun, reaching};
use crate::report::Report;
use crate::shell_quote::command_line;

/// What the commands of a sweep have in common.
pub struct NextCommands {
    /// The sweep's runbook, as the user names it, and the vars that are given, without secrets.
    pub again: NextRun,
    /// The directory of `--runbooks`.
    pub runbooks: Option<PathBuf>,
    /// The node that the sweep runs on.
    pub here: Option<String>,
}

impl NextCommands {
    /// Adds its commands to each problem: the runs that find its cause; otherwise the runbook of the sweep, which says what to
    /// do; and if the container could not be examined, everything that fits.
    pub fn add(&self, rows: &mut [Row]) {
        for row in rows {
            let options = self.options(&row.node);
            let ct = row.ct;
            for problem in row.problems_mut() {
                problem.commands = match &problem.id {
                    _ if !problem.next.is_empty() => {
                        let runs = problem.next.iter();
                        runs.map(|run| run.command(ct, &options)).collect()
                    }
                    ProblemId::Unreachable | ProblemId::Stopped | ProblemId::Locked => {
                        vec![short(ct, &options)]
                    }
                    _ => vec![self.again.command(ct, &options)],
                };
            }
        }
    }

    fn options(&self, node: &str) -> Vec<String> {
        let elsewhere = self.here.as_deref().is_some_and(|here| here != node) && !node.is_empty();
        reaching(elsewhere.then_some(node), self.runbooks.as_deref())
    }
}

fn short(ct: ContainerId, options: &[String]) -> String {
    let words = [["lxcdiag".to_owned(), ct.to_string()].as_slice(), options].concat();
    command_line(&words)
}

/// The runs that find the cause of a problem: those of the hypotheses that are based on its check, or of the verdict.
pub(super) fn runs(report: &Report, problem: &Problem) -> Vec<NextRun> {
    let mut runs: Vec<NextRun> = Vec::new();
    let likely = report
        .hypotheses
        .iter()
        .filter(|it| it.level >= Level::Likely);
    for hypothesis in likely {
        let is_about = match &problem.id {
            ProblemId::Check(key) => hypothesis
                .grounds()
                .any(|evidence| evidence.checks.contains(&key.check)),
            ProblemId::Hypothesis(id) => *id == hypothesis.id,
            _ => false,
        };
        for run in hypothesis.next.iter().filter(|_| is_about) {
            if !runs.contains(run) {
                runs.push(run.clone());
            }
        }
    }
    runs
}
