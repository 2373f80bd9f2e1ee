//! The path that every diagnosis takes.
//!
//! ```text
//! Request → Plan → (execute over a backend) → Recording → Conclusion
//! ```
//!
//! [`diagnose`] runs all steps for one container; a recording starts at [`conclude`]. [`plan`] decides
//! what to run, and [`policy`] alone whether the container may be changed.

pub mod backend;
pub mod conclude;
pub mod demo;
pub mod diagnose;
pub mod execute;
mod identify;
pub mod ledger;
pub mod plan;
pub mod policy;
pub mod stop;
pub mod vars;

pub use identify::PROBE;
