//! `pct`, `lxc-attach` and `systemctl`: what they do.

use super::super::event::{EventKind, Exec, Origin, Push, Site, Systemctl, Use, Word};
use super::super::paths;
use super::super::symbol::is_symbol;
use super::super::text::Text;
use super::files::Content;
use super::simple::Call;
use super::{Context, Input, Shell, Sink, Walker};

/// Options that make systemctl act on another system.
const ELSEWHERE: [&str; 6] = ["-H", "-M", "--host=", "--machine=", "--root=", "--image="];

impl Walker<'_> {
    pub(super) fn pct(&mut self, shell: &mut Shell, call: &Call, context: &Context) {
        let Some(verb) = call
            .arguments()
            .first()
            .map(|word| word.as_str().to_owned())
        else {
            return;
        };
        self.record(shell, call, context);
        self.report_lost_variables(shell, context, call.arguments(), Use::Container);
        let words = call.words.get(2..).unwrap_or_default();
        let id = words.first().map_or("", Word::as_str).to_owned();
        let kind = match verb.as_str() {
            "push" => return self.push(shell, call, words, context),
            "exec" => return self.pct_exec(shell, call, words, context),
            "enter" => {
                let mut inner = shell.crossed(Site::Container(id), call.environment);
                return self.enter(&mut inner, call.place, context);
            }
            "create" | "restore" => {
                let restores = verb == "restore"
                    || words.iter().any(|word| word.as_str().contains("-restore"));
                EventKind::Created {
                    container: id,
                    started: starts(words),
                    origin: if restores {
                        Origin::Backup
                    } else {
                        Origin::Template
                    },
                }
            }
            "clone" => EventKind::Created {
                container: words.get(1).map_or("", Word::as_str).to_owned(),
                started: starts(words),
                origin: Origin::Container(id),
            },
            "rollback" if starts(words) != Some(false) => EventKind::Started(id),
            "start" | "resume" => EventKind::Started(id),
            "stop" | "shutdown" | "suspend" | "destroy" => EventKind::Stopped(id),
            "reboot" => EventKind::Started(id),
            "mount" => EventKind::Mounted(id),
            "pull" => return,
            _ => return,
        };
        self.emit_until(shell, context, (call.place, call.end), kind);
    }

    fn pct_exec(&mut self, shell: &mut Shell, call: &Call, words: &[Word], context: &Context) {
        let Some(id) = words.first() else {
            return;
        };
        let (command, dash) = exec_command(words);
        // Words 0 and 1 are `pct exec`.
        let command = Call {
            ..call.from(command + 2)
        };
        self.exec(shell, call, (id.as_str(), &command, dash), context);
    }

    pub(super) fn lxc_attach(&mut self, shell: &mut Shell, call: &Call, context: &Context) {
        self.record(shell, call, context);
        let mut id = None;
        let mut environment = call.environment.to_vec();
        let mut index = 1;
        while let Some(word) = call.words.get(index).map(Word::as_str) {
            index += 1;
            let value = call.words.get(index);
            match word {
                "--" => break,
                "-n" | "--name" => {
                    id = value.map(|word| word.as_str().to_owned());
                    index += 1;
                }
                "-v" | "--set-var" => {
                    if let Some((name, text)) = value.and_then(|word| word.as_str().split_once('='))
                    {
                        environment.push((name.to_owned(), Text::new(text, call.place)));
                    }
                    index += 1;
                }
                "-P" | "--lxcpath" | "-f" | "--rcfile" | "-u" | "--uid" | "-g" | "--gid" | "-o"
                | "-l" | "-s" | "-e" | "-R" | "-L" => {
                    index += usize::from(!matches!(word, "-e" | "-R"))
                }
                _ if word.starts_with("--name=") => {
                    id = word.split_once('=').map(|(_, id)| id.to_owned());
                }
                _ if word.starts_with("-n") => id = word.get(2..).map(str::to_owned),
                _ if word.starts_with('-') => {}
                _ => {
                    index -= 1;
                    break;
                }
            }
        }
        let Some(id) = id else {
            return;
        };
        let inner = Call {
            environment: &environment,
            ..call.from(index)
        };
        self.exec(shell, call, (&id, &inner, None), context);
    }

    pub(super) fn lxc_state(&mut self, shell: &Shell, name: &str, call: &Call, context: &Context) {
        let words = call.words;
        let at = words
            .iter()
            .position(|word| matches!(word.as_str(), "-n" | "--name"));
        let id = at.and_then(|at| words.get(at + 1)).or(words.get(1));
        if let Some(id) = id.map(|word| word.as_str().to_owned()) {
            let kind = match name {
                "lxc-start" => EventKind::Started(id),
                _ => EventKind::Stopped(id),
            };
            self.emit(shell, context, call.place, kind);
        }
    }

    /// A command in a container.
    fn exec(
        &mut self,
        shell: &mut Shell,
        call: &Call,
        (id, command, dash): (&str, &Call, Option<String>),
        context: &Context,
    ) {
        let output = match &shell.stdout {
            Sink::File { path, place, .. } => Some((path.clone(), *place)),
            _ => None,
        };
        let reads_file = !matches!(
            context.input,
            Input::Text(_) | Input::File(_) | Input::Unknown
        ) && matches!(
            command.name(),
            "cat" | "head" | "tail" | "sed" | "grep" | "base64" | "tar"
        ) && command
            .arguments()
            .iter()
            .any(|word| word.as_str().contains('/'));
        let index = self.events.len();
        let exec = Exec {
            container: id.to_owned(),
            dash,
            output: output.clone(),
            reads_file,
            lists: context.lists.clone(),
            systemctl: false,
        };
        self.emit_until(
            shell,
            context,
            (call.place, call.end),
            EventKind::Exec(exec),
        );
        let mut inner = shell.crossed(Site::Container(id.to_owned()), command.environment);
        if !command.words.is_empty() {
            self.run(&mut inner, command, context);
        }
        let runs_systemctl = self
            .events
            .iter()
            .skip(index)
            .any(|event| matches!(event.kind, EventKind::Systemctl(_)));
        if let Some(EventKind::Exec(exec)) = self.events.get_mut(index).map(|event| &mut event.kind)
        {
            exec.systemctl = runs_systemctl;
        }
        if let Some((path, place)) = output {
            self.write(shell, context, place, &path, None, false);
        }
    }

    fn push(&mut self, shell: &Shell, call: &Call, words: &[Word], context: &Context) {
        let (arguments, option) = push_arguments(words);
        let uncertain = words.iter().any(|word| word.splits);
        let refused = match (option, arguments.len()) {
            (Some(option), _) => Some(format!("pct push has no option `{option}`")),
            (None, 3) => None,
            (None, _) if uncertain => {
                return self.unknown(shell, context, call.place, None);
            }
            (None, count) => Some(format!("pct push takes 3 arguments, this call has {count}")),
        };
        let word = |index: usize| arguments.get(index).map(|word| (*word).clone());
        let container = word(0).unwrap_or_default().as_str().to_owned();
        let source = word(1).unwrap_or_default();
        let destination = word(2).unwrap_or_default();
        let destination = match destination.as_str() {
            "" => String::new(),
            path => {
                let normal = paths::normal(path);
                if normal.starts_with('/') || normal.chars().next().is_some_and(is_symbol) {
                    normal
                } else {
                    format!("/{normal}")
                }
            }
        };
        let content = match refused {
            None => self.push_content(shell, source.as_str(), &container, &destination),
            Some(_) => None,
        };
        let source_is_directory = self.is_directory(shell, source.as_str());
        let push = Push {
            container,
            destination,
            refused,
            discarded: shell.stderr == Sink::Null,
            parallel: context.parallel,
            source_is_directory,
            content,
            source,
        };
        self.emit_until(
            shell,
            context,
            (call.place, call.end),
            EventKind::Push(push),
        );
    }

    /// Keeps the text that a push brings, if it is at hand; returns it if the script has written it.
    fn push_content(
        &mut self,
        shell: &Shell,
        source: &str,
        container: &str,
        destination: &str,
    ) -> Option<String> {
        let own = self.absolute(shell, source);
        let content = match self.contents.get(&(shell.site.clone(), own)) {
            Some(content) => content.clone(),
            None => Content::File(self.without_script_directory(source)?),
        };
        let text = match &content {
            Content::Text(text) => Some(text.as_str().to_owned()),
            Content::File(_) => None,
        };
        let site = Site::Container(container.to_owned());
        self.contents
            .insert((site, destination.to_owned()), content);
        text
    }

    /// Whether a path is a directory of the host.
    fn is_directory(&mut self, shell: &Shell, path: &str) -> bool {
        if path.ends_with('/') || matches!(path, "." | "..") || path.ends_with("/.") {
            return true;
        }
        let mut chars = path.chars();
        if let (Some(symbol), None) = (chars.next().and_then(|c| self.symbols.get(c)), chars.next())
        {
            return symbol.directory;
        }
        let absolute = self.absolute(shell, path);
        paths::is_system_directory(path)
            || self.directories.contains(path)
            || self.directories.contains(&absolute)
    }

    pub(super) fn systemctl(&mut self, shell: &Shell, call: &Call, context: &Context) {
        let mut verb = None;
        let mut units = Vec::new();
        let mut now = false;
        let mut skip = false;
        for word in call.arguments() {
            let chars = word.as_str();
            if std::mem::take(&mut skip) {
                continue;
            }
            match chars {
                "--user" | "--global" => return,
                "--now" => now = true,
                "--host" | "--machine" | "--root" | "--image" => return,
                "-n" | "-o" | "-p" | "-t" | "-s" | "--property" | "--signal" => skip = true,
                _ if ELSEWHERE.iter().any(|option| chars.starts_with(option)) => return,
                _ if chars.starts_with('-') => {}
                _ if verb.is_none() => verb = Some(chars.to_owned()),
                _ => units.push(chars.to_owned()),
            }
        }
        let Some(verb) = verb else {
            return;
        };
        self.report_lost_variables(shell, context, call.arguments(), Use::Unit);
        let now = now && matches!(verb.as_str(), "enable" | "reenable");
        for path in units.iter().filter(|unit| unit.contains('/')) {
            if matches!(verb.as_str(), "enable" | "link") {
                let path = path.clone();
                self.write(shell, context, call.place, &path, None, true);
            }
        }
        let kind = EventKind::Systemctl(Systemctl {
            verb,
            units,
            now,
            list: context.lists.last().copied().unwrap_or_default(),
        });
        self.emit_until(shell, context, (call.place, call.end), kind);
    }

    /// Reports variables of the host's script that a word needs.
    pub(super) fn report_lost_variables(
        &mut self,
        shell: &Shell,
        context: &Context,
        words: &[Word],
        use_of: Use,
    ) {
        for word in words {
            self.report_lost_variables_in(shell, context, word.as_str(), use_of);
        }
    }

    pub(super) fn report_lost_variables_in(
        &mut self,
        shell: &Shell,
        context: &Context,
        text: &str,
        use_of: Use,
    ) {
        for symbol in text.chars().filter(|c| is_symbol(*c)) {
            let name = self
                .symbols
                .get(symbol)
                .and_then(|symbol| symbol.lost.clone());
            let place = self.first_uses.get(&symbol.to_string()).copied();
            if let (Some(name), Some(place)) = (name, place) {
                self.emit(
                    shell,
                    context,
                    place,
                    EventKind::LostVariable { name, use_of },
                );
            }
        }
    }
}

