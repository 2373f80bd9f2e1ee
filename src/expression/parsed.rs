//! What is made of the texts of runbooks once a process.
//!
//! A sweep evaluates the same few hundred texts in each container, and to parse one takes longer than
//! to evaluate it. They are kept until the process ends, and their texts with them: all come from
//! runbooks, none from a container.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::{Environment, Error, Expression, Template, UndefinedBehavior};

use super::functions;

/// Steps of the template engine that one expression may take: no runbook hangs a diagnosis.
const FUEL: u64 = 2_000_000;

/// The template engine, with the functions that runbooks have.
pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    functions::register(&mut environment);
    environment
});

/// What was made of texts so far.
pub(super) struct Known<T>(Mutex<HashMap<String, Arc<T>>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Known<T> {
    /// What was made of this text; `make` does it the first time.
    pub(super) fn get<E>(
        &self,
        text: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = known.get(text) {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(make()?);
        known.insert(text.to_owned(), Arc::clone(&made));
        Ok(made)
    }
}

/// An expression, parsed.
pub(super) fn expression(source: &str) -> Result<Arc<Expression<'static, 'static>>, Error> {
    static EXPRESSIONS: LazyLock<Known<Expression<'static, 'static>>> =
        LazyLock::new(Known::default);
    EXPRESSIONS.get(source, || ENGINE.compile_expression(kept(source)))
}

/// A template, parsed.
pub(super) fn template(source: &str) -> Result<Arc<Template<'static, 'static>>, Error> {
    static TEMPLATES: LazyLock<Known<Template<'static, 'static>>> = LazyLock::new(Known::default);
    TEMPLATES.get(source, || ENGINE.template_from_str(kept(source)))
}

/// The engine's own types borrow the text.
pub(super) fn kept(source: &str) -> &'static str {
    String::leak(source.to_owned())
}
