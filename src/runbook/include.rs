//! Entries `include: PART`, which stand for the entries of another file. Pure.
//!
//! Parts are put in before a runbook is given its types, and each value keeps the position in its own file. So every
//! error names the file that has to be corrected.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_yaml::{Mapping, Value};

use super::error::{Finding, Position, RunbookError, RunbookErrors};
use super::path::Path;
use super::printable::quoted;
use super::read::{located, parsed};
use super::shared_remedies;
use super::source::{Part, Source};
use super::spot::Spot;
use super::yaml::{self, Document};
use crate::nearest_name::listed;

/// The keys of a runbook whose entries can come from a part.
const SECTIONS: [&str; 5] = [
    "vars",
    "let",
    "checks",
    shared_remedies::SECTION,
    "hypotheses",
];

const KEY: &str = "include";

/// How many reasons a message lists why a part does not fit.
const MOST_REASONS: usize = 4;

/// The names of the parts that a text includes; empty if it cannot be parsed.
pub(super) fn names(text: &str) -> Vec<String> {
    if !text.contains(KEY) {
        return Vec::new();
    }
    let Ok(Some(Document { value, .. })) = yaml::parse(text, "") else {
        return Vec::new();
    };
    let mut all = BTreeSet::new();
    for section in SECTIONS {
        match value.get(section) {
            Some(Value::Sequence(items)) => all.extend(items.iter().filter_map(named)),
            Some(value) => all.extend(value.get(KEY).into_iter().flat_map(texts)),
            None => {}
        }
    }
    all.into_iter().map(str::to_owned).collect()
}

/// The document with the entries of the parts that it includes.
pub(super) fn resolve(document: Document, source: &Source) -> Result<Document, RunbookErrors> {
    let Value::Mapping(sections) = &document.value else {
        return Ok(document);
    };
    let mut resolver = Resolver {
        parts: &source.parts,
        findings: Vec::new(),
        errors: None,
    };
    let mut whole = (Mapping::new(), Vec::new());
    for ((key, value), spot) in sections.iter().zip(&document.spot.values) {
        let section = key.as_str().filter(|name| SECTIONS.contains(name));
        let (value, spot) = match (section, value) {
            (Some(name), Value::Sequence(items)) => resolver.list(name, items, spot),
            (Some(name), Value::Mapping(entries)) => resolver.mapping(name, entries, spot),
            _ => (value.clone(), Rc::clone(spot)),
        };
        whole.0.insert(key.clone(), value);
        whole.1.push(spot);
    }
    if let Some(errors) = resolver.errors {
        return Err(errors);
    }
    if !resolver.findings.is_empty() {
        return Err(located(&document.spot, resolver.findings));
    }
    let keys = document.spot.keys.clone();
    Ok(Document {
        value: Value::Mapping(whole.0),
        spot: Rc::new(document.spot.with(keys, whole.1)),
    })
}

struct Resolver<'a> {
    parts: &'a [Part],
    findings: Vec<Finding>,
    /// The errors in a part.
    errors: Option<RunbookErrors>,
}

impl Resolver<'_> {
    fn list(&mut self, section: &str, items: &[Value], spot: &Spot) -> (Value, Rc<Spot>) {
        let (mut values, mut spots) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for (index, (item, own)) in items.iter().zip(&spot.values).enumerate() {
            let Some(name) = named(item) else {
                values.push(item.clone());
                spots.push(Rc::clone(own));
                continue;
            };
            let path = Path::default().key(section).index(index).key(KEY);
            match self.section(section, name, &path, &mut seen) {
                Some((Value::Sequence(items), spot)) => {
                    values.extend(items);
                    spots.extend(spot.values.iter().cloned());
                }
                Some(_) => self.wrong_type(section, name, &path, "a list"),
                None => {}
            }
        }
        let spot = spot.with(Vec::new(), spots);
        (Value::Sequence(values), Rc::new(spot))
    }

    fn mapping(&mut self, section: &str, entries: &Mapping, spot: &Spot) -> (Value, Rc<Spot>) {
        let mut merged = Merged::default();
        let mut seen = BTreeSet::new();
        let path = Path::default().key(section);
        for ((key, value), (name, own)) in entries.iter().zip(spot.keys.iter().zip(&spot.values)) {
            if key.as_str() != Some(KEY) {
                if !merged.add(key.clone(), value.clone(), name, own) {
                    let message = format!(
                        "{} is also in an included part\nhint: remove or rename one of the two",
                        quoted(&name.0)
                    );
                    self.add(&path.key(&name.0).on_key(), message);
                }
                continue;
            }
            let at = path.key(KEY);
            let names = texts(value);
            if names.is_empty() {
                self.add(
                    &at,
                    String::from("expected the name of a part, or a list of them"),
                );
            }
            for (number, name) in names.iter().enumerate() {
                let at = at.one_of(number, names.len());
                match self.section(section, name, &at, &mut seen) {
                    Some((Value::Mapping(entries), spot)) => {
                        let positions = spot.keys.iter().zip(&spot.values);
                        for ((key, value), (name, own)) in entries.into_iter().zip(positions) {
                            if !merged.add(key, value, name, own) {
                                let message =
                                    format!("{} of the part is also above", quoted(&name.0));
                                self.add(&at, message);
                            }
                        }
                    }
                    Some(_) => self.wrong_type(section, name, &at, "a mapping"),
                    None => {}
                }
            }
        }
        let spot = spot.with(merged.keys, merged.spots);
        (Value::Mapping(merged.values), Rc::new(spot))
    }

    /// A section of a part.
    fn section(
        &mut self,
        section: &str,
        name: &str,
        path: &Path,
        seen: &mut BTreeSet<String>,
    ) -> Option<(Value, Rc<Spot>)> {
        let Some(part) = self.parts.iter().find(|part| part.name == name) else {
            let message = format!(
                "part {} not found\nhint: name a built-in part, a file in `parts` beside the runbook, or the path of a file, as ./NAME.yaml",
                quoted(name)
            );
            self.add(path, message);
            return None;
        };
        if !seen.insert(name.to_owned()) {
            self.add(path, format!("{} is included twice", quoted(name)));
            return None;
        }
        let document = match part_document(part) {
            Ok(document) => document,
            Err(errors) => {
                self.errors.get_or_insert(errors);
                return None;
            }
        };
        let keys = &document.spot.keys;
        let index = keys.iter().position(|(key, _)| key == section);
        let spot = index.and_then(|index| document.spot.values.get(index));
        match (document.value.get(section), spot) {
            (Some(value), Some(spot)) => Some((value.clone(), Rc::clone(spot))),
            _ => {
                self.add(path, format!("{} has no `{section}`", quoted(name)));
                None
            }
        }
    }

    fn wrong_type(&mut self, section: &str, name: &str, path: &Path, expected: &str) {
        let message = format!("`{section}` of {} is not {expected}", quoted(name));
        self.add(path, message);
    }

    fn add(&mut self, path: &Path, message: String) {
        let path = path.clone();
        self.findings.push(Finding { path, message });
    }
}

