//! The ID of a container.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The ID of a container: 100 to 999999999, as Proxmox VE allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ContainerId(u32);

/// Something that no container can have as its ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a container ID: expected a number from 100 to 999999999")]
pub struct InvalidContainerId(String);

impl TryFrom<u32> for ContainerId {
    type Error = InvalidContainerId;

    fn try_from(number: u32) -> Result<Self, InvalidContainerId> {
        match number {
            100..=999_999_999 => Ok(Self(number)),
            _ => Err(InvalidContainerId(number.to_string())),
        }
    }
}

impl FromStr for ContainerId {
    type Err = InvalidContainerId;

    /// Reads an ID as Proxmox VE does: no sign, no leading zero.
    fn from_str(text: &str) -> Result<Self, InvalidContainerId> {
        text.parse()
            .ok()
            .filter(|_| text.starts_with(|c| matches!(c, '1'..='9')))
            .and_then(|number: u32| Self::try_from(number).ok())
            .ok_or_else(|| InvalidContainerId(text.to_owned()))
    }
}

impl From<ContainerId> for u32 {
    fn from(ContainerId(number): ContainerId) -> Self {
        number
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_proxmox_ve_accepts_is_an_id() {
        for text in ["100", "958", "999999999"] {
            assert_eq!(text.parse::<ContainerId>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "99",
            "1000000000",
            "99999999999",
            "0958",
            "+958",
            "-958",
            " 958",
            "958 ",
            "abc",
            "0x3be",
        ] {
            assert_eq!(
                text.parse::<ContainerId>().unwrap_err().to_string(),
                format!("`{text}` is not a container ID: expected a number from 100 to 999999999")
            );
        }
    }

    #[test]
    fn in_json_an_id_is_a_number_and_must_be_valid() {
        let ct: ContainerId = serde_json::from_str("958").unwrap();
        assert_eq!(serde_json::to_string(&ct).unwrap(), "958");
        let by_id = std::collections::BTreeMap::from([(ct, true)]);
        let text = serde_json::to_string(&by_id).unwrap();
        assert_eq!(text, r#"{"958":true}"#);
        assert_eq!(
            serde_json::from_str::<std::collections::BTreeMap<ContainerId, bool>>(&text).unwrap(),
            by_id
        );
        for invalid in ["99", "\"958\"", "958.0", "-958", "1000000000"] {
            assert!(
                serde_json::from_str::<ContainerId>(invalid).is_err(),
                "{invalid}"
            );
        }
    }
}
