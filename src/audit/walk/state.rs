//! The state of a shell, and what a command inherits from the commands around it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::event::{Site, Status};
use super::super::symbol::is_known;
use super::super::syntax::Command;
use super::super::text::{Place, Text};
use super::variables::Variables;

/// Output as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Capture {
    pub(super) text: Text,
    pub(super) unknown: bool,
    pub(super) directory: bool,
}

/// What a command inherits from the commands around it.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) jobs: Vec<usize>,
    /// What becomes of the exit status of the last command.
    pub(super) status: Status,
    /// What becomes of the script's own.
    pub(super) on_exit: Status,
    /// `set -e` has no effect here.
    pub(super) suppressed: bool,
    pub(super) captured: bool,
    /// In a loop that waits for something.
    pub(super) polling: bool,
    pub(super) input: Input,
    pub(super) parallel: bool,
    /// The shell lists around the command, the innermost last.
    pub(super) lists: Vec<usize>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            jobs: Vec::new(),
            status: Status::Unchecked,
            on_exit: Status::Errexit,
            suppressed: false,
            captured: false,
            polling: false,
            input: Input::Inherited,
            parallel: false,
            lists: Vec::new(),
        }
    }
}

impl Context {
    pub(super) fn with(&self, status: Status) -> Self {
        Self {
            status,
            ..self.clone()
        }
    }

    /// For a command whose status only decides about a branch.
    pub(super) fn condition(&self) -> Self {
        Self {
            suppressed: true,
            ..self.with(Status::Branch)
        }
    }
}

/// Standard input.
#[derive(Debug, Clone)]
pub(super) enum Input {
    Inherited,
    Text(Text),
    /// A file that is at hand, maybe.
    File(String),
    Unknown,
}

/// Where standard output or error goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sink {
    Terminal,
    Null,
    File {
        path: String,
        place: Place,
        append: bool,
    },
    Captured,
    Other,
}

/// The state of a shell.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    pub(super) variables: Variables,
    pub(super) functions: Rc<HashMap<String, Rc<Command>>>,
    /// None if they are not known.
    pub(super) positions: Option<Vec<Text>>,
    pub(super) errexit: bool,
    pub(super) pipefail: bool,
    pub(super) export_all: bool,
    pub(super) site: Site,
    /// The working directory, once the script has changed it.
    pub(super) directory: Option<String>,
    /// The shells around this one, the innermost last.
    pub(super) outer: Rc<Vec<Outer>>,
    pub(super) stdout: Sink,
    pub(super) stderr: Sink,
    pub(super) last_job: Option<usize>,
    /// Values that `local` replaced, for each function that runs.
    pub(super) frames: Vec<Vec<(String, Option<Variable>)>>,
}

/// A shell around another one.
#[derive(Debug, Clone)]
pub(super) struct Outer {
    /// What it has, if another process does not get that.
    pub(super) variables: Option<Variables>,
    /// What it passes on.
    pub(super) passed: HashSet<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) value: Value,
    pub(super) exported: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(Text),
    Array(Vec<Text>),
    /// An array whose elements have been set by their indices.
    Map(Vec<(String, Text)>),
}

/// How a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Return,
    Exit,
}

impl Shell {
    pub(super) fn new() -> Self {
        Self {
            variables: Variables::default(),
            functions: Rc::default(),
            positions: None,
            errexit: false,
            pipefail: false,
            export_all: false,
            site: Site::Host,
            directory: None,
            outer: Rc::default(),
            stdout: Sink::Terminal,
            stderr: Sink::Terminal,
            last_job: None,
            frames: Vec::new(),
        }
    }

    /// Options in the first line: `#!/bin/bash -e`.
    pub(super) fn read_shebang(&mut self, text: &Text) {
        let first = text.as_str().lines().next().unwrap_or_default();
        let options = first.strip_prefix("#!").unwrap_or_default();
        let mut words = options.split_whitespace().skip(1);
        self.errexit |= words.any(|word| {
            let letters = word.strip_prefix('-').unwrap_or_default();
            !letters.starts_with('-') && letters.contains('e')
        });
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.variables.set(name, value, self.export_all);
    }

    /// Whether only a shell around this one has a variable, and does not pass it on.
    pub(super) fn is_kept_back(&self, name: &str) -> bool {
        for outer in self.outer.iter().rev() {
            let kept = outer.variables.as_ref().and_then(|all| all.get(name));
            match kept {
                _ if outer.passed.contains(name) => return false,
                Some(variable) if !variable.exported => return true,
                _ => {}
            }
        }
        false
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name).map(|variable| &variable.value)
    }

    /// The index of an element, such as `web`, `$i` or `"$name"`; `None` if its value is not known.
    pub(super) fn index(&self, written: &str) -> Option<String> {
        let quotes = |c: char| matches!(c, '"' | '\'');
        let bare = written.trim().trim_matches(quotes);
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let variable = bare.strip_prefix('$').map(|rest| {
            let braced = rest.strip_prefix('{');
            braced
                .and_then(|rest| rest.strip_suffix('}'))
                .unwrap_or(rest)
        });
        match variable {
            Some(name) if is_name(name) => match self.get(name) {
                Some(Value::Scalar(text)) if is_known(text.as_str()) => {
                    Some(text.as_str().to_owned())
                }
                _ => None,
            },
            Some(_) => None,
            None => (!bare.contains(['$', '`', '\\'])).then(|| bare.to_owned()),
        }
    }

    /// The elements of an array with their indices.
    pub(super) fn elements(&self, name: &str) -> Option<Vec<(String, Text)>> {
        match self.get(name)? {
            Value::Map(elements) => Some(elements.clone()),
            Value::Array(texts) => {
                let texts = texts.iter().enumerate();
                Some(
                    texts
                        .map(|(index, text)| (index.to_string(), text.clone()))
                        .collect(),
                )
            }
            Value::Scalar(_) => None,
        }
    }
}
