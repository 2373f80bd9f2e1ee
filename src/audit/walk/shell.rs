//! Scripts in scripts: `bash -c`, a heredoc for a shell, ssh, su, a file that is at hand.

use std::collections::HashSet;
use std::rc::Rc;

use super::super::event::{EventKind, Site, Word};
use super::super::parse::parse;
use super::super::symbol::is_symbol;
use super::super::syntax::{List, PartKind, Word as SyntaxWord};
use super::super::text::{Place, Text};
use super::query::names_set;
use super::simple::Call;
use super::state::Outer;
use super::variables::Variables;
use super::{Context, DEEPEST_CALL, Input, Shell, Sink, Value, Walker, files};

/// The options of ssh that take a value.
const SSH_VALUES: &str = "bcDEeFIiJLlmOopQRSWw";

/// How a shell is started.
#[derive(Debug, Default)]
struct Options {
    errexit: bool,
    pipefail: bool,
    script: Option<Text>,
    file: Option<usize>,
    positions: Vec<Text>,
}

impl Shell {
    /// The shell of a new process: it gets what is exported.
    fn inner(&self, environment: &[(String, Text)]) -> Self {
        let keeps = match self.site {
            Site::Host => None,
            Site::Remote(_) | Site::Container(_) => Some(self.variables.clone()),
        };
        self.process(environment, keeps)
    }

    /// The same, in a container or on another machine.
    pub(super) fn crossed(&self, site: Site, environment: &[(String, Text)]) -> Self {
        let stdout = match &self.stdout {
            Sink::File { .. } => Sink::Other,
            sink => sink.clone(),
        };
        Self {
            site,
            stdout,
            directory: None,
            ..self.process(environment, Some(self.variables.clone()))
        }
    }

    fn process(&self, environment: &[(String, Text)], keeps: Option<Variables>) -> Self {
        let mut inner = Self {
            site: self.site.clone(),
            directory: self.directory.clone(),
            stdout: self.stdout.clone(),
            stderr: self.stderr.clone(),
            ..Self::new()
        };
        for (name, variable) in self.variables.exported() {
            inner.variables.insert(name, variable.clone());
        }
        for (name, text) in environment {
            let value = Value::Scalar(text.clone());
            inner.variables.set(name, value, true);
        }
        let mut outer = (*self.outer).clone();
        outer.push(Outer {
            variables: keeps,
            passed: environment.iter().map(|(name, _)| name.clone()).collect(),
        });
        inner.outer = Rc::new(outer);
        inner
    }
}

