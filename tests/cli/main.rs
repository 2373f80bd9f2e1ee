//! The command line as its users meet it: stdout, stderr and exit status in one snapshot.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod audit;
mod authoring;
mod auto;
mod compare;
mod config;
mod consent;
mod descriptors;
mod diagnose;
mod doctor;
mod environment;
mod files;
mod fix;
mod habits;
mod history;
mod hostile_files;
mod inputs;
mod interrupted;
mod kept;
mod memory;
mod monitoring;
mod newcomer;
mod old_recordings;
mod parity;
mod recordings;
mod redacted;
mod refused;
mod remedies;
mod runbooks;
mod script;
mod start_failed;
mod streams;
mod sweep_complete;
mod sweep_next;
mod sweep_outputs;
mod sweep_state;
mod sweeps;
mod targets;
mod trace;
mod unit;
mod usage;
#[path = "../harness/wait.rs"]
mod wait;
