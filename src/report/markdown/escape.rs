//! Text of any origin in Markdown: it renders as exactly the same text.
//!
//! GitHub and GitLab make links of `@user`, `#123`, `GH-1`, commit ids and much more in the rendered text, where
//! a backslash or an entity has no effect, but not in code. So plain words and numbers are text, and everything
//! else is code: in spans, or in fences.

use std::fmt::Write as _;

use regex::Regex;

use crate::report::code::{Part, parts};
use crate::terminal_text::{clipped, visible, visible_lines};

/// Backticks of a fence, at most: cmark counts them in a byte
/// (`fence_length` in <https://github.com/github/cmark-gfm/blob/master/src/node.h>).
const LONGEST_FENCE: usize = 200;

/// The same as [`inline`] for a sentence of the runbook, with its code as code. `code` finds it.
pub(super) fn sentence(text: &str, code: Option<&Regex>, most: usize) -> String {
    let text = glimpse(text, most);
    let parts = parts(&text, code);
    let (mut shown, mut is_ambiguous) = (String::new(), parts.len() == 1);
    let mut add = |piece: &str| {
        // The backticks of two code spans would run together.
        is_ambiguous |= shown.ends_with('`') && piece.starts_with('`');
        shown.push_str(piece);
    };
    for part in parts {
        match part {
            Part::Text(text) => {
                let (begin, text) = split(
                    text,
                    text.len() - text.trim_start_matches(PUNCTUATION).len(),
                );
                let (text, end) = split(text, text.trim_end_matches('(').len());
                let (gap, text) = split(text, usize::from(text.starts_with(' ')));
                let (text, last_gap) = split(text, text.len() - usize::from(text.ends_with(' ')));
                let words = plain_or_code(text);
                for piece in [begin, gap, &words, last_gap, end] {
                    add(piece);
                }
            }
            Part::Code(text) => add(&in_code(text)),
        }
    }
    match is_ambiguous {
        true => plain_or_code(&text),
        false => shown,
    }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Text of a line in a paragraph, a list item or a cell of a table, cut after `most` characters.
pub(super) fn inline(text: &str, most: usize) -> String {
    plain_or_code(&glimpse(text, most))
}

fn plain_or_code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = text.split(' ').collect();
    // Only code keeps two spaces in a row: the words next to them are code too.
    let is_plain = |at: usize| {
        let word = |at: usize| words.get(at).copied();
        let before = at.checked_sub(1).map_or(Some("begin"), word);
        let after = word(at + 1).unwrap_or("end");
        before != Some("") && !after.is_empty() && word(at).is_some_and(|w| plain(w, at == 0))
    };
    let mut shown = String::new();
    let mut code: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if !is_plain(at) {
            code.push(word);
            continue;
        }
        flush(&mut shown, &mut code);
        separate(&mut shown);
        shown.push_str(word);
    }
    flush(&mut shown, &mut code);
    shown
}

/// The punctuation of a sentence behind a word.
const PUNCTUATION: [char; 6] = [',', '.', ';', ':', ')', '?'];

/// The visible text, cut after `most` characters, without processing the rest of a very long one.
fn glimpse(text: &str, most: usize) -> String {
    let end = text
        .char_indices()
        .nth(most + 1)
        .map_or(text.len(), |(at, _)| at);
    clipped(&visible(text.get(..end).unwrap_or(text)), most)
}

fn flush(shown: &mut String, code: &mut Vec<&str>) {
    if !code.is_empty() {
        separate(shown);
        shown.push_str(&in_sentence(&code.join(" ")));
        code.clear();
    }
}

fn separate(shown: &mut String) {
    if !shown.is_empty() {
        shown.push(' ');
    }
}

/// Whether a word has no meaning in any Markdown, and is no reference: it consists of letters, possibly with a
/// hyphen or an apostrophe within it, or is a number, and has only the punctuation of a sentence around it. The
/// first word must not be `1.`, which begins a list.
fn plain(word: &str, first: bool) -> bool {
    let bare = word.strip_prefix('(').unwrap_or(word);
    let bare = bare.trim_end_matches([',', '.', ';', ':', ')', '?', '…']);
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '×' | '→' | '≤');
    let is_word = bare
        .split(['-', '\''])
        .all(|part| !part.is_empty() && part.chars().all(is_letter));
    let mut parts = bare.split('.');
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_number = parts.by_ref().take(2).all(is_digits) && parts.next().is_none();
    let is_commit = bare.len() >= 7 && bare.bytes().all(|b| b.is_ascii_hexdigit());
    (is_word || (is_number && !(first && bare != word))) && !is_commit
}

/// Code, with the punctuation of a sentence around it outside.
fn in_sentence(text: &str) -> String {
    let bare = text.strip_prefix('(').unwrap_or(text);
    let core = bare.trim_end_matches(PUNCTUATION);
    if core.trim() != core || core.is_empty() {
        return in_code(text);
    }
    let lead = if bare == text { "" } else { "(" };
    let tail = bare.get(core.len()..).unwrap_or_default();
    format!("{lead}{}{tail}", in_code(core))
}

/// Code spans. A bar ends a cell of a table even in code, and a backslash before it may itself be escaped: bars
/// are outside of code.
fn in_code(text: &str) -> String {
    text.split('|')
        .map(code_span)
        .collect::<Vec<_>>()
        .join("&#124;")
}

