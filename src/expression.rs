//! Jinja expressions and templates over facts, with "unknown" as a value of its own. Pure.
//!
//! An expression that needs something nobody could collect, or the order of two times that
//! overlap, has no value: evaluation gives [`Unknown`] with the names of what was missing.
//! Conditions join such values by Kleene's three-valued logic.

mod bounds;
mod condition;
mod filters;
mod functions;
mod operators;
mod overload;
mod parsed;
mod scope;
mod syntax;
mod times;
mod trace;
mod uncertain;

use minijinja::value::Value;

pub use condition::{Condition, Judgement};
pub use scope::{Binding, Scope};
pub use syntax::{
    Names, SyntaxError, check_expression, check_template, expression_names, let_names,
};
pub use uncertain::moment_of;

use trace::{Purpose, TooManyCases, Trace};

/// An expression has no value, because of these: `stamp.born (check stamp was skipped: …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown(pub Vec<String>);

/// Stands for what has no value in a text for people.
const UNKNOWN: &str = "(unknown)";

/// Evaluates expressions and templates over a [`Scope`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Evaluator(());

impl Evaluator {
    /// The value of an expression.
    pub fn value(&self, source: &str, scope: &Scope) -> Result<Value, Unknown> {
        self.evaluate_expression(source, scope, |value| value)
    }

    /// Whether an expression is true.
    pub fn truth(&self, source: &str, scope: &Scope) -> Result<bool, Unknown> {
        self.evaluate_expression(source, scope, |value| value.is_true())
    }

    /// A template's text.
    pub fn render(&self, template: &str, scope: &Scope) -> Result<String, Unknown> {
        self.text(template, scope, Purpose::Display)
    }

    fn evaluate_expression<T: PartialEq>(
        &self,
        source: &str,
        scope: &Scope,
        of: impl Fn(Value) -> T,
    ) -> Result<T, Unknown> {
        let expression =
            parsed::expression(source).map_err(|error| Unknown(vec![error.to_string()]))?;
        let context = scope.context();
        self.evaluate(
            source,
            Purpose::Reasoning,
            || expression.eval(context.clone()).map(&of),
            || overload::value(source, context.clone()).map(&of),
        )
    }

    fn text(&self, source: &str, scope: &Scope, purpose: Purpose) -> Result<String, Unknown> {
        if !source.contains("{{") && !source.contains("{%") {
            return Ok(source.to_owned());
        }
        let template =
            parsed::template(source).map_err(|error| Unknown(vec![error.to_string()]))?;
        let context = scope.context();
        self.evaluate(
            source,
            purpose,
            || template.render(context.clone()),
            || overload::text(source, context.clone()),
        )
    }

    /// Evaluates a text: plainly, and if it met a value that is not known exactly, case by case.
    fn evaluate<T: PartialEq>(
        &self,
        source: &str,
        purpose: Purpose,
        plainly: impl Fn() -> Result<T, minijinja::Error>,
        case: impl Fn() -> Result<T, minijinja::Error>,
    ) -> Result<T, Unknown> {
        Trace::start(purpose);
        let result = plainly();
        if !Trace::is_uncertain() {
            return self.settle(source, result);
        }
        Trace::start_cases(purpose);
        let mut shared: Option<T> = None;
        loop {
            let result = self
                .settle(source, case())
                .map_err(|Unknown(missing)| Unknown([Trace::questions(), missing].concat()))?;
            if Trace::apart(|| shared.as_ref().is_some_and(|shared| *shared != result)) {
                return Err(Unknown(Trace::questions()));
            }
            shared = Some(result);
            match Trace::next_case() {
                Ok(true) => {}
                Ok(false) => return shared.ok_or_else(|| Unknown(Trace::questions())),
                Err(TooManyCases) => return Err(Unknown(Trace::questions())),
            }
        }
    }

    /// The value of a `let`, or why it has none.
    fn derived(&self, source: &str, scope: &Scope) -> Result<Value, String> {
        let value = if source.contains("{{") {
            self.text(source, scope, Purpose::Reasoning)
                .map(Value::from)
        } else {
            self.value(source, scope).and_then(|value| {
                scope::resolved(&value).ok_or_else(|| Unknown(vec!["there is none".to_owned()]))
            })
        };
        value.map_err(|Unknown(missing)| missing.join("; "))
    }

    /// A template's text for people, where each part that has no value reads `(unknown)`.
    pub fn describe(&self, template: &str, scope: &Scope) -> String {
        if let Ok(text) = self.render(template, scope) {
            return text;
        }
        // A loop or a branch has no parts that could be rendered by themselves.
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

    /// A result counts only if all it read was there, or was asked for with `is defined` or
    /// `default`: the engine compares what is missing without complaint (`missing == 1` is false).
    fn settle<T>(&self, source: &str, result: Result<T, minijinja::Error>) -> Result<T, Unknown> {
        let missing: Vec<_> = Trace::missing()
            .into_iter()
            .filter(|name| !syntax::is_guarded(source, &name.name))
            .map(|name| name.to_string())
            .chain(Trace::refused())
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
