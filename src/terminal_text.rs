//! Makes text from a container safe to print: control characters are shown instead of sent to the terminal.

use std::fmt::Write as _;
use std::path::Path;

use unicode_width::UnicodeWidthChar as _;

/// The text with all invisible characters written out: control characters as `\x1b`, and characters that
/// reorder or hide others as `\u{202e}`. Line breaks and tabs become spaces.
pub fn visible(text: &str) -> String {
    visible_text(text).replace(['\n', '\t'], " ")
}

/// A path in a message: whatever its name is, it stays on one line.
pub(crate) fn visible_path(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// The text with all invisible characters written out, but line breaks and tabs stay.
pub(crate) fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            '\r' => shown.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(c));
            }
            c if hides_or_reorders(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// The same, but line breaks stay, except for the last one.
pub(crate) fn visible_lines(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Zero-width characters, those that change the direction of text (Unicode UAX #9), and two noncharacters, which
/// XML does not allow.
pub(crate) const fn hides_or_reorders(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The same text in ASCII, with as many columns: a character without a counterpart becomes `?`.
pub(crate) fn ascii(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            c if c.is_ascii() => shown.push(c),
            '─' | '━' | '╸' | '–' | '—' | '−' | '·' => shown.push('-'),
            '│' | '▌' | '¦' => shown.push('|'),
            '└' | '┘' | '✓' => shown.push('+'),
            '●' | '◆' | '•' => shown.push('*'),
            '×' => shown.push('x'),
            'µ' => shown.push('u'),
            '…' => shown.push('~'),
            '‘' | '’' => shown.push('\''),
            '“' | '”' => shown.push('"'),
            // Two columns instead of one: what they mean matters more.
            '→' => shown.push_str("->"),
            '≤' => shown.push_str("<="),
            '≥' => shown.push_str(">="),
            c => shown.extend(std::iter::repeat_n('?', c.width().unwrap_or(0))),
        }
    }
    shown
}

/// The beginning of a text, with an ellipsis if it is longer.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(
            visible("a\x1b]52;c;eA==\x07b\u{9b}31m\u{202e}c\u{200b}\r\n\u{7f}"),
            "a\\x1b]52;c;eA==\\x07b\\x9b31m\\u{202e}c\\u{200b}\\r \\x7f"
        );
        assert_eq!(visible("Unité 日本 ✓"), "Unité 日本 ✓");
        assert_eq!(visible_lines("a\r\nb\x08\n"), "a\\r\nb\\x08");
        assert_eq!(visible_text("a\tb\r\n\0"), "a\tb\\r\n\\x00");
    }

    #[test]
    fn ascii_text_has_as_many_columns() {
        assert_eq!(
            ascii("▌ LIKELY — 3 µs\n│ Unité 日本 ✓ 95…"),
            "| LIKELY - 3 us\n| Unit? ???? + 95~"
        );
        assert_eq!(ascii("1 → 2"), "1 -> 2");
        assert_eq!(ascii("e\u{301}"), "e");
    }
}
