//! What is kept of an output stream.

use serde::{Deserialize, Serialize};

use crate::json::escaped_length;

/// One output stream of a command: its head and tail, without the middle if it is long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The first bytes.
    #[serde(with = "bytes")]
    pub head: Vec<u8>,
    /// How many bytes were dropped between head and tail.
    pub dropped: u64,
    /// The last bytes; empty if nothing was dropped.
    #[serde(with = "bytes")]
    pub tail: Vec<u8>,
    /// How many bytes the command wrote, if secrets were removed from the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<u64>,
}

impl Output {
    /// How many bytes the command wrote.
    pub fn total_bytes(&self) -> u64 {
        self.written
            .unwrap_or(self.head.len() as u64 + self.dropped + self.tail.len() as u64)
    }

    /// Whether its middle was dropped.
    pub const fn is_cut(&self) -> bool {
        self.dropped > 0
    }

    /// How long the kept bytes are in a report.
    pub fn escaped_bytes(&self) -> usize {
        escaped_bytes(&self.head) + escaped_bytes(&self.tail)
    }

    /// Drops so much of the middle that head and tail are at most this long in a report.
    pub fn shorten(&mut self, head: usize, tail: usize) {
        if self.dropped == 0 {
            self.head.append(&mut self.tail);
            if escaped_bytes(&self.head) <= head + tail {
                return;
            }
            self.tail = self.head.split_off(prefix(&self.head, head));
        }
        let kept = prefix(&self.head, head);
        let begin = self.tail.len() - suffix(&self.tail, tail);
        self.dropped += (self.head.len() - kept + begin) as u64;
        self.head.truncate(kept);
        self.tail.drain(..begin);
    }

    /// Whether [`Self::text`] is the unchanged output.
    pub fn is_text(&self) -> bool {
        self.dropped == 0 && self.tail.is_empty() && std::str::from_utf8(&self.head).is_ok()
    }

    /// The output as text: invalid UTF-8 replaced, with a note in place of what was dropped.
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.dropped > 0 {
            text.push_str(&format!("\n[… {} bytes dropped …]\n", self.dropped));
        }
        text.push_str(&String::from_utf8_lossy(&self.tail));
        text
    }
}

/// The lengths of the characters, in bytes and in a report. What is not UTF-8 becomes U+FFFD there.
fn lengths(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let invalid = chunk.invalid().len();
        let replaced = (invalid > 0).then_some((invalid, '\u{fffd}'.len_utf8()));
        let valid = chunk.valid().chars();
        valid
            .map(|c| (c.len_utf8(), escaped_length(c)))
            .chain(replaced)
    })
}

fn escaped_bytes(bytes: &[u8]) -> usize {
    lengths(bytes).map(|(_, escaped)| escaped).sum()
}

/// How many of the first bytes are at most `most` long in a report.
fn prefix(bytes: &[u8], most: usize) -> usize {
    let mut escaped = 0;
    let fits = |(_, length): &(usize, usize)| {
        escaped += length;
        escaped <= most
    };
    lengths(bytes)
        .take_while(fits)
        .map(|(length, _)| length)
        .sum()
}

/// How many of the last bytes are at most `most` long in a report.
fn suffix(bytes: &[u8], most: usize) -> usize {
    let mut over = escaped_bytes(bytes).saturating_sub(most);
    let skipped: usize = lengths(bytes)
        .take_while(|(_, escaped)| {
            let is_over = over > 0;
            over = over.saturating_sub(*escaped);
            is_over
        })
        .map(|(length, _)| length)
        .sum();
    bytes.len() - skipped
}

/// Bytes in JSON: a string if they are UTF-8, otherwise `{"base64": "…"}`.
mod bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::{Error as _, MapAccess, Visitor};
    use serde::ser::SerializeMap;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &STANDARD.encode(bytes))?;
                map.end()
            }
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        struct BytesVisitor;

        impl<'de> Visitor<'de> for BytesVisitor {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string, or `{\"base64\": …}`")
            }
            fn visit_str<E>(self, text: &str) -> Result<Vec<u8>, E> {
                Ok(text.as_bytes().to_vec())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<u8>, A::Error> {
                match map.next_entry::<String, String>()? {
                    Some((key, text)) if key == "base64" => {
                        STANDARD.decode(text).map_err(A::Error::custom)
                    }
                    _ => Err(A::Error::custom("expected a string, or `{\"base64\": …}`")),
                }
            }
        }

        deserializer.deserialize_any(BytesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_json_exactly() {
        let output = Output {
            head: vec![0, b'a', 0xff, 0x1b],
            dropped: 7,
            tail: "é\u{202e}".as_bytes().to_vec(),
            written: None,
        };
        let json = serde_json::to_string(&output).unwrap();
        assert_eq!(serde_json::from_str::<Output>(&json).unwrap(), output);
        assert_eq!(output.total_bytes(), 4 + 7 + 5);
    }

    #[test]
    fn escapes_count_as_long_as_they_are_in_a_report() {
        let mut output = Output {
            head: b"ab\x1b\x1b\x1bc".to_vec(),
            dropped: 3,
            tail: b"c\x1b\x1bde".to_vec(),
            ..Output::default()
        };
        assert_eq!(output.escaped_bytes(), 2 + 3 * 6 + 1 + 1 + 2 * 6 + 2);
        output.shorten(15, 8);
        assert_eq!(output.head, b"ab\x1b\x1b");
        assert_eq!(output.tail, b"\x1bde");
        assert_eq!((output.dropped, output.total_bytes()), (7, 14));
    }

    #[test]
    fn an_output_that_fits_is_kept_whole() {
        let bytes = [b'a', 0xff, 0x1b, 0xe2, 0x80];
        let mut output = Output {
            head: bytes.to_vec(),
            ..Output::default()
        };
        output.shorten(5, 8);
        assert_eq!(output.head, bytes);
        assert_eq!(output.dropped, 0);
    }
}
