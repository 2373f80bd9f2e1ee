//! Which runbook to run next, as plain data.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::expression::Condition;

/// A runbook that examines more closely what was found.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with `run:` and optionally `if:`, `for_each:`, `vars:`"
)]
pub struct NextSpec {
    /// The name of the runbook.
    pub run: String,
    /// It is run only if this holds.
    #[serde(rename = "if", default)]
    pub condition: Option<Condition>,
    /// An expression for a list. The runbook is run once for each `item` of it.
    #[serde(default)]
    pub for_each: Option<String>,
    /// The vars that are set, each a template.
    #[serde(default)]
    pub vars: IndexMap<String, String>,
}
