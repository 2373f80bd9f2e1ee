//! Proposals for what comes too early or too late.

use super::super::event::EventKind;
use super::super::finding::Related;
use super::super::text::Place;
use super::super::view::{Group, View};
use super::around::Around;
use super::call::{PushCall, exec, in_quotes, pushes};
use super::outline::{Command, End, Quote};
use super::script::{Edits, Script, indented};

impl Around<'_> {
    fn related_line(&self) -> Option<usize> {
        match &self.draft.related {
            Some(Related::Place(place)) if place.file == self.draft.place.file => Some(place.line),
            _ => None,
        }
    }

    /// The push in front of the `systemctl` that needs it.
    pub(super) fn push_first(&self) -> Vec<Edits> {
        let Some(line) = self.related_line() else {
            return Vec::new();
        };
        self.reorder(line, self.line(), true)
    }

    /// The reload behind the push.
    pub(super) fn reload_after_push(&self) -> Vec<Edits> {
        let Some(line) = self.related_line() else {
            return Vec::new();
        };
        let mut proposals = self.reorder(line, self.line(), true);
        let reload = self
            .commands()
            .into_iter()
            .find(|command| self.raw(&command.span).contains("daemon-re"));
        let Some(reload) = reload else {
            return proposals;
        };
        for call in pushes(self.script, line) {
            proposals.push(self.script.after_line(call.command, self.raw(&reload.span)));
        }
        proposals
    }

    /// Two statements in the other order.
    fn reorder(&self, from: usize, to: usize, with_checks: bool) -> Vec<Edits> {
        let mut proposals = self.move_before(from, to, with_checks);
        proposals.extend(self.move_behind(to, from, with_checks));
        proposals
    }

    /// The commands in two lines that share a list, each as it is in that list.
    fn pairs(&self, from: usize, to: usize) -> Vec<(&Command, &Command)> {
        let moved = self.script.commands_in(from).into_iter();
        let pairs = moved.flat_map(|moved| {
            let targets = self.script.commands_in(to).into_iter();
            targets.filter_map(move |target| self.in_one_list(moved, target))
        });
        pairs.collect()
    }

    /// Moves a call of the container behind the statement in another line. What is between needs it as little as
    /// before: it has failed there.
    fn move_behind(&self, from: usize, to: usize, with_checks: bool) -> Vec<Edits> {
        let script = self.script;
        let mut proposals = Vec::new();
        for (moved, target) in self.pairs(from, to) {
            let lines = script.statement(moved, target);
            let behind = script.statement(target, moved);
            let end = match with_checks {
                true => self.with_checks(target, behind.end),
                false => behind.end,
            };
            let text = script.raw(&lines);
            let passed = script.raw(&(lines.end..behind.start.max(lines.end)));
            let is_set = |line: &str| {
                let name = line
                    .trim_start()
                    .split_once('=')
                    .map_or("", |(name, _)| name);
                let uses = [format!("${name}"), format!("${{{name}")];
                !name.is_empty() && uses.iter().any(|used| text.contains(used))
            };
            let is_free = lines.end <= behind.start && !passed.lines().any(is_set);
            if is_free && text.ends_with('\n') && self.only_calls(&lines) {
                let before = match script.raw(&(0..end)).ends_with('\n') {
                    true => "",
                    false => "\n",
                };
                proposals.push(vec![
                    (lines, String::new()),
                    (end..end, format!("{before}{text}")),
                ]);
            }
        }
        proposals
    }

    /// Whether the host's commands in a range of the script do nothing but call a container, or print.
    fn only_calls(&self, range: &std::ops::Range<usize>) -> bool {
        let commands = self.script.outline.commands.iter();
        let mut inside =
            commands.filter(|command| range.contains(&command.span.start) && self.is_host(command));
        inside.all(|command| {
            let first = command.words.first().map_or("", |word| self.raw(word));
            let exec = self.exec_of(command);
            let calls = exec.is_some_and(|exec| exec.contains(" exec ") || exec.starts_with('$'));
            matches!(
                first,
                "for" | "echo" | "printf" | "sleep" | ":" | "true" | "wait"
            ) || calls
        })
    }

    fn is_host(&self, command: &Command) -> bool {
        self.script.outer(command).is_none()
    }

    /// Moves the statement in one line before the statement in another one, unless what is between may be needed.
    fn move_before(&self, from: usize, to: usize, with_checks: bool) -> Vec<Edits> {
        let script = self.script;
        let mut proposals = Vec::new();
        for (moved, target) in self.pairs(from, to) {
            let lines = script.statement(moved, target);
            let statement = script.statement(target, moved);
            let start = statement.start;
            if lines.start > start {
                if lines.start >= statement.end && !self.only_calls(&(statement.end..lines.start)) {
                    continue;
                }
                let end = match with_checks {
                    true => self.with_checks(moved, lines.end),
                    false => lines.end,
                };
                let text = script.raw(&(lines.start..end)).to_owned();
                let text = match text.ends_with('\n') {
                    true => text,
                    false => format!("{text}\n"),
                };
                proposals.push(vec![
                    (start..start, text),
                    (lines.start..end, String::new()),
                ]);
            }
            // In one line.
            if moved.span.start > target.span.start {
                let text = format!("{}; ", script.raw(&moved.span));
                let rest = script.raw(&(moved.span.end..script.text.len()));
                let after = rest.strip_prefix("; ").map_or(0, |_| 2);
                let range = moved.span.start..moved.span.end + after;
                let line = script.line_range(script.line(range.start));
                let range = match line == range {
                    true => line.start..(line.end + 1).min(script.text.len()),
                    false => range,
                };
                let start = target.span.start;
                proposals.push(vec![(start..start, text), (range, String::new())]);
            }
        }

        proposals
    }

    /// The commands, or the calls of the functions that contain them, that are in one list.
    fn in_one_list<'b>(
        &'b self,
        one: &'b Command,
        other: &'b Command,
    ) -> Option<(&'b Command, &'b Command)> {
        let (ones, others) = (self.levels(one), self.levels(other));
        let in_one = |one: &Command, other: &Command| {
            one.function == other.function && one.script == other.script
        };
        ones.iter().find_map(|one| {
            let other = others.iter().find(|other| in_one(one, other))?;
            Some((*one, *other))
        })
    }

    /// A command, and the commands through which it is reached: scripts in scripts, calls of functions.
    fn levels<'b>(&'b self, command: &'b Command) -> Vec<&'b Command> {
        let next = |command: &&'b Command| {
            let outer = self.script.outer(command);
            outer.or_else(|| self.call_of(command.function.as_deref()?))
        };
        std::iter::successors(Some(command), next).take(8).collect()
    }

    fn call_of(&self, function: &str) -> Option<&Command> {
        let mut commands = self.script.outline.commands.iter();
        commands.find(|command| {
            let first = command.words.first();
            first.is_some_and(|word| self.raw(word) == function)
        })
    }

    /// The end of the lines behind a push that check its destination.
    fn with_checks(&self, command: &Command, end: usize) -> usize {
        let script = self.script;
        let Some(call) = PushCall::new(script, command) else {
            return end;
        };
        let (path, _) = script.bare(call.destination);
        let mut end = end;
        loop {
            let line = script.line_range(script.line(end));
            let text = script.raw(&line);
            let checks = ["test ", "stat ", "sha256sum", "chmod", "chown", "[ "];
            let is_check = text.contains(path) && checks.iter().any(|check| text.contains(check));
            if path.is_empty() || !is_check || line.end >= script.text.len() {
                return end;
            }
            end = line.end + 1;
        }
    }

    /// The start before the push.
    pub(super) fn start_first(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for push in self.pushes() {
            let here = self.events().map(|(index, _)| index).last();
            let mut later = self.view.after(Group::Contact, here.unwrap_or_default());
            let start = later.find(
                |(_, event)| matches!(&event.kind, EventKind::Started(id) if *id == push.container),
            );
            // Without its start, the container would be started twice.
            if let Some((_, start)) = start {
                if start.place.file == self.draft.place.file {
                    proposals.extend(self.move_before(start.place.line, self.line(), false));
                }
                continue;
            }
            for call in pushes(self.script, self.line()) {
                let exec = call.exec(self.script, &self.view.shown(&push.container));
                if let Some((pct, id)) = exec.trim_end_matches(" --").split_once(" exec ") {
                    let start = format!("{pct} start {id}");
                    proposals.extend(self.script.before(call.command, &start));
                }
            }
        }
        proposals
    }

    /// A `wait` before the units are read.
    pub(super) fn wait_for_push(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        if let Some(line) = self.related_line() {
            for command in self.script.commands_in(line) {
                proposals.extend(self.script.before(command, "wait"));
            }
        }
        for command in self.commands() {
            for (index, word) in command.words.iter().enumerate() {
                let raw = self.raw(word);
                let next = command.words.get(index + 1);
                match (raw, next) {
                    ("-P", Some(next)) => proposals.push(vec![(next.clone(), "1".to_owned())]),
                    _ if raw.starts_with("-P") => {
                        proposals.push(vec![(word.clone(), "-P1".to_owned())]);
                    }
                    _ if raw.starts_with("--max-procs=") => {
                        proposals.push(vec![(word.clone(), "--max-procs=1".to_owned())]);
                    }
                    _ => {}
                }
            }
            proposals.push(self.script.after_line(command, "wait"));
        }
        proposals
    }

    /// A poll until the container's systemd answers.
    pub(super) fn wait_for_systemd(&self) -> Vec<Edits> {
        let Some((_, event)) = self
            .events()
            .find(|(_, event)| matches!(event.kind, EventKind::Systemctl(_)))
        else {
            return Vec::new();
        };
        let container = self.view.shown(event.container().unwrap_or_default());
        let mut proposals = Vec::new();
        for command in self.commands() {
            let written = self.exec_of(command);
            let exec = written.unwrap_or_else(|| exec(self.script, &container, command));
            let poll = format!(
                "for _ in {{1..100}}; do {exec} test -S /run/systemd/private && break; done"
            );
            proposals.extend(self.script.before(command, &poll));
        }
        for command in self.script.commands_around(self.line()) {
            if command.quote == Quote::None
                && let Some(exec) = self.exec_of(command)
            {
                let poll = format!(
                    "for _ in {{1..100}}; do {exec} test -S /run/systemd/private && break; done"
                );
                proposals.extend(self.script.before(command, &poll));
            }
        }
        proposals
    }

    /// The words of a command that lead into the container.
    pub(super) fn exec_of(&self, command: &Command) -> Option<String> {
        let words = &command.words;
        let raw = |word: &std::ops::Range<usize>| self.raw(word);
        let first = words.first()?;
        if let Some(at) = words.iter().position(|word| raw(word) == "--") {
            let exec = words.iter().take(at).position(|word| raw(word) == "exec");
            let id = exec.and_then(|exec| words.get(exec + 1));
            return Some(match id {
                Some(id) => format!(
                    "{}{}{}",
                    raw(&(first.start..id.start)),
                    in_quotes(raw(id), command.quote),
                    raw(&(id.end..words.get(at)?.end)),
                ),
                None => raw(&(first.start..words.get(at)?.end)).to_owned(),
            });
        }
        let at = words.iter().position(|word| {
            matches!(
                raw(word),
                "systemctl" | "bash" | "sh" | "cat" | "tee" | "printf"
            )
        })?;
        let last = words.get(at.checked_sub(1)?)?;
        let text = raw(&(first.start..last.end));
        (!matches!(text, "sudo" | "if" | "!")).then(|| text.to_owned())
    }
}

