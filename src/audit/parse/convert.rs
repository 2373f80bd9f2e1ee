//! The parser's tree into the walk's.

use std::rc::Rc;

use brush_parser::ast::{self, CommandPrefixOrSuffixItem as Piece, IoFileRedirectKind as File};
use brush_parser::ast::{CompoundCommand, IoFileRedirectTarget as Target, SourceLocation as _};

use super::super::syntax::{
    Assigned, Assignment, Command, Item, Kind, List, Lost, Operator, Part, PartKind, Pipeline,
    Redirect, RedirectKind, Script, Word,
};
use super::super::text::{Place, Text};
use super::{Source, word};

pub(super) fn program(source: &Source, program: &ast::Program, lost: &mut Vec<Lost>) -> List {
    let mut converter = Converter {
        source,
        lost,
        last: source.text.place(),
    };
    let commands = program.complete_commands.iter();
    commands.flat_map(|list| converter.list(list)).collect()
}

struct Converter<'a> {
    source: &'a Source<'a>,
    lost: &'a mut Vec<Lost>,
    /// For a command without a position.
    last: Place,
}

impl Converter<'_> {
    fn list(&mut self, list: &ast::CompoundList) -> List {
        let items = list.0.iter();
        items
            .map(|ast::CompoundListItem(list, separator)| Item {
                first: self.pipeline(&list.first),
                rest: list.additional.iter().map(|next| self.next(next)).collect(),
                background: matches!(separator, ast::SeparatorOperator::Async),
            })
            .collect()
    }

    fn next(&mut self, next: &ast::AndOr) -> (Operator, Pipeline) {
        match next {
            ast::AndOr::And(pipeline) => (Operator::And, self.pipeline(pipeline)),
            ast::AndOr::Or(pipeline) => (Operator::Or, self.pipeline(pipeline)),
        }
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) -> Pipeline {
        Pipeline {
            negated: pipeline.bang,
            commands: pipeline.seq.iter().map(|one| self.command(one)).collect(),
        }
    }

    fn command(&mut self, command: &ast::Command) -> Command {
        let span = command.location();
        let place = span
            .as_ref()
            .map_or(self.last, |span| self.source.place(&span.start));
        self.last = place;
        let end = span.map_or(place, |span| {
            let end = self.source.byte(&span.end);
            self.source.text.place_at(end.saturating_sub(1))
        });
        let mut redirects = Vec::new();
        let kind = match command {
            ast::Command::Simple(simple) => self.simple(simple, &mut redirects),
            ast::Command::Compound(compound, list) => {
                self.redirect_list(list.as_ref(), &mut redirects);
                self.compound(compound, place)
            }
            ast::Command::Function(function) => {
                let mut redirects = Vec::new();
                self.redirect_list(function.body.1.as_ref(), &mut redirects);
                let kind = self.compound(&function.body.0, place);
                Kind::Function {
                    name: function.fname.value.clone(),
                    body: Rc::new(Command {
                        place,
                        end,
                        kind,
                        redirects,
                    }),
                }
            }
            ast::Command::ExtendedTest(test, list) => {
                self.redirect_list(list.as_ref(), &mut redirects);
                let mut words = Vec::new();
                self.test(&test.expr, &mut words);
                Kind::Test(words)
            }
        };
        Command {
            place,
            end,
            kind,
            redirects,
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand, redirects: &mut Vec<Redirect>) -> Kind {
        let mut assignments = Vec::new();
        let mut words = Vec::new();
        for piece in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            match piece {
                Piece::AssignmentWord(assignment, word) => {
                    assignments.push(self.assignment(assignment, word));
                }
                Piece::IoRedirect(redirect) => self.redirect(redirect, redirects),
                Piece::Word(_) | Piece::ProcessSubstitution(..) => {}
            }
        }
        words.extend(simple.word_or_name.iter().map(|word| self.word(word)));
        for piece in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            match piece {
                Piece::Word(word) => words.push(self.word(word)),
                Piece::AssignmentWord(assignment, word) => {
                    if matches!(assignment.value, ast::AssignmentValue::Array(_)) {
                        assignments.push(self.assignment(assignment, word));
                    } else {
                        words.push(self.word(word));
                    }
                }
                Piece::IoRedirect(redirect) => {
                    let first = redirects.len();
                    self.redirect(redirect, redirects);
                    if let Some(name) = words.last().and_then(descriptor) {
                        words.pop();
                        for redirect in redirects.iter_mut().skip(first) {
                            redirect.fd = Some(FIRST_CHOSEN);
                            redirect.variable = Some(name.clone());
                        }
                    }
                }
                Piece::ProcessSubstitution(kind, shell) => {
                    redirects.push(self.process(kind, shell));
                }
            }
        }
        Kind::Simple { assignments, words }
    }

    fn assignment(&mut self, assignment: &ast::Assignment, word: &ast::Word) -> Assignment {
        let raw = self.raw(word);
        let (name, element) = match &assignment.name {
            ast::AssignmentName::VariableName(name) => (name.clone(), None),
            ast::AssignmentName::ArrayElementName(name, index) => {
                (name.clone(), Some(index.clone()))
            }
        };
        let value = match &assignment.value {
            ast::AssignmentValue::Scalar(value) => {
                let start = raw.as_str().len().saturating_sub(
                    raw.as_str()
                        .find('=')
                        .map_or(value.value.len(), |at| raw.as_str().len() - at - 1),
                );
                let value = self.parse_word(&raw.slice(start, raw.as_str().len()));
                match element {
                    Some(index) => Assigned::Element(index, value),
                    None => Assigned::Scalar(value),
                }
            }
            ast::AssignmentValue::Array(elements) => {
                let mut from = raw.as_str().find('(').unwrap_or(0);
                let elements = elements.iter().map(|(index, element)| {
                    // Elements have no position of their own.
                    let rest = raw.as_str().get(from..).unwrap_or_default();
                    let start = from + rest.find(&element.value).unwrap_or(0);
                    from = start + element.value.len();
                    let place = raw.place_at(start);
                    let index = index.as_ref().map(|index| index.value.clone());
                    (index, self.parse_word(&Text::new(&element.value, place)))
                });
                Assigned::Array(elements.collect())
            }
        };
        Assignment {
            name,
            append: assignment.append,
            value,
        }
    }

    fn compound(&mut self, compound: &CompoundCommand, place: Place) -> Kind {
        match compound {
            CompoundCommand::Arithmetic(command) => Kind::Arithmetic(command.expr.value.clone()),
            CompoundCommand::ArithmeticForClause(command) => {
                let parts = [&command.initializer, &command.condition, &command.updater];
                let parts = parts.map(|part| part.as_ref().map_or("", |part| part.value.as_str()));
                Kind::CountingFor {
                    expression: parts.join(";"),
                    body: self.list(&command.body.list),
                }
            }
            CompoundCommand::BraceGroup(group) => Kind::Group(self.list(&group.list)),
            CompoundCommand::Subshell(shell) => Kind::Subshell(self.list(&shell.list)),
            CompoundCommand::ForClause(command) => {
                let words = command.values.as_ref();
                Kind::For {
                    name: command.variable_name.clone(),
                    words: words.map(|words| words.iter().map(|word| self.word(word)).collect()),
                    body: self.list(&command.body.list),
                }
            }
            CompoundCommand::CaseClause(command) => {
                let arms = command.cases.iter().map(|case| {
                    let patterns = case.patterns.iter().map(|word| self.word(word)).collect();
                    let list = case.cmd.as_ref().map(|list| self.list(list));
                    (patterns, list.unwrap_or_default())
                });
                let arms = arms.collect();
                Kind::Case {
                    word: self.word(&command.value),
                    arms,
                }
            }
            CompoundCommand::IfClause(command) => {
                let elses = command.elses.as_deref().unwrap_or_default();
                let condition = self.list(&command.condition);
                let then = self.list(&command.then);
                let otherwise = self.elses(elses, place);
                Kind::If {
                    condition,
                    then,
                    otherwise,
                }
            }
            CompoundCommand::WhileClause(command) | CompoundCommand::UntilClause(command) => {
                Kind::Loop {
                    condition: self.list(&command.0),
                    body: self.list(&command.1.list),
                }
            }
            CompoundCommand::Coprocess(command) => {
                let body = self.command(&command.body);
                Kind::Group(vec![single(body, true)])
            }
        }
    }

    /// `elif` is an `if` in the `else`.
    fn elses(&mut self, elses: &[ast::ElseClause], place: Place) -> List {
        let Some((first, rest)) = elses.split_first() else {
            return Vec::new();
        };
        let then = self.list(&first.body);
        let Some(condition) = &first.condition else {
            return then;
        };
        let kind = Kind::If {
            condition: self.list(condition),
            then,
            otherwise: self.elses(rest, place),
        };
        let command = Command {
            place,
            end: place,
            kind,
            redirects: Vec::new(),
        };
        vec![single(command, false)]
    }

    fn test(&mut self, test: &ast::ExtendedTestExpr, words: &mut Vec<Word>) {
        match test {
            ast::ExtendedTestExpr::And(a, b) | ast::ExtendedTestExpr::Or(a, b) => {
                self.test(a, words);
                self.test(b, words);
            }
            ast::ExtendedTestExpr::Not(a) | ast::ExtendedTestExpr::Parenthesized(a) => {
                self.test(a, words);
            }
            ast::ExtendedTestExpr::UnaryTest(_, a) => words.push(self.word(a)),
            ast::ExtendedTestExpr::BinaryTest(_, a, b) => {
                words.push(self.word(a));
                words.push(self.word(b));
            }
        }
    }

    fn redirect_list(&mut self, list: Option<&ast::RedirectList>, into: &mut Vec<Redirect>) {
        for redirect in list.iter().flat_map(|list| &list.0) {
            self.redirect(redirect, into);
        }
    }

    fn redirect(&mut self, redirect: &ast::IoRedirect, into: &mut Vec<Redirect>) {
        let (fd, kind) = match redirect {
            ast::IoRedirect::OutputAndError(word, append) => {
                let to = self.word(word);
                let append = *append;
                (None, RedirectKind::Both { to, append })
            }
            ast::IoRedirect::HereString(fd, word) => (*fd, RedirectKind::Here(self.word(word))),
            ast::IoRedirect::HereDocument(fd, document) => {
                (*fd, RedirectKind::Here(self.heredoc(document)))
            }
            ast::IoRedirect::File(fd, kind, target) => {
                let kind = match (kind, target) {
                    (_, Target::ProcessSubstitution(kind, shell)) => {
                        let process = self.process(kind, shell);
                        into.push(Redirect { fd: *fd, ..process });
                        return;
                    }
                    (File::DuplicateOutput, Target::Duplicate(word))
                        if word.value.parse::<u32>().is_err() && word.value != "-" =>
                    {
                        // `>&FILE`.
                        let to = self.word(word);
                        RedirectKind::Both { to, append: false }
                    }
                    (_, Target::Duplicate(word)) => RedirectKind::Duplicate(word.value.clone()),
                    (_, Target::Fd(fd)) => RedirectKind::Duplicate(fd.to_string()),
                    (File::Read | File::DuplicateInput, Target::Filename(word)) => {
                        RedirectKind::Input(self.word(word))
                    }
                    (kind, Target::Filename(word)) => RedirectKind::Output {
                        to: self.word(word),
                        append: matches!(kind, File::Append),
                    },
                };
                (*fd, kind)
            }
        };
        into.push(Redirect {
            fd,
            variable: None,
            kind,
        });
    }

    fn process(
        &mut self,
        kind: &ast::ProcessSubstitutionKind,
        shell: &ast::SubshellCommand,
    ) -> Redirect {
        let script = Script {
            list: self.list(&shell.list),
            lost: Vec::new(),
        };
        Redirect {
            fd: None,
            variable: None,
            kind: RedirectKind::Process {
                script: Rc::new(script),
                reads: matches!(kind, ast::ProcessSubstitutionKind::Read),
            },
        }
    }

    fn heredoc(&mut self, document: &ast::IoHereDocument) -> Word {
        let line = document.doc.loc.as_ref().map(|span| span.start.line);
        let place = self.heredoc_place(line);
        let text = Text::new(&document.doc.value, place);
        if document.requires_expansion {
            word::heredoc(&text, self.source.depth, self.lost)
        } else {
            word::literal(text)
        }
    }

    /// The place where a heredoc begins; the parser gives the line, and a character somewhere in it.
    fn heredoc_place(&self, line: Option<usize>) -> Place {
        let Some(before) = line.and_then(|line| line.checked_sub(2)) else {
            return self.last;
        };
        let chars = self.source.text.as_str().as_bytes();
        let start = memchr::memchr_iter(b'\n', chars).nth(before);
        start.map_or(self.last, |end| self.source.text.place_at(end + 1))
    }

    /// A word as it was written.
    fn raw(&self, word: &ast::Word) -> Text {
        let Some(span) = &word.loc else {
            return Text::new(&word.value, self.last);
        };
        let raw = self.source.slice(span);
        // The parser counts the blanks of a continued line before a word as part of it.
        let mut word = raw.as_str().trim_start_matches([' ', '\t', '\n']);
        while let Some(rest) = word.strip_prefix("\\\n") {
            word = rest.trim_start_matches([' ', '\t', '\n']);
        }
        raw.slice(raw.as_str().len() - word.len(), raw.as_str().len())
    }

    fn word(&mut self, word: &ast::Word) -> Word {
        self.parse_word(&self.raw(word))
    }

    fn parse_word(&mut self, raw: &Text) -> Word {
        word::word(raw, self.source.depth, self.lost)
    }
}

/// Descriptors that the shell chooses begin here.
const FIRST_CHOSEN: i32 = 10;

/// The name in `{name}`.
fn descriptor(word: &Word) -> Option<Text> {
    let [
        Part {
            kind: PartKind::Literal(text),
            quoted: false,
            ..
        },
    ] = word.parts.as_slice()
    else {
        return None;
    };
    let name = text.as_str().strip_prefix('{')?.strip_suffix('}')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| text.slice(1, text.as_str().len() - 1))
}

fn single(command: Command, background: bool) -> Item {
    Item {
        first: Pipeline {
            negated: false,
            commands: vec![command],
        },
        rest: Vec::new(),
        background,
    }
}
