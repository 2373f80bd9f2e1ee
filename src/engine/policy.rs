//! Whether checks that change the container may run. Decided here alone, for every command.

use crate::runbook::Check;

/// Whether the container may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangePolicy {
    /// The user allows changes.
    Allowed,
    /// The user has not been asked yet.
    Unasked,
    /// The user does not. The reason, such as `--read-only is given`.
    Declined(&'static str),
    /// The container has this lock.
    Locked(String),
}

impl ChangePolicy {
    /// The policy for a container with this lock, if it has one. A change that the user declined keeps
    /// that reason.
    #[must_use]
    pub fn with_lock(&self, lock: Option<&str>) -> Self {
        match (self, lock) {
            (Self::Allowed | Self::Unasked, Some(lock)) => Self::Locked(lock.to_owned()),
            _ => self.clone(),
        }
    }

    /// Whether the user has not allowed any change.
    pub const fn is_read_only(&self) -> bool {
        matches!(self, Self::Declined(_) | Self::Unasked)
    }

    /// Why a check must not run; none if it may.
    pub fn refusal(&self, check: &Check) -> Option<String> {
        match self {
            _ if !check.changes => None,
            Self::Allowed => None,
            Self::Unasked => Self::Declined("--allow-changes is not given").refusal(check),
            Self::Declined(why) => Some(format!("it changes the container, and {why}")),
            Self::Locked(lock) => Some(format!(
                "it changes the container: the container is locked ({lock})"
            )),
        }
    }
}