/// The errors of a runbook. Those in a built-in part, which the author cannot change, become one where it is included.
pub(super) fn blamed(mut errors: RunbookErrors, source: &Source) -> RunbookErrors {
    for part in source.parts.iter().filter(|part| part.source.built_in) {
        let (inside, outside): (Vec<_>, Vec<_>) =
            (errors.errors.into_iter()).partition(|error| error.file == part.source.name);
        errors.errors = outside;
        let says = inside
            .iter()
            .filter_map(|error| error.message.lines().next());
        let says: BTreeSet<_> = says.collect();
        if says.is_empty() {
            continue;
        }
        let listed: Vec<_> = says.iter().copied().take(MOST_REASONS).collect();
        let more = match says.len() - listed.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let message = format!(
            "the built-in part {} does not fit this runbook: {}{more}\nhint: define what it reads, and rename what has \
             the name of one of its facts",
            quoted(&part.name),
            listed.join("; "),
        );
        let (position, path) = place_of(&part.name, source).unwrap_or_default();
        errors.errors.insert(
            0,
            RunbookError {
                file: source.name.clone(),
                position,
                path,
                message,
            },
        );
    }
    errors
}

/// Where a runbook first includes a part.
fn place_of(name: &str, source: &Source) -> Option<(Option<Position>, String)> {
    let document = yaml::parse(&source.text, &source.name).ok()??;
    let path = SECTIONS.iter().find_map(|section| {
        let path = Path::default().key(section);
        match document.value.get(section)? {
            Value::Sequence(items) => {
                let index = items.iter().position(|item| named(item) == Some(name))?;
                Some(path.index(index).key(KEY))
            }
            value => {
                let names = texts(value.get(KEY)?);
                let number = names.iter().position(|it| *it == name)?;
                Some(path.key(KEY).one_of(number, names.len()))
            }
        }
    })?;
    let (_, position) = document.spot.find(&path);
    Some((Some(position), path.to_string()))
}

/// A part, with the keys that a part can have.
fn part_document(part: &Part) -> Result<Document, RunbookErrors> {
    let keys = listed(SECTIONS);
    let document = parsed(&part.source, &format!("a part has {keys}"))?;
    let root = Path::default();
    let mut findings = Vec::new();
    match &document.value {
        Value::Mapping(_) => {
            for (key, _) in &document.spot.keys {
                if !SECTIONS.contains(&key.as_str()) {
                    findings.push(Finding {
                        path: root.key(key).on_key(),
                        message: format!("unknown key {}\nhint: a part has {keys}", quoted(key)),
                    });
                }
            }
            for section in SECTIONS {
                let path = root.key(section);
                let nested = match document.value.get(section) {
                    Some(Value::Sequence(items)) => {
                        let at = items.iter().position(|item| item.get(KEY).is_some());
                        at.map(|index| path.index(index).key(KEY).on_key())
                    }
                    Some(Value::Mapping(entries)) if entries.contains_key(KEY) => {
                        Some(path.key(KEY).on_key())
                    }
                    _ => None,
                };
                findings.extend(nested.map(|path| Finding {
                    path,
                    message: String::from("a part cannot include another part"),
                }));
            }
        }
        _ => findings.push(Finding {
            path: root,
            message: format!("expected a mapping\nhint: a part has {keys}"),
        }),
    }
    match findings.is_empty() {
        true => Ok(document),
        false => Err(located(&document.spot, findings)),
    }
}

/// The part that an entry of a list stands for: an entry with this key alone.
fn named(item: &Value) -> Option<&str> {
    let only = item.as_mapping().filter(|entries| entries.len() == 1)?;
    only.get(KEY)?.as_str()
}

/// One text, or a list of them; empty if it is anything else.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Sequence(items) => {
            let all: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            all.unwrap_or_default()
        }
        value => value.as_str().into_iter().collect(),
    }
}

/// The entries of a mapping, in order.
#[derive(Default)]
struct Merged {
    values: Mapping,
    keys: Vec<(String, Position)>,
    spots: Vec<Rc<Spot>>,
}

impl Merged {
    /// False if there is an entry with this key.
    fn add(
        &mut self,
        key: Value,
        value: Value,
        name: &(String, Position),
        spot: &Rc<Spot>,
    ) -> bool {
        if self.values.contains_key(&key) {
            return false;
        }
        self.values.insert(key, value);
        self.keys.push(name.clone());
        self.spots.push(Rc::clone(spot));
        true
    }
}
