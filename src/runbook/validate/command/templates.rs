//! Values in shell scripts: each must be quoted by `| quote`, in a place where this protects it.
//!
//! `{{ x | quote }}` becomes `'…'`. Inside the script's own quotes, in a comment or in a here-document, the
//! shell would still run the value as code; so does `eval`, or a shell that gets the value as its script.

mod code;

use super::programs::script_in;
use super::script::Script;
use crate::expression::{ShellQuoting, shell_quoting};
use crate::runbook::printable::quoted;
use crate::runbook::validate::expressions::is_template;

/// The index of the word that is a shell script with a template.
pub(super) fn script_with_template(words: &[String]) -> Option<usize> {
    script_in(words).filter(|index| words.get(*index).is_some_and(|word| is_template(word)))
}

/// What is wrong with the templates in a script.
pub(super) fn problems(script: &Script<'_>) -> Vec<String> {
    let templates = script.templates.iter().filter_map(|template| {
        let expression = template.expression;
        let shown = quoted(&format!("{{{{ {expression} }}}}"));
        match shell_quoting(expression) {
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
                     variable first, `x={{{{ … | quote }}}}`, then use `\"$x\"`"
                )
            }),
        }
    });
    let unclear = script.unclear.iter().map(|reason| (*reason).to_owned());
    templates
        .chain(code::problems(script))
        .chain(unclear)
        .collect()
}

#[cfg(test)]
mod tests;
