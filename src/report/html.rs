//! The report as one HTML file that loads nothing, and whose own style and script are all that may act; and
//! what makes such a file of any template.
//!
//! The template holds all the markup; what it is filled with is plain data. Whatever it prints is made
//! visible, then escaped by the engine: no field can be forgotten.

mod page;
mod picture;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context, escape_formatter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Report;
use crate::terminal_text::visible_text;
use page::Page;

/// What every page begins with, up to its body.
const HEAD: &str = include_str!("html/head.html");
const TEMPLATE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// By its ending, the engine escapes.
const NAME: &str = "page.html";

pub(super) fn render(report: &Report) -> String {
    filled(TEMPLATE, STYLE, SCRIPT, &Page::new(report))
}

/// A template of a body, filled with plain data, as a file of its own. A page without a script has none to run: its
/// policy then allows nobody's.
pub(crate) fn filled(template: &str, style: &str, script: &str, page: &impl Serialize) -> String {
    // A template that every test of it renders, filled with plain data, has no way to fail.
    rendered(template, style, script, page).unwrap_or_default()
}

fn rendered(
    template: &str,
    style: &str,
    script: &str,
    page: &impl Serialize,
) -> Result<String, minijinja::Error> {
    let whole = format!("{HEAD}{template}");
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(out, state, &Value::from(visible_text(text)))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_template(NAME, &whole)?;
    environment.get_template(NAME)?.render(context! {
        page => Value::from(Serde(page)),
        policy => policy(style, script),
        style => Value::from_safe_string(style.to_owned()),
        script => Value::from_safe_string(script.to_owned()),
    })
}

/// The Content Security Policy: nothing but the style and the script of this file, told by their hashes.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let script = match script.is_empty() {
        true => String::new(),
        false => format!("script-src 'sha256-{}'; ", hash(script)),
    };
    format!(
        "default-src 'none'; style-src 'sha256-{}'; {script}base-uri 'none'; form-action 'none'",
        hash(style)
    )
}
