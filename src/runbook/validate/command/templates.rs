//! Values in shell code: each must be quoted by `| quote`, and stand where that protects it.
//!
//! `{{ x | quote }}` becomes `'…'`. Within the script's own quotes, in a comment or in a
//! here-document the value would still be read as code, so a template there is refused.

use super::programs::script_in;
use super::script::Script;
use crate::expression::{ShellQuoting, shell_quoting};
use crate::runbook::printable::quoted;
use crate::runbook::validate::expressions::is_template;

/// The word of a command that is a script for a shell and has a template in it.
pub(super) fn script_with_template(words: &[String]) -> Option<usize> {
    script_in(words).filter(|index| words.get(*index).is_some_and(|word| is_template(word)))
}

/// What is wrong with the templates in a script.
pub(super) fn problems(script: &Script<'_>) -> Vec<String> {
    let templates = script.templates.iter().filter_map(|template| {
        let expression = template.expression;
        let shown = quoted(&format!("{{{{ {expression} }}}}"));
        match shell_quoting(expression) {
            ShellQuoting::Constant => None,
            ShellQuoting::Unquoted { has_operator } => {
                let (open, close) = if has_operator { ("(", ")") } else { ("", "") };
                Some(format!(
                    "{shown} is not quoted for the shell\nhint: write `{{{{ {open}{expression}{close} | quote }}}}`"
                ))
            }
            ShellQuoting::PartlyQuoted => Some(format!(
                "only a part of {shown} is quoted\nhint: write `{{{{ (…) | quote }}}}`"
            )),
            ShellQuoting::Quoted => template.unprotected.map(|place| {
                format!(
                    "{shown} is {place}, where `| quote` does not protect it\nhint: assign it to a \
                     variable before: `x={{{{ … | quote }}}}`, and use `\"$x\"`"
                )
            }),
        }
    });
    let unclear = script.unclear.iter().map(|reason| (*reason).to_owned());
    templates.chain(unclear).collect()
}

#[cfg(test)]
mod tests;
