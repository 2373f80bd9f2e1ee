//! lxcdiag finds out why provisioning of a Proxmox VE container failed, and whether it was a race condition.
//!
//! The code is a chain of plain types, dependencies only down the chain:
//!
//! ```text
//! text → Runbook → (execute) → Recording → CheckResults → Diagnosis → Report → text in a format
//! runbook          engine      evidence    judge          judge       report
//! ```
//!
//! Only `container` and `host` touch processes and the host, and `engine` calls them; everything
//! after the recording is a pure function of it. `redact` replaces the secrets in the recording and
//! the report before they are written. `cli` reads the command line and writes the output.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

#[allow(clippy::disallowed_methods, reason = "writes files")]
mod atomic_file;
pub mod audit;
mod bash_parser;
mod cache;
#[allow(clippy::disallowed_methods, reason = "reads and writes files")]
pub mod cli;
#[allow(clippy::disallowed_methods, reason = "reads the clock")]
mod clock;
mod constant_pattern;
#[allow(clippy::disallowed_methods, reason = "runs commands in containers")]
pub mod container;
#[allow(clippy::disallowed_methods, reason = "keeps recordings")]
pub mod engine;
pub mod evidence;
pub mod expression;
#[cfg(test)]
mod fixture;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
#[allow(clippy::disallowed_methods, reason = "keeps reports")]
mod history;
#[allow(clippy::disallowed_methods, reason = "reads the host's files")]
pub mod host;
#[allow(clippy::disallowed_methods, reason = "runs remedies")]
mod host_shell;
#[allow(clippy::disallowed_methods, reason = "reads files")]
mod input_file;
mod json;
pub mod judge;
mod nearest_name;
#[allow(clippy::disallowed_methods, reason = "creates directories and locks")]
mod private_directory;
pub mod redact;
pub mod report;
pub mod runbook;
mod shell_quote;
#[cfg(test)]
mod simulator;
pub mod sweep;
pub mod terminal_text;
#[allow(clippy::disallowed_methods, reason = "runs the traced command")]
pub mod trace;
#[allow(clippy::disallowed_methods, reason = "examines paths")]
mod trusted_path;

/// An error and its sources, in one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
