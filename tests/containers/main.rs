//! The built binary against real containers with a real systemd.
//!
//! Needs root on a Debian machine. `tests/run` runs these tests in parts: [`matrix`] (every incident on every
//! systemd), [`units`] (units that fail in many ways), [`fleet`] (sweeps over forty containers), and the rest. They set up the [`lab`] and leave it up for the
//! next time; `tests/lab/lab down` removes it. LXCDIAG_TEST_FIRST_CT names another first container ID.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod audit;
mod auto;
mod bad_input;
mod broken;
mod canary;
mod commands;
mod descriptors;
mod docs;
mod endings;
mod expected;
mod faults;
mod fix;
mod fleet;
mod from_node;
mod frozen;
mod harmless;
mod harmless_start;
mod health;
mod hostile;
mod inputs;
mod isolation;
mod lab;
mod losses;
mod lxcdiag;
mod matrix;
mod names;
mod nodes;
mod others;
mod processes;
mod proven;
mod race_risk;
mod remedies;
mod start;
mod subjects;
mod trace;
mod unit_remedies;
mod units;
mod untouched;
mod verdicts;
#[path = "../harness/wait.rs"]
mod wait;
