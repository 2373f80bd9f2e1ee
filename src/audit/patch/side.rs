//! Proposals for commands, files and variables that are on the wrong side.

use std::ops::Range;

use super::super::event::EventKind;
use super::around::Around;
use super::call::exec;
use super::outline::{Command, End, Quote};
use super::script::{Edits, Script};

impl Around<'_> {
    /// The second half of a list in the container, too.
    pub(super) fn run_in_container(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        let systemctl = |command: &&&Command| {
            let word = command
                .words
                .iter()
                .find(|word| self.raw(word) == "systemctl");
            word.is_some() && self.exec_of(command).is_none()
        };
        let commands = &self.script.outline.commands;
        for command in self.commands().iter().filter(systemctl) {
            let before = commands
                .iter()
                .rev()
                .filter(|other| other.span.start < command.span.start)
                .filter(|other| other.script == command.script)
                .find_map(|other| self.exec_of(other));
            let containers = self
                .view
                .indexed()
                .filter_map(|(_, event)| match &event.kind {
                    EventKind::Push(push) => Some(push.container.as_str()),
                    EventKind::Exec(exec) => Some(exec.container.as_str()),
                    _ => None,
                });
            let containers: std::collections::BTreeSet<&str> = containers.collect();
            let others = containers
                .into_iter()
                .map(|id| exec(self.script, &self.view.shown(id), command));
            let start = command
                .words
                .iter()
                .find(|word| self.raw(word) == "systemctl");
            let start = start.map_or(command.span.start, |word| word.start);
            for exec in before.into_iter().chain(others) {
                proposals.push(vec![(command.span.start..start, format!("{exec} "))]);
            }
        }
        proposals
    }

    /// The redirection by a shell in the container.
    pub(super) fn redirect_in_container(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        let around = self.script.commands_around(self.line());
        for command in self.commands().into_iter().chain(around) {
            let to_file = |range: &&Range<usize>| {
                let raw = self.raw(range);
                let raw = raw.trim_start_matches('1');
                raw.starts_with('>') && !raw.contains("/dev/null") && !raw.starts_with(">&")
            };
            let Some(redirect) = command.redirects.iter().find(to_file) else {
                continue;
            };
            let raw = self.raw(redirect).trim_start_matches('1');
            let path = raw.trim_start_matches('>').trim();
            let operator = if raw.starts_with(">>") { ">>" } else { ">" };
            let words = &command.words;
            let Some(first) = self.inner_word(command) else {
                // A function that reads its input in the container.
                let ids = self
                    .view
                    .indexed()
                    .filter_map(|(_, event)| match &event.kind {
                        EventKind::Exec(exec) => {
                            let (_, place) = exec.output.as_ref()?;
                            (place.line == self.line()).then(|| self.view.shown(&exec.container))
                        }
                        _ => None,
                    });
                for id in ids.take(1) {
                    let exec = exec(self.script, &id, command);
                    let call = command.span.start..words.last().map_or(0, |word| word.end);
                    let bare = path.trim_matches('"');
                    let text = match bare.contains('$') {
                        true => format!("{exec} bash -c \"cat >'{bare}'\""),
                        false => format!("{exec} bash -c 'cat >{path}'"),
                    };
                    proposals.push(vec![(call, text), (redirect.clone(), String::new())]);
                }
                continue;
            };
            let inner = first..words.last().map_or(0, |word| word.end);
            let text = self.raw(&inner);
            let bare = path.trim_matches('"');
            let shell = match (text, path.contains(['$', '\''])) {
                ("cat" | "cat -", false) => format!("bash -c 'cat {operator}{path}'"),
                ("cat" | "cat -", true) => format!("bash -c \"cat {operator}'{bare}'\""),
                (_, false) => format!("bash -c '\"$@\" {operator}{path}' _ {text}"),
                (_, true) => {
                    format!("bash -c \"\\\"\\$@\\\" {operator}'{bare}'\" _ {text}")
                }
            };
            let before = self.raw(&(0..redirect.start));
            let start = before.trim_end_matches([' ', '\t']).len();
            proposals.push(vec![
                (inner, shell),
                (start.max(first)..redirect.end, String::new()),
            ]);
        }
        proposals
    }

    /// Where the command begins that runs in the container.
    fn inner_word(&self, command: &Command) -> Option<usize> {
        let words = &command.words;
        let at = words.iter().position(|word| self.raw(word) == "--");
        let at = match at {
            Some(at) => at + 1,
            None => words.iter().position(|word| {
                matches!(self.raw(word), "cat" | "echo" | "printf" | "base64" | "sed")
            })?,
        };
        words.get(at).map(|word| word.start)
    }

    /// `pct mount` around the commands that write below the container's root.
    pub(super) fn mount_root(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        let rootfs = |command: &&Command| {
            let mut words = command.words.iter().chain(&command.redirects);
            words.any(|word| self.raw(word).contains("/rootfs"))
        };
        for command in self.commands().into_iter().filter(rootfs) {
            let text = self.raw(&command.span);
            let Some((_, rest)) = text.split_once("/var/lib/lxc/") else {
                continue;
            };
            let id = rest.split("/rootfs").next().unwrap_or_default();
            let id = Script::quoted(id, "", Quote::None);
            let same = |other: &&Command| {
                rootfs(other)
                    && other.script == command.script
                    && other.function == command.function
            };
            let mounts = |other: &Command| {
                let mut words = other.words.iter().map(|word| self.raw(word));
                let name = |id: &str| id.replace(['"', '{', '}'], "");
                let is_mount = words.any(|word| word == "mount");
                is_mount && words.any(|word| name(word) == name(&id))
            };
            // What another mount holds open is not unmounted in between.
            if self.script.outline.commands.iter().any(mounts) {
                continue;
            }
            let last = self.script.outline.commands.iter().rfind(same);
            let last = last.unwrap_or(command);
            let unmount = self.script.after_line(last, &format!("pct unmount {id}"));
            for before in self.script.before(command, &format!("pct mount {id}")) {
                let mut edits = before;
                edits.extend(unmount.clone());
                proposals.push(edits);
            }
        }
        proposals
    }

    /// `--` before the command.
    pub(super) fn separator(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for command in self.commands() {
            let words = &command.words;
            let exec = words.iter().position(|word| self.raw(word) == "exec");
            let Some(exec) = exec else {
                // `$EXEC bash -c …`.
                let first = words.get(1).map(|word| word.start);
                proposals.extend(first.map(|at| vec![(at..at, "-- ".to_owned())]));
                continue;
            };
            let mut at = exec + 2;
            while let Some(word) = words.get(at).filter(|word| self.raw(word).starts_with('-')) {
                at += if self.raw(word).contains('=') { 1 } else { 2 };
            }
            let Some(word) = words.get(at) else {
                continue;
            };
            let is_passed = matches!(self.raw(word), "\"$@\"" | "$@" | "$*");
            if !is_passed || !self.is_called_with_separator(command) {
                proposals.push(vec![(word.start..word.start, "-- ".to_owned())]);
            }
        }
        // The words before the command are in a variable.
        let around = self.script.outline.commands.iter();
        let assigned = around.filter(|command| self.raw(&command.span).contains("exec"));
        for command in assigned {
            for word in &command.words {
                let raw = self.raw(word);
                let is_exec = raw.contains("pct exec") || raw.contains("=(pct exec");
                if is_exec && raw.ends_with(['"', ')', '\'']) {
                    let end = word.end - 1;
                    proposals.push(vec![(end..end, " --".to_owned())]);
                }
            }
        }
        proposals
    }

    /// Whether a call of the function that contains a command passes `--` on.
    fn is_called_with_separator(&self, command: &Command) -> bool {
        let mut calls = self.script.outline.commands.iter();
        calls.any(|call| {
            let mut words = call.words.iter().map(|word| self.raw(word));
            command.function.is_some()
                && words.next() == command.function.as_deref()
                && words.any(|word| word == "--")
        })
    }

    /// A variable of the host's script for the script in quotes.
    pub(super) fn pass_variable(&self) -> Vec<Edits> {
        let names = self.events().filter_map(|(_, event)| match &event.kind {
            EventKind::LostVariable { name, .. } => Some(name.as_str()),
            _ => None,
        });
        let mut proposals = Vec::new();
        for name in names {
            for command in self.script.commands_around(self.line()) {
                proposals.extend(self.pass(name, command));
                // `cat <<'EOF' | pct exec ID -- bash`.
                let commands = self.script.outline.commands.iter();
                let mut behind = commands.filter(|other| {
                    other.script == command.script && other.span.start > command.span.start
                });
                if command.ends == End::Pipe
                    && let Some(next) = behind.next()
                {
                    proposals.extend(self.pass(name, next));
                }
            }
            for command in self.script.commands_around(self.line()) {
                if command.quote == Quote::None {
                    proposals.extend(self.script.before(command, &format!("export {name}")));
                }
            }
        }
        proposals
    }

    fn pass(&self, name: &str, command: &Command) -> Vec<Edits> {
        let words = &command.words;
        let raw = |index: usize| words.get(index).map_or("", |word| self.raw(word));
        let quote = match command.quote {
            Quote::Double => "\\\"",
            _ => "\"",
        };
        let value = format!("{name}={quote}${name}{quote}");
        let put = |at: usize, text: String| vec![(at..at, text)];
        let mut proposals = Vec::new();
        if let Some(ssh) = words.iter().position(|word| self.raw(word) == "ssh") {
            let mut host = ssh + 1;
            while raw(host).starts_with('-') {
                let takes_value = raw(host).len() == 2
                    && "bcDEeFIiJLlmOopQRSWw".contains(raw(host).get(1..).unwrap_or("-"));
                host += if takes_value { 2 } else { 1 };
            }
            if let Some(word) = words.get(host) {
                let has_command = words.get(host + 1).is_some();
                let shell = if has_command { "" } else { " bash -s" };
                proposals.push(put(
                    word.end,
                    format!(
                        " {quote}{name}=${name};{quote}{}",
                        if has_command { "" } else { " bash -s" }
                    ),
                ));
                proposals.push(put(word.end, format!(" {value}{shell}")));
            }
            return proposals;
        }
        let shell = words.iter().position(|word| {
            matches!(
                self.raw(word),
                "bash" | "sh" | "dash" | "/bin/bash" | "/bin/sh" | "env"
            )
        });
        if let Some(index) = shell
            && index > 0
            && let Some(word) = words.get(index)
        {
            match self.raw(word) {
                "env" => proposals.push(put(word.end, format!(" {value}"))),
                _ => proposals.push(put(word.start, format!("env {value} "))),
            }
        }
        proposals
    }

    /// A backslash before what the container's shell is to fill in.
    pub(super) fn escape_variable(&self) -> Vec<Edits> {
        let names = self.events().filter_map(|(_, event)| match &event.kind {
            EventKind::EarlyVariable { name, .. } => Some(name.as_str()),
            _ => None,
        });
        let line = self.script.line_range(self.line());
        let text = self.raw(&line);
        let mut proposals = Vec::new();
        for name in names {
            let mut edits = Vec::new();
            for (at, _) in text.match_indices('$') {
                let before = text.get(..at).unwrap_or_default();
                let rest = text.get(at + 1..).unwrap_or_default();
                let rest = rest.strip_prefix('{').unwrap_or(rest);
                let after = rest.strip_prefix(name).map(|rest| rest.chars().next());
                let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
                if !before.ends_with('\\') && after.is_some_and(ends) {
                    let at = line.start + at;
                    edits.push((at..at, "\\".to_owned()));
                }
            }
            proposals.push(edits.clone());
            for edit in edits {
                proposals.push(vec![edit]);
            }
        }
        proposals
    }
}
