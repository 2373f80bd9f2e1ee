//! A runbook as plain data.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::host_probe::HostProbe;
use super::next::NextSpec;
use super::remedy::RemedySpec;
use crate::evidence::fact::FactType;
use crate::expression::Condition;

/// The default timeout of a check, in seconds.
pub const DEFAULT_TIMEOUT: f64 = 10.0;

/// The timeout of a look at the host, in seconds: another node may be slow to answer.
const HOST_TIMEOUT: f64 = 20.0;

/// A runbook: vars, checks, and hypotheses about what the checks find.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `runbook:`, `title:`, `checks:` and so on"
)]
pub struct Runbook {
    /// Its name, for `run` and `show`.
    #[serde(rename = "runbook")]
    #[schemars(regex(pattern = "^[a-z][a-z0-9-]*$"))]
    pub id: String,
    /// The question it answers, in one line.
    pub title: String,
    /// A longer description.
    #[serde(default)]
    pub about: Option<String>,
    /// Values that the user can set with `--var`.
    #[serde(default)]
    pub vars: IndexMap<String, Var>,
    /// Derived values, in order; each may use those above it. A text with `{{` is a template, any
    /// other text is an expression.
    #[serde(rename = "let", default)]
    pub lets: IndexMap<String, String>,
    /// The checks in order, but those that change the container run last.
    #[schemars(length(min = 1))]
    pub checks: Vec<Check>,
    /// The checks from which the history of a unit file is derived, for expressions that read `history`.
    #[serde(default)]
    pub history: Option<HistoryInputs>,
    /// The decisive events, which the timeline marks.
    #[serde(default)]
    pub events: Vec<EventSpec>,
    /// Possible explanations of the failure.
    #[serde(default)]
    pub hypotheses: Vec<Hypothesis>,
    /// The runbooks that answer its question: `run` runs them, and this one only decides which.
    #[serde(default)]
    pub next: Vec<NextSpec>,
    /// The condition under which there is something to diagnose. If it is false, the verdict is `not-applicable`, for the
    /// reason that it says, and no more changes are made.
    #[serde(default)]
    pub applies: Option<Assertion>,
    /// The condition for the verdict `healthy`.
    #[serde(default)]
    pub healthy: Option<Assertion>,
    /// Regular expressions for secrets, besides the built-in ones. Their matches are redacted, or only
    /// their named groups, if they have any.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub redact: Vec<String>,
}

/// The var that names the unit that a runbook is about.
pub const UNIT: &str = "unit";

/// A value that the user can set.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `about:` and optionally `default:`, `type:`, `matches:`, `form:`"
)]
pub struct Var {
    /// The value if the user sets none. Without a default, it is then absent.
    #[serde(default)]
    pub default: Option<String>,
    /// A description in one line.
    pub about: String,
    /// Its type.
    #[serde(rename = "type", default)]
    pub kind: FactType,
    /// A regular expression that the whole value must match.
    #[serde(default)]
    pub matches: Option<String>,
    /// What such a value is, in words, for the message about one that does not match: `a unit name, such as nginx.service`.
    #[serde(default)]
    pub form: Option<String>,
    /// The file of the part that it is included from.
    #[serde(skip)]
    pub from: Option<String>,
}