impl Walker<'_> {
    /// `bash …`, `sh …`.
    pub(super) fn shell_program(&mut self, shell: &mut Shell, call: &Call, context: &Context) {
        let options = shell_options(call);
        let mut inner = shell.inner(call.environment);
        inner.errexit = options.errexit;
        inner.pipefail = options.pipefail;
        inner.positions = Some(options.positions);
        if let Some(script) = options.script {
            if script.as_str().trim().chars().all(is_symbol) && !script.is_empty() {
                let why = format!("a script that is not known: {}", script.as_str().trim());
                return self.unknown(shell, context, call.place, Some(why));
            }
            return self.script(&mut inner, &script, context);
        }
        if let Some(file) = options.file {
            self.record(shell, call, context);
            if !self.run_file(shell, &call.from(file), context) {
                let name = call.words.get(file).map_or("", Word::as_str);
                let why = format!("the script `{name}`");
                self.unknown(shell, context, call.place, Some(why));
            }
            return;
        }
        match self.input_text(&context.input, call.place) {
            Input::Text(text) => {
                let context = Context {
                    input: Input::Inherited,
                    ..context.clone()
                };
                self.script(&mut inner, &text, &context);
            }
            Input::File(_) | Input::Unknown => {
                let why = "a script that comes from another command".to_owned();
                self.unknown(shell, context, call.place, Some(why));
            }
            Input::Inherited => {}
        }
    }

    /// The input with the text of a file that is at hand.
    fn input_text(&mut self, input: &Input, place: Place) -> Input {
        match input {
            Input::File(path) => {
                let text = self.load_file(path, place);
                text.map_or(Input::Unknown, Input::Text)
            }
            input => input.clone(),
        }
    }

    /// Runs a script in a shell of its own.
    pub(super) fn script(&mut self, shell: &mut Shell, text: &Text, context: &Context) {
        if self.depth >= DEEPEST_CALL {
            return;
        }
        self.depth += 1;
        shell.frames.clear();
        let context = Context {
            on_exit: context.status,
            suppressed: false,
            captured: context.captured,
            ..context.clone()
        };
        let arms = self.branches.len();
        self.run_list(shell, text, &context);
        self.branches.truncate(arms);
        self.depth -= 1;
    }

    /// Runs a text in a shell.
    pub(super) fn run_list(&mut self, shell: &mut Shell, text: &Text, context: &Context) {
        let script = parse(text);
        if shell.site != Site::Host {
            self.early_variables(shell, text, &script.list, context);
        }
        let before = std::mem::take(&mut self.lost);
        if shell.site == Site::Host {
            self.lost = script.lost;
        } else {
            for lost in script.lost {
                self.unknown(shell, context, lost.place, Some(lost.why));
            }
        }
        self.list(shell, &script.list, context);
        self.report_lost(None);
        self.lost = before;
    }

    /// Variables that the script sets itself, but that the shell around it has filled in.
    fn early_variables(&mut self, shell: &Shell, text: &Text, list: &List, context: &Context) {
        let filled_in: Vec<(usize, String)> = text
            .as_str()
            .char_indices()
            .filter_map(|(at, c)| Some((at, self.symbols.get(c)?.unset.clone()?)))
            .collect();
        if filled_in.is_empty() {
            return;
        }
        let mut set = HashSet::new();
        let mut passed = HashSet::new();
        let own = |word: &SyntaxWord, name: &str, walker: &Self| {
            word.parts.iter().any(|part| match &part.kind {
                PartKind::Literal(text) => walker
                    .symbols
                    .of(text.as_str())
                    .any(|symbol| symbol.unset.as_deref() == Some(name)),
                _ => false,
            })
        };
        names_set(list, &mut |name, word| {
            if word.is_some_and(|word| own(word, name, self)) {
                passed.insert(name.to_owned());
            } else {
                set.insert(name.to_owned());
            }
        });
        let certain = !self.is_incomplete;
        for (at, name) in filled_in {
            if set.contains(&name) && !passed.contains(&name) {
                let kind = EventKind::EarlyVariable { name, certain };
                self.emit(shell, context, text.place_at(at), kind);
            }
        }
    }

    /// `ssh HOST …`.
    pub(super) fn ssh(&mut self, shell: &Shell, call: &Call, context: &Context) {
        let mut index = 1;
        while let Some(word) = call.words.get(index).map(Word::as_str) {
            if !word.starts_with('-') || word.len() < 2 {
                break;
            }
            let takes_value = word.len() == 2 && word.ends_with(|c| SSH_VALUES.contains(c));
            index += if takes_value { 2 } else { 1 };
        }
        let Some(host) = call.words.get(index) else {
            return;
        };
        let mut command = Text::default();
        for word in call.words.get(index + 1..).unwrap_or_default() {
            if !command.is_empty() {
                command.push_str(" ", word.text.place());
            }
            command.push(&word.text);
        }
        let host = host.as_str().rsplit('@').next().unwrap_or_default();
        let mut inner = shell.crossed(Site::Remote(host.to_owned()), &[]);
        inner.positions = Some(Vec::new());
        self.run_given(&mut inner, &command, call.place, context);
    }

    /// Runs a command line, or if there is none, what comes on standard input.
    fn run_given(&mut self, shell: &mut Shell, command: &Text, place: Place, context: &Context) {
        if !command.is_empty() {
            if command.as_str().chars().all(is_symbol) {
                let why = format!("a script that is not known: {}", command.as_str());
                return self.unknown(shell, context, place, Some(why));
            }
            return self.script(shell, command, context);
        }
        match self.input_text(&context.input, place) {
            Input::Text(text) => {
                let context = Context {
                    input: Input::Inherited,
                    ..context.clone()
                };
                self.script(shell, &text, &context);
            }
            Input::File(_) | Input::Unknown => {
                let why = "a script that comes from another command".to_owned();
                self.unknown(shell, context, place, Some(why));
            }
            Input::Inherited => {}
        }
    }

    /// `pct enter` with a script on its standard input.
    pub(super) fn enter(&mut self, shell: &mut Shell, place: Place, context: &Context) {
        self.run_given(shell, &Text::default(), place, context);
    }

    /// `su - user -c '…'`, `runuser -u user -- …`.
    pub(super) fn su(&mut self, shell: &mut Shell, call: &Call, context: &Context) {
        let words = call.words;
        let at = |option: &str| words.iter().position(|word| word.as_str() == option);
        if let Some(script) = at("-c")
            .or(at("--command"))
            .and_then(|at| words.get(at + 1))
        {
            let mut inner = shell.inner(call.environment);
            self.script(&mut inner, &script.text.clone(), context);
        } else if let Some(start) = at("--") {
            self.run(shell, &call.from(start + 1), context);
        } else if let Input::Text(text) = &context.input {
            let mut inner = shell.inner(call.environment);
            self.script(&mut inner, &text.clone(), context);
        }
    }

    /// Runs a file whose text is at hand. Whether it is.
    pub(super) fn run_file(&mut self, shell: &Shell, call: &Call, context: &Context) -> bool {
        let path = self.absolute(shell, call.name());
        let key = (shell.site.clone(), path);
        let text = match self.contents.get(&key) {
            Some(files::Content::Text(text)) => Some(text.clone()),
            Some(files::Content::File(path)) => {
                let path = path.clone();
                self.load_file(&path, call.place)
            }
            None => None,
        };
        let Some(text) = text.filter(|text| is_shell_script(text.as_str())) else {
            return false;
        };
        let mut inner = shell.inner(call.environment);
        inner.read_shebang(&text);
        let arguments = call.arguments().iter().map(|word| word.text.clone());
        inner.positions = Some(arguments.collect());
        self.script(&mut inner, &text, context);
        true
    }

    /// A file beside the script.
    pub(super) fn load_file(&mut self, path: &str, place: Place) -> Option<Text> {
        let from = self.files.get(place.file).map(|file| file.path.clone())?;
        let (path, text) = (self.load)(&from, path)?;
        let known = self.files.iter().position(|file| file.path == path);
        match known {
            Some(index) => Some(super::read_in(&text, index)),
            None => Some(self.add_file(&path, &text)),
        }
    }
}

