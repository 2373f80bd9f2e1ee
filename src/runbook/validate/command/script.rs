//! The commands of a shell script, the files that it writes, and its templates.
//!
//! The grammar is that of POSIX `sh`, as far as it decides where a command starts and what is quoted. Nothing
//! is expanded: a variable stays `${name}`, and a command substitution becomes `$(PROGRAM)`, with the first
//! program in it.

mod frame;

use crate::expression::{TemplatePart, template_parts};
use crate::runbook::validate::expressions::is_template;
use frame::{Frame, Inside, Next};

/// The maximum nesting.
const MAX_DEPTH: usize = 200;

/// A parsed script.
#[derive(Debug, Default)]
pub(super) struct Script<'a> {
    /// The words of each command, with assignments, without redirections.
    pub(super) commands: Vec<Vec<String>>,
    /// The files that redirections write.
    pub(super) writes: Vec<String>,
    pub(super) templates: Vec<Template<'a>>,
    /// Why the script cannot be parsed completely.
    pub(super) unclear: Vec<&'static str>,
}

/// A `{{ … }}` in a script.
#[derive(Debug)]
pub(super) struct Template<'a> {
    /// The text between the braces.
    pub(super) expression: &'a str,
    /// The place, if quoting does not protect the value there.
    pub(super) unprotected: Option<&'static str>,
}

impl<'a> Script<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let is_template = is_template(text);
        let parts = match is_template {
            true => template_parts(text),
            false => vec![TemplatePart::Text(text.into())],
        };
        let mut scanner = Scanner {
            rest: "",
            before: '\n',
            frame: Frame::new(Inside::Command),
            outer: Vec::new(),
            after_here_document: false,
            script: Self::default(),
        };
        if is_template && text.contains("{#") {
            scanner.script.unclear.push(COMMENT);
        }
        for part in &parts {
            scanner.part(part);
        }
        while !scanner.outer.is_empty() {
            scanner.leave();
        }
        scanner.end_command();
        scanner.script
    }
}

const STATEMENT: &str = "`{% … %}` is not allowed in `shell`\nhint: compute the value under `let` and write \
                         `{{ NAME | quote }}`";
const COMMENT: &str = "`{#` starts a template comment\nhint: for the length of a shell variable, write \
                       `$(expr length \"$name\")`";
const TOO_DEEP: &str = "the script is nested too deeply\nhint: simplify it";

struct Scanner<'p, 'a> {
    /// What is left of this part of the template.
    rest: &'p str,
    /// The character before `rest`.
    before: char,
    frame: Frame,
    outer: Vec<Frame>,
    after_here_document: bool,
    script: Script<'a>,
}

impl<'p, 'a> Scanner<'p, 'a> {
    fn part(&mut self, part: &'p TemplatePart<'a>) {
        match part {
            TemplatePart::Text(text) => {
                self.rest = text;
                while let Some(c) = self.rest.chars().next() {
                    if self.outer.len() > MAX_DEPTH {
                        self.script.unclear.push(TOO_DEEP);
                        break;
                    }
                    self.character(c);
                }
            }
            TemplatePart::Expression(expression) => {
                self.script.templates.push(Template {
                    expression,
                    unprotected: self.unprotected(),
                });
                self.text(&format!("{{{{ {expression} }}}}"));
                self.before = '}';
            }
            TemplatePart::Statement => self.script.unclear.push(STATEMENT),
        }
    }