/// One command in the container, or one host probe.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `id:`, `title:`, `run:` and so on"
)]
pub struct Check {
    /// Its name in conditions and in the report.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_]*$"))]
    pub id: String,
    /// What it checks, in one line.
    pub title: String,
    /// The number of this step in a written plan, shown in the table.
    #[serde(default)]
    pub step: Option<String>,
    /// The words of a command, each a template. They do not go through a shell.
    #[serde(default)]
    pub run: Option<Vec<String>>,
    /// A command line for the container's `sh`, as a template.
    #[serde(default)]
    pub shell: Option<String>,
    /// A host probe.
    #[serde(default)]
    pub host: Option<HostProbe>,
    /// How often lxcdiag pushes and enables its canary unit, a template.
    #[serde(default)]
    pub canary: Option<String>,
    /// An earlier check whose output this one reads.
    #[serde(default)]
    pub output_of: Option<String>,
    /// The condition to pass. Without it, the check passes if its facts were found.
    #[serde(default)]
    pub pass: Option<Condition>,
    /// The facts in the output.
    #[serde(default)]
    pub facts: Option<FactSpec>,
    /// Takes the facts from each line. They are then lists, and `records` has one record per line.
    #[serde(default)]
    pub each: Option<Each>,
    /// The exit statuses with which facts are taken; by default, only 0.
    #[serde(default)]
    pub exits: Option<Vec<i32>>,
    /// Facts that are shown on the timeline.
    #[serde(default)]
    pub events: Vec<EventSpec>,
    /// Checks that must have passed. Otherwise this check is skipped.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The check changes the container: it runs last, and is skipped with `--read-only`.
    #[serde(default)]
    pub changes: bool,
    /// The timeout of the command.
    #[serde(default)]
    pub timeout: Option<String>,
    /// An expression for a list. The check runs once for each `item` of it.
    #[serde(default)]
    pub for_each: Option<String>,
    /// The condition for a warning.
    #[serde(default)]
    pub warn: Option<Condition>,
    /// The condition for a critical state.
    #[serde(default)]
    pub crit: Option<Condition>,
    /// An expression for a list of names: the things that exceed a limit.
    #[serde(default)]
    pub affected: Option<String>,
    /// A number for monitoring.
    #[serde(default)]
    pub metric: Option<Metric>,
    /// A template for a short description of the result.
    #[serde(default)]
    pub show: Option<String>,
    /// What to read on the container's node in place of the command, if that is possible.
    #[serde(default)]
    pub from_node: Option<NodeReading>,
    /// The file of the part that it is included from.
    #[serde(skip)]
    pub from: Option<String>,
}

/// What the node of a container shows without entering it, in the form that a check's command prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeReading {
    /// As the check `memory` of the part `memory`.
    Memory,
    /// As the check `file_systems` of the part `file-systems`.
    FileSystems,
}

/// The checks that show what happened to a unit file. docs/runbooks.md lists the facts that are read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "`path:`, `elsewhere:`, `file:`, `target:`, `directory:`, `mounts:`, `journal:` and `tasks:`"
)]
pub struct HistoryInputs {
    /// An expression for the path of the file.
    pub path: String,
    /// A condition: whether systemd loads the unit from another file.
    pub elsewhere: String,
    /// The timestamps of the file.
    pub file: String,
    /// The timestamps of what it leads to, if it is a symbolic link.
    pub target: String,
    /// The timestamps of its directory and of the one above.
    pub directory: String,
    /// The mount points.
    pub mounts: String,
    /// The messages of PID 1.
    pub journal: String,
    /// The host's tasks.
    pub tasks: String,
}

impl HistoryInputs {
    /// The checks, each with the key that names it.
    pub fn checks(&self) -> [(&'static str, &str); 6] {
        [
            ("file", &self.file),
            ("target", &self.target),
            ("directory", &self.directory),
            ("mounts", &self.mounts),
            ("journal", &self.journal),
            ("tasks", &self.tasks),
        ]
    }
}

/// The action of a check. A valid check has exactly one.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// The words of a command.
    Run(&'a [String]),
    /// A script for `sh -c` in the container.
    Shell(&'a str),
    /// A host probe.
    Host(&'a HostProbe),
    /// How often the canary unit is pushed and enabled.
    Canary(&'a str),
    /// An earlier check, whose output is read again.
    OutputOf(&'a str),
}

impl Check {
    /// The action; `None` if there is none, or more than one.
    pub fn action(&self) -> Option<Action<'_>> {
        let actions = [
            self.run.as_deref().map(Action::Run),
            self.shell.as_deref().map(Action::Shell),
            self.host.as_ref().map(Action::Host),
            self.canary.as_deref().map(Action::Canary),
            self.output_of.as_deref().map(Action::OutputOf),
        ];
        let mut given = actions.into_iter().flatten();
        let action = given.next();
        action.filter(|_| given.next().is_none())
    }

    /// The timeout of the command or the look at the host, in seconds.
    pub fn timeout_seconds(&self) -> f64 {
        if self.host.is_some() {
            return HOST_TIMEOUT;
        }
        self.timeout
            .as_deref()
            .and_then(crate::evidence::fact::parse_duration)
            .unwrap_or(DEFAULT_TIMEOUT)
    }

    /// The exit statuses with which facts are taken.
    pub fn accepted_exits(&self) -> &[i32] {
        self.exits.as_deref().unwrap_or(&[0])
    }
}

/// How facts are taken from the output.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `match:` or `fields:`, and `types:`"
)]
pub struct FactSpec {
    /// Regular expressions with named groups; each group that matches is a fact.
    #[serde(rename = "match", default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub patterns: Vec<String>,
    /// The names of facts, each with the JSON key that it comes from.
    #[serde(default)]
    pub fields: IndexMap<String, String>,
    /// The output stream.
    #[serde(default)]
    pub from: Stream,
    /// The types of facts; text by default.
    #[serde(default)]
    pub types: IndexMap<String, FactType>,
}

/// An output stream of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error.
    Stderr,
}

/// How the output is split into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// One JSON object per line.
    Json,
    /// One text per line.
    Line,
}

