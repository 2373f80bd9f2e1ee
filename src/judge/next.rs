//! Which runbooks to run next, with the values of this container.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::results::CheckResults;
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::Fact;
use crate::expression::{Binding, Scope, Unknown};
use crate::runbook::NextSpec;
use crate::shell_quote::command_line;

/// The most runs that one `for_each` asks for.
const MOST: usize = 20;

/// A runbook to run, and the vars to run it with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextRun {
    /// The runbook.
    pub runbook: String,
    /// The vars that are set.
    pub vars: BTreeMap<String, String>,
}

impl NextRun {
    /// The command that runs it, with these options after the ID.
    pub(crate) fn command(&self, ct: ContainerId, options: &[String]) -> String {
        let mut words = ["lxcdiag", "run", &self.runbook, "--ct"]
            .map(str::to_owned)
            .to_vec();
        words.push(ct.to_string());
        words.extend_from_slice(options);
        for (name, value) in &self.vars {
            words.push("--var".to_owned());
            words.push(format!("{name}={value}"));
        }
        command_line(&words)
    }
}

/// The options that reach the same container and the same runbooks: its node, if it is another one, and the directory of
/// `--runbooks`.
pub(crate) fn reaching(node: Option<&str>, runbooks: Option<&Path>) -> Vec<String> {
    let node = node.map(|node| ["--node".to_owned(), node.to_owned()]);
    let runbooks = runbooks.map(|it| ["--runbooks".to_owned(), it.display().to_string()]);
    node.into_iter().chain(runbooks).flatten().collect()
}

/// The runs that these entries ask for. Without one of its values, a run would be about something else, so it is not
/// among them.
pub(super) fn next_runs(specs: &[NextSpec], results: &CheckResults) -> Vec<NextRun> {
    let scope = results.scope();
    let mut runs: Vec<NextRun> = Vec::new();
    for spec in specs {
        let holds = |condition| scope.judge(condition) == Ok(true);
        if !spec.condition.as_ref().is_none_or(holds) {
            continue;
        }
        let found = match &spec.for_each {
            None => run(spec, scope).into_iter().collect(),
            Some(list) => for_each(spec, list, scope),
        };
        for run in found {
            if !runs.contains(&run) {
                runs.push(run);
            }
        }
    }
    runs
}

fn for_each(spec: &NextSpec, list: &str, scope: &Scope) -> Vec<NextRun> {
    let Ok(items) = scope.value(list) else {
        return Vec::new();
    };
    let items = items.try_iter().into_iter().flatten().take(MOST);
    let runs = items.filter_map(|item| {
        let mut inner = scope.inner();
        inner.bind("item", Binding::Present(Fact::Text(item.to_string())));
        run(spec, &inner).ok()
    });
    runs.collect()
}

fn run(spec: &NextSpec, scope: &Scope) -> Result<NextRun, Unknown> {
    let vars = spec.vars.iter();
    let vars = vars.map(|(name, template)| Ok((name.clone(), scope.render(template)?)));
    Ok(NextRun {
        runbook: spec.run.clone(),
        vars: vars.collect::<Result<_, Unknown>>()?,
    })
}
