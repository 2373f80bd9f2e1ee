//! A runbook as a Mermaid graph: which facts feed which hypothesis. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::describe::command;
use super::facts_read::FactsRead;
use super::model::{Check, Hypothesis, Runbook};
use crate::terminal_text::visible;

/// The longest text of a command in a node, in characters.
const LONGEST_COMMAND: usize = 60;

/// The graph of a runbook. The runbook may be hostile: its texts cannot end a label.
pub fn mermaid(runbook: &Runbook) -> String {
    let mut graph = String::from("flowchart LR\n");
    for check in runbook.in_order() {
        graph.push_str(&check_node(check));
    }
    for hypothesis in &runbook.hypotheses {
        let (id, title) = (node(&hypothesis.id), label(&hypothesis.title));
        let _ = writeln!(graph, "  hypothesis_{id}([\"{title}\"])");
    }
    for check in &runbook.checks {
        for needed in &check.needs {
            let (needed, id) = (node(needed), node(&check.id));
            let _ = writeln!(graph, "  check_{needed} -. needed by .-> check_{id}");
        }
    }
    let facts_read = FactsRead::new(runbook);
    for hypothesis in &runbook.hypotheses {
        for (check, facts) in fed_by(hypothesis, &facts_read) {
            let (check, id) = (node(&check), node(&hypothesis.id));
            let facts: Vec<_> = facts.iter().map(|fact| label(fact)).collect();
            let text = match facts.is_empty() {
                true => String::new(),
                false => format!("|\"{}\"|", facts.join("<br>")),
            };
            let _ = writeln!(graph, "  check_{check} -->{text} hypothesis_{id}");
        }
        // A symptom of another runbook has no node.
        let own = |id: &&String| runbook.hypotheses.iter().any(|known| known.id == **id);
        for symptom in hypothesis.explains.iter().filter(own) {
            let (id, symptom) = (node(&hypothesis.id), node(symptom));
            let _ = writeln!(
                graph,
                "  hypothesis_{id} == explains ==> hypothesis_{symptom}"
            );
        }
    }
    let changing = runbook.checks.iter().filter(|check| check.changes);
    let changing: Vec<_> = changing
        .map(|check| format!("check_{}", node(&check.id)))
        .collect();
    if !changing.is_empty() {
        graph.push_str("  classDef changes stroke:#c00,stroke-width:3px\n");
        let _ = writeln!(graph, "  class {} changes", changing.join(","));
    }
    graph
}

fn check_node(check: &Check) -> String {
    let command = command(check);
    let first = command.lines().next().unwrap_or_default();
    let shown: String = first.chars().take(LONGEST_COMMAND).collect();
    let rest = if shown == command { "" } else { " …" };
    let changes = if check.changes {
        "<br>changes the container"
    } else {
        ""
    };
    let (id, title, shown) = (node(&check.id), label(&check.title), label(&shown));
    format!("  check_{id}[\"{title}<br>{shown}{rest}{changes}\"]\n")
}

/// The checks that evidence reads, each with its facts and outcomes.
fn fed_by(
    hypothesis: &Hypothesis,
    facts_read: &FactsRead<'_>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut checks: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for evidence in &hypothesis.evidence {
        for read in facts_read.of_evidence(evidence) {
            match read.split_once('.') {
                Some((check, fact)) => {
                    let facts = checks.entry(check.to_owned()).or_default();
                    facts.insert(fact.to_owned());
                }
                None => {
                    checks.entry(read).or_default();
                }
            }
        }
    }
    checks
}

/// An id in the name of a node.
fn node(id: &str) -> String {
    id.replace('-', "_")
}

/// A text in a label. A character that Mermaid could read as its own is an entity.
fn label(text: &str) -> String {
    let mut label = String::new();
    for c in visible(text.trim()).chars() {
        match c {
            '"' | '#' | '%' | '&' | '<' | '>' | '`' | ';' | '\\' => {
                let _ = write!(label, "#{};", u32::from(c));
            }
            c => label.push(c),
        }
    }
    label
}
