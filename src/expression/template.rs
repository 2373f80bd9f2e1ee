//! The parts of a template, and how the value of an expression is quoted for a shell.

use std::borrow::Cow;
use std::sync::LazyLock;

use minijinja::machinery::ast::{Expr, IfExpr};
use minijinja::machinery::{Token, parse_expr, tokenize};
use regex::Regex;

use super::syntax::check_size;
use crate::constant_pattern::constant_pattern;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart<'a> {
    /// Text that is printed as it is, or a constant.
    Text(Cow<'a, str>),
    /// What is between `{{` and `}}`.
    Expression(&'a str),
    /// A `{% … %}`; no more parts follow it.
    Statement,
}

/// The parts of a template up to the first syntax error.
pub fn template_parts(source: &str) -> Vec<TemplatePart<'_>> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for (token, span) in tokenize(source, false, Default::default()).map_while(Result::ok) {
        match token {
            Token::TemplateData(text) => parts.push(TemplatePart::Text(text.into())),
            Token::VariableStart => begin = span.end_offset as usize,
            Token::VariableEnd => {
                let expression = source.get(begin..span.start_offset as usize);
                let expression = expression.unwrap_or_default().trim();
                parts.push(match parsed(expression) {
                    Some(Expr::Const(constant)) => {
                        TemplatePart::Text(constant.value.to_string().into())
                    }
                    _ => TemplatePart::Expression(expression),
                });
            }
            Token::BlockStart => {
                parts.push(TemplatePart::Statement);
                break;
            }
            _ => {}
        }
    }
    parts
}

/// How the value of an expression reaches a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellQuoting {
    /// As one word, by `| quote`.
    Quoted,
    /// As code.
    Unquoted {
        /// `| quote` needs brackets around the expression: a filter binds more tightly than an operator.
        has_operator: bool,
    },
    /// As code, because `| quote` applies only to the last operand.
    PartlyQuoted,
}

/// How the value of an expression reaches a shell.
pub fn shell_quoting(expression: &str) -> ShellQuoting {
    let Some(parsed) = parsed(expression) else {
        return ShellQuoting::Unquoted { has_operator: true };
    };
    match &parsed {
        Expr::Filter(filter) if filter.name == "quote" => ShellQuoting::Quoted,
        Expr::IfExpr(choice) if is_quoted_or_asked_for(choice) => ShellQuoting::Quoted,
        _ => match last_operand(&parsed) {
            None => ShellQuoting::Unquoted {
                has_operator: false,
            },
            Some(Expr::Filter(filter)) if filter.name == "quote" => ShellQuoting::PartlyQuoted,
            Some(_) => ShellQuoting::Unquoted { has_operator: true },
        },
    }
}

/// `X | quote if X else "${NAME:?…}"`: without a value, the shell asks for it.
fn is_quoted_or_asked_for(choice: &IfExpr<'_>) -> bool {
    static ASKS: LazyLock<Regex> =
        LazyLock::new(|| constant_pattern(r"^\$\{[A-Z][A-Z0-9_]*:\?[\w /.,-]*\}$"));
    let is_quoted = matches!(&choice.true_expr, Expr::Filter(filter) if filter.name == "quote");
    let asks = match &choice.false_expr {
        Some(Expr::Const(text)) => text.value.as_str().is_some_and(|text| ASKS.is_match(text)),
        _ => false,
    };
    is_quoted && asks
}

fn parsed(expression: &str) -> Option<Expr<'_>> {
    check_size([expression]).ok()?;
    parse_expr(expression).ok()
}

/// The operand that a filter at the end of an expression applies to, if the expression has operators.
fn last_operand<'e, 's>(expression: &'e Expr<'s>) -> Option<&'e Expr<'s>> {
    let operand = match expression {
        Expr::UnaryOp(operation) => &operation.expr,
        Expr::BinOp(operation) => &operation.right,
        Expr::Compare(comparison) => &comparison.ops.last()?.expr,
        Expr::Test(test) => &test.expr,
        Expr::IfExpr(choice) => choice.false_expr.as_ref().unwrap_or(&choice.test_expr),
        _ => return None,
    };
    Some(last_operand(operand).unwrap_or(operand))
}
