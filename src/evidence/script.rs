//! What the audit of a provisioning script found, as evidence on one container. Plain data.

use serde::{Deserialize, Serialize};

use crate::evidence::provision_log::{Place, is_template_of};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Whenever the line runs, it fails or does nothing.
    Error,
    /// It can fail, or its failure goes unseen.
    Warning,
    /// Harmless as it stands.
    Note,
}

impl Severity {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A finding in the script that provisions the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptFinding {
    /// Its file and line.
    pub place: Place,
    /// The rule of the audit.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What happens, and why.
    pub message: String,
    /// The units that it concerns; absent if it may concern any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Vec<String>>,
}

impl ScriptFinding {
    /// Whether it may concern a unit.
    pub fn concerns(&self, unit: &str) -> bool {
        let is_named = |name: &String| name == unit || is_template_of(name, unit);
        self.units
            .as_ref()
            .is_none_or(|units| units.iter().any(is_named))
    }
}
