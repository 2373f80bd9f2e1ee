//! The built binary against real containers with a real systemd: what a user relies on.
//!
//! Wants root on a Debian machine; `tests/run` starts it where that is so, `cargo test --test containers` does at any
//! time. The [`lab`] that it sets up stays up for the next time: `tests/lab/lab down`.

// Written to be read, not reused: what goes wrong in a test is to stop it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bad_input;
mod commands;
mod descriptors;
mod docs;
mod endings;
mod expected;
mod frozen;
mod isolation;
mod lab;
mod losses;
mod lxcdiag;
mod nodes;
mod processes;
mod remedies;
mod scenarios;
mod untouched;
mod verdicts;
