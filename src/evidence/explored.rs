//! A diagnosis with several runbooks, as the recording of the one that it settled on keeps it.

use serde::{Deserialize, Serialize};

use super::recording::Recording;

/// The other runs in the container, and why each was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Explored {
    /// The number of this recording's run among all runs.
    pub number: usize,
    /// Why this one was made.
    pub origin: Origin,
    /// The others, in their order.
    pub others: Vec<OtherRun>,
    /// The runbooks that were not run, and why.
    pub not_run: Vec<NotLookedAt>,
    /// The options of commands that reach the same container.
    pub options: Vec<String>,
}

/// Another run in the same container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherRun {
    /// Why it was made.
    pub origin: Origin,
    /// Its recording.
    pub recording: Recording,
}

/// Why a runbook was run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The names of the vars that it was run with.
    pub vars: Vec<String>,
    /// Whether it is about what the user points at.
    pub pointed_at: bool,
    /// Its place among all runs, as in an outline.
    pub place: Vec<usize>,
    /// The hypotheses whose cause it finds, each with the number of its run.
    pub causes_of: Vec<(usize, String)>,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotLookedAt {
    /// The runbook, or the title of a check.
    pub what: String,
    /// Why.
    pub why: String,
}
