//! Text wrapped to a number of columns.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Layout;

/// The words of a text in lines of at most `width` columns; at least one line. A word is cut only if it is wider
/// than a line: after a `/`, else after other punctuation, else anywhere.
pub(in crate::report) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let measure = words.next_if(|next| {
            is_unit(next) && word.ends_with(is_digit) && word.width() + next.width() < width
        });
        let word = &*measure.map_or(Cow::from(word), |unit| format!("{word} {unit}").into());
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= width {
            if gap > 0 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while is_wider(rest, width) {
            let (piece, tail) = rest.split_at(cut(rest, width));
            lines.push(piece.to_owned());
            rest = tail;
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Whether a word is the unit of the number before it. They stay in one line.
fn is_unit(word: &str) -> bool {
    let word = word.trim_end_matches([',', '.', ';', ')']);
    matches!(
        word,
        "s" | "ms" | "µs" | "min" | "h" | "%" | "B" | "KiB" | "MiB" | "GiB" | "TiB"
    )
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Whether a word is wider than a line. Measures only its beginning: a long word is cut many times.
fn is_wider(word: &str, width: usize) -> bool {
    let beginning = word.char_indices().nth(4 * width);
    beginning.is_some() || word.width() > width
}

/// Where to cut a word that is wider than a line; never at 0.
fn cut(word: &str, width: usize) -> usize {
    let mut columns = 0;
    let mut end = 0;
    let (mut slash, mut joint) = (0, 0);
    for (at, c) in word.char_indices() {
        columns += c.width().unwrap_or(0);
        // Stop at the width, but not before the first character.
        if columns > width && end > 0 {
            break;
        }
        end = at + c.len_utf8();
        if columns * 3 >= width {
            match c {
                '/' => slash = end,
                '-' | '_' | '.' | ',' | ':' | ';' | '=' | '|' | '@' => joint = end,
                _ => {}
            }
        }
    }
    [slash, joint].into_iter().find(|at| *at > 0).unwrap_or(end)
}

/// Lines wrapped to the terminal's width, each with the indent.
pub(crate) fn paragraph(text: &mut String, indent: &str, body: &str, layout: Layout) {
    let width = layout.columns().saturating_sub(indent.width());
    for line in body.lines().flat_map(|line| wrap(line, width)) {
        let _ = writeln!(text, "{}", format!("{indent}{line}").trim_end());
    }
}

/// The first lines of a wrapped text, with an ellipsis if there are more than `most`.
pub(super) fn clipped_lines(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines = wrap(text, width);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.pop() {
            let short = wrap(&last, width.saturating_sub(1)).into_iter().next();
            lines.push(format!("{}…", short.unwrap_or_default()));
        }
    }
    lines
}

/// The same as a paragraph.
pub(super) fn paragraph_at_most(
    text: &mut String,
    indent: &str,
    body: &str,
    most: usize,
    layout: Layout,
) {
    let width = layout.columns().saturating_sub(indent.width());
    for line in clipped_lines(body, width, most) {
        let _ = writeln!(text, "{}", format!("{indent}{line}").trim_end());
    }
}

/// A label with a text beside it.
pub(super) fn labelled(text: &mut String, label: &str, body: &str, layout: Layout) {
    let indent = label.width();
    let width = layout.columns().saturating_sub(indent);
    for (number, line) in wrap(body, width).into_iter().enumerate() {
        let lead = if number == 0 { label } else { "" };
        let blanks = " ".repeat(indent - lead.width());
        let _ = writeln!(text, "{}", format!("{lead}{blanks}{line}").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_whole_if_possible() {
        assert_eq!(
            wrap("see /etc/systemd/system now", 20),
            ["see", "/etc/systemd/system", "now"]
        );
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  a   b ", 10), ["a b"]);
    }

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(
            wrap("arrived 3.30 s, later", 14),
            ["arrived", "3.30 s, later"]
        );
        assert_eq!(
            wrap("of 12 MiB", 5),
            ["of 12", "MiB"],
            "unless a line is too narrow"
        );
    }

    #[test]
    fn a_long_word_is_cut_after_a_slash_or_other_punctuation() {
        assert_eq!(
            wrap("/etc/systemd/system/embedding_server.service", 25),
            ["/etc/systemd/system/", "embedding_server.service"]
        );
        assert_eq!(
            wrap("embedding_server.service", 20),
            ["embedding_server.", "service"]
        );
        assert_eq!(wrap("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        // A cut after the first slash would make a line of one character.
        assert_eq!(
            wrap("/aaaaaaaaaaaa", 6),
            ["/aaaaa", "aaaaaaa"[..6].as_ref(), "a"]
        );
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(
            wrap("日本語のファイル名", 8),
            ["日本語の", "ファイル", "名"]
        );
        assert_eq!(wrap("日本", 1), ["日", "本"], "narrower than any of them");
    }

    proptest! {
        /// No line is too wide, unless a single character is.
        #[test]
        fn no_character_is_lost(text in "[a-z/日. _é]{0,60}", width in 2_usize..30) {
            let lines = wrap(&text, width);
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&lines.concat()), squeezed(&text));
            for line in lines {
                prop_assert!(line.width() <= width, "{}", line);
            }
        }
    }
}
