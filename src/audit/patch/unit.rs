//! Proposals for the units that systemctl names, and for its errors.

use super::super::event::{Event, EventKind};
use super::super::finding::Related;
use super::super::paths;
use super::super::symbol::is_known;
use super::around::Around;
use super::call::exec;
use super::outline::{Command, End};
use super::script::Edits;

impl Around<'_> {
    /// The name of the unit that is brought.
    pub(super) fn right_name(&self) -> Vec<Edits> {
        let Some(Related::Name { wrong, right }) = &self.draft.related else {
            return Vec::new();
        };
        let right = self.view.shown(right);
        let wrong = paths::unit_name(wrong);
        // Of a template, the instance is known only if the script names one.
        let instance = wrong.split_once('@').map(|(_, rest)| rest);
        let right = match (right.split_once("@."), instance) {
            (Some((template, _)), Some(instance)) => format!("{template}@{instance}"),
            (Some(_), None) => return Vec::new(),
            (None, _) => right,
        };
        let mut proposals = Vec::new();
        let commands = self.script.outline.commands.iter();
        let names = |text: &str| {
            let bare = text.trim_matches(['"', '\'', '\\']);
            paths::unit_name(bare) == wrong
        };
        for command in self.commands().into_iter().chain(commands) {
            for word in command.words.iter().filter(|word| names(self.raw(word))) {
                proposals.push(vec![(word.clone(), right.clone())]);
            }
        }
        // The variable that systemctl is given, if it has one value only.
        for command in self.commands() {
            let words = command.words.iter();
            let units = words.skip_while(|word| self.raw(word) != "systemctl");
            let names = |text: &str| text.contains('$') && !text.contains([' ', '\n']);
            for word in units.filter(|word| names(self.raw(word))) {
                if !self.is_repeated(command) {
                    proposals.push(vec![(word.clone(), right.clone())]);
                }
            }
        }
        proposals
    }

    /// The container to which the unit is brought.
    pub(super) fn right_container(&self) -> Vec<Edits> {
        let Some(Related::Place(place)) = &self.draft.related else {
            return Vec::new();
        };
        let written = |line: usize| {
            let commands = self.script.commands_in(line).into_iter();
            commands.filter_map(|command| {
                let words = &command.words;
                let verb = words
                    .iter()
                    .position(|word| matches!(self.raw(word), "push" | "exec" | "-n" | "--name"))?;
                Some((command, words.get(verb + 1)?))
            })
        };
        let of = |event: &Event| match &event.kind {
            EventKind::Push(push) => Some(push.container.clone()),
            _ => event.container().map(str::to_owned),
        };
        let wrong = self.events().find_map(|(_, event)| event.container());
        let brought = self.view.indexed().map(|(_, event)| event);
        let brought = brought.filter(|event| event.place == *place);
        let mut right: Vec<String> = brought.filter_map(of).collect();
        right.retain(|id| Some(id.as_str()) != wrong);
        right.sort_unstable();
        right.dedup();
        let ([right], Some(wrong)) = (right.as_slice(), wrong) else {
            return Vec::new();
        };
        let mut proposals = Vec::new();
        for (from, id) in written(place.line) {
            for (to, word) in written(self.line()) {
                let is_constant = !self.raw(id).contains('$') && !self.is_repeated(to);
                if is_constant || self.script.shares_scope(from, to) {
                    proposals.push(vec![(word.clone(), self.raw(id).to_owned())]);
                }
            }
        }
        for command in self.commands() {
            for word in command.words.iter().filter(|word| self.raw(word) == wrong) {
                if is_known(right) {
                    proposals.push(vec![(word.clone(), right.clone())]);
                }
            }
        }
        for command in self.commands() {
            let exec = exec(self.script, right, command);
            let systemctl = command
                .words
                .iter()
                .find(|word| self.raw(word) == "systemctl");
            if let (Some(word), false) = (systemctl, self.is_repeated(command)) {
                let range = command.span.start..word.start;
                proposals.push(vec![(range, format!("{exec} "))]);
            }
        }
        proposals
    }

    /// A push of the unit, which is taken to be beside the script.
    pub(super) fn push_unit(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for (_, event) in self.events() {
            let (EventKind::Systemctl(call), Some(container)) = (&event.kind, event.container())
            else {
                continue;
            };
            let units = call.units.iter().filter(|unit| !unit.contains('/'));
            let units: Vec<String> = units.map(|unit| paths::unit_name(unit)).collect();
            for command in self.commands() {
                let exec = self
                    .exec_of(command)
                    .filter(|exec| exec.contains(" exec "))
                    .unwrap_or_else(|| exec(self.script, &self.view.shown(container), command));
                let Some((pct, id)) = exec.split_once(" exec ") else {
                    continue;
                };
                let id = id.split(' ').next().unwrap_or_default();
                let lines = |units: &[String]| {
                    let lines = units.iter().map(|unit| {
                        let unit = self.view.shown(unit);
                        let path = format!("/etc/systemd/system/{unit}");
                        let check = format!("{exec} test -s {path}");
                        let check = match self.script.text.contains("set -e") {
                            true => check,
                            false => format!("{check} || {}", Self::leave(command)),
                        };
                        format!("{pct} push {id} {unit} {path}\n{check}")
                    });
                    lines.collect::<Vec<_>>().join("\n")
                };
                for count in (1..=units.len()).rev() {
                    let some = units.get(..count).unwrap_or_default();
                    proposals.extend(self.script.before(command, &lines(some)));
                }
                for unit in &units {
                    let one = std::slice::from_ref(unit);
                    proposals.extend(self.script.before(command, &lines(one)));
                }
            }
        }
        proposals
    }

    /// An `[Install]` section at the end of the unit's text.
    pub(super) fn install_section(&self) -> Vec<Edits> {
        let target = self.events().find_map(|(_, event)| match &event.kind {
            EventKind::Systemctl(call) => Some(match call.units.first()?.rsplit('.').next()? {
                "timer" => "timers.target",
                "socket" => "sockets.target",
                _ => "multi-user.target",
            }),
            _ => None,
        });
        let target = target.unwrap_or("multi-user.target");
        let mut proposals = Vec::new();
        let is_unit = |text: &str| {
            let has = |section: &str| text.contains(section);
            (has("[Service]") || has("[Unit]") || has("[Timer]") || has("[Socket]"))
                && !has("[Install]")
        };
        let commands = self.script.outline.commands.iter().rev();
        for command in commands {
            if let Some(body) = command.heredoc.clone()
                && is_unit(self.raw(&body))
            {
                let indentation = self.script.indentation(body.start);
                let lines = [
                    format!("{indentation}[Install]\n"),
                    format!("{indentation}WantedBy={target}\n"),
                ];
                proposals.push(vec![(body.end..body.end, lines.concat())]);
            }
            for word in command.words.iter().filter(|word| is_unit(self.raw(word))) {
                let raw = self.raw(word);
                if let Some(end) = end_of_heredoc(raw) {
                    let at = word.start + end;
                    let lines = format!("[Install]\nWantedBy={target}\n");
                    proposals.push(vec![(at..at, lines)]);
                }
                // Behind another word, the section would be in the middle of the text.
                let is_last = command.words.last() == Some(word);
                let quote = raw.chars().next_back().filter(|_| is_last);
                if let Some(quote) = quote.filter(|c| matches!(c, '"' | '\'')) {
                    let end = word.end - quote.len_utf8();
                    let text = raw.strip_suffix(quote).unwrap_or(raw);
                    let (before, after) = match (text.contains('\n'), text.ends_with("\\n")) {
                        (true, _) if text.ends_with('\n') => ("", "\n"),
                        (true, _) => ("\n", "\n"),
                        (false, true) => ("", "\\n"),
                        (false, false) => ("\\n", "\\n"),
                    };
                    let text = format!("{before}[Install]{after}WantedBy={target}");
                    let tail = if before.is_empty() { after } else { "" };
                    proposals.push(vec![(end..end, format!("{text}{tail}"))]);
                }
            }
            // `printf '%s\n' '[Service]' …`.
            let (program, arguments) = match command.words.as_slice() {
                [program, _, arguments @ ..] => (self.raw(program), arguments),
                _ => continue,
            };
            let sections = arguments.iter().any(|word| is_unit(self.raw(word)));
            if program == "printf"
                && sections
                && let Some(last) = arguments.last()
            {
                let text = format!(" '[Install]' 'WantedBy={target}'");
                proposals.push(vec![(last.end..last.end, text)]);
            }
        }
        proposals
    }

    /// Where a pipeline of simple commands ends that begins with this one.
    fn end_of_pipeline(&self, command: &Command) -> Option<usize> {
        if command.ends != End::Pipe || self.script.connective(command) == "|" {
            return None;
        }
        let commands = self.script.outline.commands.iter();
        let mut same = commands.filter(|other| {
            other.script == command.script && other.span.start > command.span.start
        });
        let last = same.find(|other| other.ends != End::Pipe || other.blocks != command.blocks)?;
        (last.blocks == command.blocks).then_some(last.span.end)
    }

    /// The failure of systemctl ends the script.
    pub(super) fn keep_error(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        let around = self.script.commands_around(self.line());
        let commands: Vec<&Command> = self.commands().into_iter().chain(around).collect();
        for command in &commands {
            let rest = self.raw(&(command.span.end..self.script.text.len()));
            for nothing in ["true", ":", "/bin/true"] {
                let tail = rest.trim_start().strip_prefix("||").map(str::trim_start);
                if let Some(after) = tail.and_then(|tail| tail.strip_prefix(nothing)) {
                    let length = rest.len() - after.len();
                    let range = command.span.end..command.span.end + length;
                    proposals.push(vec![(range, String::new())]);
                }
            }
        }
        let line = self.script.line_range(self.line());
        for nothing in [" || true", " || :"] {
            for (at, text) in self.raw(&line).match_indices(nothing) {
                let start = line.start + at;
                proposals.push(vec![(start..start + text.len(), String::new())]);
            }
        }
        for command in &commands {
            let [declaration, assignment, ..] = command.words.as_slice() else {
                continue;
            };
            let word = self.raw(declaration);
            let (name, _) = self.raw(assignment).split_once('=').unwrap_or_default();
            if !name.is_empty() && matches!(word, "local" | "declare" | "export" | "readonly") {
                let indentation = self.script.indentation(command.span.start);
                let by_line = format!("{word} {name}\n{indentation}");
                let in_line = format!("{word} {name}; ");
                let range = command.span.start..assignment.start;
                let after = format!("\n{indentation}{word} {name}");
                let texts = match (word, self.script.begins_line(command)) {
                    ("local" | "declare", true) => [by_line, in_line],
                    ("local" | "declare", false) => [in_line.clone(), in_line],
                    _ => {
                        let end = command.span.end;
                        proposals.push(vec![(range, String::new()), (end..end, after)]);
                        continue;
                    }
                };
                proposals.extend(texts.map(|text| vec![(range.clone(), text)]));
            }
        }
        for command in &commands {
            let start = command.span.start;
            if let Some(end) = self.end_of_pipeline(command) {
                proposals.push(vec![
                    (start..start, "(set -o pipefail; ".to_owned()),
                    (end..end, ")".to_owned()),
                ]);
            }
        }
        proposals
    }
}

/// The place of the line that ends the unit's text in a heredoc of a quoted script.
fn end_of_heredoc(script: &str) -> Option<usize> {
    let mut delimiters = Vec::new();
    let mut in_unit = false;
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        let bare = line.trim();
        if in_unit && delimiters.contains(&bare.trim_end_matches(['"', '\''])) {
            return Some(at);
        }
        in_unit |= bare.starts_with('[') && bare.ends_with(']');
        if let Some((_, rest)) = bare.split_once("<<") {
            let is_other = |c: char| !c.is_alphanumeric() && c != '_';
            let word = rest.split(is_other).find(|word| !word.is_empty());
            delimiters.extend(word);
        }
        at += line.len();
    }
    None
}