fn is_shell_script(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    match first.strip_prefix("#!") {
        Some(interpreter) => interpreter.contains("sh"),
        None => true,
    }
}

fn shell_options(call: &Call) -> Options {
    let mut options = Options::default();
    let mut takes_script = false;
    let mut reads_input = false;
    let mut index = 1;
    while let Some(word) = call.words.get(index) {
        let chars = word.as_str();
        let on = chars.starts_with('-');
        if !(on || chars.starts_with('+')) || chars.len() < 2 {
            break;
        }
        index += 1;
        if chars == "--" {
            break;
        }
        if chars.starts_with("--") {
            if matches!(chars, "--rcfile" | "--init-file") {
                index += 1;
            }
            continue;
        }
        let letters = chars.get(1..).unwrap_or_default();
        options.errexit |= on && letters.contains('e');
        takes_script |= on && letters.contains('c');
        reads_input |= on && letters.contains('s');
        if letters.contains('o') || letters.contains('O') {
            match call.words.get(index).map(Word::as_str) {
                Some("pipefail") => options.pipefail = true,
                Some("errexit") => options.errexit = true,
                _ => {}
            }
            index += 1;
        }
    }
    let rest = call.words.get(index..).unwrap_or_default();
    let texts = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect();
    if takes_script {
        options.script = rest.first().map(|word| word.text.clone());
        options.positions = texts(rest.get(2..).unwrap_or_default());
    } else if reads_input || rest.is_empty() {
        options.positions = texts(rest);
    } else {
        options.file = Some(index);
    }
    options
}
