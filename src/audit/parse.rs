//! Shell text into a syntax tree. Whatever the text is, what can be parsed is, and the rest is named.

mod convert;
mod recover;
mod word;

use brush_parser::SourcePosition;

use super::syntax::{Lost, Script};
use super::text::{Place, Text};

/// Scripts in scripts: `bash -c`, `$(…)`, heredocs.
const DEEPEST: usize = 12;

/// Parses a script.
pub(super) fn parse(text: &Text) -> Script {
    parse_nested(text, 0)
}

/// Parses a script that is `depth` scripts deep in another.
fn parse_nested(text: &Text, depth: usize) -> Script {
    if depth > DEEPEST {
        return lost(text, "scripts are nested too deeply");
    }
    recover::parse(text, depth)
}

fn lost(text: &Text, why: &str) -> Script {
    Script {
        list: Vec::new(),
        lost: vec![Lost {
            place: text.place(),
            why: why.to_owned(),
        }],
    }
}

/// The text of a script, for positions in it.
struct Source<'a> {
    text: &'a Text,
    /// The byte of each character; none if all are ASCII.
    bytes: Option<Vec<usize>>,
    depth: usize,
}

impl<'a> Source<'a> {
    fn new(text: &'a Text, depth: usize) -> Self {
        let chars = text.as_str();
        let bytes = (!chars.is_ascii()).then(|| chars.char_indices().map(|(at, _)| at).collect());
        Self { text, bytes, depth }
    }

    /// The byte at a position.
    fn byte(&self, position: &SourcePosition) -> usize {
        let end = self.text.as_str().len();
        match &self.bytes {
            Some(bytes) => bytes.get(position.index).copied().unwrap_or(end),
            None => position.index.min(end),
        }
    }

    fn place(&self, position: &SourcePosition) -> Place {
        self.text.place_at(self.byte(position))
    }

    /// What was written from one position to another.
    fn slice(&self, span: &brush_parser::SourceSpan) -> Text {
        self.text
            .slice(self.byte(&span.start), self.byte(&span.end))
    }
}