/// An event on the timeline.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with `at:` and `what:`")]
pub struct EventSpec {
    /// An expression for the time.
    pub at: String,
    /// A template for what happened.
    pub what: String,
    /// The event is only shown if this holds.
    #[serde(rename = "if", default)]
    pub condition: Option<Condition>,
}

/// A number for monitoring.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with `value:` and `unit:`")]
pub struct Metric {
    /// An expression for the number.
    pub value: String,
    /// The unit as in monitoring plugins: `s`, `B`, `%`, or none for a count.
    #[serde(default)]
    pub unit: String,
}

/// A possible explanation of the failure.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `id:`, `title:`, `evidence:` and so on"
)]
pub struct Hypothesis {
    /// Its name in the verdict.
    #[schemars(regex(pattern = "^[a-z][a-z0-9-]*$"))]
    pub id: String,
    /// Its title in reports.
    pub title: String,
    /// What would have happened, in one sentence.
    pub about: String,
    /// Whether it is a race.
    #[serde(default)]
    pub race: bool,
    /// Whether it can wait: `lxcdiag ID` lists it after other causes of the same level.
    #[serde(default)]
    pub minor: bool,
    /// The strongest verdict that its evidence can give, if no evidence is meant to be conclusive.
    #[serde(default)]
    pub at_best: Option<AtBest>,
    /// The hypotheses that are symptoms of this one; those of another runbook as `RUNBOOK/HYPOTHESIS`.
    #[serde(default)]
    pub explains: Vec<String>,
    /// The evidence for and against it.
    pub evidence: Vec<Evidence>,
    /// A template for what to do. A valid hypothesis has either this or `remedies`.
    #[serde(default)]
    pub remedy: Option<String>,
    /// What to do, as commands that can be pasted.
    #[serde(default)]
    pub remedies: Vec<RemedySpec>,
    /// A template for what would change the verdict, with the command that shows it.
    #[serde(default)]
    pub overturned_by: Option<String>,
    /// The runbooks that find its cause.
    #[serde(default)]
    pub next: Vec<NextSpec>,
    /// The file of the part that it is included from.
    #[serde(skip)]
    pub from: Option<String>,
}

/// The strongest verdict of a hypothesis that nothing can confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AtBest {
    /// It is never confirmed.
    Likely,
}

/// A condition, and its effect on a hypothesis if it holds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `if:`, `then:` and `says:`"
)]
pub struct Evidence {
    /// The condition.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// Its effect.
    #[serde(rename = "then")]
    pub effect: Effect,
    /// What the condition observes in its current state, which may not have been its state at the failure.
    #[serde(default)]
    pub now: Option<Observed>,
    /// A template for the evidence in words.
    pub says: String,
}

/// What evidence observes in its current state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Observed {
    /// The file of the unit, of which `history` shows whether it has changed since the failure.
    File,
    /// Anything else in the container.
    Container,
}

/// The effect of evidence on a hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is true.
    Confirms,
    /// Evidence for it.
    Supports,
    /// Evidence against it.
    Weakens,
    /// It is false.
    RulesOut,
}

impl Effect {
    /// Its effect if the evidence is not certain.
    pub const fn uncertain(self) -> Self {
        match self {
            Self::Confirms | Self::Supports => Self::Supports,
            Self::RulesOut | Self::Weakens => Self::Weakens,
        }
    }
}

/// A condition for a verdict.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with `if:` and `says:`")]
pub struct Assertion {
    /// The condition.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// A template for the verdict in words.
    pub says: String,
}

/// The schema of [`one_or_many`].
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[allow(dead_code, reason = "only its schema is used")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// One text, or a list of texts.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
