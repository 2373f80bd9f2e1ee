//! Whether a command is known to change the container.
//!
//! This catches what the author forgot, not what is hidden. A command can write to the temporary files of
//! `name=$(mktemp …)`, if `name` has no other value.

use std::collections::BTreeSet;
use std::fmt;

use super::programs::{
    HARMLESS_FILES, OPTIONS_WITH_VALUE, Operands, READING_VERBS, RULES, Rule, WRAPPERS, base_name,
    is_in, script_in,
};
use super::script::Script;
use crate::runbook::printable::quoted;

/// The maximum depth of scripts in scripts (`sh -c "eval …"`).
const MAX_DEPTH: usize = 4;

/// The part of a command that changes something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change(String);

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.0))
    }
}

/// The first change by a command, and the index of the word that is the program.
pub(super) fn of_words(words: &[String]) -> Option<(usize, Change)> {
    Scope::default().command(words)
}

/// The first change by a script.
pub(super) fn of_script(script: &Script<'_>) -> Option<Change> {
    Scope::default().script(script)
}

/// What is known where a command runs.
#[derive(Debug, Clone, Default)]
struct Scope {
    /// Variables with the path of a temporary file or directory.
    temporary: BTreeSet<String>,
    depth: usize,
}

impl Scope {
    fn script(&self, script: &Script<'_>) -> Option<Change> {
        let mut scope = self.clone();
        scope.temporary.extend(temporary_names(script));
        let written = script.writes.iter().find(|file| !scope.may_write(file));
        let written = written.map(|file| Change(format!("> {file}")));
        written.or_else(|| {
            let mut commands = script.commands.iter();
            commands.find_map(|words| Some(scope.command(words)?.1))
        })
    }

    fn command(&self, words: &[String]) -> Option<(usize, Change)> {
        let mut start = 0;
        let is_exec = |word: &String| is_in("-exec -execdir -ok -okdir", word);
        for part in words.split(is_exec) {
            if let Some((index, change)) = self.simple_command(part) {
                return Some((start + index, change));
            }
            start += part.len() + 1;
        }
        None
    }

    fn simple_command(&self, words: &[String]) -> Option<(usize, Change)> {
        let mut scope = self.clone();
        let mut start = 0;
        loop {
            let rest = words.get(start..)?;
            let assignments = rest.iter().take_while(|word| assignment(word).is_some());
            start += assignments.count();
            let (program, arguments) = words.get(start..)?.split_first()?;
            let name = base_name(program);
            // `busybox sh -c` is a shell.
            let script = script_in(words.get(start..)?).filter(|_| name != "find");
            let script = match name {
                "eval" => Some(arguments.join(" ")),
                "trap" => arguments.iter().find(|word| *word != "--").cloned(),
                _ => script.and_then(|index| words.get(start + index).cloned()),
            };
            if let Some(script) = script {
                return Some((start, scope.nested(name, &script)?));
            }
            let Some((_, options, operands)) =
                WRAPPERS.iter().find(|(names, ..)| is_in(names, name))
            else {
                return Some((start, scope.program(name, arguments)?));
            };
            // `command -v` finds a program, and does not run it.
            if name == "command" && arguments.first().is_some_and(|word| is_in("-v* -V*", word)) {
                return None;
            }
            if name == "xargs" {
                // More operands come from its input.
                scope.temporary.clear();
            }
            start += 1 + options_length(arguments, options) + operands;
        }
    }

    /// A script that a command runs. `eval` and `trap` share the variables, another shell does not.
    fn nested(&self, name: &str, script: &str) -> Option<Change> {
        if self.depth > MAX_DEPTH {
            return Some(Change(name.to_owned()));
        }
        let mut scope = Self {
            depth: self.depth + 1,
            ..Self::default()
        };
        if matches!(name, "eval" | "trap") {
            scope.temporary.clone_from(&self.temporary);
        }
        scope.script(&Script::read(script))
    }

