//! Texts and lists that an expression repeats, such as `'a' * 9`.
//!
//! The engine computes what is constant when it parses, without a limit: `1 in [0] * 1000000000` takes minutes. A result
//! that depends on a value is computed later, and limited in [`super::operators`].

use minijinja::machinery::{Token, tokenize};

/// The names that an operand can follow.
const KEYWORDS: [&str; 6] = ["and", "else", "if", "in", "not", "or"];

/// Whether a text or a list that is written out is an operand of `*`, in parentheses or not.
pub(super) fn repeats_a_literal(code: &str) -> bool {
    let tokens = tokenize(code, true, Default::default());
    let tokens: Vec<_> = tokens.map_while(|it| Some(it.ok()?.0)).collect();
    (0..tokens.len()).any(|at| {
        let (left, right) = tokens.split_at(at);
        match right.split_first() {
            Some((Token::Mul, right)) => is_literal(before(left)) || is_literal(after(right)),
            _ => false,
        }
    })
}

/// A text, a list, or a constant expression with one in parentheses.
fn is_literal(operand: &[Token<'_>]) -> bool {
    let is_text_or_list =
        |it: &Token<'_>| matches!(it, Token::Str(_) | Token::String(_) | Token::BracketOpen);
    match operand.first() {
        Some(Token::ParenOpen) => {
            operand.iter().any(is_text_or_list)
                && !operand
                    .iter()
                    .any(|it| matches!(it, Token::Ident(name) if !KEYWORDS.contains(name)))
        }
        Some(first) => is_text_or_list(first),
        None => false,
    }
}

/// The operand that these tokens begin with: one token, or all up to the bracket that closes the first.
fn after<'a, 't>(tokens: &'a [Token<'t>]) -> &'a [Token<'t>] {
    tokens.split_at(operand_length(tokens)).0
}

/// The operand that these tokens end with: of an index what is before it, and nothing of a value that has a name.
fn before<'a, 't>(tokens: &'a [Token<'t>]) -> &'a [Token<'t>] {
    let (earlier, operand) = tokens.split_at(tokens.len() - operand_length(tokens.iter().rev()));
    match earlier.last() {
        Some(Token::Ident(name)) if operand.len() > 1 && !KEYWORDS.contains(name) => &[],
        Some(Token::ParenClose | Token::BracketClose | Token::BraceClose) if operand.len() > 1 => {
            before(earlier)
        }
        _ => operand,
    }
}

/// How many of these tokens are the first operand, in either direction.
fn operand_length<'a, 't: 'a>(tokens: impl IntoIterator<Item = &'a Token<'t>>) -> usize {
    let mut depth = 0_isize;
    let mut length = 0;
    for token in tokens {
        length += 1;
        match token {
            Token::ParenOpen | Token::BracketOpen => depth += 1,
            Token::ParenClose | Token::BracketClose => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    length
}
