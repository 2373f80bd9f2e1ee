//! Something that is wrong with a container, and how bad it is. Plain data.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::evidence::check_key::CheckKey;
use crate::judge::NextRun;
use crate::judge::results::Severity;

/// How bad something is, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is wrong.
    Ok,
    /// It could not be determined.
    Unknown,
    /// A warning limit is exceeded, or a fault is likely.
    Warning,
    /// A critical limit is exceeded, or a fault is confirmed.
    Critical,
}

impl Status {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl From<Severity> for Status {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}

/// The identity of a problem, to find it again in the next sweep.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemId {
    /// The container could not be entered.
    Unreachable,
    /// The diagnosis ended early.
    Unfinished,
    /// The container is stopped, although it was running before or is set to start at boot.
    Stopped,
    /// An operation that has held the container's lock for more than a day.
    Locked,
    /// The cause could not be determined, though no check is a problem by itself.
    Inconclusive,
    /// A check exceeds a limit, or could not be run.
    Check(#[serde(with = "KeyParts")] CheckKey),
    /// This hypothesis is the verdict.
    Hypothesis(String),
}

/// A check key in two fields, where its text would be ambiguous.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CheckKey")]
struct KeyParts {
    check: String,
    item: Option<String>,
}

impl ProblemId {
    /// The problems that are found without a check, by name.
    pub(super) const WITHOUT_CHECK: [&'static str; 5] = [
        "unreachable",
        "unfinished",
        "stopped",
        "locked",
        "inconclusive",
    ];

    /// The id as text, for reports: a runbook may have a check and a hypothesis of the same name.
    pub(super) fn serialize_text<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ProblemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("unreachable"),
            Self::Unfinished => f.write_str("unfinished"),
            Self::Stopped => f.write_str("stopped"),
            Self::Locked => f.write_str("locked"),
            Self::Inconclusive => f.write_str("inconclusive"),
            Self::Check(key) => key.fmt(f),
            Self::Hypothesis(id) => f.write_str(id),
        }
    }
}

/// Something that is wrong with a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What it is.
    #[serde(serialize_with = "ProblemId::serialize_text")]
    pub id: ProblemId,
    /// How bad it is.
    pub status: Status,
    /// A description.
    pub says: String,
    /// For a check: the hypothesis that is the verdict and is based on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    /// The things that exceed the check's limit, if it lists several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<AffectedThing>,
    /// Why it does not count, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
    /// The runs that find its cause.
    #[serde(skip)]
    pub next: Vec<NextRun>,
    /// The commands to run next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
}

/// One of several things that are wrong in the same way: a unit, a mount point, a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AffectedThing {
    /// Its name.
    pub name: String,
    /// How bad it is.
    pub status: Status,
    /// A description.
    pub says: String,
    /// Why it does not count, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
}

impl Problem {
    /// A problem that counts.
    pub fn new(id: ProblemId, status: Status, says: &str) -> Self {
        Self {
            id,
            status,
            says: says.to_owned(),
            hypothesis: None,
            affected: Vec::new(),
            silent: None,
            next: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Whether `name` is its id, or that of the hypothesis that explains it. A check's name refers to all of its items.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let is_check = matches!(&self.id, ProblemId::Check(key) if key.check == name);
        is_check || self.id.to_string() == name || self.hypothesis.as_deref() == Some(name)
    }

    /// Whether it affects the status: it is neither waived nor unconfirmed.
    pub fn counts(&self) -> bool {
        self.silent.is_none()
    }

    /// The description, and why the problem does not count, if it does not.
    pub(super) fn described(&self) -> String {
        match &self.silent {
            None => self.says.clone(),
            Some(reason) => format!("{} ({reason})", self.says),
        }
    }
}
