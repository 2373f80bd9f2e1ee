//! One runbook over many containers at once.
//!
//! [`selection`] chooses the containers, [`engine`] visits them, a [`row`] is what was found in each, and
//! [`state`] compares that with the last sweep.

#[cfg(test)]
mod fixture;
pub(crate) mod next;
pub mod problem;
pub mod report;
pub mod row;
pub(crate) mod schedule;
pub mod selection;
pub mod state;
#[allow(clippy::disallowed_methods, reason = "keeps the state between sweeps")]
pub(crate) mod state_file;
pub(crate) mod stopped;
pub(crate) mod visit;
pub(crate) mod waivers;
