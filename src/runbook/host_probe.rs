//! The probes of the host that a check can name.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The host probes. They only read, and run no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostProbe {
    /// The container's state, lock and configuration.
    Container,
    /// The node's name and software versions.
    Node,
    /// The tasks of these types in the host's log for the container; all types if empty.
    Tasks(Vec<String>),
    /// The size and SHA-256 of a file on the host; its path is a template.
    Source(String),
    /// The container's last start.
    LastStart,
    /// What the container's configuration names on the host, and its image.
    Configuration,
    /// The container's last backup, and the job that makes them.
    Backups,
}

impl fmt::Display for HostProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container => f.write_str("host: status, lock and configuration of the container"),
            Self::Node => f.write_str("host: name and versions of the node"),
            Self::Tasks(types) if types.is_empty() => f.write_str("host: task log"),
            Self::Tasks(types) => write!(f, "host: task log ({})", types.join(", ")),
            Self::Source(path) => write!(f, "host: size and SHA-256 of {path}"),
            Self::LastStart => f.write_str("host: last start of the container"),
            Self::Configuration => f.write_str("host: what the configuration names"),
            Self::Backups => f.write_str("host: backups of the container"),
        }
    }
}

impl<'de> Deserialize<'de> for HostProbe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ProbeVisitor;
        const PROBES: &[&str] = &[
            "container",
            "node",
            "tasks",
            "source",
            "last_start",
            "configuration",
            "backups",
        ];

        impl<'de> Visitor<'de> for ProbeVisitor {
            type Value = HostProbe;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "`container`, `node`, `tasks: [TYPE…]`, `source: PATH`, `last_start`, `configuration` or `backups`",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HostProbe, E> {
                match text {
                    "container" => Ok(HostProbe::Container),
                    "node" => Ok(HostProbe::Node),
                    "tasks" => Ok(HostProbe::Tasks(Vec::new())),
                    "last_start" => Ok(HostProbe::LastStart),
                    "configuration" => Ok(HostProbe::Configuration),
                    "backups" => Ok(HostProbe::Backups),
                    "source" => Err(E::custom(
                        "`source` requires a path\nhint: write `source: PATH`",
                    )),
                    other => Err(E::unknown_variant(other, PROBES)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HostProbe, A::Error> {
                let probe = match map.next_key::<String>()?.as_deref() {
                    Some("tasks") => HostProbe::Tasks(map.next_value()?),
                    Some("source") => HostProbe::Source(map.next_value()?),
                    Some(other) => {
                        return Err(de::Error::unknown_field(other, &["tasks", "source"]));
                    }
                    None => {
                        return Err(de::Error::custom(
                            "the mapping is empty\nhint: write `container`, `node`, `tasks` or `source: PATH`",
                        ));
                    }
                };
                match map.next_key::<String>()? {
                    None => Ok(probe),
                    Some(_) => Err(de::Error::custom(
                        "a check can have only one host probe\nhint: split it into two",
                    )),
                }
            }
        }

        deserializer.deserialize_any(ProbeVisitor)
    }
}
