//! Simple commands: assignments, redirections, and which program or function it is.

use super::super::event::{EventKind, Site, Status, Word};
use super::super::symbol::{is_known, is_symbol};
use super::super::syntax::Word as SyntaxWord;
use super::super::syntax::{Assigned, Assignment, Command, Redirect, RedirectKind};
use super::super::text::{Place, Text};
use super::compound::used;
use super::limits::MOST_WORDS;
use super::{Context, Flow, Input, Shell, Sink, Value, Walker, literal, programs, query};

/// A command with its arguments, ready to run.
pub(super) struct Call<'a> {
    pub(super) words: &'a [Word],
    pub(super) place: Place,
    pub(super) end: Place,
    /// Variables that only this command gets.
    pub(super) environment: &'a [(String, Text)],
}

impl<'a> Call<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.words.first().map_or("", Word::as_str)
    }

    pub(super) fn arguments(&self) -> &'a [Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The command that begins at one of the words.
    pub(super) fn from(&self, index: usize) -> Call<'a> {
        Call {
            words: self.words.get(index..).unwrap_or_default(),
            ..*self
        }
    }
}

impl Walker<'_> {
    pub(super) fn simple(
        &mut self,
        shell: &mut Shell,
        command: &Command,
        (assignments, words): (&[Assignment], &[SyntaxWord]),
        context: &Context,
    ) -> Flow {
        let mut context = context.clone();
        let first = words.first().and_then(literal);
        let inner = match first {
            None if words.is_empty() => Context {
                captured: true,
                ..context.clone()
            },
            Some("local" | "declare" | "typeset" | "export" | "readonly") => Context {
                captured: true,
                ..context.with(Status::Declaration)
            },
            // What is only printed is not used.
            Some(name) if matches!(name, "echo" | "printf") || programs::is_logging(name) => {
                Context {
                    captured: false,
                    ..used(&context).with(Status::Unchecked)
                }
            }
            _ => used(&context),
        };
        let is_argument = words.first().is_some_and(query::is_argument);
        let words = self.expand(shell, words, &inner);
        let sinks = (shell.stdout.clone(), shell.stderr.clone());
        self.redirect(shell, &command.redirects, &mut context);
        let flow = if words.is_empty() {
            self.assign(shell, assignments, &inner);
            self.write_output(shell, &context, command.place);
            Flow::Next
        } else {
            let environment = self.environment(shell, assignments, &inner, (first, &words));
            let call = Call {
                words: &words,
                place: match words.first() {
                    // The command was written where the function is called.
                    Some(word) if is_argument && !word.text.is_empty() => word.text.place(),
                    _ => command.place,
                },
                end: command.end,
                environment: &environment,
            };
            self.run(shell, &call, &context)
        };
        if first != Some("exec") || words.len() > 1 {
            (shell.stdout, shell.stderr) = sinks;
        }
        flow
    }

    fn assign(&mut self, shell: &mut Shell, assignments: &[Assignment], context: &Context) {
        for assignment in assignments {
            let old = shell.get(&assignment.name).cloned();
            let value = match (&assignment.value, assignment.append, old) {
                (Assigned::Scalar(word), append, old) => {
                    let text = self.expand_joined(shell, word, context);
                    match (append, old) {
                        (true, Some(Value::Scalar(mut old))) => {
                            old.push(&text);
                            Value::Scalar(self.bounded(old, word.place))
                        }
                        _ => Value::Scalar(text),
                    }
                }
                (Assigned::Array(elements), append, old) => {
                    let old = old.filter(|_| append);
                    self.array(shell, &assignment.name, elements, old, context)
                }
                (Assigned::Element(index, word), _, old) => {
                    let text = self.expand_joined(shell, word, context);
                    let index = shell.index(index);
                    with_element(old, index, text).unwrap_or_else(|| {
                        let symbol = self.symbol(format!("${{{}[…]}}", assignment.name));
                        Value::Scalar(Text::new(&symbol, word.place))
                    })
                }
            };
            if let Value::Scalar(text) = &value {
                self.symbols.name(text.as_str(), &assignment.name);
            }
            shell.set(&assignment.name, value);
        }
    }

    /// `name=(…)`, or `name+=(…)` with the old value.
    fn array(
        &mut self,
        shell: &mut Shell,
        name: &str,
        elements: &[(Option<String>, SyntaxWord)],
        old: Option<Value>,
        context: &Context,
    ) -> Value {
        let mut value = match old {
            Some(Value::Scalar(old)) => Value::Array(vec![old]),
            Some(old) => old,
            None => Value::Array(Vec::new()),
        };
        for (index, word) in elements {
            let words = self.expand(shell, std::slice::from_ref(word), context);
            let mut texts = words.into_iter().map(|word| word.text);
            let extended = match (index, value) {
                (None, Value::Array(mut all)) => {
                    all.extend(texts);
                    (all.len() <= MOST_WORDS).then_some(Value::Array(all))
                }
                (Some(index), value) => {
                    let index = shell.index(index);
                    let text = texts.next_back().unwrap_or_default();
                    with_element(Some(value), index, text)
                }
                (None, _) => None,
            };
            let Some(extended) = extended else {
                let symbol = self.symbol(format!("${{{name}[…]}}"));
                return Value::Scalar(Text::new(&symbol, word.place));
            };
            value = extended;
        }
        value
    }

    /// Assignments in front of a command are for its environment; arrays after `declare` are variables.
    fn environment(
        &mut self,
        shell: &mut Shell,
        assignments: &[Assignment],
        context: &Context,
        (first, words): (Option<&str>, &[Word]),
    ) -> Vec<(String, Text)> {
        if matches!(
            first,
            Some("local" | "declare" | "typeset" | "export" | "readonly")
        ) {
            if !super::declare::has_letter(words, 'g') {
                for assignment in assignments {
                    Self::make_local(shell, &assignment.name, first);
                }
            }
            self.assign(shell, assignments, context);
            return Vec::new();
        }
        let mut environment = Vec::new();
        for assignment in assignments {
            if let Assigned::Scalar(word) = &assignment.value {
                let text = self.expand_joined(shell, word, context);
                environment.push((assignment.name.clone(), text));
            }
        }
        environment
    }

    /// Applies redirections; what stood in the shell before must be put back afterwards.
    pub(super) fn redirect(
        &mut self,
        shell: &mut Shell,
        redirects: &[Redirect],
        context: &mut Context,
    ) {
        for redirect in redirects {
            if let Some(name) = &redirect.variable {
                self.set_unknown(shell, name.as_str(), name.place());
            }
            match &redirect.kind {
                RedirectKind::Input(word) => {
                    let path = self.expand_joined(shell, word, &used(context));
                    context.input = self.input_from(shell, path.as_str());
                }
                RedirectKind::Here(word) => {
                    let text = self.expand_joined(shell, word, &used(context));
                    context.input = Input::Text(text);
                }
                RedirectKind::Output { to, append } => {
                    let sink = self.sink(shell, to, *append, context);
                    match redirect.fd {
                        None | Some(1) => shell.stdout = sink,
                        Some(2) => shell.stderr = sink,
                        Some(_) => {}
                    }
                }
                RedirectKind::Both { to, append } => {
                    let sink = self.sink(shell, to, *append, context);
                    shell.stdout = sink.clone();
                    shell.stderr = sink;
                }
                RedirectKind::Duplicate(target) => match (redirect.fd, target.as_str()) {
                    (Some(2), "1") => shell.stderr = shell.stdout.clone(),
                    (None | Some(1), "2") => shell.stdout = shell.stderr.clone(),
                    (None | Some(1), _) => shell.stdout = Sink::Other,
                    (Some(2), _) => shell.stderr = Sink::Other,
                    _ => {}
                },
                RedirectKind::Process { script, reads } => {
                    let capture = self.capture(shell, script, &used(context));
                    match (reads, redirect.fd) {
                        (true, _) => {
                            context.input = match capture.unknown {
                                true => Input::Unknown,
                                false => Input::Text(capture.text),
                            };
                        }
                        (false, Some(2)) => shell.stderr = Sink::Other,
                        (false, _) => shell.stdout = Sink::Other,
                    }
                }
            }
        }
    }

    fn sink(
        &mut self,
        shell: &mut Shell,
        to: &SyntaxWord,
        append: bool,
        context: &Context,
    ) -> Sink {
        let path = self.expand_joined(shell, to, &used(context));
        match path.as_str() {
            "/dev/null" => Sink::Null,
            "/dev/stdout" | "/dev/stderr" | "/dev/tty" => Sink::Terminal,
            chars => Sink::File {
                path: self.absolute(shell, chars),
                place: to.place,
                append,
            },
        }
    }

    /// Runs a command, whatever it is.
    pub(super) fn run(&mut self, shell: &mut Shell, call: &Call, context: &Context) -> Flow {
        let name = call.name();
        if shell.functions.contains_key(name) {
            // A word from a variable was written where the variable is set; as a command, it stands here.
            let arguments = call.arguments().iter().map(|word| {
                let here = (call.place..=call.end).contains(&word.text.place());
                match here || word.as_str().contains(char::is_whitespace) {
                    true => word.text.clone(),
                    false => Text::new(word.as_str(), call.place),
                }
            });
            return self.call(shell, name, arguments.collect(), context);
        }
        if !is_known(name) {
            return self.run_unknown_name(shell, call, context);
        }
        let name = programs::base_name(name);
        if let Some(flow) = self.builtin(shell, name, call, context) {
            return flow;
        }
        if let Some(start) = super::wrapper::arguments_start(name, call) {
            return self.run_wrapped(shell, name, call, start, context);
        }
        if super::wrapper::is_wrapper(name) {
            // `command -v x`, `env` alone.
            self.unknown_output();
            return Flow::Next;
        }
        let silent = self.program(shell, name, call, context);
        if !silent && shell.stdout == Sink::Captured {
            self.unknown_output();
        }
        Flow::Next
    }

    pub(super) fn unknown_output(&mut self) {
        if let Some(capture) = self.captures.last_mut() {
            capture.unknown = true;
        }
    }

    /// `$STD apt-get install`: an unknown word that is nothing, or runs the rest.
    fn run_unknown_name(&mut self, shell: &mut Shell, call: &Call, context: &Context) -> Flow {
        let next = call.arguments().first().map_or("", Word::as_str);
        let splits = call.words.first().is_some_and(|word| word.splits);
        let whole = call.name().chars().all(is_symbol);
        if splits && whole && (shell.functions.contains_key(next) || programs::is_known(next)) {
            return self.run(shell, &call.from(1), context);
        }
        self.unknown_output();
        let shown = self.symbols.shown(call.name());
        let name = programs::base_name(&shown);
        let why = format!("the command `{name}` is not known");
        self.unknown(shell, context, call.place, Some(why));
        Flow::Next
    }

    /// A program. Whether it prints nothing, or only what is known.
    fn program(&mut self, shell: &mut Shell, name: &str, call: &Call, context: &Context) -> bool {
        match name {
            "pct" => self.pct(shell, call, context),
            "lxc-attach" => self.lxc_attach(shell, call, context),
            "lxc-start" | "lxc-stop" => self.lxc_state(shell, name, call, context),
            "systemctl" => {
                self.record(shell, call, context);
                self.systemctl(shell, call, context);
                self.other_start(shell, name, call, context);
            }
            "ssh" => self.ssh(shell, call, context),
            "bash" | "sh" | "dash" | "ash" | "zsh" | "ksh" => {
                self.shell_program(shell, call, context);
            }
            "su" | "runuser" => self.su(shell, call, context),
            "echo" | "printf" | "cat" | "pwd" | "mktemp" | "dirname" | "basename" | "seq" => {
                self.prints(shell, name, call, context);
                return true;
            }
            _ => return self.other_program(shell, name, call, context),
        }
        false
    }

    fn other_program(
        &mut self,
        shell: &mut Shell,
        name: &str,
        call: &Call,
        context: &Context,
    ) -> bool {
        self.record(shell, call, context);
        self.other_start(shell, name, call, context);
        if let Some(packages) = programs::packages(name, call.arguments()) {
            self.emit(shell, context, call.place, EventKind::Packages(packages));
        } else if self.file_program(shell, name, call, context) {
            return matches!(name, "mkdir" | "cp" | "mv" | "ln" | "install" | "touch");
        } else if programs::is_logging(name) || programs::is_harmless(name) {
            self.write_output(shell, context, call.place);
            return matches!(name, "test" | "[" | "chmod" | "chown" | "rm");
        } else {
            self.unfollowed_program(shell, name, call, context);
        }
        false
    }

    /// Records a command with its words.
    pub(super) fn record(&mut self, shell: &Shell, call: &Call, context: &Context) {
        let mut words = call.words.to_vec();
        if let Input::Text(text) = &context.input
            && call.name().ends_with("sum")
        {
            // `sha256sum -c` reads the names of the files.
            words.push(Word {
                text: text.clone(),
                ..Word::default()
            });
        }
        let kind = EventKind::Command(words);
        self.emit_until(shell, context, (call.place, call.end), kind);
    }

    fn unfollowed_program(
        &mut self,
        shell: &mut Shell,
        name: &str,
        call: &Call,
        context: &Context,
    ) {
        if programs::is_quiet(name) {
            let kind = EventKind::Packages(Some(Vec::new()));
            return self.emit(shell, context, call.place, kind);
        }
        if programs::runs_elsewhere(name) {
            let why = format!("what `{name}` runs");
            return self.unknown(shell, context, call.place, Some(why));
        }
        // An unknown wrapper in front of a command that is known: `run pct …`, `retry 3 5 pct …`.
        let arguments = call.arguments().iter().take(6);
        let tool = arguments
            .enumerate()
            .find(|(_, word)| programs::is_tool(programs::base_name(word.as_str())));
        if let Some((index, tool)) = tool {
            let context = context.with(Status::Unknown);
            let before = shell.site.clone();
            let tool = programs::base_name(tool.as_str());
            if before == Site::Host && matches!(tool, "systemctl" | "bash" | "sh") {
                // It may run them on another system.
                shell.site = Site::Remote(name.to_owned());
            }
            self.run(shell, &call.from(index + 1), &context);
            shell.site = before;
            return;
        }
        if self.run_file(shell, call, context) {
            return;
        }
        let module = call
            .arguments()
            .first()
            .is_some_and(|word| word.as_str() == "-m");
        if programs::is_interpreter(name) && module {
            let kind = EventKind::Packages(Some(Vec::new()));
            return self.emit(shell, context, call.place, kind);
        }
        let why = match (programs::is_interpreter(name), call.name().contains('/')) {
            (true, _) => format!("a script for `{name}`"),
            (false, true) => format!("the script `{}`", call.name()),
            (false, false) => format!("the command `{name}` is not known"),
        };
        self.unknown(shell, context, call.place, Some(why));
    }

    /// The file that standard output goes to, with what is known of its text.
    pub(super) fn write_output(&mut self, shell: &Shell, context: &Context, place: Place) {
        self.write_text(shell, context, place, None);
    }

    pub(super) fn write_text(
        &mut self,
        shell: &Shell,
        context: &Context,
        place: Place,
        text: Option<Text>,
    ) {
        if let Sink::File { path, append, .. } = &shell.stdout {
            let (path, append) = (path.clone(), *append);
            self.write(shell, context, place, &path, text, append);
        }
    }

    /// A path from the working directory of the shell.
    pub(super) fn absolute(&mut self, shell: &Shell, path: &str) -> String {
        if path.starts_with('/') || path.chars().next().is_some_and(is_symbol) {
            return super::super::paths::normal(path);
        }
        match (&shell.directory, &shell.site) {
            (Some(directory), _) => {
                super::super::paths::normal(&super::super::paths::join(directory, path))
            }
            (None, Site::Container(_)) => {
                let directory = self.derived("the working directory", true);
                super::super::paths::join(&directory, path)
            }
            (None, _) => super::super::paths::normal(path),
        }
    }
}

/// An array with one more element, or another value of it; `None` if the result is not known.
fn with_element(old: Option<Value>, index: Option<String>, text: Text) -> Option<Value> {
    let index = index?;
    let mut elements = match old {
        None => Vec::new(),
        Some(Value::Map(elements)) => elements,
        Some(Value::Array(texts)) => {
            let number = |(number, text): (usize, Text)| (number.to_string(), text);
            texts.into_iter().enumerate().map(number).collect()
        }
        Some(Value::Scalar(_)) => return None,
    };
    match elements.iter_mut().find(|(known, _)| *known == index) {
        Some((_, known)) => *known = text,
        None => elements.push((index, text)),
    }
    Some(Value::Map(elements))
}
