//! The texts of unit files, and how systemd reads the part of one that is on disk.

use serde::{Deserialize, Serialize};

/// A text that a provisioning delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Text {
    /// One that can be enabled.
    Good,
    /// A later version of it, which can be enabled too.
    Changed,
    /// With carriage returns, which systemd accepts.
    CarriageReturns,
    /// Without an `[Install]` section.
    NoInstall,
    /// With a broken section header.
    BadHeader,
    /// Bytes that are no text.
    Binary,
    /// A neighbour's, `worker.service`.
    Neighbour,
    /// A package's, which has the unit's name as an alias.
    Aliased,
    /// An init script without a header, which is not a unit file.
    InitScript,
}

/// What systemd makes of a unit file's bytes (facts: state of the unit file).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Empty,
    BadMessage,
    InvalidArgument,
    NoInstall,
    Enableable,
}

const GOOD: &str = "[Unit]\nDescription=Embedding server\nAfter=network.target\n\n[Service]\nExecStart=/bin/sleep infinity\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n";
const CHANGED: &str = "[Unit]\nDescription=Embedding server\nAfter=network.target\n\n[Service]\nExecStart=/bin/sleep 86400\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n";
const RETURNS: &str = "[Unit]\r\nDescription=Embedding server\r\n\r\n[Service]\r\nExecStart=/bin/sleep infinity\r\n\r\n[Install]\r\nWantedBy=multi-user.target\r\n";
const NO_INSTALL: &str = "[Unit]\nDescription=Embedding server\nAfter=network.target\n\n[Service]\nExecStart=/bin/sleep infinity\nRestart=on-failure\n\n";
const BAD_HEADER: &str = "[Unit]\nDescription=Embedding server\nAfter=network.target\n\n[Service\nExecStart=/bin/sleep infinity\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n";
const NEIGHBOUR: &str = "[Unit]\nDescription=Worker\n\n[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n";
const ALIASED: &str = "[Unit]\nDescription=Embedding server\n\n[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\nAlias=embedding_server.service\n";
const BINARY: &[u8] = b"\xfe~\xb3kK\xd1\x9c\x80T\x85\xb6\xf1|\x1c\xee\xfa\x01\xd71\xb0Vr\x0fGgf\xb4Y\x9d\xc1<Y\xf0V\x13{";

impl Text {
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Good => GOOD.as_bytes(),
            Self::Changed => CHANGED.as_bytes(),
            Self::CarriageReturns => RETURNS.as_bytes(),
            Self::NoInstall => NO_INSTALL.as_bytes(),
            Self::BadHeader => BAD_HEADER.as_bytes(),
            Self::Binary => BINARY,
            Self::Neighbour => NEIGHBOUR.as_bytes(),
            Self::Aliased => ALIASED.as_bytes(),
            Self::InitScript => b"#!/bin/sh\n",
        }
    }
}

/// Where a text is cut when only a part of it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cut {
    /// Nothing is written.
    Empty,
    /// Within a section header.
    InHeader,
    /// Before `[Install]`.
    BeforeInstall,
}

impl Cut {
    /// How many bytes of a text that is.
    pub(super) fn length(self, text: Text) -> usize {
        let bytes = text.bytes();
        let of = |mark: &[u8]| bytes.windows(mark.len()).position(|part| part == mark);
        match self {
            Self::Empty => 0,
            Self::InHeader => of(b"[Ser").map_or(1, |at| at + 4),
            Self::BeforeInstall => of(b"\n[Install]").unwrap_or(bytes.len() / 2),
        }
    }
}

/// How systemd reads the bytes of a unit file.
pub(super) fn content(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Empty;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Content::InvalidArgument;
    };
    let lines = || text.lines().map(str::trim_end);
    if lines().any(|line| line.starts_with('[') && !line.ends_with(']')) {
        Content::BadMessage
    } else if lines().any(|line| line.starts_with("WantedBy=")) {
        Content::Enableable
    } else {
        Content::NoInstall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_reads_each_part_of_a_text_as_measured() {
        let read = |text: Text, cut: Cut| content(&text.bytes()[..cut.length(text)]);
        assert_eq!(read(Text::Good, Cut::Empty), Content::Empty);
        assert_eq!(read(Text::Good, Cut::InHeader), Content::BadMessage);
        assert_eq!(read(Text::Good, Cut::BeforeInstall), Content::NoInstall);
        assert_eq!(Text::Good.bytes().len(), 155);
        assert_eq!(Cut::InHeader.length(Text::Good), 62);
        let whole = |text: Text| content(text.bytes());
        assert_eq!(whole(Text::Good), Content::Enableable);
        assert_eq!(whole(Text::CarriageReturns), Content::Enableable);
        assert_eq!(whole(Text::NoInstall), Content::NoInstall);
        assert_eq!(whole(Text::BadHeader), Content::BadMessage);
        assert_eq!(whole(Text::Binary), Content::InvalidArgument);
    }
}
