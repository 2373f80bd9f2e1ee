//! Runbooks: text in, a checked [`Runbook`] out.

mod model;

pub use model::*;
