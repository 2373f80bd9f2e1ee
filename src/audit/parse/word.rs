//! A word into its parts: literal text, parameters, substitutions.

use std::rc::Rc;

use brush_parser::word::{
    Parameter as BrushParameter, ParameterExpr, ParameterTestType, SpecialParameter,
    SubstringMatchKind, TildeExpr, WordPiece, WordPieceWithSource,
};
use brush_parser::{ParserOptions, unquote_str};

use super::super::syntax::{Lost, Operation, Parameter, ParameterName, Part, PartKind, Word};
use super::super::text::Text;
use super::parse_nested;

/// A word as it was written, with its quotes.
pub(super) fn word(raw: &Text, depth: usize, lost: &mut Vec<Lost>) -> Word {
    let chars = raw.as_str();
    // Most words have nothing to expand.
    if chars
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte))
    {
        return plain(raw.clone(), false);
    }
    let pieces = brush_parser::word::parse(chars, &ParserOptions::default());
    let Ok(pieces) = pieces else {
        lost.push(Lost {
            place: raw.place(),
            why: "a word that lxcdiag does not understand".to_owned(),
        });
        return plain(raw.clone(), false);
    };
    convert(raw, &pieces, depth, lost)
}

/// The body of a heredoc whose delimiter is not quoted.
pub(super) fn heredoc(body: &Text, depth: usize, lost: &mut Vec<Lost>) -> Word {
    let pieces = brush_parser::word::parse_heredoc(body.as_str(), &ParserOptions::default());
    let Ok(pieces) = pieces else {
        return literal(body.clone());
    };
    let mut parts = Parts {
        raw: body,
        depth,
        lost,
        parts: Vec::new(),
    };
    parts.pieces(&pieces, true);
    Word {
        parts: parts.parts,
        place: body.place(),
    }
}

/// Text that is what it is.
pub(super) fn literal(text: Text) -> Word {
    plain(text, true)
}

fn plain(text: Text, quoted: bool) -> Word {
    let place = text.place();
    let kind = PartKind::Literal(text);
    Word {
        parts: vec![Part {
            kind,
            quoted,
            place,
        }],
        place,
    }
}

fn convert(raw: &Text, pieces: &[WordPieceWithSource], depth: usize, lost: &mut Vec<Lost>) -> Word {
    let mut parts = Parts {
        raw,
        depth,
        lost,
        parts: Vec::new(),
    };
    parts.pieces(pieces, false);
    Word {
        parts: parts.parts,
        place: raw.place(),
    }
}

struct Parts<'a> {
    raw: &'a Text,
    depth: usize,
    lost: &'a mut Vec<Lost>,
    parts: Vec<Part>,
}

