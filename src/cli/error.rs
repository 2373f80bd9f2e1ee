//! Errors as the user sees them: what failed, what to do next, and an exit status.

use std::fmt;

use crate::cli::exit_code::ExitCode;
use crate::error_chain;
use crate::host::HostError;

/// An error that ends a command.
#[derive(Debug)]
pub(super) struct CliError {
    pub(super) code: ExitCode,
    message: String,
    hint: Option<String>,
}

impl CliError {
    pub(super) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// An error with its sources.
    pub(super) fn from_error(code: ExitCode, error: &dyn std::error::Error) -> Self {
        Self::new(code, error_chain(error))
    }

    /// The host cannot be read.
    pub(super) fn from_host_error(error: &HostError) -> Self {
        Self {
            hint: error.hint(),
            ..Self::from_error(ExitCode::Unavailable, error)
        }
    }

    /// The same error with a hint: what to do next.
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}