    /// The current place, if quoting does not protect a value there.
    fn unprotected(&self) -> Option<&'static str> {
        let in_backticks = |frame: &Frame| frame.inside == Inside::Backticks;
        match &self.frame.inside {
            _ if self.after_here_document => Some("after a here-document (`<<`)"),
            _ if self.before == '\\' => Some("after a backslash"),
            _ if self.before == '$' => Some("after a `$`"),
            Inside::Single | Inside::Double => Some("inside quotes"),
            Inside::Braces => Some("inside `${…}` in quotes"),
            Inside::Arithmetic => Some("inside `((…))`"),
            Inside::Comment => Some("in a comment"),
            _ if in_backticks(&self.frame) || self.outer.iter().any(in_backticks) => {
                Some("inside backticks")
            }
            Inside::Command | Inside::BareBraces | Inside::Backticks | Inside::HereDocument(_) => {
                None
            }
        }
    }

    fn character(&mut self, c: char) {
        if c == '`' && self.close_backticks() {
            return self.take(1);
        }
        match (&self.frame.inside, c) {
            (Inside::Single, '\'')
            | (Inside::Double, '"')
            | (Inside::Braces | Inside::BareBraces, '}')
            | (Inside::Arithmetic, ')') => {
                self.leave();
                self.take(1);
            }
            // The end of the line also ends the command.
            (Inside::Comment, '\n') => self.leave(),
            (Inside::Comment, _) => self.take(1),
            (Inside::HereDocument(document), _) if self.before == '\n' => {
                let line = self.rest.split('\n').next().unwrap_or_default();
                if document.ends_at(line) {
                    self.leave();
                    self.take(line.chars().count());
                } else {
                    self.before = ' ';
                }
            }
            (Inside::HereDocument(document), _) if document.quoted => self.take(1),
            (Inside::Single, _) => self.literal(c),
            (_, '\\') => self.backslash(),
            (_, '$') => self.dollar(),
            (_, '`') => {
                self.open(Inside::Backticks, 1);
                self.frame.substitution = true;
            }
            (Inside::Double | Inside::Braces | Inside::HereDocument(_), _) => self.literal(c),
            (_, '\'') => self.open_quotes(Inside::Single),
            (_, '"') => self.open_quotes(Inside::Double),
            (Inside::Arithmetic, '(') => self.open(Inside::Arithmetic, 1),
            (Inside::Arithmetic | Inside::BareBraces, _) => self.take(1),
            (Inside::Command | Inside::Backticks, _) => self.in_command(c),
        }
    }

    fn in_command(&mut self, c: char) {
        match c {
            ';' | '&' if self.rest.starts_with("&>") => self.redirection("&>"),
            ';' | '&' | '|' | '\n' => {
                if self.frame.in_pattern && c != ';' {
                    self.end_word();
                } else {
                    self.end_command();
                }
                let next_pattern = c == ';' && self.before == ';';
                if next_pattern && self.frame.cases > 0 {
                    self.frame.in_pattern = true;
                }
                self.take(1);
                if c == '\n' {
                    for document in std::mem::take(&mut self.frame.here_documents)
                        .into_iter()
                        .rev()
                    {
                        self.open(Inside::HereDocument(document), 0);
                    }
                }
            }
            '<' | '>' if self.frame.words.first().is_none_or(|first| first != "[[") => {
                const OPERATORS: &[&str] = &[
                    "<<<", "<<-", "<<", "<>", "<&", "<(", "<", ">>", ">|", ">&", ">(", ">",
                ];
                let operator = OPERATORS.iter().find(|one| self.rest.starts_with(**one));
                self.redirection(operator.unwrap_or(&">"));
            }
            '(' if self.frame.in_pattern => self.take(1),
            '(' if self
                .frame
                .word
                .as_ref()
                .is_some_and(|word| word.ends_with('=')) =>
            {
                self.open(Inside::Arithmetic, 1);
            }
            '(' if self.before == '(' => self.open(Inside::Arithmetic, 1),
            '(' => {
                // There can only be the name of a function before it.
                self.frame.words.clear();
                self.frame.word = None;
                self.open(Inside::Command, 1);
            }
            ')' if self.frame.in_pattern => {
                self.end_command();
                self.frame.in_pattern = false;
                self.take(1);
            }
            ')' => {
                self.end_command();
                if self.frame.inside == Inside::Command && !self.outer.is_empty() {
                    self.leave();
                }
                self.take(1);
            }
            '#' if self.before.is_whitespace() || ";&|()".contains(self.before) => {
                self.open(Inside::Comment, 1);
            }
            _ if c.is_whitespace() => {
                self.end_word();
                self.take(1);
            }
            _ => self.literal(c),
        }
    }

    fn redirection(&mut self, operator: &str) {
        let number = |word: &String| word.chars().all(|c| c.is_ascii_digit());
        if self.frame.word.as_ref().is_some_and(number) {
            self.frame.word = None;
        }
        self.end_word();
        self.take(operator.len());
        self.frame.next = match operator {
            "<(" | ">(" => return self.open(Inside::Command, 0),
            "<<" | "<<-" => {
                self.after_here_document = true;
                Next::Delimiter {
                    tabs: operator == "<<-",
                }
            }
            "<" | "<&" | "<<<" => Next::Read,
            ">&" => Next::WrittenOrNumber,
            _ => Next::Written,
        };
    }

    fn dollar(&mut self) {
        let name_length = |text: &str| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            text.find(|c| !word(c)).unwrap_or(text.len())
        };
        let in_quotes = matches!(
            self.frame.inside,
            Inside::Double | Inside::Braces | Inside::HereDocument(_)
        );
        let tail = self.rest.get(1..).unwrap_or_default();
        if tail.starts_with('(') {
            self.open(Inside::Command, 2);
            self.frame.substitution = true;
        } else if tail.starts_with('\'') && !in_quotes {
            let message = "`$'…'` is not portable between shells\nhint: use plain quotes";
            self.script.unclear.push(message);
            self.take(1);
        } else if let Some(tail) = tail.strip_prefix('{') {
            let length = name_length(tail);
            match tail.split_at_checked(length) {
                Some((name, rest)) if rest.starts_with('}') => {
                    self.text(&format!("${{{name}}}"));
                    self.take(length + 3);
                }
                _ => {
                    self.text("${}");
                    let braces = match in_quotes {
                        true => Inside::Braces,
                        false => Inside::BareBraces,
                    };
                    self.open(braces, 2);
                }
            }
        } else {
            match tail.get(..name_length(tail)) {
                Some("") | None => self.literal('$'),
                Some(name) => {
                    self.text(&format!("${{{name}}}"));
                    self.take(name.len() + 1);
                }
            }
        }
    }

    fn backslash(&mut self) {
        self.take(1);
        let Some(c) = self.rest.chars().next() else {
            return;
        };
        let in_quotes = !matches!(self.frame.inside, Inside::Command | Inside::Backticks);
        if in_quotes && !"$`\"\\\n".contains(c) {
            self.text("\\");
        }
        match c {
            '\n' => self.take(1),
            _ => self.literal(c),
        }
        self.frame.quoted = true;
    }

    fn open_quotes(&mut self, inside: Inside) {
        self.text("");
        self.frame.quoted = true;
        self.open(inside, 1);
    }

    fn open(&mut self, inside: Inside, length: usize) {
        self.take(length);
        let outer = std::mem::replace(&mut self.frame, Frame::new(inside));
        self.outer.push(outer);
    }

    fn leave(&mut self) {
        self.end_command();
        let Some(outer) = self.outer.pop() else {
            return;
        };
        let inner = std::mem::replace(&mut self.frame, outer);
        if inner.substitution {
            self.text(&format!("$({})", inner.first.unwrap_or_default()));
        }
    }

    /// A backtick closes the last one, and everything that is open inside it.
    fn close_backticks(&mut self) -> bool {
        let is_open = |frame: &Frame| frame.inside == Inside::Backticks;
        if !is_open(&self.frame) && !self.outer.iter().any(is_open) {
            return false;
        }
        while !is_open(&self.frame) {
            self.leave();
        }
        self.leave();
        true
    }

    /// Adds text to the current word.
    fn text(&mut self, text: &str) {
        let mut frames = std::iter::once(&mut self.frame).chain(self.outer.iter_mut().rev());
        let holder = frames.find(|frame| !matches!(frame.inside, Inside::Single | Inside::Double));
        if let Some(frame) = holder
            && matches!(frame.inside, Inside::Command | Inside::Backticks)
        {
            frame.word.get_or_insert_default().push_str(text);
        }
    }

    fn literal(&mut self, c: char) {
        self.text(c.encode_utf8(&mut [0; 4]));
        self.take(1);
    }

    fn end_word(&mut self) {
        self.frame.end_word(&mut self.script.writes);
    }

    fn end_command(&mut self) {
        self.end_word();
        self.script.commands.extend(self.frame.end_command());
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
