//! What is refused before the YAML library sees it, because it would not refuse it, or not soon.

use super::error::Position;

/// Brackets open at once, before the parser's own limit of 128 levels is told more precisely.
const MOST_OPEN: usize = 256;

/// For each token the scanner of libyaml looks at every open bracket: 250,000 of them, in 1 MiB,
/// take it minutes. Brackets times bytes bounds its steps, whatever hides the closing ones from
/// our counting; this many take some seconds, and no runbook comes near.
const MOST_STEPS: usize = 2_000_000_000;

/// A text that cannot be a runbook; where that shows, and a message.
pub(super) fn refuse(text: &str) -> Option<(Option<Position>, String)> {
    forbidden_character(text).or_else(|| nesting(text))
}

/// A character that YAML does not allow. The library gives no place for it.
fn forbidden_character(text: &str) -> Option<(Option<Position>, String)> {
    let (byte, c) = text.char_indices().find(|(_, c)| is_forbidden(*c))?;
    let message = format!(
        "the character U+{:04X} is not allowed in YAML; delete it, or write it as an escape in a \
         text in double quotes",
        u32::from(c),
    );
    Some((Some(Position::of_byte(text.as_bytes(), byte)), message))
}

/// YAML 1.2, "printable characters"; a byte order mark is one only at the start.
fn is_forbidden(c: char) -> bool {
    let allowed = matches!(c, '\t' | '\n' | '\r' | '\u{85}')
        || !(c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    !allowed
}

/// Brackets in texts and remarks are counted as well; they come in pairs, or are few.
fn nesting(text: &str) -> Option<(Option<Position>, String)> {
    let (mut open, mut all) = (0_usize, 0_usize);
    for (byte, c) in text.bytes().enumerate() {
        match c {
            b'[' | b'{' => {
                open += 1;
                all += 1;
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MOST_OPEN {
            let message = format!(
                "more than {MOST_OPEN} brackets are open here; nothing is to be nested this \
                 deep"
            );
            return Some((Some(Position::of_byte(text.as_bytes(), byte)), message));
        }
    }
    (all.saturating_mul(text.len()) > MOST_STEPS).then(|| {
        let message = format!(
            "{all} brackets in {} bytes; nothing needs so many; is it the right file?",
            text.len()
        );
        (None, message)
    })
}
