//! The command of a check: `run` and `shell`.

mod changes;
mod programs;
mod script;
mod templates;

use super::Findings;
use super::expressions::is_template;
use crate::expression::check_template;
use crate::runbook::model::Check;
use crate::runbook::path::Path;
use changes::Change;
use script::Script;

pub(super) fn validate(check: &Check, path: &Path, found: &mut Findings) {
    if let Some(words) = &check.run {
        run(words, &path.key("run"), found);
        if !check.changes
            && let Some((index, change)) = changes::of_words(words)
        {
            undeclared(&change, path.key("run").index(index), found);
        }
    }
    if let Some(line) = &check.shell {
        let path = path.key("shell");
        if line.trim().is_empty() {
            found.add(path.clone(), "the command is empty; write one");
        }
        no_nul(line, &path, found);
        let script = Script::read(line);
        // A syntax error is reported with the other expressions.
        if is_template(line) && check_template(line).is_ok() {
            for problem in templates::problems(&script) {
                found.add(path.clone(), problem);
            }
        }
        if !check.changes
            && let Some(change) = changes::of_script(&script)
        {
            undeclared(&change, path, found);
        }
    }
}

fn undeclared(change: &Change, path: Path, found: &mut Findings) {
    let message = format!("{change} can change the container; add `changes: true` to the check");
    found.add(path, message);
}

fn run(words: &[String], path: &Path, found: &mut Findings) {
    match words.first() {
        None => found.add(
            path.clone(),
            "the command is empty; write its words, as in `[systemctl, status]`",
        ),
        Some(first) if first.trim().is_empty() => {
            found.add(path.index(0), "the first word is empty; it is the command");
        }
        Some(_) => {}
    }
    for (index, word) in words.iter().enumerate() {
        no_nul(word, &path.index(index), found);
    }
    if let Some(index) = templates::script_with_template(words) {
        found.add(
            path.index(index),
            "a template in a script for a shell: its value would be read as shell code; write \
             `shell:` with `{{ … | quote }}`, or pass the value as a further word and use `\"$1\"`",
        );
    }
}

fn no_nul(text: &str, path: &Path, found: &mut Findings) {
    if text.contains('\0') {
        found.add(
            path.clone(),
            "a NUL character, which no command can be given; delete it",
        );
    }
}
