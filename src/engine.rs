//! The path that every diagnosis takes.
//!
//! ```text
//! Request → Plan → (execute over a backend) → Recording → Conclusion
//! ```
//!
//! [`diagnose`] runs all steps for one container; a recording starts at [`conclude`]. [`plan`] decides
//! what to run, and [`policy`] alone whether the container may be changed.

pub(crate) mod backend;
mod canary;
pub(crate) mod conclude;
pub(crate) mod consent;
pub mod demo;
pub(crate) mod diagnose;
mod evaluator;
pub(crate) mod execute;
mod identify;
pub(crate) mod ledger;
pub(crate) mod plan;
pub(crate) mod policy;
mod settle;
pub(crate) mod several;
pub(crate) mod stop;
pub(crate) mod unevaluated;
pub(crate) mod unit;
pub(crate) mod vars;

pub(crate) use identify::PROBE;
