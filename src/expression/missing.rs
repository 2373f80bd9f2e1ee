//! What is missing for the value of an expression, and why.

use serde::{Serialize, Serializer};

use crate::evidence::provision_log::NoFailure;

/// An expression has no value, because these are missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", joined(.0))]
pub struct Unknown(pub Vec<Missing>);

/// A missing value or an open question. Its text, in JSON too, contains the reason:
/// `stamp.born (check stamp was skipped: …)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Missing {
    /// A name has no value.
    #[error("{name} ({reason})")]
    Value {
        /// The name.
        name: String,
        /// Why it has none.
        reason: Reason,
    },
    /// A question that the evidence leaves open, or an error of the expression.
    #[error("{0}")]
    Answer(String),
}

/// Why a name has no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The var of this name has neither a value nor a default.
    #[error("set it with --var {0}=…")]
    NotSet(String),
    /// The provisioning log does not show the failure.
    #[error(transparent)]
    NoFailure(NoFailure),
    /// Neither the user nor the provisioning log gives the time of the failure.
    #[error("{}", no_time(.0))]
    NoFailureTime(Option<NoFailure>),
    /// The output of the check itself does not contain it.
    #[error("not in the output")]
    NotInOutput,
    /// It is an output without its middle.
    #[error("the output is longer than lxcdiag keeps")]
    CutOutput,
    /// The record of the check itself does not contain it.
    #[error("not in this record")]
    NotInRecord,
    /// A check did not provide it.
    #[error("check {check} {state}")]
    Check {
        check: String,
        /// Why not.
        state: NoFact,
    },
    /// The name is that of a check without a result, for the reason that the check states.
    #[error("{0}")]
    NoResult(String),
    /// The name is that of a check that the recording does not contain.
    #[error("not in the recording")]
    NotRecorded,
    /// The observations of the file's history do not show it, for this reason.
    #[error("{0}")]
    History(String),
    /// The name is a `let`, which lacks these.
    #[error("{}", joined(.0))]
    Let(Vec<Missing>),
}

/// Why a check did not provide a fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NoFact {
    #[error("did not run")]
    NotRun,
    #[error("is not in the recording")]
    NotRecorded,
    #[error("did not find it")]
    NotFound,
    #[error("printed more than lxcdiag keeps")]
    CutOutput,
    #[error("failed: {0}")]
    Failed(String),
    #[error("errored: {0}")]
    Errored(String),
    #[error("was skipped: {0}")]
    Skipped(String),
}

impl Missing {
    /// What is missing, without the reason.
    pub fn what(&self) -> &str {
        match self {
            Self::Value { name, .. } => name,
            Self::Answer(question) => question,
        }
    }

    /// Why there is no value, for people: without names that only the runbook knows.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Value { reason, .. } => match reason {
                Reason::Let(missing) => missing.iter().flat_map(Self::reasons).collect(),
                Reason::NotSet(var) => vec![format!("`{var}` is not set (--var {var}=…)")],
                Reason::NotInOutput | Reason::NotInRecord | Reason::NotRecorded => {
                    vec![self.to_string()]
                }
                _ => vec![reason.to_string()],
            },
            Self::Answer(question) => vec![question.clone()],
        }
    }
}

impl From<String> for Missing {
    fn from(question: String) -> Self {
        Self::Answer(question)
    }
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn joined(missing: &[Missing]) -> String {
    let texts: Vec<_> = missing.iter().map(Missing::to_string).collect();
    texts.join("; ")
}

fn no_time(log: &Option<NoFailure>) -> String {
    match log {
        Some(NoFailure::NoLog) => {
            "the time of the failure is unknown; give it with --failed-at or --log".to_owned()
        }
        Some(reason) => format!("{reason}; give the time of the failure with --failed-at"),
        None => "the provisioning log has no timestamp before the failure; give the time with --failed-at".to_owned(),
    }
}
