//! The command of a check: `run` and `shell`.

mod changes;
mod programs;
mod script;
mod syntax;
mod templates;

use std::sync::LazyLock;

use regex::Regex;

use super::Findings;
use super::expressions::is_template;
use crate::constant_pattern::constant_pattern;
use crate::expression::check_template;
use crate::runbook::model::Check;
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;
use changes::Change;
use script::Script;

static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| constant_pattern(r"(?s)\{[{%].*?[%}]\}"));

pub(super) fn validate(check: &Check, path: &Path, found: &mut Findings) {
    if let Some(words) = &check.run {
        run(words, &path.key("run"), found);
        if !check.changes
            && let Some((index, change)) = changes::of_words(words)
        {
            undeclared(&change, &path.key("run").index(index), found);
        }
    }
    if let Some(line) = &check.shell {
        let path = path.key("shell");
        if line.trim().is_empty() {
            found.add(&path, "the command is empty\nhint: write a shell command");
        }
        no_nul(line, &path, found);
        let script = Script::read(line);
        // A syntax error is reported with the other expressions.
        if is_template(line) && check_template(line).is_ok() {
            for problem in templates::problems(&script) {
                found.add(&path, problem);
            }
        }
        if !check.changes
            && let Some(change) = changes::of_script(&script)
        {
            undeclared(&change, &path, found);
        }
    }
}

/// The words of each command in a script, without redirections.
pub(in crate::runbook) fn commands_of_script(script: &str) -> Vec<Vec<String>> {
    Script::read(script).commands
}

/// A script for a shell of the host, which readers paste: it must parse, and values in it must be quoted.
pub(super) fn pasted(script: &str, path: &Path, found: &mut Findings) {
    no_nul(script, path, found);
    if is_template(script) && check_template(script).is_err() {
        return;
    }
    let problems = templates::problems(&Script::read(script));
    if problems.is_empty()
        && let Err(error) = syntax::check(script)
    {
        found.add(
            path,
            format!("invalid shell script: {error}\nhint: write only commands here, and explain them in `title`"),
        );
    }
    for problem in problems {
        found.add(path, problem);
    }
}

fn undeclared(change: &Change, path: &Path, found: &mut Findings) {
    let message =
        format!("{change} can change the container\nhint: add `changes: true` to the check");
    found.add(path, message);
}

fn run(words: &[String], path: &Path, found: &mut Findings) {
    match words.first() {
        None => {
            let message =
                "the command is empty\nhint: write its words, such as `[systemctl, status]`";
            found.add(path, message);
        }
        Some(first) if first.trim().is_empty() => {
            let message = "the first word is empty\nhint: write the name of a program";
            found.add(&path.index(0), message);
        }
        Some(first)
            if TEMPLATE
                .replace_all(first, "")
                .contains(char::is_whitespace) =>
        {
            let message = format!(
                "no program is called {}\nhint: write each word as an entry of the list, or use `shell`",
                quoted(first)
            );
            found.add(&path.index(0), message);
        }
        Some(_) => {}
    }
    for (index, word) in words.iter().enumerate() {
        no_nul(word, &path.index(index), found);
    }
    if let Some(index) = templates::script_with_template(words) {
        found.add(
            &path.index(index),
            "the shell would run the value of the template as code\nhint: use `shell:` with \
             `{{ … | quote }}`, or pass the value as another word and use `\"$1\"`",
        );
    }
}

fn no_nul(text: &str, path: &Path, found: &mut Findings) {
    if text.contains('\0') {
        found.add(path, "a command cannot contain a NUL character");
    }
}
