//! The HTML report as a parser sees it. tests/browser has the tests in a browser.

// A test stops at the first error.
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
