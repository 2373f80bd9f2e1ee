//! A runbook's text and where it came from.

use super::error::{Position, RunbookErrors};
use super::path::Path;

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
    /// SHA-256 of the text, in hexadecimal.
    pub fn sha256(&self) -> String {
        use sha2::Digest as _;
        base16ct::lower::encode_string(&sha2::Sha256::digest(&self.text))
    }
}

/// The message for a text over [`MAX_BYTES`].
pub(super) fn too_long() -> String {
    String::from("the file is larger than 1 MiB\nhint: check that it is the right file")
}
