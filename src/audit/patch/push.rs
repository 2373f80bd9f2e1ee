//! Proposals for pushes: full file names, a check behind the push, the directory before it.

use super::super::event::{Glob, Push};
use super::super::paths;
use super::super::symbol::is_known;
use super::around::Around;
use super::call::{PushCall, in_quotes, pushes};
use super::outline::{Command, End, Quote};
use super::script::{Edits, Script, indented};

impl Around<'_> {
    /// One push for each file, to a full file name, each compared with its source.
    pub(super) fn name_files(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        let mut others = self.name_files_in_calls();
        let is_directory = |path: &str| path.ends_with('/') || paths::is_system_directory(path);
        let mut all = self.pushes().map(|push| push.destination.as_str());
        let first = all.next();
        let only_directories = all.all(|path| Some(path) == first || is_directory(path))
            && first.is_none_or(|path| is_directory(path) || self.pushes().count() == 1);
        for push in self.pushes() {
            let own = pushes(self.script, self.line());
            let is_written = |call: &PushCall| {
                is_written(self.script.bare(call.destination).0, &push.destination)
            };
            let is_here = own.iter().any(is_written);
            if !is_here {
                proposals.append(&mut others);
                // Other calls push files to full names.
                if !only_directories {
                    continue;
                }
            }
            for call in own {
                proposals.extend(self.full_names(push, &call));
            }
        }
        proposals.append(&mut others);
        proposals
    }

    /// The same where the directory is an argument of a function.
    pub(super) fn name_files_in_calls(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for push in self.pushes() {
            let words = |command: &Command| {
                let first = command.words.first().map_or("", |word| self.raw(word));
                let mut words = command.words.iter().skip(1);
                !matches!(first, "for" | "case")
                    && words.any(|word| is_written(self.script.bare(word).0, &push.destination))
            };
            let commands = self.script.outline.commands.iter();
            let calls = commands
                .filter(|command| words(command))
                .filter_map(|command| PushCall::new(self.script, command));
            for call in calls {
                proposals.extend(self.full_names(push, &call));
            }
        }
        proposals
    }

    fn full_names(&self, push: &Push, call: &PushCall) -> Vec<Edits> {
        if self.raw(call.source).contains("{}") {
            return self.name_of_placeholder(call).into_iter().collect();
        }
        let mut proposals = Vec::new();
        let name = self.file_name(call);
        let is_unit = name.contains(['$', '.', '{']);
        if !copies_directory(push) && (is_unit || !paths::is_unit_directory(&push.destination)) {
            proposals.push(self.full_name(push, call));
        }
        let is_file = paths::file_name(push.source.as_str()).contains('.');
        // A pattern with one match works, and the file has its name already.
        let (target, _) = self.script.bare(call.destination);
        let is_directory = target.ends_with('/') || paths::is_system_directory(target);
        let is_named = push.source.glob == Glob::Active
            && !is_directory
            && paths::file_name(&push.destination).contains('.');
        // Which file of a directory is to have the name is not known.
        let is_named = is_named
            || push.source.glob == Glob::None && !is_directory && paths::has_unit_suffix(target);
        if (copies_directory(push) || !is_file) && !is_named {
            proposals.extend(self.each_file(push, call));
        }
        proposals
    }

    /// The destination with the name of the source behind it.
    fn full_name(&self, push: &Push, call: &PushCall) -> Edits {
        let name = self.file_name(call);
        let (directory, quote) = self.script.bare(call.destination);
        let path = join(directory, &name);
        let path = Script::quoted(&path, quote, call.command.quote);
        let mut edits = vec![(call.destination.clone(), path.clone())];
        if call.command.ends != End::Or {
            edits.extend(self.compare(push, call, self.raw(call.source), &path));
        }
        edits
    }

    /// The name of the file that a source names.
    pub(super) fn file_name(&self, call: &PushCall) -> String {
        let (source, _) = self.script.bare(call.source);
        let name = match source.rfind('/') {
            Some(at) if !source.get(at..).unwrap_or_default().contains('}') => {
                source.get(at + 1..).unwrap_or_default()
            }
            _ => source,
        };
        let variable = name
            .strip_prefix('$')
            .map(|name| name.trim_start_matches('{').trim_end_matches('}'))
            .filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
        match variable {
            Some(variable) => format!("${{{variable}##*/}}"),
            None if name.contains("$(") => format!("$(basename {})", self.raw(call.source)),
            None => name.to_owned(),
        }
    }

    /// A push for each file that the directory or the pattern has now, or a loop over them.
    fn each_file(&self, push: &Push, call: &PushCall) -> Vec<Edits> {
        let (source, _) = self.script.bare(call.source);
        let (directory, pattern) = match source.rsplit_once('/') {
            Some((directory, pattern)) if pattern.contains(['*', '?', '[']) => (directory, pattern),
            None if source.contains(['*', '?', '[']) => (".", source),
            _ => (source.trim_end_matches('/'), "*"),
        };
        let (target, _) = self.script.bare(call.destination);
        let is_directory = target.ends_with('/') || paths::is_system_directory(target);
        let target = match is_directory || pattern == "*" && !paths::has_unit_suffix(target) {
            true => target.trim_end_matches('/'),
            false => target.rsplit_once('/').map_or("", |(parent, _)| parent),
        };
        let units = paths::is_unit_directory(target);
        let listed = match is_known(push.source.as_str()) && !directory.contains('$') {
            true => (self.list)(directory).unwrap_or_default(),
            false => Vec::new(),
        };
        let matches = |name: &String| match pattern.strip_prefix('*') {
            Some("") => !units || paths::has_unit_suffix(name),
            Some(suffix) => name.ends_with(suffix),
            None => false,
        };
        let plain = |name: &String| {
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-@+".contains(c))
        };
        let names: Vec<String> = listed.into_iter().filter(matches).collect();
        let mut proposals = Vec::new();
        if !names.is_empty() && names.len() <= 8 && names.iter().all(plain) {
            proposals.extend(self.by_names(push, call, (directory, target), &names));
        }
        // In a loop of its own, a branch would see the last file only, and leave another loop.
        let end = self
            .script
            .line_range(self.script.line(call.command.span.end))
            .end;
        let tail = self.raw(&(call.command.span.end..end));
        let leaves_loop = tail.contains("continue") || tail.contains("break");
        let has_branch = call.command.ends == End::Or;
        if !leaves_loop && (!has_branch || self.whole_line(call.command).is_some()) {
            proposals.push(self.by_loop(push, call, (directory, pattern), target));
        }
        proposals
    }

    /// The name of the file where `find -exec` or `xargs` puts the source: only a shell of its own can take it apart.
    fn name_of_placeholder(&self, call: &PushCall) -> Option<Edits> {
        let words = &call.command.words;
        let exec = words.iter().position(|word| self.raw(word) == "-exec");
        let first = match exec {
            Some(at) => words.get(at + 1)?,
            None => words.iter().find(|word| self.raw(word) == "pct")?,
        };
        let is_elsewhere = self.raw(call.source) != "{}" || self.raw(words.first()?) == "parallel";
        let push = self.raw(&(first.start..call.source.start));
        let target = self.script.bare(call.destination).0;
        let target = target.trim_end_matches('/');
        // Not what the quotes would have to protect from the outer shell.
        let expands = |text: &str| text.contains(['$', '\'', '"', '`']);
        if is_elsewhere || expands(push) || expands(target) || target.contains("{}") {
            return None;
        }
        let text = format!(r#"sh -c "{push}\"\$1\" \"{target}/\${{1##*/}}\"" _ {{}}"#);
        Some(vec![(first.start..call.destination.end, text)])
    }

    fn by_names(
        &self,
        push: &Push,
        call: &PushCall,
        (directory, target): (&str, &str),
        names: &[String],
    ) -> Option<Edits> {
        let line = self.whole_line(call.command)?;
        let mut lines = String::new();
        for name in names {
            let source = match directory {
                "." => name.clone(),
                directory => path_word(&join(directory, name)),
            };
            let path = Script::quoted(&join(target, name), "", Quote::None);
            lines.push_str(&self.with_words(call, &source, &path));
            lines.push('\n');
            if let Some(comparison) = self.comparison(push, call, &source, &path) {
                lines.push_str(&comparison);
            }
        }
        let indentation = self.script.indentation(call.command.span.start);
        Some(vec![(line, indented(&lines, indentation))])
    }

    fn by_loop(
        &self,
        push: &Push,
        call: &PushCall,
        (directory, pattern): (&str, &str),
        target: &str,
    ) -> Edits {
        let taken = |name: &&&str| self.script.text.contains(&format!("${name}"));
        let names = ["unit", "file", "pushed_file"];
        let names = match paths::is_unit_directory(target) {
            true => names.as_slice(),
            false => names.get(1..).unwrap_or_default(),
        };
        let name = names
            .iter()
            .find(|name| !taken(name) && !self.script.text.contains(&format!("${{{name}")))
            .copied()
            .unwrap_or("pushed_file");
        let directory = match directory {
            "." => String::new(),
            directory => format!("{}/", path_word(directory)),
        };
        let Some(line) = self.whole_line(call.command) else {
            return self.loop_in_line(call, name, (&directory, pattern), target);
        };
        let source = format!("\"${name}\"");
        let path = format!("\"{target}/${{{name}##*/}}\"");
        let mut body = format!("{}\n", self.with_words(call, &source, &path));
        if let Some(comparison) = self.comparison(push, call, &source, &path) {
            body.push_str(&comparison);
        }
        let body = indented(&body, self.script.step());
        let lines = format!("for {name} in {directory}{pattern}; do\n{body}done\n");
        let indentation = self.script.indentation(call.command.span.start);
        vec![(line, indented(&lines, indentation))]
    }

    /// The loop in a script that is an argument, or in a line with other commands.
    fn loop_in_line(
        &self,
        call: &PushCall,
        name: &str,
        (directory, pattern): (&str, &str),
        target: &str,
    ) -> Edits {
        let (dollar, quote) = match call.command.quote {
            Quote::Double => ("\\$", "\\\""),
            Quote::Here { open: true } => ("\\$", "\""),
            _ => ("$", "\""),
        };
        let source = format!("{quote}{dollar}{name}{quote}");
        let path = format!("{quote}{target}/{dollar}{{{name}##*/}}{quote}");
        let push = self.words_only(call, &source, &path);
        let text = format!("for {name} in {directory}{pattern}; do {push}; done");
        vec![(call.command.span.clone(), text)]
    }

    /// The line of a command, if nothing else is in it but what becomes of its status.
    fn whole_line(&self, command: &Command) -> Option<std::ops::Range<usize>> {
        let script = self.script;
        let first = script.line(command.span.start);
        let last = script.line(command.span.end);
        let range = script.line_start(first)..script.line_start(last + 1);
        let before = script.raw(&(range.start..command.span.start));
        let after = script.raw(&(command.span.end..range.end)).trim();
        let alone = after.is_empty()
            || after.starts_with('#')
            || after.starts_with("||") && !after.ends_with(['{', '\\']) && !after.contains(';');
        let host = command.quote == Quote::None && command.negation.is_none();
        let first = before.trim().is_empty() && script.connective(command).is_empty();
        (first && alone && host).then_some(range)
    }

    /// The line of a push with another source and destination.
    fn with_words(&self, call: &PushCall, source: &str, destination: &str) -> String {
        let end = self
            .script
            .line_range(self.script.line(call.command.span.end))
            .end;
        let tail = self.raw(&(call.command.span.end..end));
        format!("{}{tail}", self.words_only(call, source, destination))
    }

    fn words_only(&self, call: &PushCall, source: &str, destination: &str) -> String {
        let span = &call.command.span;
        format!(
            "{}{source}{}{destination}{}",
            self.raw(&(span.start..call.source.start)),
            self.raw(&(call.source.end..call.destination.start)),
            self.raw(&(call.destination.end..span.end)),
        )
    }

    fn compare(
        &self,
        push: &Push,
        call: &PushCall,
        source: &str,
        path: &str,
    ) -> Option<(std::ops::Range<usize>, String)> {
        self.whole_line(call.command)?;
        let comparison = self.comparison(push, call, source, path)?;
        self.script.after_line(call.command, &comparison).pop()
    }

    /// A bounded poll until the container has the same bytes.
    fn comparison(&self, push: &Push, call: &PushCall, source: &str, path: &str) -> Option<String> {
        if !call.is_pct(self.script) || call.command.quote != Quote::None {
            return None;
        }
        let exec = call.bare_exec(self.script, &self.view.shown(&push.container));
        let (shown, _) = strip(path);
        let leave = Self::leave(call.command);
        let step = self.script.step();
        Some(format!(
            "tries=0\n\
             until [ \"$({exec} cat {path} | sha256sum)\" = \"$(sha256sum <{source})\" ]; do\n\
             {step}[ \"$((tries += 1))\" -lt 5 ] || {{ echo \"push of {shown} failed\" >&2; {leave}; }}\n\
             done\n"
        ))
    }

    /// A check behind a push.
    pub(super) fn check_push(&self) -> Vec<Edits> {
        let mut proposals = self.check_in_branch();
        for call in pushes(self.script, self.line()) {
            let null = |range: &&std::ops::Range<usize>| {
                let raw = self.raw(range);
                raw.contains("/dev/null") || raw == "2>&1"
            };
            let redirects = call.command.redirects.iter().filter(null);
            let without = redirects.map(|range| {
                let before = self.raw(&(0..range.start));
                let start = before.trim_end_matches(' ').len();
                (start..range.end, String::new())
            });
            proposals.push(without.collect());
        }
        proposals
    }

    /// A check directly behind a push: in its list, so that it runs when the push does and decides with it.
    pub(super) fn check_in_branch(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for push in self.pushes() {
            for call in pushes(self.script, self.line()) {
                proposals.extend(self.checks_behind(push, &call));
            }
        }
        proposals
    }

    fn checks_behind(&self, push: &Push, call: &PushCall) -> Vec<Edits> {
        let command = call.command;
        // A directory is there whatever was pushed, and only `xargs` or `find` knows what `{}` is.
        if push.destination.ends_with('/')
            || paths::is_system_directory(&push.destination)
            || push.destination.contains("{}")
        {
            return Vec::new();
        }
        let check = self.check(push, call);
        let checked = format!("{check} || {}", Self::leave(command));
        let (start, end) = (command.span.start, command.span.end);
        let line_end = self.script.line_range(self.script.line(end)).end;
        let tail = self.raw(&(end..line_end));
        let put = |text: String| vec![(end..end, text)];
        let group = |open: &str, inner: String| {
            vec![
                (start..start, open.to_owned()),
                (end..end, format!("{inner}; }}")),
            ]
        };
        let both = || group("{ ", format!(" && {check}"));
        let before = self.script.connective(command);
        match (command.ends, before) {
            // It would run before the push has ended.
            (End::Background, _) => Vec::new(),
            (End::Pipe, _) if tail.contains([';', '&']) || tail.contains("||") => Vec::new(),
            (End::Pipe, "") => [check, checked]
                .iter()
                .map(|check| self.script.after_line(command, check))
                .collect(),
            (End::Pipe, _) | (_, "|") => Vec::new(),
            (End::Or, "") if self.whole_line(command).is_some() => vec![
                self.script.after_line(command, &format!("{check}{tail}")),
                both(),
            ],
            _ if command.negation.is_some() => vec![both()],
            (End::Or, _) | (End::And, "||") => vec![both()],
            (End::And, _) | (_, "if") => vec![put(format!(" && {check}")), both()],
            (End::Other, "") => {
                let tail = tail.trim_start();
                let mut proposals = Vec::new();
                if tail.is_empty() || tail.starts_with('#') {
                    proposals.push(self.script.after_line(command, &check));
                    proposals.push(self.script.after_line(command, &checked));
                }
                proposals.push(put(format!("; {check}")));
                proposals.push(put(format!("; {checked}")));
                proposals
            }
            (End::Other, _) => vec![
                group("{ ", format!("; {check}")),
                group("{ ", format!("; {checked}")),
            ],
        }
    }

    fn check(&self, push: &Push, call: &PushCall) -> String {
        let exec = call.exec(self.script, &self.view.shown(&push.container));
        let path = in_quotes(self.raw(call.destination), call.command.quote);
        format!("{exec} test -s {path}")
    }
}

fn copies_directory(push: &Push) -> bool {
    let source = push.source.as_str();
    push.source_is_directory || push.source.glob != Glob::None || source.ends_with('/')
}

/// A path as a word. A part of it may be in quotes already: `"$HERE"/units`, but not in `$(dirname "$0")`.
fn path_word(path: &str) -> String {
    match path.contains(['"', '\'']) && !path.starts_with("$(") {
        true => path.to_owned(),
        false => Script::quoted(path, "", Quote::None),
    }
}

fn is_written(word: &str, path: &str) -> bool {
    word == path || !path.is_empty() && paths::normal(word) == *path
}

pub(super) fn join(directory: &str, name: &str) -> String {
    let directory = directory.strip_suffix("/.").unwrap_or(directory);
    format!("{}/{name}", directory.trim_end_matches('/'))
}

fn strip(word: &str) -> (&str, bool) {
    let inner = word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.map_or((word, false), |inner| (inner, true))
}
