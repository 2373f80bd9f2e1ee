//! The position of each value in a YAML text.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, Span};

use super::error::Position;
use super::path::{Path, Segment};
use super::printable::quoted;
use super::yaml_error::YamlError;

/// The maximum nesting, including aliases.
const MAX_DEPTH: usize = 100;

/// The maximum number of values. In a short text, aliases can stand for billions of them.
const MAX_VALUES: usize = 100_000;

/// This many bytes of text count as one more value.
const TEXT_PER_VALUE: usize = 100;

/// The position of a value, and of the values in it.
#[derive(Debug)]
pub(super) struct Spot {
    /// The name of the file that it is in.
    pub(super) file: Rc<str>,
    pub(super) position: Position,
    /// A scalar as it is written, without its quotes.
    pub(super) text: String,
    /// The keys of a mapping with their positions. The value of each is at the same index.
    pub(super) keys: Vec<(String, Position)>,
    /// The values of a list or mapping.
    pub(super) values: Vec<Rc<Spot>>,
    /// The number of values and levels in it.
    size: usize,
    depth: usize,
}

impl Spot {
    fn new(file: &Rc<str>, position: Position, text: String) -> Self {
        Self {
            file: Rc::clone(file),
            position,
            size: 1 + text.len() / TEXT_PER_VALUE,
            text,
            keys: Vec::new(),
            values: Vec::new(),
            depth: 0,
        }
    }

    /// The same list or mapping with other values.
    pub(super) fn with(&self, keys: Vec<(String, Position)>, values: Vec<Rc<Self>>) -> Self {
        Self {
            file: Rc::clone(&self.file),
            position: self.position,
            text: String::new(),
            size: values.iter().map(|value| value.size).sum(),
            depth: self.depth,
            keys,
            values,
        }
    }

    /// The positions of the only document in a text; `None` if there is no document.
    pub(super) fn of_text(text: &str, file: &str) -> Result<Option<Rc<Self>>, YamlError> {
        let mut parser = Parser::new_from_str(text);
        let mut builder = Builder::new(file);
        while let Some(event) = parser.next_event() {
            let (event, span) =
                event.map_err(|error| YamlError::syntax(text, &error, builder.innermost()))?;
            builder.event(event, span)?;
        }
        Ok(builder.root)
    }

    /// The position of a path, or of the nearest value around it, and the file that it is in.
    pub(super) fn find(&self, path: &Path) -> (&str, Position) {
        let mut spot = self;
        for (number, segment) in path.segments().iter().enumerate() {
            let index = match segment {
                Segment::Key(name) => spot.keys.iter().position(|(key, _)| key == name),
                Segment::Index(index) => Some(*index),
            };
            let is_last = number + 1 == path.segments().len();
            let key = index.and_then(|index| spot.keys.get(index));
            if let Some((_, position)) = key
                && is_last
                && path.is_on_key()
            {
                return (
                    &spot
                        .values
                        .get(index.unwrap_or_default())
                        .map_or(spot, |value| value)
                        .file,
                    *position,
                );
            }
            match index.and_then(|index| spot.values.get(index)) {
                Some(inner) => spot = inner,
                None => break,
            }
        }
        (&spot.file, spot.position)
    }

    /// The line of each key, in mappings too, below `outer`.
    pub(super) fn lines(&self, outer: &str) -> Vec<(String, usize)> {
        let mut lines = Vec::new();
        for ((key, position), value) in self.keys.iter().zip(&self.values) {
            let name = format!("{outer}{key}");
            lines.extend(value.lines(&format!("{name}.")));
            lines.push((name, position.line));
        }
        lines
    }

    /// A path as it is in its own file: an entry of a part has another index there.
    pub(super) fn path_in_file(&self, path: &Path) -> Path {
        let [Segment::Key(section), Segment::Index(index), ..] = path.segments() else {
            return path.clone();
        };
        let found = self.keys.iter().position(|(key, _)| key == section);
        let list = found.and_then(|at| self.values.get(at));
        let Some((list, item)) = list.and_then(|list| Some((list, list.values.get(*index)?)))
        else {
            return path.clone();
        };
        let before = list.values.iter().take(*index);
        path.with_index(1, before.filter(|other| other.file == item.file).count())
    }
}

struct Builder {
    file: Rc<str>,
    documents: usize,
    open: Vec<Open>,
    root: Option<Rc<Spot>>,
    anchors: HashMap<usize, Rc<Spot>>,
}

/// A list or mapping whose end has not been read.
struct Open {
    spot: Spot,
    anchor: usize,
    is_mapping: bool,
    seen: HashSet<String>,
}

impl Open {
    fn wants_key(&self) -> bool {
        self.is_mapping && self.spot.keys.len() == self.spot.values.len()
    }
}

impl Builder {
    fn new(file: &str) -> Self {
        Self {
            file: Rc::from(file),
            documents: 0,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
        }
    }