fn code_span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let runs: Vec<usize> = text
        .split(|c| c != '`')
        .map(str::len)
        .filter(|length| *length > 0)
        .collect();
    // The shortest fence that does not occur in the text: cmark allows at most 80 backticks.
    let fence = (1..)
        .find(|length| !runs.contains(length))
        .map(|length| "`".repeat(length))
        .unwrap_or_default();
    let blank = |c: char| c == ' ';
    let stripped = text.starts_with(blank) && text.ends_with(blank) && !text.chars().all(blank);
    let pad = match stripped || text.starts_with('`') || text.ends_with('`') {
        true => " ",
        false => "",
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of code with these lines, of more than `most` characters only head and tail.
pub(super) fn fenced(language: &str, text: &str, most: usize) -> String {
    let text = without_long_runs(&visible_lines(&shortened(text, most)));
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Head and tail of a text that is longer than `most` characters.
fn shortened(text: &str, most: usize) -> String {
    if text.char_indices().nth(most).is_none() {
        return text.to_owned();
    }
    let half = most / 2;
    let end = text.char_indices().nth(half).map_or(0, |(at, _)| at);
    let begin = text.char_indices().rev().take(half).last();
    let begin = begin.map_or(text.len(), |(at, _)| at);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let left_out = part(end..begin).chars().count();
    let (head, tail) = (part(0..end), part(begin..text.len()));
    format!("{head}\n[… {left_out} characters omitted …]\n{tail}")
}

/// Shortens very long runs of backticks, which could end any fence.
fn without_long_runs(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = 0;
    for part in text.split_inclusive('`') {
        if part != "`" {
            note_rest(&mut shown, run);
            run = 0;
        }
        match part.strip_suffix('`') {
            Some(rest) => {
                shown.push_str(rest);
                run += 1;
                if run < LONGEST_FENCE {
                    shown.push('`');
                }
            }
            None => shown.push_str(part),
        }
    }
    note_rest(&mut shown, run);
    shown
}

fn note_rest(shown: &mut String, run: usize) {
    if run >= LONGEST_FENCE {
        let _ = write!(shown, "[… {} backticks omitted …]", run + 1 - LONGEST_FENCE);
    }
}

/// Text as HTML without Markdown, for a summary.
pub(super) fn html(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for c in glimpse(text, most).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_plain_and_everything_else_is_code() {
        let cases = [
            (
                "the file arrived 2.27 s later (a bind-mount)",
                "the file arrived 2.27 s later (a bind-mount)",
            ),
            (
                "/etc/a.service is there, systemctl enable -- a works",
                "`/etc/a.service` is there, systemctl enable `--` a works",
            ),
            (
                "ask @root or see #12, GH-1, https://a.b or www.a.b",
                "ask `@root` or see `#12, GH-1, https://a.b` or `www.a.b`",
            ),
            ("1. no list", "`1`. no list"),
            (
                "2 lines of systemd's in 1.5 s",
                "2 lines of systemd's in 1.5 s",
            ),
            ("in 1.2.3 or 1., 'so' it's", "in `1.2.3` or 1., `'so'` it's"),
            ("- no list", "`-` no list"),
            ("# no heading", "`#` no heading"),
            ("at commit deadbeef", "at commit `deadbeef`"),
            ("see (--log), /etc/a.b.", "see (`--log), /etc/a.b`."),
            ("a  b", "`a  b`"),
            (" a ", "`  a  `"),
            ("a|b", "`a`&#124;`b`"),
            ("\\|", "`\\`&#124;"),
            ("`x`", "`` `x` ``"),
            ("a`b``c", "```a`b``c```"),
            ("<b>\u{1b}[2J\u{202e}", "`<b>\\x1b[2J\\u{202e}`"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(inline(text, 400), expected, "{text:?}");
        }
        assert_eq!(inline("eleven words", 6), "eleven…");
    }

    #[test]
    fn the_code_of_the_runbook_is_code_without_its_backticks() {
        let code = Regex::new("`(?:pct push|systemctl [^`]*)`").unwrap();
        let cases = [
            ("`pct push` failed", "`pct push` failed"),
            (
                "Use `pct push`, not `rm -r /` (`systemctl stop a|b`).",
                "Use `pct push`, not `` `rm -r /` `` (`systemctl stop a`&#124;`b`).",
            ),
            ("see /etc/a: `pct push`", "see `/etc/a`: `pct push`"),
            // Next to other code, the backticks would run together.
            ("`pct push``x`", "``` `pct push``x` ```"),
        ];
        for (text, expected) in cases {
            assert_eq!(sentence(text, Some(&code), 400), expected, "{text:?}");
        }
        assert_eq!(sentence("`pct push`", None, 400), "`` `pct push` ``");
    }

    #[test]
    fn a_fence_is_longer_than_any_fence_in_it() {
        assert_eq!(fenced("sh", "ls\n", 80), "```sh\nls\n```\n");
        assert_eq!(fenced("", "a\n````\nb", 80), "`````\na\n````\nb\n`````\n");
        let attack = format!("a\n{}\n# b", "`".repeat(300));
        let text = fenced("", &attack, 1_000);
        let fence = "`".repeat(200);
        let run = "`".repeat(199);
        assert_eq!(
            text,
            format!("{fence}\na\n{run}[… 101 backticks omitted …]\n# b\n{fence}\n")
        );
    }

    #[test]
    fn head_and_tail_of_a_long_text() {
        assert_eq!(shortened("0123456789", 10), "0123456789");
        assert_eq!(
            shortened("äbcdefghijklmnö", 4),
            "äb\n[… 11 characters omitted …]\nnö"
        );
    }
}
