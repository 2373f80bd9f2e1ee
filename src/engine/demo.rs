//! Incidents recorded by lxcdiag from real containers, inside the binary.

use crate::evidence::recording::Recording;

/// One incident that can be played back.
#[derive(Debug, Clone, Copy)]
pub struct Incident {
    /// Its name.
    pub name: &'static str,
    /// What happened, in a line.
    pub about: &'static str,
    text: &'static str,
}

/// All incidents. The first one is the default.
pub const INCIDENTS: &[Incident] = &[
    Incident {
        name: "late-push",
        about: "Race: the unit file arrived two seconds after systemd looked for it",
        text: include_str!("../../runbooks/tests/recordings/late-push-252.json"),
    },
    Incident {
        name: "directory-push",
        about: "No race: `pct push` of a directory failed with exit status 0",
        text: include_str!("../../runbooks/tests/recordings/directory-push-252.json"),
    },
    Incident {
        name: "healthy",
        about: "No fault: the unit was pushed, enabled and started",
        text: include_str!("../../runbooks/tests/recordings/healthy-252.json"),
    },
];

impl Incident {
    /// The incident with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        INCIDENTS.iter().find(|incident| incident.name == name)
    }

    /// Its recording. A test ensures that every one in the binary can be read.
    ///
    /// # Errors
    /// It is not valid.
    pub fn recording(&self) -> Result<Recording, serde_json::Error> {
        serde_json::from_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_incident_can_be_read() {
        for incident in INCIDENTS {
            let recording = incident.recording().unwrap();
            assert_eq!(
                recording.schema,
                crate::evidence::recording::SCHEMA,
                "{}",
                incident.name
            );
        }
    }
}
