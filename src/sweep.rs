//! One runbook over many containers at once.
//!
//! Which containers is [`selection`]'s to say, what was found in each is a [`row`], what differs
//! from the last sweep is [`memory`]'s to know. All of that is pure; [`engine`] visits the containers.

pub mod engine;
pub mod memory;
pub mod report;
pub mod row;
pub mod selection;
pub mod store;
pub mod visit;
pub mod waivers;
