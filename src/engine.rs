//! The one path of a diagnosis: prepare, execute, conclude.

pub mod demo;
pub mod execute;
pub mod ledger;
pub mod vars;
