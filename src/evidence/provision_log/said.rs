//! What a failed command said about the unit.

use super::{FailureKind, LoggedFailure};

/// The state of the unit that a message of `systemctl` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// systemd found no unit file that it can read.
    Absent,
    /// The unit was masked; an empty file counts as masked.
    Masked,
    /// systemd could not parse the unit file.
    Malformed,
    /// A directory was in its place.
    Directory,
    /// systemd could not be asked.
    NotReady,
    /// The unit directory could not be written.
    NotWritable,
    /// systemd refused to enable the unit, or a program that it calls did.
    Refused,
    /// Something else.
    Other,
}

/// Parts of messages, and the state that each of them shows. The first that occurs counts.
const MESSAGES: &[(&str, Said)] = &[
    ("Refusing to operate", Said::Refused),
    ("already exists", Said::Refused),
    ("Too many levels of symbolic links", Said::Refused),
    ("update-rc.d: error", Said::Refused),
    ("linked unit file", Said::Refused),
    ("unresolvable alias", Said::Refused),
    ("Link has been severed", Said::Refused),
    ("transient or generated", Said::Refused),
    ("is masked", Said::Masked),
    ("Bad message", Said::Malformed),
    ("Invalid argument", Said::Malformed),
    ("bad unit file setting", Said::Malformed),
    ("bad-setting", Said::Malformed),
    ("Is a directory", Said::Directory),
    ("Read-only file system", Said::NotWritable),
    ("No space left on device", Said::NotWritable),
    ("does not exist", Said::Absent),
    ("not found", Said::Absent),
    ("not be found", Said::Absent),
    ("No such file or directory", Said::Absent),
];

impl Said {
    /// What a logged failure shows.
    pub fn of(failure: &LoggedFailure) -> Self {
        if failure.kind == FailureKind::NotReady {
            return Self::NotReady;
        }
        let found = MESSAGES
            .iter()
            .find(|(part, _)| failure.text.contains(part));
        found.map_or(Self::Other, |(_, said)| *said)
    }

    /// Whether systemd answered the command.
    pub const fn is_answer(self) -> bool {
        !matches!(self, Self::NotReady | Self::Other)
    }

    /// Its name in expressions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Masked => "masked",
            Self::Malformed => "malformed",
            Self::Directory => "directory",
            Self::NotReady => "not_ready",
            Self::NotWritable => "not_writable",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }
}
