//! The words of a `pct push` and the way into a container, as the script writes them.

use std::ops::Range;

use super::outline::{Command, Quote};
use super::script::Script;

/// A command that pushes, or a call of a function that does.
#[derive(Debug)]
pub(super) struct PushCall<'a> {
    pub(super) command: &'a Command,
    /// The index of `push`; none if the word is in a variable or a function.
    verb: Option<usize>,
    pub(super) source: &'a Range<usize>,
    pub(super) destination: &'a Range<usize>,
}

impl<'a> PushCall<'a> {
    pub(super) fn new(script: &Script, command: &'a Command) -> Option<Self> {
        let verb = verb(script, command);
        let first = verb.map_or(1, |verb| verb + 2);
        let operands = operands(script, command.words.get(first..)?);
        let [.., source, destination] = operands.as_slice() else {
            return None;
        };
        Some(Self {
            command,
            verb,
            source,
            destination,
        })
    }

    /// Whether it is a call of pct, and not of a function that calls it.
    pub(super) fn is_pct(&self, script: &Script) -> bool {
        let first = self.command.words.first();
        self.verb.is_some() || first.is_some_and(|word| script.raw(word).contains('$'))
    }

    /// The beginning of a command in the container, written like this one.
    pub(super) fn exec(&self, script: &Script, container: &str) -> String {
        let words = &self.command.words;
        let written = self.verb.and_then(|verb| {
            let pct = words.first()?.start..words.get(verb.checked_sub(1)?)?.end;
            let id = words.get(verb + 1)?;
            let id = in_quotes(script.raw(id), self.command.quote);
            Some(format!("{} exec {id} --", script.raw(&pct)))
        });
        written.unwrap_or_else(|| exec(script, container, self.command))
    }

    /// The same without a wrapper that takes the output.
    pub(super) fn bare_exec(&self, script: &Script, container: &str) -> String {
        let words = &self.command.words;
        let written = self.verb.and_then(|verb| {
            let pct = script.raw(words.get(verb.checked_sub(1)?)?);
            let id = in_quotes(script.raw(words.get(verb + 1)?), self.command.quote);
            Some(format!("{pct} exec {id} --"))
        });
        written.unwrap_or_else(|| exec(script, container, self.command))
    }
}

/// A variable in quotes.
pub(super) fn in_quotes(word: &str, around: Quote) -> String {
    match word.starts_with('$') && around == Quote::None {
        true => format!("\"{word}\""),
        false => word.to_owned(),
    }
}

/// The index of the word `push` behind one for pct.
fn verb(script: &Script, command: &Command) -> Option<usize> {
    let words = command.words.iter();
    let at = words.skip(1).position(|word| script.raw(word) == "push")?;
    Some(at + 1)
}

/// The words that are no options and no values of options.
pub(super) fn operands<'a>(script: &Script, words: &'a [Range<usize>]) -> Vec<&'a Range<usize>> {
    let mut operands = Vec::new();
    let mut skip = false;
    for word in words {
        let raw = script.raw(word);
        if std::mem::take(&mut skip) || raw == "--" {
            continue;
        }
        match raw.starts_with('-') {
            true => skip = !raw.contains('=') && has_value(raw),
            // The end of `find … -exec`.
            false if matches!(raw, "\\;" | "';'" | "+") => {}
            false => operands.push(word),
        }
    }
    operands
}

/// Whether an option of `pct push`, or one that was meant as such, takes a value.
pub(super) fn has_value(option: &str) -> bool {
    let name = option.trim_start_matches('-');
    let names = [
        "perms", "user", "group", "mode", "chmod", "owner", "uid", "gid",
    ];
    !name.is_empty()
        && names
            .iter()
            .any(|full| full.starts_with(name) && *full != "r")
}

/// The calls of `pct push` in a line; if there is none, commands that may push by a variable.
pub(super) fn pushes<'a>(script: &'a Script, line: usize) -> Vec<PushCall<'a>> {
    let commands = script.commands_in(line);
    let of = |command: &&'a Command| PushCall::new(script, command);
    let sure: Vec<_> = commands
        .iter()
        .filter(|command| verb(script, command).is_some())
        .filter_map(of)
        .collect();
    if !sure.is_empty() {
        return sure;
    }
    commands.iter().filter_map(of).collect()
}

/// The beginning of a command in a container, as another line of the script has it.
pub(super) fn exec(script: &Script, container: &str, near: &Command) -> String {
    let quote = near.quote;
    let prefix = |command: &Command| {
        let words: Vec<&str> = command.words.iter().map(|word| script.raw(word)).collect();
        let exec = words.iter().position(|word| *word == "exec")?;
        let id = words.get(exec + 1)?;
        let separator = words.get(exec + 2)?;
        let (first, pct) = (command.words.first()?, words.get(exec.checked_sub(1)?)?);
        let is_positional = id.contains(['1', '2', '3', '@', '*']) && id.contains('$');
        let is_pct = pct.trim_matches(['"', '}']).to_lowercase().ends_with("pct");
        let same = command.quote == quote && !is_positional && is_pct && *separator == "--";
        let same = same && (!id.contains('$') || script.shares_scope(command, near));
        let lead = script.raw(&(first.start..command.words.get(exec)?.end));
        let text = format!("{lead} {} --", in_quotes(id, quote));
        (same && (id.contains('$') || *id == container)).then_some(text)
    };
    let by_variable = |command: &Command| {
        let [first, second, ..] = command.words.as_slice() else {
            return None;
        };
        let first = script.raw(first);
        let program = script.raw(second);
        let same = command.quote == quote && first.contains('$');
        (same && matches!(program, "systemctl" | "test" | "bash" | "mkdir" | "chmod"))
            .then(|| first.to_owned())
    };
    // The nearest one before comes first: a variable can change.
    let commands = || {
        let all = &script.outline.commands;
        let after = all.partition_point(|command| command.span.start <= near.span.start);
        let (before, after) = all.split_at(after);
        before.iter().rev().chain(after)
    };
    let known = commands().find_map(|command| {
        let id = prefix(command)?;
        id.contains(container).then_some(id)
    });
    known
        .or_else(|| commands().find_map(by_variable))
        .or_else(
            || match container.bytes().all(|byte| byte.is_ascii_digit()) {
                true => None,
                false => commands().find_map(prefix),
            },
        )
        .unwrap_or_else(|| format!("pct exec {container} --"))
}
