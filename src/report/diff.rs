//! The differences of two reports: before and after a change, or of two containers. Pure.
//!
//! Reports are compared in JSON, so that a report of an earlier version can be compared with a recording that
//! is evaluated now.

mod secrets;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::container_id::ContainerId;
use crate::evidence::recording::Target;
use crate::evidence::time::{StampSource, parse_time};

pub use table::render;

/// The format of a comparison in JSON.
pub const SCHEMA: &str = "lxcdiag.diff/1";

/// The parts of a JSON report that are compared.
#[derive(Debug, Clone, Deserialize)]
pub struct Side {
    lxcdiag: String,
    runbook: RunbookLine,
    target: Target,
    started_at: String,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    failed_at: Option<String>,
    vars: BTreeMap<String, String>,
    changed: Vec<String>,
    checks: Vec<Check>,
    hypotheses: Vec<Hypothesis>,
    verdict: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct RunbookLine {
    id: String,
    sha256: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Check {
    id: String,
    outcome: String,
    #[serde(default)]
    observed: String,
    facts: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Hypothesis {
    id: String,
    verdict: String,
}

/// A comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The first report.
    pub a: Origin,
    /// The second report.
    pub b: Origin,
    /// The differences, the most important first. Tokens of secrets have no numbers.
    pub changes: Vec<Change>,
    /// Values that are equal except possibly for their secrets.
    pub secrets: Vec<Redacted>,
}

/// The origin of a report.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// Its file.
    pub file: String,
    /// Its container.
    pub ct: ContainerId,
    /// Its node.
    pub node: String,
    /// When its run started.
    pub started_at: String,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// The name of the value.
    pub name: String,
    /// The value in the first report; `null` if it has none.
    pub a: Option<Value>,
    /// The value in the second report; `null` if it has none.
    pub b: Option<Value>,
}

/// A value with a secret in both reports that is otherwise equal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Redacted {
    /// Its kind.
    pub kind: Kind,
    /// The name of the value.
    pub name: String,
}

/// The kind of a difference, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A part of the overall verdict.
    Verdict,
    /// The verdict on a hypothesis.
    Hypothesis,
    /// The container, its OS or its host.
    Target,
    /// The version, the runbook and the options of the run.
    Run,
    /// A var.
    Var,
    /// The outcome of a check.
    Outcome,
    /// A fact of a check.
    Fact,
    /// The observation of a check of which no fact differs.
    Observed,
    /// A fact that is a time or a task of the host in both reports.
    #[serde(rename = "moment")]
    Time,
}

impl Kind {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Hypothesis => "hypothesis",
            Self::Target => "target",
            Self::Run => "run",
            Self::Var => "var",
            Self::Outcome => "outcome",
            Self::Fact => "fact",
            Self::Observed => "observed",
            Self::Time => "time",
        }
    }
}

/// Compares two reports, each with the name of its file.
pub fn compare(a: (&str, &Side), b: (&str, &Side)) -> Diff {
    let ((file_a, a), (file_b, b)) = (a, b);
    let mut diff = Diff {
        schema: SCHEMA,
        a: a.origin(file_a),
        b: b.origin(file_b),
        changes: Vec::new(),
        secrets: Vec::new(),
    };
    diff.differ(Kind::Verdict, a.verdict(), b.verdict());
    diff.differ(Kind::Hypothesis, a.levels(), b.levels());
    diff.differ(Kind::Target, a.target(), b.target());
    diff.differ(Kind::Run, a.run(), b.run());
    let vars = |side: &Side| strings(side.vars.iter());
    diff.differ(Kind::Var, vars(a), vars(b));
    diff.differ(Kind::Outcome, a.outcomes(), b.outcomes());
    let facts = diff.changes.len();
    diff.differ(Kind::Fact, a.facts(), b.facts());
    let mut checks = BTreeSet::new();
    for change in diff.changes.iter_mut().skip(facts) {
        if is_time(&change.a) && is_time(&change.b) {
            change.kind = Kind::Time;
        } else if let Some((check, _)) = change.name.rsplit_once('.') {
            checks.insert(check.to_owned());
        }
    }
    let observed = |side: &Side| -> BTreeMap<String, Value> {
        let mut observed = side.observed();
        observed.retain(|check, _| !checks.contains(check));
        observed
    };
    diff.differ(Kind::Observed, observed(a), observed(b));
    diff.changes
        .retain(|change| change.kind != Kind::Observed || !same_but_for_times(change));
    diff.changes.sort_by_key(|change| change.kind);
    diff
}

