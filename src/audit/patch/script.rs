//! The text of a script with its outline, and edits of it.

use std::ops::Range;

use super::outline::{Command, End, Outline, Quote, outline};

/// Texts in place of ranges of bytes.
pub(super) type Edits = Vec<(Range<usize>, String)>;

#[derive(Debug)]
pub(super) struct Script<'a> {
    pub(super) text: &'a str,
    pub(super) outline: Outline,
    lines: Vec<usize>,
}

impl<'a> Script<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self {
            text,
            outline: outline(text),
            lines: std::iter::once(0).chain(ends).collect(),
        }
    }

    pub(super) fn raw(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte)
    }

    pub(super) fn line_start(&self, line: usize) -> usize {
        let index = line.saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(self.text.len())
    }

    /// A line without its end.
    pub(super) fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.line_start(line);
        let end = self.line_start(line + 1);
        let text = self.raw(&(start..end));
        start..start + text.trim_end_matches('\n').len()
    }

    /// The commands that begin in a line; if there are none, those with a word in it.
    pub(super) fn commands_in(&self, line: usize) -> Vec<&Command> {
        let commands = self.outline.commands.iter();
        let begin = commands.filter(|command| self.line(command.span.start) == line);
        let begin: Vec<_> = begin.collect();
        if !begin.is_empty() {
            return begin;
        }
        let commands = self.outline.commands.iter();
        commands
            .filter(|command| {
                command
                    .words
                    .iter()
                    .any(|word| self.line(word.start) == line)
            })
            .collect()
    }

    /// The commands that have a line in one of their words or in their heredoc, the innermost first.
    pub(super) fn commands_around(&self, line: usize) -> Vec<&Command> {
        let has = |range: &Range<usize>| {
            (self.line(range.start)..=self.line(range.end.max(range.start + 1) - 1)).contains(&line)
        };
        let commands = self.outline.commands.iter().rev();
        commands
            .filter(|command| {
                command.words.iter().any(has) || command.heredoc.as_ref().is_some_and(has)
            })
            .collect()
    }

    /// The blanks at the beginning of a line.
    pub(super) fn indentation(&self, byte: usize) -> &'a str {
        let line = self.raw(&self.line_range(self.line(byte)));
        let text = line.trim_start_matches([' ', '\t']);
        line.get(..line.len() - text.len()).unwrap_or_default()
    }

    /// One step of indentation: as in the first line that has any.
    pub(super) fn step(&self) -> &'a str {
        let mut lines = self.text.lines();
        let indented = |line: &&str| line.starts_with(['\t', ' ']) && !line.trim().is_empty();
        let Some(line) = lines.find(indented) else {
            return "  ";
        };
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        match line.starts_with('\t') {
            true => "\t",
            false => line.get(..blanks.clamp(2, 8)).unwrap_or("  "),
        }
    }

    /// The lines of a command, or of the compound command around it that does not contain another one.
    pub(super) fn statement(&self, command: &Command, other: &Command) -> Range<usize> {
        let outer = command
            .blocks
            .iter()
            .find(|block| !other.blocks.contains(block));
        let span = match outer.and_then(|start| Some((*start, *self.outline.blocks.get(start)?))) {
            Some((start, end)) => start..end,
            None => command.span.start..command.line_end.max(command.span.end),
        };
        let last = self.line(span.end.max(1) - 1).max(self.line(span.start));
        self.line_start(self.line(span.start))..self.line_start(last + 1)
    }

    /// Whether only blanks and reserved words stand before a command in its line.
    pub(super) fn begins_line(&self, command: &Command) -> bool {
        let start = self.line_start(self.line(command.span.start));
        let before = self.raw(&(start..command.span.start));
        let reserved = ["if", "while", "until", "!", "elif"];
        before
            .split_whitespace()
            .all(|word| reserved.contains(&word))
    }

    /// What decides whether a command runs, or what its status decides: `&&`, `||`, `|`, or `if` for each condition.
    pub(super) fn connective(&self, command: &Command) -> &'static str {
        let start = command.negation.unwrap_or(command.span.start);
        let before = self.raw(&(0..start));
        let before = before.trim_end_matches([' ', '\t', '\n', '\\']);
        let operators = ["&&", "||", "|"];
        if let Some(operator) = operators.into_iter().find(|end| before.ends_with(end)) {
            return operator;
        }
        let word = before.rsplit([' ', '\t', '\n', ';', '(', '"', '\'']).next();
        match word {
            Some("if" | "elif" | "while" | "until") => "if",
            _ => "",
        }
    }

    /// Puts lines before the one in which a command begins, or the text before the command itself.
    pub(super) fn before(&self, command: &Command, lines: &str) -> Vec<Edits> {
        let start = self.first_line_start(command);
        let indentation = self.indentation(start);
        let block = indented(lines, indentation);
        let inline = format!("{}; ", lines.replace('\n', "; "));
        let by_line = vec![(start..start, block)];
        let (start, end) = (command.span.start, command.span.end);
        let by_word = vec![(start..start, inline.clone())];
        match (self.connective(command), self.begins_line(command)) {
            ("" | "if", true) if command.negation.is_some() => vec![by_line],
            ("" | "if", true) => vec![by_line, by_word],
            // The condition of the command is that of the lines, too.
            ("&&" | "||", _) if command.negation.is_none() && command.ends != End::Background => {
                vec![vec![
                    (start..start, format!("{{ {inline}")),
                    (end..end, "; }".to_owned()),
                ]]
            }
            (_, false) if command.negation.is_none() => vec![by_word, by_line],
            _ => vec![by_line],
        }
    }

    /// The loops that contain a command, by where they begin.
    pub(super) fn loops(&self, command: &Command) -> impl Iterator<Item = usize> {
        let words = ["for", "while", "until", "select"];
        let is_loop = move |block: &usize| {
            let text = self.text.get(*block..).unwrap_or_default();
            words.iter().any(|word| text.starts_with(word))
        };
        command.blocks.iter().copied().filter(is_loop)
    }

    /// Whether the variables of a command have the same values in another one: it is in the same function, or in none,
    /// and each loop around it is around the other one, too.
    pub(super) fn shares_scope(&self, command: &Command, other: &Command) -> bool {
        let same = command.function.is_none() || command.function == other.function;
        same && self
            .loops(command)
            .all(|block| other.blocks.contains(&block))
    }

    /// Puts lines before the loop around a command.
    pub(super) fn before_loop(&self, command: &Command, lines: &str) -> Option<Edits> {
        let block = *command.blocks.last()?;
        let text = self.text.get(block..)?;
        let is_loop = ["for", "while", "until"]
            .iter()
            .any(|word| text.starts_with(word));
        let start = self.line_start(self.line(block));
        let alone = self.raw(&(start..block)).trim().is_empty();
        (is_loop && alone).then(|| {
            let block = indented(lines, self.indentation(start));
            vec![(start..start, block)]
        })
    }

    /// The commands in whose words or heredocs a command is, the innermost first.
    pub(super) fn outer(&self, command: &Command) -> Option<&Command> {
        let span = &command.span;
        let has = |range: &Range<usize>| range.start <= span.start && span.end <= range.end;
        let commands = self.outline.commands.iter().rev();
        let mut outer = commands.filter(|other| {
            other.script != command.script
                && (other.words.iter().any(has) || other.heredoc.as_ref().is_some_and(has))
        });
        outer.next()
    }

    /// Puts lines behind the list that contains a command.
    pub(super) fn after_line(&self, command: &Command, lines: &str) -> Edits {
        let block = indented(lines, self.indentation(command.span.start));
        let block = block.trim_end_matches('\n');
        let end = command.line_end.max(command.span.end);
        vec![(end..end, format!("\n{block}"))]
    }

    /// The start of the line in which a list begins that is continued over lines.
    fn first_line_start(&self, command: &Command) -> usize {
        let mut line = self.line(command.span.start);
        while line > 1 {
            let before = self.raw(&self.line_range(line - 1)).trim_end();
            let continued = ["\\", "&&", "||", "|"];
            if !continued.iter().any(|end| before.ends_with(end)) {
                break;
            }
            line -= 1;
        }
        self.line_start(line)
    }

    /// A word without its quotes, and the quote.
    pub(super) fn bare(&self, word: &Range<usize>) -> (&'a str, &'static str) {
        let raw = self.raw(word);
        for quote in ["\\\"", "\"", "'"] {
            let inner = raw
                .strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote));
            let is_one = |inner: &str| {
                !inner.contains(['"', '\'']) || inner.starts_with("$(") && inner.ends_with(')')
            };
            if let Some(inner) = inner.filter(|inner| is_one(inner)) {
                return (inner, quote);
            }
        }
        (raw, "")
    }

    /// A word from a text that was in quotes.
    pub(super) fn quoted(text: &str, quote: &str, around: Quote) -> String {
        let needs = text.contains(['$', ' ']) || !quote.is_empty();
        let quote = match (quote, around) {
            ("'", _) if !text.contains('$') => "'",
            ("" | "'" | "\"", Quote::None | Quote::Single | Quote::Here { .. }) => "\"",
            ("\\\"", _) => "\\\"",
            (_, Quote::Double) => "\\\"",
            (quote, _) => quote,
        };
        match needs {
            true => format!("{quote}{text}{quote}"),
            false => text.to_owned(),
        }
    }
}

/// A text with its edits; those that overlap another one are omitted.
pub(super) fn apply(text: &str, mut edits: Edits) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut new = String::with_capacity(text.len() + 200);
    let mut at = 0;
    for (range, with) in edits {
        if range.start < at {
            continue;
        }
        new.push_str(text.get(at..range.start).unwrap_or_default());
        new.push_str(&with);
        at = range.end;
    }
    new.push_str(text.get(at..).unwrap_or_default());
    new
}

/// Lines with an indentation before each.
pub(super) fn indented(lines: &str, indentation: &str) -> String {
    lines
        .lines()
        .map(|line| format!("{indentation}{line}\n"))
        .collect()
}
