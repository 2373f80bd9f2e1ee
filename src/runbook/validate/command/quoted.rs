//! Whether what a `{{ … }}` writes goes through `| quote`, the whole of it and last.

/// How the value of an expression reaches the shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    /// As one word.
    Yes,
    /// It is a text in the runbook itself, and no value at all.
    Literal,
    /// As code; with the operand that `| quote` is to follow.
    No(String),
    /// Only the operand of the last operator is quoted: `|` binds more tightly than any.
    InPart,
}

/// The expression up to `}}`, and what follows. A text in the expression may hold a `}}`.
pub(super) fn split_template(tail: &str) -> Option<(&str, &str)> {
    let mut text = None;
    let mut escaped = false;
    for (position, c) in tail.char_indices() {
        match text {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => text = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => text = Some(c),
            None => {
                let (expression, rest) = tail.split_at_checked(position)?;
                if let Some(after) = rest.strip_prefix("}}") {
                    return Some((expression, after));
                }
            }
        }
    }
    None
}

/// Judges an expression by its form alone: one operand and a chain of filters.
pub(super) fn is_quoted(expression: &str) -> Quoted {
    let expression = expression.strip_prefix(['-', '+']).unwrap_or(expression);
    let expression = expression.strip_suffix(['-', '+']).unwrap_or(expression);
    let expression = expression.trim();
    let tokens = tokens(expression);
    let ends_in_quote = matches!(tokens.as_slice(), [.., Token::Pipe, Token::Word("quote")]);
    match chain(&tokens) {
        Some(Chain::Literal) => Quoted::Literal,
        Some(Chain::Filtered) if ends_in_quote => Quoted::Yes,
        Some(Chain::Filtered) => Quoted::No(expression.to_owned()),
        None if ends_in_quote => Quoted::InPart,
        None => Quoted::No(format!("({expression})")),
    }
}

enum Chain {
    Literal,
    Filtered,
}

/// `None` where there is an operator outside of brackets.
fn chain(tokens: &[Token<'_>]) -> Option<Chain> {
    let (first, mut rest) = tokens.split_first()?;
    match first {
        Token::Literal if rest.is_empty() => return Some(Chain::Literal),
        Token::Literal | Token::Word(_) | Token::Group => {}
        Token::Dot | Token::Pipe | Token::Other => return None,
    }
    loop {
        rest = match rest {
            [] => return Some(Chain::Filtered),
            [Token::Dot | Token::Pipe, Token::Word(_), rest @ ..] => rest,
            [Token::Group, rest @ ..] => rest,
            _ => return None,
        };
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Literal,
    /// Anything in brackets, with them.
    Group,
    Dot,
    Pipe,
    Other,
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        let (length, token) = match c {
            _ if c.is_whitespace() => (c.len_utf8(), None),
            '\'' | '"' => (text_length(rest), Some(Token::Literal)),
            '(' | '[' | '{' => (group_length(rest), Some(Token::Group)),
            '.' => (1, Some(Token::Dot)),
            '|' => (1, Some(Token::Pipe)),
            _ if c.is_alphanumeric() || c == '_' => {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
                let token = match c {
                    '0'..='9' => Token::Literal,
                    _ => Token::Word(rest.get(..length).unwrap_or_default()),
                };
                (length, Some(token))
            }
            _ => (c.len_utf8(), Some(Token::Other)),
        };
        tokens.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// The length of the text in quotes that `rest` begins with.
fn text_length(rest: &str) -> usize {
    let quote = rest.chars().next();
    let mut escaped = false;
    for (position, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if Some(c) == quote => return position + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the brackets that `rest` begins with, and what is in them.
fn group_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut skip_to = 0;
    for (position, c) in rest.char_indices() {
        match c {
            _ if position < skip_to => {}
            '\'' | '"' => {
                skip_to = position + rest.get(position..).map_or(1, text_length);
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return position + 1;
                }
            }
            _ => {}
        }
    }
    rest.len()
}
