//! Jinja expressions and templates over facts, with "unknown" as a value of its own. Pure.
//!
//! An expression that needs something nobody could collect, or the order of two times that
//! overlap, has no value: evaluation gives [`Unknown`] with the names of what was missing.
//! Conditions join such values by Kleene's three-valued logic.

mod condition;
mod functions;
mod parsed;
mod scope;
mod syntax;

use minijinja::value::Value;

pub use condition::{Condition, Judgement};
pub use functions::moment_of;
pub use scope::{Binding, Scope, fact_of};
pub use syntax::{
    Names, SyntaxError, check_expression, check_template, expression_names, let_names,
};

use crate::evidence::fact::Fact;
use functions::Trace;

/// An expression has no value, because of these: `stamp.born (check stamp was skipped: …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown(pub Vec<String>);

/// Evaluates expressions and templates over a [`Scope`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Evaluator(());

impl Evaluator {
    /// The value of an expression.
    ///
    /// A gap between two times has a least and a most; a value that depends on which of them is
    /// taken is not known.
    pub fn value(&self, source: &str, scope: &Scope) -> Result<Value, Unknown> {
        let expression =
            parsed::expression(source).map_err(|error| Unknown(vec![error.to_string()]))?;
        let context = scope.context();
        let once = || {
            let value = expression.eval(context.clone());
            self.settle(source, value)
        };
        Trace::start(false);
        let value = once()?;
        if Trace::took_gap() {
            Trace::start(true);
            if once()? != value {
                return Err(Unknown(vec![format!(
                    "the times in `{source}` are not known well enough to tell"
                )]));
            }
        }
        Ok(value)
    }

    /// Whether an expression is true.
    pub fn truth(&self, source: &str, scope: &Scope) -> Result<bool, Unknown> {
        self.value(source, scope).map(|value| value.is_true())
    }

    /// A template's text.
    pub fn render(&self, template: &str, scope: &Scope) -> Result<String, Unknown> {
        if !template.contains("{{") && !template.contains("{%") {
            return Ok(template.to_owned());
        }
        Trace::start(false);
        let text = parsed::template(template).and_then(|parsed| parsed.render(scope.context()));
        self.settle(template, text)
    }

    /// The value of a `let`, or why it has none.
    fn derived(&self, source: &str, scope: &Scope) -> Result<Value, String> {
        let fact = if source.contains("{{") {
            self.render(source, scope).map(Fact::Text)
        } else {
            self.value(source, scope).and_then(|value| {
                fact_of(&value).ok_or_else(|| Unknown(vec!["there is none".to_owned()]))
            })
        };
        fact.map(|fact| scope::value_of(&fact))
            .map_err(|Unknown(missing)| missing.join("; "))
    }

    /// A template's text for people, where each part that has no value reads `(unknown)`.
    pub fn describe(&self, template: &str, scope: &Scope) -> String {
        if let Ok(text) = self.render(template, scope) {
            return text;
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
                Err(_) => text.push_str("(unknown)"),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// A result counts only if all it read was there, or was asked for with `is defined` or
    /// `default`: the engine compares what is missing without complaint (`missing == 1` is false).
    fn settle<T>(&self, source: &str, result: Result<T, minijinja::Error>) -> Result<T, Unknown> {
        let missing: Vec<_> = Trace::missing()
            .into_iter()
            .filter(|name| !syntax::is_guarded(source, &name.name))
            .map(|name| name.to_string())
            .collect();
        match result {
            Ok(value) if missing.is_empty() => Ok(value),
            Ok(_) => Err(Unknown(missing)),
            Err(error) if missing.is_empty() => Err(Unknown(vec![describe_error(&error)])),
            Err(_) => Err(Unknown(missing)),
        }
    }
}

/// What the engine says of an expression that failed, without its place in the expression.
fn describe_error(error: &minijinja::Error) -> String {
    match (error.detail(), std::error::Error::source(error)) {
        (_, Some(source)) => source.to_string(),
        (Some(detail), None) => detail.to_owned(),
        (None, None) => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests;
