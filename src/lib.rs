//! lxcdiag says why provisioning of a Proxmox VE container failed, and whether it was a race.
//!
//! The code is a chain of plain types, dependencies only down the chain:
//!
//! ```text
//! text → Runbook → (executor) → Recording → CheckResults → Verdict → Report → text → sink
//! ```

pub mod expression;
pub mod fact;
pub mod interval;
pub mod recording;
pub mod runbook;
