//! A runbook's text and where it came from.

use super::error::{Position, RunbookErrors};
use super::path::Path;

/// The longest text that is taken for a runbook, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A runbook's text, not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What messages call it: its path, or `race-condition (built in)`.
    pub name: String,
    /// The whole of it.
    pub text: String,
    /// It is inside the binary, and the tests have found nothing wrong with it: that need not be
    /// looked for again, which takes a quarter of the time that a run takes to begin.
    pub built_in: bool,
}

impl Source {
    /// Takes bytes for text.
    ///
    /// # Errors
    /// More than [`MAX_BYTES`], or not UTF-8; the message names the first bad byte's place.
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
                    format!("the byte 0x{value:02x} is not UTF-8; save the file as UTF-8 text"),
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
    String::from("longer than 1 MiB; is it the right file?")
}
