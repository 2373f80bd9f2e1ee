//! The simple commands of a script with the bytes at which they were written, also those in quoted scripts and
//! heredocs. Enough to edit a script in its own idiom: what a command does is the walk's business.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Scripts in scripts that are looked into.
const DEEPEST: usize = 10;

/// How the text around a command is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Single,
    Double,
    /// A heredoc, in which the shell around it fills in variables or does not.
    Here {
        open: bool,
    },
}

/// A simple command.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) words: Vec<Range<usize>>,
    /// Each with its operator.
    pub(super) redirects: Vec<Range<usize>>,
    pub(super) span: Range<usize>,
    pub(super) quote: Quote,
    /// Where the `!` before it is.
    pub(super) negation: Option<usize>,
    /// The function whose body contains it.
    pub(super) function: Option<String>,
    /// The compound commands that contain it, by where they begin.
    pub(super) blocks: Vec<usize>,
    /// What ends it.
    pub(super) ends: End,
    /// The lines of its heredoc.
    pub(super) heredoc: Option<Range<usize>>,
    /// The end of the last line of its list, with heredocs.
    pub(super) line_end: usize,
    /// The same number for all commands of one script.
    pub(super) script: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    And,
    Or,
    Pipe,
    Background,
    Other,
}

/// A script's commands in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) commands: Vec<Command>,
    /// Where the compound command that begins at a byte ends.
    pub(super) blocks: HashMap<usize, usize>,
}

pub(super) fn outline(text: &str) -> Outline {
    let mut lexer = Lexer {
        bytes: text.as_bytes().to_vec(),
        outline: Outline::default(),
        starts: HashSet::new(),
        heredocs: Vec::new(),
        scripts: 0,
        depth: 0,
    };
    lexer.script(0, text.len(), Quote::None, false);
    lexer
        .outline
        .commands
        .sort_by_key(|command| (command.span.start, command.script));
    lexer.outline
}

struct Heredoc {
    delimiter: Vec<u8>,
    quoted: bool,
    command: usize,
}

struct Lexer {
    /// The text; escapes of an outer quote are masked while the text in it is read.
    bytes: Vec<u8>,
    outline: Outline,
    starts: HashSet<usize>,
    heredocs: Vec<Heredoc>,
    scripts: usize,
    depth: usize,
}

/// What is open around the current command.
#[derive(Default)]
struct State {
    words: Vec<Range<usize>>,
    redirects: Vec<Range<usize>>,
    heredocs: Vec<(Vec<u8>, bool)>,
    negation: Option<usize>,
    /// The name of a function whose body comes next.
    named: Option<String>,
    blocks: Vec<(usize, Option<String>)>,
    /// Commands of the current line.
    line: Vec<usize>,
    script: usize,
}

impl Lexer {
    fn at(&self, index: usize) -> u8 {
        self.bytes.get(index).copied().unwrap_or(b'\n')
    }

