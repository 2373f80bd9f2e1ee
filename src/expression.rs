//! Jinja expressions and templates over facts, with "unknown" as a value of its own. Pure.
//!
//! An expression that needs a value that could not be collected, or the order of two times that
//! overlap, has no value: evaluation gives [`Unknown`] with the names of what was missing.
//! Conditions join such values by Kleene's three-valued logic.

mod bounds;
mod condition;
mod filters;
mod functions;
mod missing;
mod operators;
mod overload;
mod parsed;
mod possible;
mod scope;
mod syntax;
mod template;
mod times;
mod trace;
mod uncertain;

use minijinja::value::Value;

pub(crate) use condition::Condition;
pub use missing::Missing;
pub(crate) use missing::{NoFact, Reason, Unknown};
pub(crate) use scope::{Binding, Scope};
pub(crate) use syntax::{
    Names, SyntaxError, check_expression, check_template, expression_names, let_names,
};
pub(crate) use template::{ShellQuoting, TemplatePart, shell_quoting, template_parts};
pub(crate) use uncertain::moment_of;

use possible::{NoValue, Possible};
use trace::{Purpose, TooManyCases, Trace};

/// Placeholder for a missing value in a text for people.
const UNKNOWN: &str = "(unknown)";

/// How many possible values a `let` can have. With more, it is unknown.
const MOST_VALUES: usize = 8;

/// Evaluates expressions and templates over a [`Scope`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Evaluator(());

impl Evaluator {
    /// The value of an expression.
    pub fn value(&self, source: &str, scope: &Scope) -> Result<Value, Unknown> {
        self.expression(source, scope, 1, |value| value)?.known()
    }

    /// Whether an expression is true.
    pub fn truth(&self, source: &str, scope: &Scope) -> Result<bool, Unknown> {
        let truth = |value: Value| value.is_true();
        self.expression(source, scope, 1, truth)?.known()
    }

    /// A template's text.
    pub fn render(&self, template: &str, scope: &Scope) -> Result<String, Unknown> {
        self.template(template, scope, Purpose::Display, 1)?.known()
    }

    /// The possible values of a `let`, or why it has none.
    fn derived(&self, source: &str, scope: &Scope) -> Result<Possible<Value>, NoValue> {
        if source.contains("{{") {
            let texts = self.template(source, scope, Purpose::Reasoning, MOST_VALUES)?;
            return Ok(texts.map(Value::from));
        }
        let values = self.expression(source, scope, MOST_VALUES, |value| value)?;
        let resolved = values.map(|value| scope::resolved(&value));
        resolved
            .transposed()
            .ok_or_else(|| NoValue::because("there is none".to_owned()))
    }

    fn expression<T: PartialEq>(
        &self,
        source: &str,
        scope: &Scope,
        most: usize,
        of: impl Fn(Value) -> T,
    ) -> Result<Possible<T>, NoValue> {
        let expression =
            parsed::expression(source).map_err(|error| NoValue::because(error.to_string()))?;
        let context = scope.context();
        self.evaluate(
            source,
            Purpose::Reasoning,
            most,
            || expression.eval(context.clone()).map(&of),
            || overload::value(source, context.clone()).map(&of),
        )
    }

    fn template(
        &self,
        source: &str,
        scope: &Scope,
        purpose: Purpose,
        most: usize,
    ) -> Result<Possible<String>, NoValue> {
        if !source.contains("{{") && !source.contains("{%") {
            return Ok(Possible::only(source.to_owned()));
        }
        let template =
            parsed::template(source).map_err(|error| NoValue::because(error.to_string()))?;
        let context = scope.context();
        self.evaluate(
            source,
            purpose,
            most,
            || template.render(context.clone()),
            || overload::text(source, context.clone()),
        )
    }

    /// Evaluates a text: normally once, but case by case if it read a value that is not known exactly. The result is
    /// unknown if it can have more than `most` values.
    fn evaluate<T: PartialEq>(
        &self,
        source: &str,
        purpose: Purpose,
        most: usize,
        plainly: impl Fn() -> Result<T, minijinja::Error>,
        case: impl Fn() -> Result<T, minijinja::Error>,
    ) -> Result<Possible<T>, NoValue> {
        Trace::start(purpose);
        let result = plainly();
        if !Trace::is_uncertain() {
            let value = self.settle(source, result);
            return value.map(Possible::only).map_err(|(reasons, _)| NoValue {
                reasons,
                is_open: false,
            });
        }
        Trace::start_cases(purpose);
        let mut values = Vec::new();
        loop {
            let value = self
                .settle(source, case())
                .map_err(|(reasons, only_missing)| {
                    let questions = Trace::questions();
                    NoValue {
                        is_open: !only_missing || !questions.is_empty(),
                        reasons: [questions, reasons].concat(),
                    }
                })?;
            if !Trace::apart(|| values.contains(&value)) {
                values.push(value);
            }
            let questions = Trace::questions();
            match Trace::next_case() {
                Ok(more) if values.len() <= most => {
                    if !more {
                        return Ok(Possible { values, questions });
                    }
                }
                Ok(_) | Err(TooManyCases) => {
                    return Err(NoValue {
                        reasons: questions,
                        is_open: true,
                    });
                }
            }
        }
    }

    /// A template's text for people, where each part that has no value reads `(unknown)`.
    pub fn describe(&self, template: &str, scope: &Scope) -> String {
        if let Ok(text) = self.render(template, scope) {
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
            match self.render(&format!("{{{{{inside}}}}}"), scope) {
                Ok(part) => text.push_str(&part),
                Err(_) => text.push_str(UNKNOWN),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// A result counts only if every value that was read exists, or was tested with `is defined` or
    /// `default`: the engine compares missing values without an error (`missing == 1` is false).
    ///
    /// Otherwise returns why it does not count, and whether only because names have no value.
    fn settle<T>(
        &self,
        source: &str,
        result: Result<T, minijinja::Error>,
    ) -> Result<T, (Vec<Missing>, bool)> {
        let mut missing = Trace::missing();
        missing.retain(|missing| !syntax::is_guarded(source, missing.what()));
        let refused = Trace::refused();
        match result {
            Ok(value) if missing.is_empty() && refused.is_empty() => Ok(value),
            Err(error) if missing.is_empty() && refused.is_empty() => {
                Err((vec![describe_error(&error).into()], false))
            }
            _ => {
                let only_missing = refused.is_empty();
                Err(([missing, refused].concat(), only_missing))
            }
        }
    }
}

/// The engine's message about a failed expression, without the position in it.
fn describe_error(error: &minijinja::Error) -> String {
    match (error.detail(), std::error::Error::source(error)) {
        (_, Some(source)) => source.to_string(),
        (Some(detail), None) => detail.to_owned(),
        (None, None) => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests;
