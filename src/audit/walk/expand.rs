//! Words into the arguments that a command gets, as far as their values are known.

use super::super::event::{Glob, Word};
use super::super::symbol::{Symbol, is_symbol};
use super::super::syntax::Word as SyntaxWord;
use super::super::syntax::{ParameterName, Part, PartKind, Script};
use super::super::text::{Place, Text};
use super::limits::{MOST_OF_VALUE, MOST_WORDS};
use super::pattern::{braces, has_braces, has_glob, replace_glob};
use super::{Capture, Context, Shell, Sink, Walker};

/// What a part of a word stands for.
pub(super) enum Expanded {
    One(Text),
    /// `"$@"`: a word each.
    Many(Vec<Text>),
}

impl Walker<'_> {
    /// The arguments that words become.
    pub(super) fn expand(
        &mut self,
        shell: &mut Shell,
        words: &[SyntaxWord],
        context: &Context,
    ) -> Vec<Word> {
        let mut arguments = Vec::new();
        for word in words {
            if has_braces(word) {
                for word in braces(word) {
                    self.expand_word(shell, &word, context, &mut arguments);
                }
            } else {
                self.expand_word(shell, word, context, &mut arguments);
            }
        }
        arguments
    }

    /// A word as one text: in an assignment, a heredoc, a redirection.
    pub(super) fn expand_joined(
        &mut self,
        shell: &mut Shell,
        word: &SyntaxWord,
        context: &Context,
    ) -> Text {
        let mut joined = Text::default();
        for part in &word.parts {
            if joined.size() > MOST_OF_VALUE {
                break;
            }
            match self.part(shell, part, context) {
                Expanded::One(text) => joined.push(&text),
                Expanded::Many(texts) => {
                    for (index, text) in texts.iter().enumerate() {
                        if index > 0 {
                            joined.push_str(" ", part.place);
                        }
                        joined.push(text);
                    }
                }
            }
        }
        self.bounded(joined, word.place)
    }

    fn expand_word(
        &mut self,
        shell: &mut Shell,
        word: &SyntaxWord,
        context: &Context,
        arguments: &mut Vec<Word>,
    ) {
        let mut current: Option<Word> = None;
        for part in &word.parts {
            let expanded = self.part(shell, part, context);
            let is_literal = matches!(part.kind, PartKind::Literal(_));
            let mut texts = match expanded {
                Expanded::One(text) if part.quoted || is_literal => vec![text],
                Expanded::One(text) => {
                    let fields = fields(&text);
                    // White space at either end ends a word.
                    let chars = text.as_str();
                    if chars.starts_with(char::is_whitespace)
                        && let Some(done) = current.take()
                    {
                        arguments.push(done);
                    }
                    fields
                }
                Expanded::Many(texts) => texts,
            };
            let is_long = arguments.len() + texts.len() > MOST_WORDS;
            if is_long {
                texts = vec![Text::new(&self.symbol("many words"), part.place)];
            }
            for (index, text) in texts.into_iter().enumerate() {
                if index > 0
                    && let Some(mut done) = current.take()
                {
                    done.text = self.bounded(done.text, part.place);
                    arguments.push(done);
                }
                let word = current.get_or_insert_with(Word::default);
                self.append(word, &text, part, is_literal);
                word.splits |= is_long;
            }
        }
        if let Some(mut last) = current {
            last.text = self.bounded(last.text, word.place);
            arguments.push(last);
        }
    }

    fn append(&mut self, word: &mut Word, text: &Text, part: &Part, is_literal: bool) {
        if word.text.size() > MOST_OF_VALUE {
            return;
        }
        let has_glob = has_glob(text.as_str());
        if part.quoted {
            if has_glob && word.glob == Glob::None {
                word.glob = Glob::Quoted;
            }
            word.text.push(text);
        } else if has_glob {
            word.glob = Glob::Active;
            let any = self.derived("*", false);
            word.text.push(&text.map(|text| replace_glob(text, &any)));
        } else {
            word.splits |= !is_literal && text.as_str().chars().any(is_symbol);
            word.text.push(text);
        }
        // `"$@"` of which nothing is known.
        if let PartKind::Parameter(parameter) = &part.kind
            && matches!(
                parameter.name,
                ParameterName::AllPositions { .. } | ParameterName::AllElements { .. }
            )
        {
            word.splits |= text.as_str().chars().all(is_symbol) && !text.is_empty();
        }
    }

    fn part(&mut self, shell: &mut Shell, part: &Part, context: &Context) -> Expanded {
        Expanded::One(match &part.kind {
            PartKind::Literal(text) => text.clone(),
            PartKind::Home => Text::new(&self.derived("~", true), part.place),
            PartKind::Arithmetic(expression) => {
                self.arithmetic(shell, expression, part.place);
                Text::new(&self.symbol("a number"), part.place)
            }
            PartKind::Substitution(script) => self.substitution(shell, script, context, part.place),
            PartKind::Parameter(parameter) => {
                return self.parameter(shell, parameter, context, part.place);
            }
        })
    }

    /// The output of a command.
    fn substitution(
        &mut self,
        shell: &Shell,
        script: &Script,
        context: &Context,
        place: Place,
    ) -> Text {
        for lost in &script.lost {
            self.unknown(shell, context, lost.place, Some(lost.why.clone()));
        }
        let capture = self.capture(shell, script, context);
        if capture.unknown {
            return Text::new(&self.symbol("$(…)"), place);
        }
        let end = capture.text.as_str().trim_end_matches('\n').len();
        capture.text.slice(0, end)
    }

    pub(super) fn capture(&mut self, shell: &Shell, script: &Script, context: &Context) -> Capture {
        let mut subshell = shell.clone();
        subshell.stdout = Sink::Captured;
        let arms = self.branches.len();
        self.captures.push(Capture::default());
        self.list(&mut subshell, &script.list, context);
        self.branches.truncate(arms);
        self.captures.pop().unwrap_or_default()
    }

    /// A symbol that is the same each time for the same name.
    pub(super) fn derived(&mut self, name: &str, directory: bool) -> String {
        if let Some(symbol) = self.unset.get(name) {
            return symbol.clone();
        }
        let symbol = self.symbols.add(Symbol {
            shown: self.symbols.shown(name),
            directory,
            ..Symbol::default()
        });
        self.unset.insert(name.to_owned(), symbol.clone());
        symbol
    }
}

fn fields(text: &Text) -> Vec<Text> {
    let mut fields = Vec::new();
    let mut start = 0;
    for field in text.as_str().split_inclusive(char::is_whitespace) {
        let content = field.trim_end();
        if !content.is_empty() {
            fields.push(text.slice(start, start + content.len()));
        }
        start += field.len();
    }
    fields
}
