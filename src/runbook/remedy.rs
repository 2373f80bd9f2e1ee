//! What to do if a hypothesis is true, as plain data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expression::Condition;

/// One way to repair a container, or to remove the cause. All texts are templates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `fix:`, `title:`, `commands:` and `changes:`"
)]
pub struct RemedySpec {
    /// What it fixes.
    #[serde(rename = "fix")]
    pub kind: RemedyKind,
    /// It is shown only if this holds.
    #[serde(rename = "if", default)]
    pub condition: Option<Condition>,
    /// What must be true and only the user can know, such as "the unit was not masked on purpose".
    #[serde(default)]
    pub only_if: Option<String>,
    /// What to do, in a sentence or two.
    pub title: String,
    /// A script for a shell of the host, ready to paste. Without it, the title says it all.
    #[serde(default)]
    pub commands: Option<String>,
    /// What the commands change.
    #[serde(default)]
    pub changes: Option<String>,
}

/// What a remedy fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RemedyKind {
    /// This container.
    Now,
    /// The cause: the script, the image or the host.
    Cause,
}

impl RemedyKind {
    /// The kind as a heading.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Now => "Fix now",
            Self::Cause => "Fix the cause",
        }
    }
}
