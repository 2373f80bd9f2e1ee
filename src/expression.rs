//! Jinja expressions and templates over facts, with "unknown" as a value of its own. Pure.
//!
//! An expression that needs a value that could not be collected, or the order of two times that
//! overlap, has no value: evaluation gives [`Unknown`] with the names of what was missing.
//! Conditions join such values by Kleene's three-valued logic.

mod bounds;
mod called;
mod condition;
mod contradiction;
mod filters;
mod functions;
mod inferred;
mod kind;
mod messages;
mod missing;
mod operators;
mod overload;
mod parsed;
mod possible;
mod repetition;
mod scope;
mod syntax;
mod template;
mod times;
mod trace;
mod uncertain;

use minijinja::value::Value;

pub(crate) use condition::Condition;
pub(crate) use contradiction::can_hold;
pub(crate) use inferred::{
    Incomparable, Shape, expression_shape, incomparable_in_expression, incomparable_in_template,
    lists_in_template,
};
pub(crate) use kind::Kind;
pub use missing::Missing;
pub(crate) use missing::{NoFact, Reason, Unknown};
pub(crate) use scope::{Binding, Scope};
pub(crate) use syntax::{
    Names, SyntaxError, check_expression, check_template, expression_names, let_names,
};
pub(crate) use template::{ShellQuoting, TemplatePart, shell_quoting, template_parts};
pub(crate) use uncertain::moment_of;

use minijinja::ErrorKind;

use crate::terminal_text::clipped;
use possible::{NoValue, Possible};
use trace::{Purpose, TooManyCases, Trace};

/// Placeholder for a missing value in a text for people.
const UNKNOWN: &str = "(unknown)";

/// How long a text for people is, at most: it can quote the output of a container.
const MOST_CHARACTERS: usize = 4000;

/// How many possible values a `let` can have. With more, it is unknown.
const MOST_VALUES: usize = 8;

impl Scope {
    /// The value of an expression.
    pub fn value(&self, source: &str) -> Result<Value, Unknown> {
        self.expression(source, 1, |value| value)?.known()
    }

    /// Whether an expression is true.
    pub fn truth(&self, source: &str) -> Result<bool, Unknown> {
        let truth = |value: Value| value.is_true();
        self.expression(source, 1, truth)?.known()
    }

    /// A template's text.
    pub fn render(&self, template: &str) -> Result<String, Unknown> {
        self.template(template, Purpose::Display, 1)?.known()
    }

    /// The possible values of a `let`, or why it has none.
    fn derived(&self, source: &str) -> Result<Possible<Value>, NoValue> {
        if source.contains("{{") {
            let texts = self.template(source, Purpose::Reasoning, MOST_VALUES)?;
            return Ok(texts.map(Value::from));
        }
        let values = self.expression(source, MOST_VALUES, |value| value)?;
        let resolved = values.map(|value| scope::resolved(&value));
        resolved
            .transposed()
            .ok_or_else(|| NoValue::because("there is none".to_owned()))
    }

    fn expression<T: PartialEq>(
        &self,
        source: &str,
        most: usize,
        of: impl Fn(Value) -> T,
    ) -> Result<Possible<T>, NoValue> {
        let context = self.context();
        evaluate(source, Purpose::Reasoning, most, || {
            overload::value(source, context.clone()).map(&of)
        })
    }

    fn template(
        &self,
        source: &str,
        purpose: Purpose,
        most: usize,
    ) -> Result<Possible<String>, NoValue> {
        if !source.contains("{{") && !source.contains("{%") {
            return Ok(Possible::only(source.to_owned()));
        }
        let context = self.context();
        evaluate(source, purpose, most, || {
            overload::text(source, context.clone())
        })
    }

    /// A template's text for people, where each part that has no value reads `(unknown)`. A long text is
    /// cut.
    pub fn describe(&self, template: &str) -> String {
        clipped(&self.described(template), MOST_CHARACTERS)
    }

    fn described(&self, template: &str) -> String {
        if let Ok(text) = self.render(template) {
            return text;
        }
        // The parts of a loop or a branch cannot be rendered separately.
        if template.contains("{%") {
            return UNKNOWN.to_owned();
        }
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, tail)) = rest.split_once("{{") {
            let Some((inside, after)) = tail.split_once("}}") else {
                break;
            };
            text.push_str(before);
            match self.render(&format!("{{{{{inside}}}}}")) {
                Ok(part) => text.push_str(&part),
                Err(_) => text.push_str(UNKNOWN),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// Evaluates a text once for each case that inexact values leave open, normally one. The result is unknown if it can
/// have more than `most` values.
fn evaluate<T: PartialEq>(
    source: &str,
    purpose: Purpose,
    most: usize,
    case: impl Fn() -> Result<T, minijinja::Error>,
) -> Result<Possible<T>, NoValue> {
    Trace::start(purpose);
    let mut values = Vec::new();
    loop {
        let value = settle(source, case()).map_err(|none| {
            let questions = Trace::questions();
            NoValue {
                is_open: Trace::is_uncertain() && (none.is_open || !questions.is_empty()),
                reasons: [questions, none.reasons].concat(),
            }
        })?;
        if !Trace::apart(|| values.contains(&value)) {
            values.push(value);
        }
        let questions = Trace::questions();
        match Trace::next_case() {
            Ok(true) if values.len() <= most => {}
            Ok(false) if values.len() <= most => return Ok(Possible { values, questions }),
            Ok(_) | Err(TooManyCases) => {
                return Err(NoValue {
                    reasons: questions,
                    is_open: true,
                });
            }
        }
    }
}

/// A result counts only if every value that was read exists, or was tested with `is defined` or
/// `default`: the engine compares missing values without an error (`missing == 1` is false).
fn settle<T>(source: &str, result: Result<T, minijinja::Error>) -> Result<T, NoValue> {
    let mut missing = Trace::missing();
    missing.retain(|missing| !syntax::is_guarded(source, missing.what()));
    let refused = Trace::refused();
    let empty = Trace::empty();
    let is_settled = missing.is_empty() && refused.is_empty();
    match result {
        Ok(value) if is_settled => Ok(value),
        Err(error) if is_settled => Err(NoValue {
            reasons: vec![describe_error(&error, empty).into()],
            is_open: true,
        }),
        _ => Err(NoValue {
            is_open: !refused.is_empty(),
            reasons: [missing, refused].concat(),
        }),
    }
}

/// The engine's message about a failed expression, without the position in it. `empty` is the last filter that found no
/// item.
fn describe_error(error: &minijinja::Error, empty: Option<&str>) -> String {
    if let (Some(filter), ErrorKind::UndefinedError) = (empty, error.kind()) {
        return format!("an item for `{filter}`: the list is empty");
    }
    match (error.detail(), std::error::Error::source(error)) {
        (_, Some(source)) => source.to_string(),
        (Some(detail), None) => detail.to_owned(),
        (None, None) => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests;