/// Where the last push is before a container's units are read.
pub(super) fn last_push(view: &View) -> Option<Place> {
    let reads = |index: usize, container: &str| {
        view.after(Group::Systemctl, index)
            .any(|(_, event)| match &event.kind {
                EventKind::Systemctl(call) => {
                    event.container() == Some(container)
                        && (call.reloads() || call.enables() || call.starts())
                }
                _ => false,
            })
    };
    let pushes: Vec<_> = view.pushes().collect();
    let mut pushes = pushes.into_iter().rev();
    let (_, event, _) = pushes.find(|(index, _, push)| reads(*index, &push.container))?;
    Some(event.place)
}

/// A delay behind a push.
pub(super) fn delay(script: &Script, line: usize) -> Option<Edits> {
    let calls = pushes(script, line);
    let command = calls.first()?.command;
    let end = command.span.end;
    let tail = script.raw(&(end..script.line_range(script.line(end)).end));
    let is_last = tail.trim().is_empty() || tail.trim_start().starts_with('#');
    let text = match (command.ends, script.connective(command)) {
        (End::And, "" | "&&") | (_, "if") if command.negation.is_none() => " && sleep 2",
        (End::Other, "") if !is_last => "; sleep 2",
        (End::Other, _) if !is_last => return None,
        (End::And | End::Background, _) | (_, "if") => return None,
        _ => {
            let end = command.line_end.max(end);
            let sleep = indented("sleep 2", script.indentation(command.span.start));
            let line = format!("\n{}", sleep.trim_end_matches('\n'));
            return Some(vec![(end..end, line)]);
        }
    };
    Some(vec![(end..end, text.to_owned())])
}
