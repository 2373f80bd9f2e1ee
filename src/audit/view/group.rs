//! Groups of events: a rule looks through those that can answer its question, and most can answer none.

use super::super::event::{Event, EventKind};

/// Events that a rule looks for.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) enum Group {
    /// They may bring a unit, or something was not followed.
    Bringing,
    /// Calls of systemctl.
    Systemctl,
    /// Calls into a container, delays, and what changes whether a container runs.
    Contact,
    /// What a background job may still run beside, and what ends it.
    Waiting,
}

impl Group {
    pub(super) const ALL: [Self; 4] = [
        Self::Bringing,
        Self::Systemctl,
        Self::Contact,
        Self::Waiting,
    ];

    /// Whether an event is of the group.
    pub(super) fn has(self, event: &Event) -> bool {
        use EventKind::{
            Command, Created, Directory, Exec, Mounted, Packages, Push, Sleep, Started, Stopped,
            Systemctl, Unknown, Wait, Write,
        };
        match &event.kind {
            Push(_) | Created { .. } | Unknown => matches!(self, Self::Bringing | Self::Contact),
            Packages(_) | Write(_) | Directory(_) => matches!(self, Self::Bringing),
            Systemctl(_) => !matches!(self, Self::Bringing),
            Started(_) | Stopped(_) | Mounted(_) | Exec(_) | Sleep { .. } => {
                matches!(self, Self::Contact)
            }
            Wait(_) => matches!(self, Self::Waiting),
            Command(words) => match self {
                Self::Contact => words.first().is_some_and(|word| is_contact(word.as_str())),
                Self::Waiting => event.polling,
                Self::Bringing | Self::Systemctl => false,
            },
            EventKind::LostVariable { .. } | EventKind::EarlyVariable { .. } => {
                matches!(self, Self::Bringing)
            }
        }
    }
}

/// Programs of the host that wait for a container or mount its root.
fn is_contact(program: &str) -> bool {
    matches!(program, "lxc-wait" | "mount")
}
