//! What a runbook says, as plain data. No reading, no judging.

use indexmap::IndexMap;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::evidence::fact::FactType;
use crate::expression::Condition;

/// Seconds a check may take where it names no `timeout`.
pub const DEFAULT_TIMEOUT: f64 = 10.0;

/// A runbook: vars, checks, and the hypotheses that weigh what the checks found.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the keys of a runbook: `runbook:`, `title:`, `checks:` and so on"
)]
pub struct Runbook {
    /// Its name, by which `run` and `show` find it.
    #[serde(rename = "runbook")]
    pub id: String,
    /// The question it answers, in a line.
    pub title: String,
    /// More about it.
    #[serde(default)]
    pub about: Option<String>,
    /// What the user may set with `--var`.
    #[serde(default)]
    pub vars: IndexMap<String, Var>,
    /// Derived values, in order; each may use those above it. A text with `{{` is a template,
    /// any other an expression.
    #[serde(rename = "let", default)]
    pub lets: IndexMap<String, String>,
    /// What is looked at, in order; those that change the container come last whatever the order.
    pub checks: Vec<Check>,
    /// The moments that decide, for the time line: derived from what the checks found, and marked.
    #[serde(default)]
    pub events: Vec<EventSpec>,
    /// Rival explanations.
    #[serde(default)]
    pub hypotheses: Vec<Hypothesis>,
    /// What must hold for "nothing wrong".
    #[serde(default)]
    pub healthy: Option<Healthy>,
    /// Regular expressions for what is a secret here, besides what lxcdiag knows for one: what they
    /// match is taken out of what leaves, or where they have named groups, what those match.
    #[serde(default, deserialize_with = "one_or_many")]
    pub redact: Vec<String>,
}

/// A value the user may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the keys of a var: `default:`, `about:`, `type:`, `matches:`"
)]
pub struct Var {
    /// Its value where the user sets none; without a default it is then absent.
    #[serde(default)]
    pub default: Option<String>,
    /// What it is, in a line.
    pub about: String,
    /// What it is read as.
    #[serde(rename = "type", default)]
    pub kind: FactType,
    /// A regular expression that the whole value must match.
    #[serde(default)]
    pub matches: Option<String>,
}

/// One command in the container, or one look at the host.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the keys of a check: `id:`, `title:`, `run:` and so on"
)]
pub struct Check {
    /// Its name in conditions and in the report.
    pub id: String,
    /// What it looks at, in a line.
    pub title: String,
    /// The numbering of a plan it follows, shown in the table.
    #[serde(default)]
    pub step: Option<String>,
    /// The command's words, each a template; no shell sees them.
    #[serde(default)]
    pub run: Option<Vec<String>>,
    /// A command line for the container's `sh`, as a template.
    #[serde(default)]
    pub shell: Option<String>,
    /// A look at the host.
    #[serde(default)]
    pub host: Option<HostLook>,
    /// What must hold for the check to pass; without it, that its facts could be taken.
    #[serde(default)]
    pub pass: Option<Condition>,
    /// What to take from the output.
    #[serde(default)]
    pub facts: Option<FactSpec>,
    /// Take the facts once from each line: they are then lists, and `records` has the rows.
    #[serde(default)]
    pub each: Option<Each>,
    /// Exit statuses from which facts are taken; 0 alone where not given.
    #[serde(default)]
    pub exits: Option<Vec<i32>>,
    /// Facts that are points on the time line.
    #[serde(default)]
    pub events: Vec<EventSpec>,
    /// Checks that must have passed before; this one is skipped otherwise.
    #[serde(default)]
    pub needs: Vec<String>,
    /// It changes the container: skipped under `--read-only`, and run last.
    #[serde(default)]
    pub changes: bool,
    /// How long the command may take.
    #[serde(default)]
    pub timeout: Option<String>,
    /// A list, as an expression; the check is run once for each `item` of it.
    #[serde(default)]
    pub for_each: Option<String>,
    /// A warning is raised where this holds.
    #[serde(default)]
    pub warn: Option<Condition>,
    /// The state is critical where this holds.
    #[serde(default)]
    pub crit: Option<Condition>,
    /// A list of names, as an expression: the things for which a limit is exceeded.
    #[serde(default)]
    pub affected: Option<String>,
    /// A number for monitoring.
    #[serde(default)]
    pub metric: Option<Metric>,
    /// What was observed, in a few words, as a template.
    #[serde(default)]
    pub show: Option<String>,
}

