//! Parsed expressions and templates, cached for the whole process.
//!
//! A sweep evaluates the same few hundred texts for each container, and parsing one takes longer than
//! evaluating it. They are kept until the process ends: all come from runbooks, none from a container.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::{Environment, Error, Template, UndefinedBehavior};

use super::functions;

/// How many steps of the template engine an expression may take, so that no runbook hangs a diagnosis.
const FUEL: u64 = 2_000_000;

/// The template engine, with the functions that runbooks have.
pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    functions::register(&mut environment);
    environment
});

/// The results so far, by text.
pub(super) struct Known<T>(Mutex<HashMap<String, Arc<T>>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Known<T> {
    /// The result for this text; `make` creates it the first time.
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

/// A parsed template.
pub(super) fn template(source: &str) -> Result<Arc<Template<'static, 'static>>, Error> {
    static TEMPLATES: LazyLock<Known<Template<'static, 'static>>> = LazyLock::new(Known::default);
    TEMPLATES.get(source, || ENGINE.template_from_str(kept(source)))
}

/// The engine's own types borrow the text.
pub(super) fn kept(source: &str) -> &'static str {
    String::leak(source.to_owned())
}
