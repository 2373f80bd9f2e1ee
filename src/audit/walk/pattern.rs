//! Patterns and braces in words.

use super::super::syntax::{PartKind, Word as SyntaxWord};

pub(super) fn has_glob(text: &str) -> bool {
    text.contains(['*', '?'])
        || text
            .split_once('[')
            .is_some_and(|(_, rest)| rest.find(']').is_some_and(|at| at > 0))
}

/// A text in which a symbol stands for each pattern.
pub(super) fn replace_glob(text: &str, any: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' | '?' => replaced.push_str(any),
            '[' if rest.as_str().find(']').is_some_and(|at| at > 0) => {
                replaced.push_str(any);
                let _ = rest.by_ref().find(|c| *c == ']');
            }
            c => replaced.push(c),
        }
    }
    replaced
}

/// The bytes that remain when a pattern is removed from the end or the beginning.
pub(super) fn trim(text: &str, pattern: &str, suffix: bool, longest: bool) -> (usize, usize) {
    let cuts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let mut cuts: Vec<usize> = cuts.collect();
    // The shortest match first.
    if suffix {
        cuts.reverse();
    }
    if longest {
        cuts.reverse();
    }
    for cut in cuts {
        let (before, after) = text.split_at(cut);
        let part = if suffix { after } else { before };
        if glob_matches(pattern.as_bytes(), part.as_bytes()) {
            return if suffix { (0, cut) } else { (cut, text.len()) };
        }
    }
    (0, text.len())
}

/// `*` and `?` only; linear in the text for each star.
pub(super) fn glob_matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else {
                    return false;
                };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|c| *c == b'*')
}

pub(super) fn has_braces(word: &SyntaxWord) -> bool {
    word.parts.iter().any(|part| match &part.kind {
        PartKind::Literal(text) => !part.quoted && text.as_str().contains('{'),
        _ => false,
    })
}

/// `a{b,c}` and `a{1..3}`: a word each.
pub(super) fn braces(word: &SyntaxWord) -> Vec<SyntaxWord> {
    for (index, part) in word.parts.iter().enumerate() {
        let PartKind::Literal(text) = &part.kind else {
            continue;
        };
        if part.quoted {
            continue;
        }
        let Some((start, end, choices)) = brace(text.as_str()) else {
            continue;
        };
        let words = choices.into_iter().map(|choice| {
            let mut literal = text.slice(0, start);
            literal.push_str(&choice, part.place);
            literal.push(&text.slice(end, text.as_str().len()));
            let mut word = word.clone();
            if let Some(part) = word.parts.get_mut(index) {
                part.kind = PartKind::Literal(literal);
            }
            word
        });
        return words.flat_map(|word| braces(&word)).take(256).collect();
    }
    vec![word.clone()]
}

/// The first brace expression of a text: its bytes, and what it stands for.
fn brace(text: &str) -> Option<(usize, usize, Vec<String>)> {
    let start = text.find('{')?;
    let end = start + text.get(start..)?.find('}')?;
    let inner = text.get(start + 1..end)?;
    let choices: Vec<String> = if inner.contains(',') && !inner.contains('{') {
        inner.split(',').map(str::to_owned).collect()
    } else {
        let (first, last) = inner.split_once("..")?;
        let (from, to) = (first.parse::<i64>().ok()?, last.parse::<i64>().ok()?);
        if to < from || to - from > 255 {
            return None;
        }
        (from..=to).map(|number| number.to_string()).collect()
    };
    Some((start, end + 1, choices))
}