/// What a check does. A valid check has exactly one action.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// A command's words.
    Run(&'a [String]),
    /// A line for `sh -c` in the container.
    Shell(&'a str),
    /// A look at the host.
    Host(&'a HostLook),
}

impl Check {
    /// What the check does; `None` where it does nothing or more than one thing.
    pub fn action(&self) -> Option<Action<'_>> {
        match (&self.run, &self.shell, &self.host) {
            (Some(argv), None, None) => Some(Action::Run(argv)),
            (None, Some(line), None) => Some(Action::Shell(line)),
            (None, None, Some(look)) => Some(Action::Host(look)),
            _ => None,
        }
    }

    /// How long the command may take, in seconds.
    pub fn timeout_seconds(&self) -> f64 {
        self.timeout
            .as_deref()
            .and_then(crate::evidence::fact::parse_duration)
            .unwrap_or(DEFAULT_TIMEOUT)
    }

    /// Exit statuses from which facts are taken.
    pub fn accepted_exits(&self) -> &[i32] {
        self.exits.as_deref().unwrap_or(&[0])
    }
}

/// The looks at the host there are: read-only, fixed, and never a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostLook {
    /// Whether the container runs, its lock, and its configuration.
    Container,
    /// The node's name and the versions on it.
    Node,
    /// The tasks of these types that the host logged for the container; all types where empty.
    Tasks(Vec<String>),
    /// Size and SHA-256 of a file on the host; a template that names it.
    Source(String),
}

/// How facts are taken from an output.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`match:` or `fields:`, and `types:`")]
pub struct FactSpec {
    /// Regular expressions with named groups; each group that takes part is a fact.
    #[serde(rename = "match", default, deserialize_with = "one_or_many")]
    pub patterns: Vec<String>,
    /// Fact names and the JSON field each comes from.
    #[serde(default)]
    pub fields: IndexMap<String, String>,
    /// Which stream is read.
    #[serde(default)]
    pub from: Stream,
    /// What facts are read as; text where not given.
    #[serde(default)]
    pub types: IndexMap<String, FactType>,
}

/// One of a command's output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error.
    Stderr,
}

/// How an output is cut into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// One JSON object a line.
    Json,
    /// One text a line.
    Line,
}

/// A point on the time line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`at:` and `what:`")]
pub struct EventSpec {
    /// An expression for the time, over the check's own facts.
    pub at: String,
    /// What happened, as a template.
    pub what: String,
    /// Only where this holds.
    #[serde(rename = "if", default)]
    pub condition: Option<Condition>,
}

/// A number for monitoring.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`value:` and `unit:`")]
pub struct Metric {
    /// An expression over the check's own facts.
    pub value: String,
    /// Its unit, in the form monitoring plugins write: `s`, `B`, `%`, or nothing for a count.
    #[serde(default)]
    pub unit: String,
}

/// One explanation of the failure.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "the keys of a hypothesis: `id:`, `title:`, `evidence:` and so on"
)]
pub struct Hypothesis {
    /// Its name in the verdict.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What would have happened, in a sentence.
    pub about: String,
    /// Whether it is a race.
    #[serde(default)]
    pub race: bool,
    /// Hypotheses that are symptoms of this one.
    #[serde(default)]
    pub explains: Vec<String>,
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
    /// What to do, as a template.
    pub remedy: String,
    /// What would overturn a verdict for it, with the command that fetches it; a template.
    #[serde(default)]
    pub overturned_by: Option<String>,
}

/// A condition, and what it does to a hypothesis where it holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`if:`, `then:` and `says:`")]
pub struct Evidence {
    /// When it counts.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// What it does then.
    #[serde(rename = "then")]
    pub effect: Effect,
    /// It in words, as a template.
    pub says: String,
}

/// What evidence does to a hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Settles it.
    Confirms,
    /// Speaks for it.
    Supports,
    /// Speaks against it.
    Weakens,
    /// Excludes it.
    RulesOut,
}

/// What must hold for "nothing wrong".
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`if:` and `says:`")]
pub struct Healthy {
    /// The condition.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// It in words, as a template.
    pub says: String,
}

impl<'de> Deserialize<'de> for HostLook {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LookVisitor;
        const LOOKS: &[&str] = &["container", "node", "tasks", "source"];

        impl<'de> Visitor<'de> for LookVisitor {
            type Value = HostLook;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`container`, `node`, `tasks: [TYPE…]` or `source: PATH`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HostLook, E> {
                match text {
                    "container" => Ok(HostLook::Container),
                    "node" => Ok(HostLook::Node),
                    "tasks" => Ok(HostLook::Tasks(Vec::new())),
                    "source" => Err(E::custom("`source` needs a path: write `source: PATH`")),
                    other => Err(E::unknown_variant(other, LOOKS)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HostLook, A::Error> {
                let look = match map.next_key::<String>()?.as_deref() {
                    Some("tasks") => HostLook::Tasks(map.next_value()?),
                    Some("source") => HostLook::Source(map.next_value()?),
                    Some(other) => {
                        return Err(de::Error::unknown_field(other, &["tasks", "source"]));
                    }
                    None => {
                        return Err(de::Error::custom(
                            "`host` names no look; write `container`, `node`, `tasks` or `source: PATH`",
                        ));
                    }
                };
                match map.next_key::<String>()? {
                    None => Ok(look),
                    Some(_) => Err(de::Error::custom(
                        "a check takes one look at the host; make it two checks",
                    )),
                }
            }
        }

        deserializer.deserialize_any(LookVisitor)
    }
}

/// One text, or a list of them.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a regular expression, or a list of them")
        }
        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok(vec![value.to_owned()])
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            Ok(items)
        }
    }

    deserializer.deserialize_any(OneOrMany)
}