    fn text(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    fn name(&self, range: &Range<usize>) -> String {
        String::from_utf8_lossy(self.text(range)).into_owned()
    }

    /// Reads commands up to an end, or to a closing parenthesis. Returns where it stopped.
    fn script(&mut self, from: usize, end: usize, quote: Quote, in_parentheses: bool) -> usize {
        self.scripts += 1;
        let outer = std::mem::take(&mut self.heredocs);
        let mut state = State {
            script: self.scripts,
            ..State::default()
        };
        let mut at = from;
        while at < end {
            let next = self.at(at + 1);
            match self.at(at) {
                b' ' | b'\t' => at += 1,
                b'\\' if next == b'\n' => at += 2,
                b'\n' => {
                    self.finish(&mut state, quote, End::Other);
                    let line_end = at;
                    at = self.heredoc_bodies(at + 1, end);
                    let line_end = if at > line_end + 1 { at - 1 } else { line_end };
                    self.end_line(&mut state, line_end);
                }
                b'#' => {
                    while at < end && self.at(at) != b'\n' {
                        at += 1;
                    }
                }
                b';' => {
                    self.finish(&mut state, quote, End::Other);
                    at += 1;
                }
                b'&' if next == b'>' => at = self.redirect(&mut state, at, end),
                b'&' if next == b'&' => {
                    self.finish(&mut state, quote, End::And);
                    at += 2;
                }
                b'&' => {
                    self.finish(&mut state, quote, End::Background);
                    at += 1;
                }
                b'|' if next == b'|' => {
                    self.finish(&mut state, quote, End::Or);
                    at += 2;
                }
                b'|' => {
                    self.finish(&mut state, quote, End::Pipe);
                    at += if next == b'&' { 2 } else { 1 };
                }
                b'(' if next == b'(' && state.words.is_empty() => {
                    at = self.skip_arithmetic(at + 2, end);
                }
                b'(' if state.words.is_empty() => {
                    let start = at;
                    let function = state.named.take();
                    let before = self.outline.commands.len();
                    at = self.script(at + 1, end, quote, true);
                    self.outline.blocks.insert(start, at);
                    let blocks: Vec<_> = state.blocks.clone();
                    for command in self.outline.commands.iter_mut().skip(before) {
                        command
                            .blocks
                            .splice(0..0, blocks.iter().map(|(at, _)| *at).chain([start]));
                        command.function = command.function.take().or(function.clone());
                    }
                }
                b'(' => {
                    let name = state.words.last().map(|word| self.name(word));
                    state.words.clear();
                    state.named = name;
                    while at < end && self.at(at) != b')' {
                        at += 1;
                    }
                    at += 1;
                }
                b')' => {
                    self.finish(&mut state, quote, End::Other);
                    at += 1;
                    if in_parentheses {
                        break;
                    }
                }
                b'<' | b'>' if next == b'(' => {
                    let start = at;
                    at = self.script(at + 2, end, quote, true);
                    state.words.push(start..at);
                }
                b'<' | b'>' => at = self.redirect(&mut state, at, end),
                byte if byte.is_ascii_digit() && matches!(next, b'<' | b'>') => {
                    at = self.redirect(&mut state, at, end);
                }
                _ => {
                    let start = at;
                    at = self.word(at, end).max(start + 1);
                    self.take_word(&mut state, start..at);
                }
            }
        }
        self.finish(&mut state, quote, End::Other);
        let stopped = at.min(end);
        let last = stopped - usize::from(in_parentheses && stopped > from);
        self.end_line(&mut state, last);
        self.heredocs = outer;
        at
    }

    /// A word of a command, or a reserved word.
    fn take_word(&mut self, state: &mut State, word: Range<usize>) {
        let name = self.name(&word);
        let first = state.words.is_empty() && state.redirects.is_empty();
        match name.as_str() {
            "[[" if first => state.words.push(word),
            "!" if first => state.negation = Some(word.start),
            "if" | "while" | "until" | "case" | "for" | "select" | "{" if first => {
                let function = state.named.take();
                state.blocks.push((word.start, function));
                if matches!(name.as_str(), "case" | "for" | "select") {
                    state.words.push(word);
                }
            }
            "fi" | "done" | "esac" | "}" if first => {
                if let Some((start, _)) = state.blocks.pop() {
                    self.outline.blocks.insert(start, word.end);
                }
            }
            "then" | "elif" | "else" | "do" | "time" if first => {}
            "in" if matches!(state.words.as_slice(), [word, _] if self.text(word) == b"case") => {
                state.words.clear();
            }
            "{" if state
                .words
                .first()
                .is_some_and(|word| self.text(word) == b"function") =>
            {
                let named = state.words.get(1).map(|word| self.name(word));
                state.words.clear();
                state.blocks.push((word.start, named));
            }
            _ => state.words.push(word),
        }
    }

    fn finish(&mut self, state: &mut State, quote: Quote, ends: End) {
        let words = std::mem::take(&mut state.words);
        let redirects = std::mem::take(&mut state.redirects);
        let heredocs = std::mem::take(&mut state.heredocs);
        let negation = state.negation.take();
        let starts = words.iter().chain(&redirects).map(|word| word.start);
        let Some(start) = starts.min() else {
            return;
        };
        let all = words.iter().chain(&redirects).map(|word| word.end);
        let index = self.outline.commands.len();
        if !self.starts.insert(start) {
            return;
        }
        let mut functions = state.blocks.iter().filter_map(|(_, name)| name.clone());
        self.outline.commands.push(Command {
            span: start..all.max().unwrap_or(start),
            words,
            redirects,
            quote,
            negation,
            function: functions.next_back(),
            blocks: state.blocks.iter().map(|(at, _)| *at).collect(),
            ends,
            heredoc: None,
            line_end: 0,
            script: state.script,
        });
        state.line.push(index);
        for (delimiter, quoted) in heredocs {
            self.heredocs.push(Heredoc {
                delimiter,
                quoted,
                command: index,
            });
        }
    }

    fn end_line(&mut self, state: &mut State, at: usize) {
        for index in std::mem::take(&mut state.line) {
            if let Some(command) = self.outline.commands.get_mut(index) {
                command.line_end = at;
            }
        }
    }

    fn redirect(&mut self, state: &mut State, from: usize, end: usize) -> usize {
        let mut at = from;
        while self.at(at).is_ascii_digit() {
            at += 1;
        }
        let operator = at;
        while at < end && matches!(self.at(at), b'<' | b'>' | b'&' | b'|') {
            at += 1;
        }
        let is_heredoc = self.bytes.get(operator..at) == Some(b"<<");
        if is_heredoc && self.at(at) == b'-' {
            at += 1;
        }
        if self.at(at) == b'-' {
            at += 1;
        } else {
            while matches!(self.at(at), b' ' | b'\t') {
                at += 1;
            }
            let word = at;
            at = match self.at(at) {
                b'(' => self.script(at + 1, end, Quote::None, true),
                b'<' | b'>' if self.at(at + 1) == b'(' => {
                    self.script(at + 2, end, Quote::None, true)
                }
                _ => self.word(at, end),
            };
            if is_heredoc {
                let raw = self.text(&(word..at)).to_vec();
                let quoted = raw.iter().any(|byte| matches!(byte, b'\'' | b'"' | b'\\'));
                let delimiter = raw
                    .into_iter()
                    .filter(|byte| !matches!(byte, b'\'' | b'"' | b'\\'))
                    .collect();
                state.heredocs.push((delimiter, quoted));
            }
        }
        state.redirects.push(from..at.max(from + 1));
        at.max(from + 1)
    }

    /// Reads the heredocs that begin at a line. Returns where the line after them begins.
    fn heredoc_bodies(&mut self, from: usize, end: usize) -> usize {
        let mut at = from;
        for heredoc in std::mem::take(&mut self.heredocs) {
            let start = at;
            let mut stop = end;
            while at < end {
                let rest = self.bytes.get(at..end).unwrap_or_default();
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let line = rest.get(..length).unwrap_or_default();
                let found = line.trim_ascii() == heredoc.delimiter;
                let line_start = at;
                at = (at + length + 1).min(end);
                if found {
                    stop = line_start;
                    break;
                }
            }
            if let Some(command) = self.outline.commands.get_mut(heredoc.command) {
                command.heredoc = Some(start..stop);
            }
            let open = !heredoc.quoted;
            self.nested(start..stop, Quote::Here { open });
        }
        at
    }

    /// A text that may be a script.
    fn nested(&mut self, range: Range<usize>, quote: Quote) {
        if self.depth >= DEEPEST || !self.text(&range).iter().any(u8::is_ascii_whitespace) {
            return;
        }
        let escaped: &[u8] = match quote {
            Quote::Double => b"\"$`\\",
            Quote::Here { open: true } => b"$`\\",
            _ => b"",
        };
        let before = self.text(&range).to_vec();
        let mut at = range.start;
        while at + 1 < range.end && !escaped.is_empty() {
            if self.at(at) == b'\\' && escaped.contains(&self.at(at + 1)) {
                if let Some(byte) = self.bytes.get_mut(at) {
                    *byte = 1;
                }
                at += 1;
            }
            at += 1;
        }
        self.depth += 1;
        self.script(range.start, range.end, quote, false);
        self.depth -= 1;
        if let Some(part) = self.bytes.get_mut(range) {
            part.copy_from_slice(&before);
        }
    }

    /// The end of the word that begins at a byte.
    fn word(&mut self, from: usize, end: usize) -> usize {
        let mut at = from;
        while at < end {
            match self.at(at) {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' | b'<' | b'>' => break,
                b'(' if at > from && self.at(at - 1) == b'=' => {
                    at += 1;
                    while at < end && self.at(at) != b')' {
                        at = match self.at(at) {
                            b' ' | b'\t' | b'\n' => at + 1,
                            _ => self.word(at, end).max(at + 1),
                        };
                    }
                    at += 1;
                }
                b'(' => break,
                _ => at = self.piece(at, end),
            }
        }
        at.min(end)
    }

    /// One character of a word, or what stands for one: a quoted text, a substitution.
    fn piece(&mut self, at: usize, end: usize) -> usize {
        let next = self.at(at + 1);
        match self.at(at) {
            b'\\' => at + 2,
            b'\'' => {
                let mut close = at + 1;
                while close < end && self.at(close) != b'\'' {
                    close += 1;
                }
                self.nested(at + 1..close, Quote::Single);
                close + 1
            }
            b'"' => {
                let mut close = at + 1;
                while close < end && self.at(close) != b'"' {
                    close = match self.at(close) {
                        b'\'' => close + 1,
                        _ => self.piece(close, end),
                    };
                }
                let close = close.min(end);
                self.nested(at + 1..close, Quote::Double);
                close + 1
            }
            b'`' => {
                let mut close = at + 1;
                while close < end && self.at(close) != b'`' {
                    close += if self.at(close) == b'\\' { 2 } else { 1 };
                }
                close + 1
            }
            b'$' if next == b'\'' => {
                let mut close = at + 2;
                while close < end && self.at(close) != b'\'' {
                    close += if self.at(close) == b'\\' { 2 } else { 1 };
                }
                close + 1
            }
            b'$' if next == b'(' && self.at(at + 2) == b'(' => self.skip_arithmetic(at + 3, end),
            b'$' if next == b'(' => self.script(at + 2, end, Quote::None, true),
            b'$' if next == b'{' => {
                let mut close = at + 2;
                while close < end && self.at(close) != b'}' {
                    close = match self.at(close) {
                        b'\'' => close + 1,
                        _ => self.piece(close, end),
                    };
                }
                close + 1
            }
            _ => at + 1,
        }
    }

    fn skip_arithmetic(&self, from: usize, end: usize) -> usize {
        let mut at = from;
        let mut open = 2_usize;
        while at < end && open > 0 {
            match self.at(at) {
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            at += 1;
        }
        at
    }
}
