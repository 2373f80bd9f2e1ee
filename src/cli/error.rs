//! Errors as the user sees them: a sentence and an exit code.

use std::fmt;

use crate::cli::exit_code::ExitCode;
use crate::error_chain;

/// What ends a command.
#[derive(Debug)]
pub(super) struct CliError {
    pub(super) code: ExitCode,
    message: String,
}

impl CliError {
    pub(super) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// An error with what it came from.
    pub(super) fn from_error(code: ExitCode, error: &dyn std::error::Error) -> Self {
        Self::new(code, error_chain(error))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
