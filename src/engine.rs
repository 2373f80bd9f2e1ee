//! The one path of a diagnosis, whoever asks for it.
//!
//! ```text
//! Request → Plan → (execute over a backend) → Recording → Conclusion
//! ```
//!
//! [`diagnose`] goes the whole way for one container; a recording starts at [`conclude`]. What is to
//! be done is decided once, in [`plan`]; whether the container may be changed, in [`policy`] alone.

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
