//! Commands of the shell itself.

use std::rc::Rc;

use super::super::event::{EventKind, Site};
use super::super::paths;
use super::super::symbol::is_known;
use super::super::text::{Place, Text};
use super::simple::Call;
use super::{Context, Flow, Shell, Value, Walker};

/// What /etc/os-release and /etc/lsb-release set.
const OS_RELEASE: [&str; 11] = [
    "ID",
    "ID_LIKE",
    "NAME",
    "PRETTY_NAME",
    "VERSION",
    "VERSION_ID",
    "VERSION_CODENAME",
    "DISTRIB_ID",
    "DISTRIB_RELEASE",
    "DISTRIB_CODENAME",
    "DISTRIB_DESCRIPTION",
];

impl Walker<'_> {
    /// Runs a builtin. None if it is none.
    pub(super) fn builtin(
        &mut self,
        shell: &mut Shell,
        name: &str,
        call: &Call,
        context: &Context,
    ) -> Option<Flow> {
        match name {
            ":" | "true" | "false" | "shopt" | "ulimit" | "umask" | "hash" | "jobs" | "disown"
            | "alias" | "popd" | "bind" | "complete" | "type" | "times" => {
                self.write_output(shell, context, call.place);
            }
            "let" => {
                for word in call.arguments() {
                    self.arithmetic(shell, word.as_str(), call.place);
                }
            }
            "printf"
                if call
                    .arguments()
                    .first()
                    .is_some_and(|word| word.as_str() == "-v") =>
            {
                self.print_to_variable(shell, call, context);
            }
            // Its redirections stay.
            "exec" if call.words.len() == 1 => {}
            "exit" => return Some(Flow::Exit),
            // Outside of a function or a loop, they do nothing.
            "return" if !shell.frames.is_empty() || self.sourced > 0 => return Some(Flow::Return),
            "break" | "continue" if self.loops > 0 => return Some(Flow::Break),
            "return" | "break" | "continue" => {}
            "cd" | "pushd" => self.cd(shell, call),
            "set" => self.set(shell, call),
            "shift" => shift(shell, call),
            "export" | "declare" | "typeset" | "local" | "readonly" => {
                self.declare(shell, name, call);
            }
            "unset" => {
                for word in call.arguments() {
                    shell.variables.remove(word.as_str());
                }
            }
            "read" | "mapfile" | "readarray" | "getopts" => self.read(shell, name, call),
            "trap" => self.trap(shell, call),
            "wait" => {
                let words = call.arguments();
                if let Some(at) = words.iter().position(|word| word.as_str() == "-p")
                    && let Some(name) = words.get(at + 1)
                {
                    self.set_unknown(shell, name.as_str(), call.place);
                }
                self.wait(shell, call, context);
            }
            "sleep" => {
                let polling = context.polling;
                self.record(shell, call, context);
                self.emit(shell, context, call.place, EventKind::Sleep { polling });
            }
            "eval" => {
                let what = call.arguments().first().map_or("", |word| word.as_str());
                let end = what.find(char::is_whitespace).unwrap_or(what.len());
                let what = what.get(..end).unwrap_or_default();
                // It may set what this script lacks.
                shell.outer = Rc::default();
                self.unknown(shell, context, call.place, Some(format!("eval of {what}")));
                self.unknown_output();
            }
            "source" | "." => self.source(shell, call, context),
            "die" | "fatal" | "abort" | "bail" | "error_exit" if shell.site == Site::Host => {
                return Some(Flow::Exit);
            }
            _ => return None,
        }
        Some(Flow::Next)
    }

    fn cd(&mut self, shell: &mut Shell, call: &Call) {
        let path = call
            .arguments()
            .iter()
            .find(|word| !word.as_str().starts_with('-'));
        let path = path.map_or("~", |word| word.as_str()).to_owned();
        let directory = self.absolute(shell, &path);
        if shell.site == Site::Host && is_known(&directory) {
            self.directories
                .insert(paths::trimmed(&directory).to_owned());
        }
        shell.directory = Some(directory);
    }

    fn set(&mut self, shell: &mut Shell, call: &Call) {
        let mut words = call.arguments().iter().map(|word| word.as_str());
        let mut positions = None;
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            match word {
                "--" => {
                    let rest = call.arguments().len() - words.len();
                    let rest = call.arguments().get(rest..).unwrap_or_default();
                    positions = Some(rest.iter().map(|word| word.text.clone()).collect());
                    break;
                }
                "-o" | "+o" => match words.next() {
                    Some("errexit") => shell.errexit = on,
                    Some("pipefail") => shell.pipefail = on,
                    Some("allexport") => shell.export_all = on,
                    _ => {}
                },
                _ if on || word.starts_with('+') => {
                    let letters = word.get(1..).unwrap_or_default();
                    if letters.contains('e') {
                        shell.errexit = on;
                    }
                    if letters.contains('a') {
                        shell.export_all = on;
                    }
                    if letters.ends_with('o') && words.next() == Some("pipefail") {
                        shell.pipefail = on;
                    }
                }
                _ => {
                    positions = Some(call.arguments().iter().map(|w| w.text.clone()).collect());
                    break;
                }
            }
        }
        if positions.is_some() {
            shell.positions = positions;
        }
    }

    fn read(&mut self, shell: &mut Shell, name: &str, call: &Call) {
        let mut words = call.arguments().iter().map(|word| word.as_str());
        let mut skip = false;
        let names: Vec<&str> = words
            .by_ref()
            .filter(|word| {
                let option = word.starts_with('-');
                let value = std::mem::take(&mut skip);
                skip = option
                    && matches!(
                        word.chars().next_back(),
                        Some('p' | 't' | 'n' | 'd' | 'u' | 'N' | 'i')
                    );
                !option && !value
            })
            .collect();
        let names = match name {
            "getopts" => vec![names.get(1).copied().unwrap_or("OPTION"), "OPTARG"],
            _ if names.is_empty() => vec!["REPLY"],
            _ => names,
        };
        for name in names {
            self.set_unknown(shell, name, call.place);
        }
    }

    pub(super) fn set_unknown(&mut self, shell: &mut Shell, name: &str, place: Place) {
        let symbol = self.symbol(format!("${name}"));
        shell.set(name, Value::Scalar(Text::new(&symbol, place)));
    }

    /// `printf -v NAME FORMAT …`.
    fn print_to_variable(&mut self, shell: &mut Shell, call: &Call, context: &Context) {
        let words = call.arguments();
        let name = words.get(1).map_or("", |word| word.as_str());
        let name = name.split('[').next().unwrap_or_default();
        let format = words.get(2..).unwrap_or_default();
        match super::files::printed("printf", format, &context.input) {
            Some(text) if shell.elements(name).is_none() => shell.set(name, Value::Scalar(text)),
            _ => self.set_unknown(shell, name, call.place),
        }
    }

    /// Handlers are not followed; what they call is called. One for ERR sees every failure.
    fn trap(&mut self, shell: &mut Shell, call: &Call) {
        let mut words = call.arguments().iter().map(|word| word.as_str());
        let handler = words.find(|word| *word != "--").unwrap_or_default();
        for name in handler.split(|c: char| c.is_whitespace() || c == ';') {
            self.called.insert(name.to_owned());
        }
        if words.any(|signal| signal == "ERR") && !handler.is_empty() && handler != "-" {
            shell.errexit = true;
        }
    }

    fn wait(&mut self, shell: &Shell, call: &Call, context: &Context) {
        let mut jobs = Vec::new();
        let mut all = true;
        for word in call
            .arguments()
            .iter()
            .filter(|word| !word.as_str().starts_with('-'))
        {
            let known = self
                .symbols
                .of(word.as_str())
                .filter_map(|symbol| symbol.job);
            let before = jobs.len();
            jobs.extend(known);
            all = jobs.len() == before;
            if all {
                break;
            }
        }
        let jobs = (!all).then_some(jobs);
        self.emit(shell, context, call.place, EventKind::Wait(jobs));
    }

    /// Runs a file in this shell.
    fn source(&mut self, shell: &mut Shell, call: &Call, context: &Context) {
        let path = call.arguments().first().map_or("", |word| word.as_str());
        if matches!(path, "/etc/os-release" | "/etc/lsb-release") {
            for name in OS_RELEASE {
                self.set_unknown(shell, name, call.place);
            }
            return;
        }
        let arguments = call.arguments().get(1..).unwrap_or_default();
        if shell.site == Site::Host && !path.is_empty() && self.depth < super::DEEPEST_CALL {
            let path = self.without_script_directory(path);
            if let Some(text) = self.load_file(path.as_deref().unwrap_or_default(), call.place) {
                let positions = shell.positions.clone();
                if !arguments.is_empty() {
                    shell.positions = Some(arguments.iter().map(|w| w.text.clone()).collect());
                }
                self.depth += 1;
                self.sourced += 1;
                self.run_list(shell, &text, context);
                self.sourced -= 1;
                self.depth -= 1;
                shell.positions = positions;
                return;
            }
        }
        let shown = self.symbols.shown(path);
        let why = match path.is_empty() {
            true => "source of a command's output".to_owned(),
            false => format!("source of `{shown}`"),
        };
        // It may set what this script lacks.
        shell.outer = Rc::default();
        self.unknown(shell, context, call.place, Some(why));
    }

    /// `$(dirname "$0")/lib.sh` is beside the script.
    pub(super) fn without_script_directory(&self, path: &str) -> Option<String> {
        let mut chars = path.chars();
        let first = chars.next()?;
        match self.symbols.get(first) {
            Some(symbol) if symbol.directory => {
                let rest = chars.as_str().strip_prefix('/')?;
                is_known(rest).then(|| rest.to_owned())
            }
            Some(_) => None,
            None => is_known(path).then(|| path.to_owned()),
        }
    }

    pub(super) fn make_local(shell: &mut Shell, name: &str, command: Option<&str>) {
        let local = matches!(command, Some("local" | "declare" | "typeset"));
        let old = shell.variables.get(name).cloned();
        if local && let Some(frame) = shell.frames.last_mut() {
            frame.push((name.to_owned(), old));
        }
    }

    /// A command that prints what is known.
    pub(super) fn prints(&mut self, shell: &Shell, name: &str, call: &Call, context: &Context) {
        if name == "cat" {
            self.record(shell, call, context);
        }
        let text = self.printed(shell, name, call, context);
        if let Some(capture) = self.captures.last_mut()
            && shell.stdout == super::Sink::Captured
        {
            match &text {
                Some(text) if capture.text.size() <= super::limits::MOST_OF_VALUE => {
                    capture.text.push(text);
                }
                _ => capture.unknown = true,
            }
            if let Some(text) = &text
                && matches!(name, "pwd" | "dirname")
            {
                capture.directory = true;
                self.directories.insert(text.as_str().trim_end().to_owned());
            }
        }
        self.write_text(shell, context, call.place, text);
    }

    fn printed(
        &mut self,
        shell: &Shell,
        name: &str,
        call: &Call,
        context: &Context,
    ) -> Option<Text> {
        let words = call.arguments();
        match name {
            "pwd" => {
                let directory = match &shell.directory {
                    Some(directory) => directory.clone(),
                    None => self.derived("$PWD", true),
                };
                let known = is_known(&directory);
                let directory = if known {
                    directory
                } else {
                    self.derived("$(pwd)", true)
                };
                Some(Text::new(&directory, call.place))
            }
            "mktemp" => {
                let directory = words.iter().any(|word| {
                    let word = word.as_str();
                    word == "--directory"
                        || word.starts_with('-') && !word.starts_with("--") && word.contains('d')
                });
                let symbol = self.symbols.add(super::Symbol {
                    shown: if directory {
                        "$(mktemp -d)"
                    } else {
                        "$(mktemp)"
                    }
                    .to_owned(),
                    directory,
                    ..super::Symbol::default()
                });
                Some(Text::new(&symbol, call.place))
            }
            "dirname" => {
                let path = words.last()?;
                let chars = path.as_str();
                if chars.contains('/') {
                    return Some(path.text.slice(0, paths::parent(chars).len()));
                }
                let name = format!("$(dirname {})", self.symbols.shown(chars));
                Some(Text::new(&self.derived(&name, true), call.place))
            }
            "basename" => {
                let words: Vec<_> = words
                    .iter()
                    .filter(|w| !w.as_str().starts_with('-'))
                    .collect();
                let path = words.first()?;
                let chars = path.as_str();
                let name = paths::file_name(chars);
                let start = chars.trim_end_matches('/').len() - name.len();
                let suffix = words.get(1).map_or("", |word| word.as_str());
                let length = name.strip_suffix(suffix).unwrap_or(name).len();
                Some(path.text.slice(start, start + length))
            }
            "seq" => {
                let numbers: Vec<i64> = words
                    .iter()
                    .filter_map(|w| w.as_str().parse().ok())
                    .collect();
                let (from, to) = match (numbers.as_slice(), words.len()) {
                    ([to], 1) => (1, *to),
                    ([from, to], 2) => (*from, *to),
                    _ => return None,
                };
                if to < from || to - from > 255 {
                    return None;
                }
                let numbers: Vec<String> = (from..=to).map(|number| number.to_string()).collect();
                Some(Text::new(&numbers.join(" "), call.place))
            }
            _ => super::files::printed(name, words, &context.input),
        }
    }
}

fn shift(shell: &mut Shell, call: &Call) {
    let count = call
        .arguments()
        .first()
        .map_or(Ok(1), |word| word.as_str().parse());
    match (&mut shell.positions, count) {
        (Some(positions), Ok(count)) => {
            positions.drain(..usize::min(count, positions.len()));
        }
        _ => shell.positions = None,
    }
}
