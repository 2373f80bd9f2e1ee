//! The HTML report as a parser sees it. What a browser makes of it is in tests/browser.

// Written to be read, not reused: what goes wrong in a test is to stop it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod access;
mod content;
mod hostile;
mod page;
mod picture;
mod reports;
mod safety;
mod sweep_page;
mod sweeps;
