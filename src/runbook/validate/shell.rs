//! Values in shell code: each must be quoted by `| quote`, and stand where that protects it.
//!
//! `{{ x | quote }}` becomes `'…'`. Within quotes of the script's own, in a comment or in a
//! here-document the value would still be read as code, so a template there is refused. The
//! shell's text is followed only as far as that takes; what cannot be followed is refused too.

mod quoted;

use super::expressions::is_template;
use crate::runbook::printable::quoted;
use quoted::{Quoted, is_quoted, split_template};

/// Shells that read a script from the word after `-c`.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "busybox", "zsh", "ksh"];

/// The word of a command that is a script for a shell and has a template in it.
pub(super) fn script_in(words: &[String]) -> Option<usize> {
    let is_shell = |word: &str| SHELLS.contains(&word.rsplit('/').next().unwrap_or_default());
    let is_c = |word: &str| {
        word.strip_prefix('-').is_some_and(|flags| {
            flags.ends_with('c') && flags.chars().all(|c| c.is_ascii_alphabetic())
        })
    };
    let shell = words.iter().position(|word| is_shell(word))?;
    let mut after = words.iter().enumerate().skip(shell + 1);
    after.find(|(_, word)| is_c(word))?;
    let (index, script) = after.next()?;
    is_template(script).then_some(index)
}

/// What is wrong with the templates in a line for the shell.
pub(super) fn problems(text: &str) -> Vec<String> {
    if !is_template(text) {
        return Vec::new();
    }
    let mut scanner = Scanner {
        rest: text,
        before: '\n',
        inside: vec![Inside::Command],
        here_document: false,
        problems: Vec::new(),
    };
    while scanner.step() {}
    scanner.problems.dedup();
    scanner.problems
}

/// What the shell is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Words of a command, where `'…'` protects.
    Command,
    Single,
    Double,
    /// `${…}` within double quotes.
    Braces,
    Backticks,
    Comment,
}

struct Scanner<'a> {
    rest: &'a str,
    /// The character before `rest`.
    before: char,
    inside: Vec<Inside>,
    here_document: bool,
    problems: Vec<String>,
}

impl<'a> Scanner<'a> {
    /// Takes one piece of the text; false at its end.
    fn step(&mut self) -> bool {
        if self.rest.starts_with("{%") {
            self.problems.push(String::from(
                "`{% … %}` in a `shell`: what it writes cannot be checked; compute the value under \
                 `let` and write `{{ name | quote }}`",
            ));
            return false;
        }
        if self.rest.starts_with("{#") {
            self.problems.push(String::from(
                "`{#` begins a comment of the template language; for the length of a shell \
                 variable write `$(expr length \"$name\")`",
            ));
            return false;
        }
        if let Some(tail) = self.rest.strip_prefix("{{") {
            return self.template(tail);
        }
        let Some(c) = self.rest.chars().next() else {
            return false;
        };
        let inside = self.inside.last().copied().unwrap_or(Inside::Command);
        match inside {
            Inside::Command => self.in_command(c),
            Inside::Single if c == '\'' => self.leave(),
            Inside::Double if c == '"' => self.leave(),
            Inside::Braces if c == '}' => self.leave(),
            Inside::Backticks if c == '`' => self.leave(),
            Inside::Comment if c == '\n' => self.leave(),
            Inside::Double | Inside::Braces if self.rest.starts_with("$(") => {
                self.take(1);
                self.inside.push(Inside::Command);
            }
            Inside::Double if self.rest.starts_with("${") => {
                self.take(1);
                self.inside.push(Inside::Braces);
            }
            Inside::Double | Inside::Braces if c == '`' => self.inside.push(Inside::Backticks),
            _ => {}
        }
        // A backslash takes the next character with it, but not the start of a template.
        let escapes = c == '\\' && !matches!(inside, Inside::Single | Inside::Comment);
        self.take(1);
        if escapes && !self.rest.starts_with("{{") {
            self.take(1);
        }
        true
    }

    fn in_command(&mut self, c: char) {
        match c {
            '\'' => self.inside.push(Inside::Single),
            '"' => self.inside.push(Inside::Double),
            '`' => self.inside.push(Inside::Backticks),
            '(' => self.inside.push(Inside::Command),
            ')' if self.inside.len() > 1 => self.leave(),
            '#' if self.before.is_whitespace() || ";&|(".contains(self.before) => {
                self.inside.push(Inside::Comment);
            }
            '<' if self.rest.starts_with("<<") => self.here_document = true,
            '$' if self.rest.starts_with("$'") => self.problems.push(String::from(
                "`$'…'` is not read alike by every `sh`; use plain quotes",
            )),
            // The `)` of its patterns would be taken for the end of the `$(`.
            'c' if self.inside.len() > 1
                && self.rest.starts_with("case")
                && !self.before.is_alphanumeric() =>
            {
                self.problems.push(String::from(
                    "a `case` within brackets cannot be followed; put it outside of `$(…)`",
                ));
            }
            _ => {}
        }
    }

    /// Takes a `{{ … }}`, of which the beginning is taken already.
    fn template(&mut self, tail: &'a str) -> bool {
        let Some((expression, after)) = split_template(tail) else {
            // The template engine says what is wrong.
            return false;
        };
        let shown = quoted(&format!("{{{{{expression}}}}}"));
        let refusal = match is_quoted(expression) {
            Quoted::Literal => None,
            Quoted::No(operand) => Some(format!(
                "{shown} stands in shell code as it is; write `{{{{ {operand} | quote }}}}`"
            )),
            Quoted::InPart => Some(format!(
                "in {shown} only a part is quoted; write `{{{{ (…) | quote }}}}` around the whole"
            )),
            Quoted::Yes => self.unprotected().map(|place| {
                format!("{shown} stands {place}, where quoting does not protect it; take it out")
            }),
        };
        self.problems.extend(refusal);
        self.before = '}';
        self.rest = after;
        true
    }

    /// Why quotes do not protect what stands here.
    fn unprotected(&self) -> Option<&'static str> {
        match self.inside.last() {
            _ if self.here_document => Some("behind a here-document (`<<`)"),
            _ if self.before == '\\' => Some("behind a backslash"),
            _ if self.before == '$' => Some("behind a `$`"),
            Some(Inside::Single | Inside::Double) => Some("within quotes"),
            Some(Inside::Braces) => Some("within `${…}` in quotes"),
            Some(Inside::Backticks) => Some("within backticks"),
            Some(Inside::Comment) => Some("in a comment"),
            Some(Inside::Command) | None => None,
        }
    }

    fn leave(&mut self) {
        self.inside.pop();
    }

    fn take(&mut self, characters: usize) {
        for _ in 0..characters {
            let mut left = self.rest.chars();
            if let Some(c) = left.next() {
                self.before = c;
            }
            self.rest = left.as_str();
        }
    }
}

#[cfg(test)]
mod tests;
