//! Parsed expressions and templates, cached for the whole process.
//!
//! A sweep evaluates the same few hundred texts for each container, and parsing one takes longer than
//! evaluating it. They are kept until the process ends: all come from runbooks, none from a container.

use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Error, Template, UndefinedBehavior};

use super::functions;
use crate::cache::Cache;

/// How many steps of the template engine an expression may take, so that no runbook hangs a diagnosis. 64 bytes that it
/// makes count as a step, so this also limits its memory: 24 MiB.
const FUEL: u64 = 400_000;

/// The template engine, with the functions that runbooks have.
pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    functions::register(&mut environment);
    environment
});

/// A parsed template.
pub(super) fn template(source: &str) -> Result<Arc<Template<'static, 'static>>, Error> {
    static TEMPLATES: LazyLock<Cache<Template<'static, 'static>>> = LazyLock::new(Cache::default);
    TEMPLATES.get(source, || ENGINE.template_from_str(kept(source)))
}

/// The engine's own types borrow the text.
pub(super) fn kept(source: &str) -> &'static str {
    String::leak(source.to_owned())
}
