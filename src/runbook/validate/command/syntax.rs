//! Whether a script is valid for bash.

use brush_parser::ParseError;

use crate::bash_parser::{is_too_deep, parse_program};
use crate::expression::{TemplatePart, template_parts};
use crate::runbook::validate::expressions::is_template;

/// Parses a script in which every `{{ … }}` stands for one quoted word.
pub(super) fn check(script: &str) -> Result<(), ParseError> {
    let mut text = String::new();
    if is_template(script) {
        for part in template_parts(script) {
            text.push_str(match &part {
                TemplatePart::Text(part) => part,
                TemplatePart::Expression(_) | TemplatePart::Statement => "''",
            });
        }
    } else {
        text.push_str(script);
    }
    if is_too_deep(&text) {
        return Err(ParseError::ParsingAtEndOfInput);
    }
    parse_program(&text).map(|_| ())
}