impl Diff {
    /// Adds every name whose values differ, or that only one of the two has.
    fn differ(
        &mut self,
        kind: Kind,
        mut a: BTreeMap<String, Value>,
        mut b: BTreeMap<String, Value>,
    ) {
        let names: BTreeSet<String> = a.keys().chain(b.keys()).cloned().collect();
        for name in names {
            let (mut a, mut b) = (a.remove(&name), b.remove(&name));
            let mut secret = false;
            for side in a.iter_mut().chain(&mut b) {
                secret |= secrets::take_numbers_out(side);
            }
            if a != b {
                self.changes.push(Change { kind, name, a, b });
            } else if secret {
                self.secrets.push(Redacted { kind, name });
            }
        }
    }
}

/// Whether a fact is a time or a task, or a list of them: these differ between any two runs.
fn is_time(fact: &Option<Value>) -> bool {
    let named = |text: &str| is_stamp(text) || text.starts_with("UPID:");
    match fact {
        Some(Value::String(text)) => named(text),
        Some(Value::Array(items)) => {
            let is_time = |item: &Value| item.as_str().is_some_and(named);
            !items.is_empty() && items.iter().all(is_time)
        }
        _ => false,
    }
}

/// Whether a text is a time in the form of reports.
fn is_stamp(text: &str) -> bool {
    text.len() == "2026-01-02T03:04:05.678901Z".len()
        && text.contains('T')
        && parse_time(text, StampSource::Unstated).is_some()
}

fn same_but_for_times(change: &Change) -> bool {
    let words = |side: &Option<Value>| -> Option<Vec<String>> {
        let words = side.as_ref()?.as_str()?.split_whitespace();
        let timeless = words.filter(|word| !is_stamp(word.trim_matches([',', ';', '(', ')'])));
        Some(timeless.map(str::to_owned).collect())
    };
    words(&change.a) == words(&change.b)
}

fn strings<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> BTreeMap<String, Value> {
    pairs
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect()
}

impl Side {
    fn origin(&self, file: &str) -> Origin {
        Origin {
            file: file.to_owned(),
            ct: self.target.ct,
            node: self.target.node.clone(),
            started_at: self.started_at.clone(),
        }
    }

    /// The verdict without its texts, which contain what differs between any two runs.
    fn verdict(&self) -> BTreeMap<String, Value> {
        let mut verdict = self.verdict.clone();
        verdict.retain(|key, _| !matches!(key.as_str(), "summary" | "remedy" | "remedies"));
        verdict
    }

    fn levels(&self) -> BTreeMap<String, Value> {
        strings(self.hypotheses.iter().map(|row| (&row.id, &row.verdict)))
    }

    fn target(&self) -> BTreeMap<String, Value> {
        let target = serde_json::to_value(&self.target).unwrap_or_default();
        let fields = target.as_object().cloned().unwrap_or_default();
        let known = |(_, value): &(String, Value)| !value.is_null();
        fields.into_iter().filter(known).collect()
    }

    fn run(&self) -> BTreeMap<String, Value> {
        let mut run = BTreeMap::from([
            ("lxcdiag".to_owned(), Value::from(self.lxcdiag.as_str())),
            ("runbook".to_owned(), Value::from(self.runbook.id.as_str())),
            (
                "runbook sha256".to_owned(),
                Value::from(self.runbook.sha256.as_str()),
            ),
            ("read_only".to_owned(), Value::from(self.read_only)),
            ("changed".to_owned(), Value::from(self.changed.clone())),
        ]);
        let failed_at = self.failed_at.as_deref().map(Value::from);
        run.extend(failed_at.map(|time| ("failed_at".to_owned(), time)));
        run
    }

    fn outcomes(&self) -> BTreeMap<String, Value> {
        strings(self.checks.iter().map(|row| (&row.id, &row.outcome)))
    }

    fn observed(&self) -> BTreeMap<String, Value> {
        strings(self.checks.iter().map(|row| (&row.id, &row.observed)))
    }

    fn facts(&self) -> BTreeMap<String, Value> {
        let of_check = |row: &Check| {
            let name = |fact: &String| format!("{}.{fact}", row.id);
            let facts = row
                .facts
                .iter()
                .map(|(fact, value)| (name(fact), value.clone()));
            facts.collect::<Vec<_>>()
        };
        self.checks.iter().flat_map(of_check).collect()
    }
}

#[cfg(test)]
mod tests;
