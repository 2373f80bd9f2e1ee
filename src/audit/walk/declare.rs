//! `declare`, `local`, `export`, `readonly`.

use std::rc::Rc;

use super::super::event::Word;
use super::super::symbol::is_known;
use super::super::text::Text;
use super::simple::Call;
use super::{Shell, Value, Walker};

impl Walker<'_> {
    pub(super) fn declare(&mut self, shell: &mut Shell, name: &str, call: &Call) {
        let words = call.arguments();
        let has = |letter: char| has_letter(words, letter);
        if has('p') {
            return self.print_variables(shell, words);
        }
        if has('f') || has('F') {
            // `declare -f` prints functions.
            return self.unknown_output();
        }
        let export = name == "export" || has('x');
        for word in words {
            let chars = word.as_str();
            if chars.starts_with(['-', '+']) {
                continue;
            }
            let (variable, value) = match chars.split_once('=') {
                Some((variable, _)) => {
                    let value = word.text.slice(variable.len() + 1, chars.len());
                    (variable, Some(Value::Scalar(value)))
                }
                None => (chars, None),
            };
            if !is_known(variable) {
                // `export "$(…)"`: it may set what this script lacks.
                shell.outer = Rc::default();
                continue;
            }
            if !has('g') {
                Self::make_local(shell, variable, Some(name));
            }
            if has('n')
                && let Some(Value::Scalar(target)) = &value
            {
                // What is set by the one name is read by the other.
                let target = target.as_str().to_owned();
                self.set_unknown(shell, &target, call.place);
            }
            match value {
                Some(value) => shell.set(variable, value),
                None if name == "local" => {
                    shell.variables.remove(variable);
                    shell.set(variable, Value::Scalar(Text::default()));
                }
                None => {}
            }
            if export {
                shell.variables.export(variable);
            }
        }
    }

    /// `declare -p NAME`: commands that set the same variables again.
    fn print_variables(&mut self, shell: &Shell, words: &[Word]) {
        if shell.stdout != super::Sink::Captured {
            return;
        }
        let Some(capture) = self.captures.last_mut() else {
            return;
        };
        let names = words.iter().filter(|word| !word.as_str().starts_with('-'));
        let mut is_known = false;
        for word in names {
            let Some(Value::Scalar(value)) = shell.get(word.as_str()) else {
                capture.unknown = true;
                return;
            };
            is_known = true;
            capture.unknown |= value.as_str().contains(['\'', '\n']);
            let place = word.text.place();
            capture
                .text
                .push_str(&format!("{}='", word.as_str()), place);
            capture.text.push(value);
            capture.text.push_str("'\n", place);
        }
        capture.unknown |= !is_known;
    }
}

/// Whether a letter is among the options.
pub(super) fn has_letter(words: &[Word], letter: char) -> bool {
    let mut words = words.iter().map(Word::as_str);
    words.any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
}
