//! Runbooks: text in, a checked [`Runbook`] out.
//!
//! [`Library`] finds a runbook's text by name, and is the only part here that touches files.
//! [`read`] makes a [`Runbook`] of it in three steps, each of which can refuse it with
//! `file:line:column`: YAML as a tree, the tree as types, and then what the types cannot say.

mod command;
pub mod dependencies;
mod describe;
mod error;
#[allow(clippy::disallowed_methods, reason = "finds runbooks in directories")]
mod library;
mod model;
mod path;
pub mod pattern;
mod printable;
mod read;
pub mod scope_names;
mod shape;
mod source;
mod spot;
mod validate;
mod yaml;
mod yaml_error;

pub use describe::describe;
pub use error::{Position, RunbookError, RunbookErrors};
pub use library::{BuiltIn, Entry, Library, LookupError, Origin};
pub use model::*;
pub use read::read;
pub(crate) use read::read_as;
pub use source::{MAX_BYTES, Source};
pub use validate::{ValueError, check_value};