    fn program(&self, name: &str, arguments: &[String]) -> Option<Change> {
        let in_temporary_root = arguments
            .iter()
            .filter_map(|argument| argument.strip_prefix("--root="))
            .any(|root| self.is_temporary(root));
        if in_temporary_root {
            return None;
        }
        let mut rules = RULES.iter().filter(|(names, _)| is_in(names, name));
        let argument = rules.find_map(|(_, rule)| self.argument(*rule, arguments))?;
        Some(Change(format!("{name} {argument}").trim_end().to_owned()))
    }

    /// The argument that changes something according to a rule; empty if it is the program itself.
    fn argument<'w>(&self, rule: Rule, arguments: &'w [String]) -> Option<&'w str> {
        let given = |list| arguments.iter().find(|argument| is_in(list, argument));
        let operand = arguments.get(options_length(arguments, OPTIONS_WITH_VALUE));
        let alone = |changes: bool| changes.then_some("");
        match rule {
            Rule::Always => alone(true),
            Rule::WithOperand => operand.map(String::as_str),
            Rule::With(list) => given(list).map(String::as_str),
            Rule::Unless(list) => alone(given(list).is_none()),
            Rule::Verb(reading) => operand
                .filter(|verb| !is_in(READING_VERBS, verb) && given(reading).is_none())
                .map(String::as_str),
            Rule::Writes(which) => alone(self.writes_elsewhere(which, arguments)),
        }
    }

    /// Whether a program writes to other than temporary files.
    fn writes_elsewhere(&self, which: Operands, arguments: &[String]) -> bool {
        let mut operands: Vec<&str> = arguments
            .iter()
            .map(String::as_str)
            .filter(|word| !word.starts_with('-'))
            .collect();
        match which {
            Operands::All | Operands::IfAny => {}
            Operands::AllButFirst => drop(operands.drain(..operands.len().min(1))),
            // With `-t` the target is not the last operand.
            Operands::Last if arguments.iter().any(|word| names_a_target(word)) => return true,
            Operands::Last => drop(operands.drain(..operands.len().saturating_sub(1))),
            Operands::After(prefix) => {
                operands = operands
                    .iter()
                    .filter_map(|word| word.strip_prefix(prefix))
                    .collect();
            }
        }
        let optional = matches!(which, Operands::IfAny | Operands::After(_));
        (operands.is_empty() && !optional) || operands.iter().any(|file| !self.may_write(file))
    }

    fn may_write(&self, file: &str) -> bool {
        is_in(HARMLESS_FILES, file) || self.is_temporary(file)
    }

    /// Whether a path starts with a variable for a temporary file, and stays below it.
    fn is_temporary(&self, path: &str) -> bool {
        path.strip_prefix("${")
            .and_then(|path| path.split_once('}'))
            .is_some_and(|(name, rest)| {
                self.temporary.contains(name) && rest.split('/').all(|part| part != "..")
            })
    }
}

/// `-t` of `cp`, `install` and `ln`, also among other letters.
fn names_a_target(word: &str) -> bool {
    let is_long = word.starts_with("--");
    word.starts_with("--t") || (word.starts_with('-') && !is_long && word.contains('t'))
}

/// The number of options, including their values, before the first operand.
pub(super) fn options_length(arguments: &[String], with_value: &str) -> usize {
    let mut length = 0;
    while let Some(word) = arguments.get(length) {
        if word == "--" {
            return length + 1;
        }
        if !word.starts_with('-') || word == "-" {
            break;
        }
        length += 1 + usize::from(is_in(with_value, word));
    }
    length
}

/// A word as an assignment: the variable and its value.
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| !c.is_ascii_digit());
    is_name.then_some((name, value))
}

/// The variables that a script sets to the output of `mktemp`, and to nothing else.
fn temporary_names(script: &Script<'_>) -> BTreeSet<String> {
    let (mut made, mut otherwise) = (BTreeSet::new(), BTreeSet::new());
    for word in script.commands.iter().flatten() {
        match assignment(word) {
            Some((name, "$(mktemp)")) => drop(made.insert(name)),
            Some((_, "")) => {}
            Some((name, _)) => drop(otherwise.insert(name)),
            // As in `read name` or `for name in`.
            None => drop(otherwise.insert(word.as_str())),
        }
    }
    made.difference(&otherwise)
        .map(|name| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
