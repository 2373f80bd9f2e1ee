//! A runbook's text and where it came from.

use super::error::{Position, RunbookErrors};
use super::path::Path;
use crate::evidence::recording::RecordedRunbook;

/// The maximum size of a runbook, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A runbook's text, not yet parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name in messages: its path, or `race-condition (built in)`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// It is part of the binary. The tests validate it, and a run does not validate it again: that
    /// takes a quarter of the startup time.
    pub built_in: bool,
    /// The parts that it includes.
    pub parts: Vec<Part>,
}

/// A file whose entries a runbook includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name in the runbook.
    pub name: String,
    /// Its text; it includes nothing.
    pub source: Source,
}

impl Source {
    /// Reads bytes as text.
    ///
    /// # Errors
    /// The bytes are more than [`MAX_BYTES`], or not UTF-8.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, RunbookErrors> {
        let whole = Path::default();
        if bytes.len() > MAX_BYTES {
            return Err(RunbookErrors::one(name, None, &whole, too_long()));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                name: name.to_owned(),
                text: text.to_owned(),
                built_in: false,
                parts: Vec::new(),
            }),
            Err(error) => {
                let byte = error.valid_up_to();
                let value = bytes.get(byte).copied().unwrap_or_default();
                Err(RunbookErrors::one(
                    name,
                    Some(Position::of_byte(bytes, byte)),
                    &whole,
                    format!("invalid UTF-8: byte 0x{value:02x}\nhint: save the file as UTF-8"),
                ))
            }
        }
    }
}

impl Source {
    /// SHA-256 of the text and of the parts that it includes, in hexadecimal.
    pub fn sha256(&self) -> String {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new_with_prefix(&self.text);
        for part in &self.parts {
            hash.update(&part.source.text);
        }
        base16ct::lower::encode_string(&hash.finalize())
    }
}

impl Source {
    /// A runbook as recordings contain it.
    pub fn recorded(&self, id: &str) -> RecordedRunbook {
        let parts = self.parts.iter();
        RecordedRunbook {
            id: id.to_owned(),
            sha256: self.sha256(),
            text: self.text.clone(),
            parts: parts
                .map(|part| (part.name.clone(), part.source.text.clone()))
                .collect(),
            redacted: false,
        }
    }

    /// The runbook in a recording.
    pub fn of_recorded(recorded: &RecordedRunbook) -> Self {
        let source = |what: &str, text: &str| Self {
            name: format!("the {what} in the recording"),
            text: text.to_owned(),
            built_in: false,
            parts: Vec::new(),
        };
        let parts = recorded.parts.iter().map(|(name, text)| Part {
            name: name.clone(),
            source: source(&format!("part {name}"), text),
        });
        Self {
            parts: parts.collect(),
            ..source(&format!("runbook {}", recorded.id), &recorded.text)
        }
    }
}

/// The message for a text over [`MAX_BYTES`].
pub(super) fn too_long() -> String {
    String::from("the file is larger than 1 MiB\nhint: check that it is the right file")
}
