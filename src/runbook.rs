//! Runbooks: from text to a validated [`Runbook`].
//!
//! [`Library`] finds the text of a runbook by name; only it reads files. [`read`] parses the text in three
//! steps, each of which reports errors as `file:line:column`: text to YAML values, values to types, and
//! validation of what types cannot express.

mod command;
pub mod dependencies;
mod describe;
mod error;
mod facts_read;
mod host_probe;
mod include;
mod json_schema;
#[allow(clippy::disallowed_methods, reason = "finds runbooks in directories")]
mod library;
mod lint;
mod mermaid;
mod model;
mod next;
mod outline;
mod path;
pub mod pattern;
mod printable;
mod read;
mod remedy;
pub mod scope_names;
mod shape;
mod shared_remedies;
mod source;
mod spot;
mod suite_edit;
mod validate;
mod yaml;
mod yaml_error;

pub use command::CANARY;
pub use describe::describe;
pub use error::{Position, RunbookError, RunbookErrors};
pub use host_probe::HostProbe;
pub use json_schema::json_schema;
#[cfg(test)]
pub(crate) use library::built_in;
pub use library::{Entry, Library, LookupError, Name, Origin, is_path, read_runbook, runbooks_in};
pub use lint::{Lint, lint};
pub use mermaid::mermaid;
pub use model::*;
pub use next::NextSpec;
pub use outline::{Outline, outline};
pub use read::read;
pub(crate) use read::{read_as, read_with_lines};
pub use remedy::{RemedyKind, RemedySpec};
pub use source::{MAX_BYTES, Part, Source};
pub use suite_edit::{SuiteChange, changed_suite};
pub use validate::{ValueError, check_value, is_dashed as is_runbook_name};
