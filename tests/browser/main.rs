//! The HTML report in a real browser: Debian's chromium, without a screen. tests/run starts it where chromium is.
//!
//! What it saw is kept as pictures in the directory that cargo gives to tests (target/tmp/browser).

// Written to be read, not reused: what goes wrong in a test is to stop it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod chromium;
mod control;
mod hostile_page;
mod layout;
mod paper;
mod sweep_page;
mod tab;

#[path = "../html/hostile.rs"]
mod hostile;
#[path = "../html/reports.rs"]
#[allow(dead_code, reason = "of another test; not all of it is wanted here")]
mod reports;
#[path = "../html/sweeps.rs"]
mod sweeps;