    fn innermost(&self) -> Option<(&'static str, Position)> {
        let open = self.open.last()?;
        let kind = if open.is_mapping { "mapping" } else { "list" };
        Some((kind, open.spot.position))
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let position = position(span.start);
        let is_end = matches!(event, Event::StreamEnd | Event::DocumentEnd);
        if self.documents > 1 && !is_end {
            let message = "a second document starts here\nhint: keep one document in the file, \
                           without `---` or `...` inside it";
            return Err(self.error(position, message));
        }
        match event {
            Event::DocumentStart(_) => self.documents += 1,
            Event::Scalar(text, _, anchor, _) => {
                let spot = Spot::new(&self.file, position, text.into_owned());
                self.add(Rc::new(spot), anchor, position)?;
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(spot) => self.add(Rc::clone(spot), 0, position)?,
                None => {
                    let message = "an alias cannot refer to a value that contains it";
                    return Err(self.error(position, message));
                }
            },
            Event::SequenceStart(anchor, _) => self.open(position, anchor, false)?,
            Event::MappingStart(anchor, _) => self.open(position, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let start = open.spot.position;
                    if self.open.last().is_some_and(Open::wants_key) {
                        let message = "a key cannot be a list or mapping\nhint: quote text that \
                                       starts with `{` or `[`";
                        return Err(self.error(start, message));
                    }
                    self.add(Rc::new(open.spot), open.anchor, start)?;
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        position: Position,
        anchor: usize,
        is_mapping: bool,
    ) -> Result<(), YamlError> {
        self.open.push(Open {
            spot: Spot::new(&self.file, position, String::new()),
            anchor,
            is_mapping,
            seen: HashSet::new(),
        });
        self.check_depth(0, position)
    }

    /// Adds a complete value. The value of an alias keeps the position of its anchor.
    fn add(&mut self, spot: Rc<Spot>, anchor: usize, position: Position) -> Result<(), YamlError> {
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&spot));
        }
        self.check_depth(spot.depth, position)?;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(spot);
            return Ok(());
        };
        open.spot.size += spot.size;
        if open.spot.size > MAX_VALUES {
            let message =
                format!("more than {MAX_VALUES} values, including those that aliases repeat");
            return Err(self.error(position, &message));
        }
        if open.wants_key() {
            let name = &spot.text;
            open.spot.keys.push((name.clone(), position));
            if !open.seen.insert(name.clone()) {
                let message = format!(
                    "duplicate key {}\nhint: remove one of the two",
                    quoted(name)
                );
                return Err(self.error(position, &message));
            }
        } else {
            open.spot.depth = open.spot.depth.max(spot.depth + 1);
            open.spot.values.push(spot);
        }
        Ok(())
    }

    fn check_depth(&self, more: usize, position: Position) -> Result<(), YamlError> {
        if self.open.len() + more <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        // Without the path, which would fill the screen.
        Err(YamlError::new(Some(position), message))
    }

    fn error(&self, position: Position, message: &str) -> YamlError {
        let mut path = Path::default();
        for open in &self.open {
            match open.spot.keys.last() {
                Some((name, _)) if !open.wants_key() => path.push(Segment::Key(name.clone())),
                None if !open.is_mapping => path.push(Segment::Index(open.spot.values.len())),
                _ => break,
            }
        }
        YamlError {
            path,
            ..YamlError::new(Some(position), message.to_owned())
        }
    }
}

fn position(marker: Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# é
title: 'one'
vars:
  unit: { default:   a.service }
checks:
  - id: first
    needs: [x, yé,  z]
    pass: |
      exit == 0
    empty:
  - &second
    id: second
  - *second
";

    #[test]
    fn keys_and_values_have_exact_positions() {
        let root = Path::default();
        let checks = root.key("checks");
        let first = checks.index(0);
        let cases = [
            (root.clone(), (2, 1)),
            (root.key("title"), (2, 8)),
            (root.key("title").on_key(), (2, 1)),
            (root.key("vars").key("unit").on_key(), (4, 3)),
            (root.key("vars").key("unit"), (4, 9)),
            (root.key("vars").key("unit").key("default"), (4, 22)),
            (checks.clone(), (6, 3)),
            (first.clone(), (6, 5)),
            (first.key("needs").index(2), (7, 21)),
            (first.key("pass"), (9, 7)),
            (first.key("empty"), (10, 10)),
            (checks.index(1).key("id"), (12, 9)),
            // The value of an alias.
            (checks.index(2).key("id"), (12, 9)),
            // The nearest value around something that does not exist.
            (first.key("absent"), (6, 5)),
            (checks.index(9), (6, 3)),
            (first.key("needs").index(2).key("deeper"), (7, 21)),
        ];
        let spot = Spot::of_text(TEXT, "x.yaml").unwrap().unwrap();
        for (path, (line, column)) in cases {
            assert_eq!(
                spot.find(&path),
                ("x.yaml", Position { line, column }),
                "{path}"
            );
        }
    }
}
