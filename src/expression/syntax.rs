//! What an expression reads, found without evaluating it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use minijinja::Environment;
use minijinja::machinery::tokenize;
use regex::Regex;

use super::called;
use super::parsed::ENGINE;
use super::repetition::repeats_a_literal;
use crate::cache::Cache;
use crate::constant_pattern::constant_pattern;

/// An expression or template that cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    pub message: String,
}

/// More words and signs than any expression has. The engine is recursive in them: some thousands
/// overflow the stack.
const MOST_TOKENS: usize = 2_000;

/// Names that a text reads.
pub type Names = Arc<BTreeSet<String>>;

/// The names that an expression reads, with their attributes: `stamp.born`, `unit`.
///
/// Functions, filters and tests are not among them, and need not be known.
pub fn expression_names(source: &str) -> Result<Names, SyntaxError> {
    static NAMES: LazyLock<Cache<BTreeSet<String>>> = LazyLock::new(Cache::default);
    NAMES.get(source, || {
        check_size([source])?;
        check_characters(source)?;
        check_repetition(source)?;
        let expression = ENGINE
            .compile_expression(source)
            .map_err(|error| syntax_error(&error))?;
        Ok(without_globals(
            &ENGINE,
            expression.undeclared_variables(true),
        ))
    })
}

/// Likewise for a template, a text with `{{ … }}` in it.
pub(super) fn template_names(source: &str) -> Result<Names, SyntaxError> {
    static NAMES: LazyLock<Cache<BTreeSet<String>>> = LazyLock::new(Cache::default);
    NAMES.get(source, || {
        check_size(TAG.find_iter(source).map(|tag| tag.as_str()))?;
        for tag in TAG.find_iter(source) {
            check_repetition(tag.as_str().trim_matches(['{', '}', '%', '-', '+']))?;
        }
        let template = ENGINE
            .template_from_str(source)
            .map_err(|error| syntax_error(&error))?;
        Ok(without_globals(
            &ENGINE,
            template.undeclared_variables(true),
        ))
    })
}

/// Likewise for a `let`: a text with `{{` is a template, any other an expression.
pub fn let_names(source: &str) -> Result<Names, SyntaxError> {
    if source.contains("{{") {
        template_names(source)
    } else {
        expression_names(source)
    }
}

/// The names that an expression reads, once everything that it calls is known.
pub fn check_expression(source: &str) -> Result<Names, SyntaxError> {
    let names = expression_names(source)?;
    check_calls(&ENGINE, source)?;
    Ok(names)
}

/// Likewise for a template.
pub fn check_template(source: &str) -> Result<Names, SyntaxError> {
    let names = template_names(source)?;
    for tag in TAG.find_iter(source) {
        check_calls(&ENGINE, tag.as_str())?;
    }
    Ok(names)
}

/// Whether the source itself asks if `name` is there: `name is defined`, `name | default(…)`.
pub(super) fn is_guarded(source: &str, name: &str) -> bool {
    static GUARDED: LazyLock<Cache<BTreeSet<String>>> = LazyLock::new(Cache::default);
    let guarded = GUARDED.get(source, || {
        let guards = GUARD.captures_iter(source);
        let names = guards.filter_map(|guard| guard.name("asked").or(guard.name("defaulted")));
        Ok::<_, Infallible>(names.map(|name| name.as_str().to_owned()).collect())
    });
    guarded.is_ok_and(|names| names.contains(name))
}

static GUARD: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r"(?-u)(?<asked>[\w.]+)\s+is\s+(?:not\s+)?(?:un)?defined\b|(?<defaulted>[\w.]+)\s*\|\s*(?:default|d)\b",
    )
});

/// Whether these pieces of code are small enough to be parsed.
pub(super) fn check_size<'a>(code: impl IntoIterator<Item = &'a str>) -> Result<(), SyntaxError> {
    let tokens = |code| TOKEN.find_iter(&STRING.replace_all(code, "''")).count();
    if code.into_iter().map(tokens).sum::<usize>() <= MOST_TOKENS {
        return Ok(());
    }
    Err(SyntaxError {
        message: format!("more than {MOST_TOKENS} tokens\nhint: split it with `let`"),
    })
}

/// The engine's parser takes a character that it does not know for the end of an expression, and drops the rest.
fn check_characters(source: &str) -> Result<(), SyntaxError> {
    let mut end = 0;
    for token in tokenize(source, true, Default::default()) {
        match token {
            Ok((_, span)) => end = span.end_offset as usize,
            Err(error) => {
                let mut error = syntax_error(&error);
                let rest = source.get(end..).unwrap_or_default().trim_start();
                if let Some(character) = rest.chars().next().filter(char::is_ascii_graphic) {
                    error.message.push_str(&format!(": `{character}`"));
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// To be called before the engine parses the code.
fn check_repetition(code: &str) -> Result<(), SyntaxError> {
    match repeats_a_literal(code) {
        true => Err(SyntaxError {
            message:
                "`*` with a text or a list that is written out\nhint: write out what it repeats"
                    .to_owned(),
        }),
        false => Ok(()),
    }
}

fn syntax_error(error: &minijinja::Error) -> SyntaxError {
    SyntaxError {
        message: error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned),
    }
}

fn without_globals(
    environment: &Environment<'_>,
    names: impl IntoIterator<Item = String>,
) -> BTreeSet<String> {
    let globals: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    names
        .into_iter()
        .filter(|name| !globals.contains(name.split('.').next().unwrap_or_default()))
        .collect()
}

static TAG: LazyLock<Regex> = LazyLock::new(|| {
    // The end of a tag may also occur in a string, and may be missing.
    let string = r#""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"#;
    constant_pattern(&format!(r"(?s)\{{[{{%](?:{string}|.)*?(?:[%}}]\}}|\z)"))
});
static TOKEN: LazyLock<Regex> = LazyLock::new(|| constant_pattern(r"\w+|[^\w\s]"));
static STRING: LazyLock<Regex> =
    LazyLock::new(|| constant_pattern(r#"(?s)"(\\.|[^"\\])*"|'(\\.|[^'\\])*'"#));
static CALL: LazyLock<Regex> = LazyLock::new(|| {
    constant_pattern(
        r"\|\s*(?<filter>[A-Za-z_]\w*)|\bis\s+(?:not\s+)?(?<test>[A-Za-z_]\w*)|(?:^|[^\w.|\s]|\s)(?<function>[A-Za-z_]\w*)\s*\(",
    )
});

/// The engine finds an unknown filter, test or function only when it comes to call it.
fn check_calls(environment: &Environment<'_>, source: &str) -> Result<(), SyntaxError> {
    let bare = STRING.replace_all(source, "''");
    for call in CALL.captures_iter(&bare) {
        if let Some(name) = call.name("filter") {
            called::check_filter(environment, name.as_str())?;
        }
        if let Some(name) = call.name("test") {
            called::check_test(environment, name.as_str())?;
        }
        if let Some(name) = call.name("function").map(|found| found.as_str())
            && !["not", "and", "or", "in", "if", "else", "is"].contains(&name)
            && !bare.contains(&format!("| {name}("))
            && !bare.contains(&format!("is {name}("))
        {
            called::check_function(environment, name)?;
        }
    }
    Ok(())
}
