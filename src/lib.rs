//! lxcdiag says why provisioning of a Proxmox VE container failed, and whether it was a race.
//!
//! The code is a chain of plain types, dependencies only down the chain:
//!
//! ```text
//! text → Runbook → (collect) → Recording → Findings → Diagnosis → Report → text in a format
//! runbook          collect     recording   findings   judge       report
//! ```
//!
//! `redact` takes the secrets out of the recording and the report, before these leave.
//!
//! Only `collect` and what it stands on (`executor`, `transport`, `host`, and `link` for another
//! node's) touch processes and the host; everything after the recording is a pure function of it.
//! `cli` reads the command line, puts the chain together and writes its end.

pub mod bundle;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod demo;
pub mod dependencies;
pub mod diff;
pub mod executor;
pub mod exit_code;
pub mod expectation;
pub mod expression;
pub mod fact;
pub mod findings;
#[cfg(test)]
mod fixture;
pub mod history;
pub mod host;
pub mod interval;
pub mod json;
pub mod judge;
pub mod link;
pub mod names;
pub mod plan;
pub mod provision_log;
pub mod recording;
pub mod redact;
pub mod report;
pub mod runbook;
pub mod sweep;
pub mod transport;
pub mod vars;
pub mod visible;
pub mod whole_file;

/// An error and what it came from, in one line.
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