impl Parts<'_> {
    fn pieces(&mut self, pieces: &[WordPieceWithSource], quoted: bool) {
        for piece in pieces {
            self.piece(piece, quoted);
        }
    }

    fn piece(&mut self, piece: &WordPieceWithSource, quoted: bool) {
        let (start, end) = (piece.start_index, piece.end_index);
        let place = self.raw.place_at(start);
        let slice = |from: usize, to: usize| {
            let (from, to) = (start + from, end.saturating_sub(to));
            self.raw.slice(from, to)
        };
        let (kind, quoted) = match &piece.piece {
            // Only a line break is removed after a backslash here.
            WordPiece::Text(text) if text.contains("\\\n") => {
                return self.continued(&self.raw.slice(start, end), quoted);
            }
            WordPiece::Text(_) => (PartKind::Literal(slice(0, 0)), quoted),
            WordPiece::SingleQuotedText(_) => (PartKind::Literal(slice(1, 1)), true),
            WordPiece::AnsiCQuotedText(text) => (
                PartKind::Literal(Text::in_one_line(&ansi(text), place)),
                true,
            ),
            WordPiece::DoubleQuotedSequence(pieces)
            | WordPiece::GettextDoubleQuotedSequence(pieces) => {
                // Quotes around nothing still make a word.
                self.add(PartKind::Literal(Text::default()), true, place);
                return self.pieces(pieces, true);
            }
            WordPiece::TildeExpansion(TildeExpr::Home) => (PartKind::Home, quoted),
            WordPiece::TildeExpansion(_) => (PartKind::Literal(slice(0, 0)), quoted),
            WordPiece::ParameterExpansion(expression) => (
                PartKind::Parameter(self.parameter(expression, place)),
                quoted,
            ),
            WordPiece::CommandSubstitution(_) => {
                let script = parse_nested(&slice(2, 1), self.depth + 1);
                (PartKind::Substitution(Rc::new(script)), quoted)
            }
            WordPiece::BackquotedCommandSubstitution(text) => {
                let script = parse_nested(&Text::new(&unescape(text), place), self.depth + 1);
                (PartKind::Substitution(Rc::new(script)), quoted)
            }
            WordPiece::EscapeSequence(_) => {
                let escaped = slice(1, 0);
                if escaped.as_str() == "\n" {
                    return;
                }
                (PartKind::Literal(escaped), true)
            }
            WordPiece::ArithmeticExpression(expression) => {
                (PartKind::Arithmetic(expression.value.clone()), quoted)
            }
        };
        self.add(kind, quoted, place);
    }

    fn add(&mut self, kind: PartKind, quoted: bool, place: super::super::text::Place) {
        self.parts.push(Part {
            kind,
            quoted,
            place,
        });
    }

    fn continued(&mut self, text: &Text, quoted: bool) {
        let mut start = 0;
        for line in text.as_str().split_inclusive("\\\n") {
            let part = text.slice(
                start,
                start + line.strip_suffix("\\\n").unwrap_or(line).len(),
            );
            let place = part.place();
            self.add(PartKind::Literal(part), quoted, place);
            start += line.len();
        }
    }

    fn parameter(
        &mut self,
        expression: &ParameterExpr,
        place: super::super::text::Place,
    ) -> Parameter {
        let mut nested = |text: &Option<String>| {
            let text = Text::new(text.as_deref().unwrap_or_default(), place);
            word(&text, self.depth + 1, self.lost)
        };
        let empty_too = |test: &ParameterTestType| matches!(test, ParameterTestType::UnsetOrNull);
        let (parameter, indirect, operation) = match expression {
            ParameterExpr::Parameter {
                parameter,
                indirect,
            } => (parameter, *indirect, Operation::Plain),
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => {
                let value = nested(default_value);
                let empty_too = empty_too(test_type);
                (
                    parameter,
                    *indirect,
                    Operation::Default {
                        value,
                        assign: false,
                        empty_too,
                    },
                )
            }
            ParameterExpr::AssignDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => {
                let value = nested(default_value);
                let empty_too = empty_too(test_type);
                (
                    parameter,
                    *indirect,
                    Operation::Default {
                        value,
                        assign: true,
                        empty_too,
                    },
                )
            }
            ParameterExpr::IndicateErrorIfNullOrUnset {
                parameter,
                indirect,
                ..
            } => (parameter, *indirect, Operation::Require),
            ParameterExpr::UseAlternativeValue {
                parameter,
                indirect,
                alternative_value,
                ..
            } => (
                parameter,
                *indirect,
                Operation::Alternative(nested(alternative_value)),
            ),
            ParameterExpr::RemoveSmallestSuffixPattern {
                parameter,
                indirect,
                pattern,
            } => (parameter, *indirect, trim(pattern, true, false)),
            ParameterExpr::RemoveLargestSuffixPattern {
                parameter,
                indirect,
                pattern,
            } => (parameter, *indirect, trim(pattern, true, true)),
            ParameterExpr::RemoveSmallestPrefixPattern {
                parameter,
                indirect,
                pattern,
            } => (parameter, *indirect, trim(pattern, false, false)),
            ParameterExpr::RemoveLargestPrefixPattern {
                parameter,
                indirect,
                pattern,
            } => (parameter, *indirect, trim(pattern, false, true)),
            ParameterExpr::ParameterLength { .. } | ParameterExpr::VariableNames { .. } => {
                let name = ParameterName::Other("number");
                return Parameter {
                    name,
                    operation: Operation::Other,
                };
            }
            ParameterExpr::MemberKeys {
                variable_name,
                concatenate,
            } => {
                let name = format!("!{variable_name}");
                let name = ParameterName::AllElements {
                    name,
                    joined: *concatenate,
                };
                return Parameter {
                    name,
                    operation: Operation::Plain,
                };
            }
            ParameterExpr::ReplaceSubstring {
                parameter,
                indirect,
                pattern,
                replacement,
                match_kind,
            } => {
                let all = match match_kind {
                    SubstringMatchKind::FirstOccurrence => Some(false),
                    SubstringMatchKind::Anywhere => Some(true),
                    SubstringMatchKind::Prefix | SubstringMatchKind::Suffix => None,
                };
                let operation = all.map_or(Operation::Other, |all| Operation::Replace {
                    pattern: unquote_str(pattern),
                    with: nested(replacement),
                    all,
                });
                (parameter, *indirect, operation)
            }
            ParameterExpr::Substring {
                parameter,
                indirect,
                offset,
                length: None,
            } => (parameter, *indirect, Operation::From(offset.value.clone())),
            ParameterExpr::Substring {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::Transform {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::UppercaseFirstChar {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::UppercasePattern {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::LowercaseFirstChar {
                parameter,
                indirect,
                ..
            }
            | ParameterExpr::LowercasePattern {
                parameter,
                indirect,
                ..
            } => (parameter, *indirect, Operation::Other),
        };
        let operation = if indirect {
            Operation::Other
        } else {
            operation
        };
        Parameter {
            name: name(parameter),
            operation,
        }
    }
}

fn trim(pattern: &Option<String>, suffix: bool, longest: bool) -> Operation {
    let pattern = unquote_str(pattern.as_deref().unwrap_or_default());
    Operation::Trim {
        pattern,
        suffix,
        longest,
    }
}

fn name(parameter: &BrushParameter) -> ParameterName {
    match parameter {
        BrushParameter::Positional(0) => ParameterName::Other("0"),
        BrushParameter::Positional(n) => ParameterName::Position(*n as usize),
        BrushParameter::Named(name) => ParameterName::Variable(name.clone()),
        BrushParameter::NamedWithIndex { name, index } => ParameterName::Element {
            name: name.clone(),
            index: index.clone(),
        },
        BrushParameter::NamedWithAllIndices { name, concatenate } => ParameterName::AllElements {
            name: name.clone(),
            joined: *concatenate,
        },
        BrushParameter::Special(special) => match special {
            SpecialParameter::AllPositionalParameters { concatenate } => {
                ParameterName::AllPositions {
                    joined: *concatenate,
                }
            }
            SpecialParameter::LastExitStatus => ParameterName::Status,
            SpecialParameter::LastBackgroundProcessId => ParameterName::LastJob,
            SpecialParameter::PositionalParameterCount => ParameterName::Other("#"),
            SpecialParameter::CurrentOptionFlags => ParameterName::Other("-"),
            SpecialParameter::ProcessId => ParameterName::Other("$"),
            SpecialParameter::ShellName => ParameterName::Other("0"),
        },
    }
}

/// `$'…'`: the escapes that scripts use.
fn ansi(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}

/// In backquotes, a backslash escapes `$`, a backquote and itself.
fn unescape(text: &str) -> String {
    text.replace("\\`", "`")
        .replace("\\$", "$")
        .replace("\\\\", "\\")
}
