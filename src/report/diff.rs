//! What differs between two reports: what has changed since it worked, or between two containers.
//!
//! Pure. Two reports are compared as the JSON says them, so that a report kept by an earlier version
//! is as good as a recording judged today.

mod secrets;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::recording::Target;
use crate::evidence::time::parse_time;

pub use table::render;

/// The format of a comparison in JSON.
pub const SCHEMA: &str = "lxcdiag.diff/1";

/// What is compared of a JSON report.
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
    /// What was.
    pub a: Origin,
    /// What is.
    pub b: Origin,
    /// What differs, what matters most first. Secrets have tokens without their numbers.
    pub changes: Vec<Change>,
    /// What differs at most in its secrets, of which nobody can tell.
    pub secrets: Vec<Untold>,
}

/// Where one of the two is from.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// What it was read from.
    pub file: String,
    /// The container.
    pub ct: u32,
    /// Its node.
    pub node: String,
    /// When collecting began.
    pub started_at: String,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Of what kind it is.
    pub kind: Kind,
    /// What differs.
    pub name: String,
    /// What it was; `null` where there was none.
    pub a: Option<Value>,
    /// What it is; `null` where there is none.
    pub b: Option<Value>,
}

/// Something with a secret in both reports, and otherwise the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Untold {
    /// Of what kind it is.
    pub kind: Kind,
    /// What it is.
    pub name: String,
}

/// What differs, in the order it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A part of the overall verdict.
    Verdict,
    /// The verdict on a hypothesis.
    Hypothesis,
    /// The container, its system, or its host.
    Target,
    /// What the run was made with.
    Run,
    /// A var.
    Var,
    /// How a check came out.
    Outcome,
    /// A fact of a check's.
    Fact,
    /// What a check observed, where none of its facts says it.
    Observed,
    /// A fact that names a moment, in both: a time, a task of the host's.
    Moment,
}

impl Kind {
    /// The kind in a word.
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
            Self::Moment => "moment",
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
    let mut told = BTreeSet::new();
    for change in diff.changes.iter_mut().skip(facts) {
        if is_moment(&change.a) && is_moment(&change.b) {
            change.kind = Kind::Moment;
        } else if let Some((check, _)) = change.name.rsplit_once('.') {
            told.insert(check.to_owned());
        }
    }
    let observed = |side: &Side| -> BTreeMap<String, Value> {
        let mut observed = side.observed();
        observed.retain(|check, _| !told.contains(check));
        observed
    };
    diff.differ(Kind::Observed, observed(a), observed(b));
    diff.changes
        .retain(|change| change.kind != Kind::Observed || !same_but_for_times(change));
    diff.changes.sort_by_key(|change| change.kind);
    diff
}

impl Diff {
    /// Takes in every name whose values differ, or that only one of the two has.
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
                self.secrets.push(Untold { kind, name });
            }
        }
    }
}

/// Whether a fact names a moment, or a list of them: it differs in any two runs that have it.
fn is_moment(fact: &Option<Value>) -> bool {
    let named = |text: &str| is_stamp(text) || text.starts_with("UPID:");
    match fact {
        Some(Value::String(text)) => named(text),
        Some(Value::Array(items)) => {
            let is_moment = |item: &Value| item.as_str().is_some_and(named);
            !items.is_empty() && items.iter().all(is_moment)
        }
        _ => false,
    }
}

/// Whether a text is a time as reports write them.
fn is_stamp(text: &str) -> bool {
    text.len() == "2026-01-02T03:04:05.678901Z".len()
        && text.contains('T')
        && parse_time(text).is_some()
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

    /// The verdict, without the words, which hold what differs in any two runs.
    fn verdict(&self) -> BTreeMap<String, Value> {
        let mut verdict = self.verdict.clone();
        verdict.retain(|key, _| !matches!(key.as_str(), "summary" | "remedy"));
        verdict
    }

    fn levels(&self) -> BTreeMap<String, Value> {
        strings(self.hypotheses.iter().map(|row| (&row.id, &row.verdict)))
    }

    fn target(&self) -> BTreeMap<String, Value> {
        let Target {
            ct,
            node,
            via,
            os,
            systemd,
            kernel,
            pve,
        } = &self.target;
        let mut known = BTreeMap::from([("ct".to_owned(), Value::from(*ct))]);
        for (name, value) in [
            ("node", Some(node)),
            ("via", Some(via)),
            ("os", os.as_ref()),
            ("systemd", systemd.as_ref()),
            ("kernel", kernel.as_ref()),
            ("pve", pve.as_ref()),
        ] {
            known.extend(value.map(|value| (name.to_owned(), Value::from(value.as_str()))));
        }
        known
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