/// Whether `pct create` starts the container; none if that is not known.
fn starts(words: &[Word]) -> Option<bool> {
    let mut words_left = words.iter().map(Word::as_str).peekable();
    // A variable without quotes may hold options, unless it is the container's ID or the value of an option.
    let mut uncertain = words
        .iter()
        .zip(words.iter().skip(1))
        .any(|(before, word)| word.splits && !before.as_str().starts_with('-'));
    while let Some(word) = words_left.next() {
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            continue;
        };
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (name, None),
        };
        if name != "start" {
            continue;
        }
        let value = value.or_else(|| {
            words_left
                .peek()
                .copied()
                .filter(|next| !next.starts_with('-'))
        });
        match value {
            Some("1" | "true" | "yes" | "on") | None => return Some(true),
            Some("0" | "false" | "no" | "off") => return Some(false),
            Some(_) => uncertain = true,
        }
    }
    (!uncertain).then_some(false)
}

/// Where the command of `pct exec ID …` begins, and the word that pct takes for its own.
fn exec_command(words: &[Word]) -> (usize, Option<String>) {
    let separator = words.iter().position(|word| word.as_str() == "--");
    let mut index = 1;
    while let Some(word) = words.get(index) {
        let chars = word.as_str();
        if chars == "--" {
            return (index + 1, None);
        }
        let option = chars.trim_start_matches('-');
        let (name, has_value) = match option.split_once('=') {
            Some((name, _)) => (name, true),
            None => (option, false),
        };
        if option.len() < chars.len() && !name.is_empty() && "keep-env".starts_with(name) {
            let next = words.get(index + 1).map(Word::as_str);
            index += 1 + usize::from(!has_value && matches!(next, Some("0" | "1")));
            continue;
        }
        if word.splits && separator.is_some() {
            index += 1;
            continue;
        }
        break;
    }
    // After a word that may be nothing or several, what follows is not known: `$SEPARATOR`.
    let own = words
        .iter()
        .take(separator.unwrap_or(words.len()))
        .skip(index)
        .take_while(|word| !word.splits);
    let dash = own
        .map(Word::as_str)
        .find(|word| word.starts_with('-') && word.len() > 1);
    (index, dash.map(str::to_owned))
}

/// The arguments of `pct push`, and an option that it does not have. Options are those of Perl's Getopt::Long: one
/// dash or two, a value after `=` or in the next word, abbreviations, anywhere before `--`.
fn push_arguments(words: &[Word]) -> (Vec<&Word>, Option<String>) {
    let mut arguments = Vec::new();
    let mut unknown = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let chars = word.as_str();
        if chars == "--" {
            arguments.extend(rest);
            break;
        }
        let name = chars.trim_start_matches('-');
        if name.len() == chars.len() || name.is_empty() {
            arguments.push(word);
            continue;
        }
        let (name, has_value) = match name.split_once('=') {
            Some((name, _)) => (name.to_lowercase(), true),
            None => (name.to_lowercase(), false),
        };
        let known = ["perms", "user", "group"]
            .iter()
            .any(|option| option.starts_with(&name));
        match known {
            true if !has_value => drop(rest.next()),
            true => {}
            false => unknown = unknown.or_else(|| Some(chars.to_owned())),
        }
    }
    (arguments, unknown)
}
