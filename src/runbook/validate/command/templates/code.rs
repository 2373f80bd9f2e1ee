//! Values that are one word for the shell, and that a command of the script runs as code.

use std::collections::BTreeSet;

use crate::runbook::validate::command::changes::{assignment, options_length};
use crate::runbook::validate::command::programs::{WRAPPERS, base_name, is_in, script_in};
use crate::runbook::validate::command::script::Script;

/// What is wrong with the commands of a script.
pub(super) fn problems(script: &Script<'_>) -> Vec<String> {
    // Words keep templates as `{{ expression }}`, and variables as `${name}`.
    let templates = script.templates.iter();
    let values: Vec<_> = templates
        .map(|template| format!("{{{{ {} }}}}", template.expression))
        .collect();
    let has_value = |text: &str| values.iter().any(|value| text.contains(value));
    let words = script.commands.iter().flatten();
    let set: BTreeSet<_> = words
        .filter_map(|word| assignment(word))
        .filter(|(_, value)| has_value(value))
        .map(|(name, _)| format!("${{{name}}}"))
        .collect();
    let is_code = |text: &str| has_value(text) || set.iter().any(|name| text.contains(name));
    let problem = |words: &Vec<String>| {
        let start = program_index(words)?;
        let (program, arguments) = words.get(start..)?.split_first()?;
        if values.iter().any(|value| program.starts_with(value)) {
            return Some(
                "the value of a template is run as a program\nhint: write the program's name, and only its arguments \
                 as templates"
                    .to_owned(),
            );
        }
        let code = match base_name(program) {
            "eval" => arguments.join(" "),
            "trap" => arguments.iter().find(|word| *word != "--")?.clone(),
            _ => words.get(script_in(words)?)?.clone(),
        };
        is_code(&code).then(|| {
            let name = base_name(program);
            format!(
                "`{name}` runs the value of a template as code\nhint: write the command itself, or pass the value as \
                 another word and use `\"$1\"`"
            )
        })
    };
    script.commands.iter().filter_map(problem).collect()
}

/// The index of the program, after assignments and programs that run another one.
fn program_index(words: &[String]) -> Option<usize> {
    let mut start = 0;
    loop {
        let rest = words.get(start..)?;
        start += rest
            .iter()
            .take_while(|word| assignment(word).is_some())
            .count();
        let (program, arguments) = words.get(start..)?.split_first()?;
        let name = base_name(program);
        let Some((_, options, operands)) = WRAPPERS.iter().find(|(names, ..)| is_in(names, name))
        else {
            return Some(start);
        };
        if name == "command" && arguments.first().is_some_and(|word| is_in("-v* -V*", word)) {
            return None;
        }
        start += 1 + options_length(arguments, options) + operands;
    }
}
