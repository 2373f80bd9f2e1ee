//! Errors as the user sees them: what failed, what to do next, and an exit status.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use crate::cli::exit_code::ExitCode;
use crate::constant_pattern::constant_pattern;
use crate::error_chain;
use crate::host::HostError;
use crate::runbook::{LookupError, RunbookErrors};
use crate::sweep::state_file::StateFileError;

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
            message: without_error_number(&message.into()),
            hint: None,
        }
    }

    /// An error with its sources.
    pub(super) fn from_error(code: ExitCode, error: &dyn std::error::Error) -> Self {
        Self::new(code, error_chain(error))
    }

    /// The same error with a hint: what to do next.
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// A message without `(os error 2)`, which the standard library appends to the reason.
pub(super) fn without_error_number(message: &str) -> String {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| constant_pattern(r" \(os error \d+\)"));
    NUMBER.replace_all(message, "").into_owned()
}

impl From<HostError> for CliError {
    fn from(error: HostError) -> Self {
        Self {
            hint: error.hint(),
            ..Self::from_error(ExitCode::Unavailable, &error)
        }
    }
}

impl From<RunbookErrors> for CliError {
    fn from(errors: RunbookErrors) -> Self {
        Self::from_error(ExitCode::BadInput, &errors)
    }
}

impl From<LookupError> for CliError {
    fn from(error: LookupError) -> Self {
        let code = match error {
            LookupError::Unknown { .. } => ExitCode::Usage,
            LookupError::Unreadable { .. } | LookupError::NotText(_) => ExitCode::BadInput,
        };
        Self::from_error(code, &error)
    }
}

impl From<StateFileError> for CliError {
    fn from(error: StateFileError) -> Self {
        let code = match error {
            StateFileError::Busy { .. } => ExitCode::Unavailable,
            StateFileError::Unusable { .. } => ExitCode::CannotWrite,
            StateFileError::Corrupt { .. } => ExitCode::BadInput,
        };
        Self::from_error(code, &error)
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
