//! The HTML report in a real browser: Debian's chromium, without a screen. tests/run runs it if chromium is installed.
//!
//! Screenshots are kept in cargo's directory for tests (target/tmp/browser).

// A test stops at the first error.
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
