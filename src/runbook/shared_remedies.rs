//! Entries `use: NAME` of remedies, which stand for the keys of a remedy that several hypotheses share. Pure.
//!
//! They are put in before a runbook is given its types, like [included parts](super::include). Each value keeps its
//! position, so that an error names the line of the shared remedy.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_yaml::{Mapping, Value};

use super::error::{Finding, RunbookErrors};
use super::path::Path;
use super::printable::quoted;
use super::read::located;
use super::spot::Spot;
use super::yaml::Document;
use crate::nearest_name::suggestion;

/// The section of shared remedies, and the remedies of a hypothesis.
pub(super) const SECTION: &str = "remedies";

const KEY: &str = "use";

/// The document without shared remedies: each is where it is used.
pub(super) fn resolve(document: Document) -> Result<Document, RunbookErrors> {
    let root = Path::default();
    let none = (Mapping::new(), document.spot.with(Vec::new(), Vec::new()));
    let (remedies, spot) = match entry(&document.value, &document.spot, SECTION) {
        Some((Value::Mapping(remedies), spot)) => (remedies, spot),
        Some(_) => {
            let finding = Finding {
                path: root.key(SECTION),
                message: "expected a mapping of remedies by their names".to_owned(),
            };
            return Err(located(&document.spot, vec![finding]));
        }
        None => (&none.0, &none.1),
    };
    let mut shared = Shared {
        remedies,
        spot,
        used: BTreeSet::new(),
        findings: Vec::new(),
    };
    let whole = edited(
        &document.value,
        &document.spot,
        |key, value, spot| match key {
            SECTION => None,
            "hypotheses" => Some(shared.in_hypotheses(value, spot, &root.key(key))),
            _ => Some((value.clone(), Rc::clone(spot))),
        },
    );
    shared.find_unused(&document.spot);
    if !shared.findings.is_empty() {
        return Err(located(&document.spot, shared.findings));
    }
    let (value, spot) = whole;
    Ok(Document { value, spot })
}

struct Shared<'a> {
    remedies: &'a Mapping,
    spot: &'a Spot,
    used: BTreeSet<String>,
    findings: Vec<Finding>,
}

impl<'a> Shared<'a> {
    fn named(&self, name: &str) -> Option<(&'a Value, &'a Spot)> {
        let index = self.spot.keys.iter().position(|(key, _)| key == name)?;
        Some((self.remedies.get(name)?, self.spot.values.get(index)?))
    }

    fn in_hypotheses(&mut self, list: &Value, spot: &Rc<Spot>, path: &Path) -> (Value, Rc<Spot>) {
        each(list, spot, |index, hypothesis, spot| {
            let path = path.index(index).key(SECTION);
            edited(hypothesis, spot, |key, value, spot| {
                Some(match key {
                    SECTION => each(value, spot, |index, remedy, spot| {
                        self.in_remedy(remedy, spot, &path.index(index))
                    }),
                    _ => (value.clone(), Rc::clone(spot)),
                })
            })
        })
    }

    /// A remedy with the keys of the shared one, except those that it has itself.
    fn in_remedy(&mut self, remedy: &Value, spot: &Rc<Spot>, path: &Path) -> (Value, Rc<Spot>) {
        let own = || (remedy.clone(), Rc::clone(spot));
        let (Some((name, _)), Value::Mapping(entries)) = (entry(remedy, spot, KEY), remedy) else {
            return own();
        };
        let Some(name) = name.as_str() else {
            self.add(&path.key(KEY), "expected the name of a remedy".to_owned());
            return own();
        };
        let Some((shared, shared_spot)) = self.named(name) else {
            let names = self.remedies.keys().filter_map(Value::as_str);
            let message = format!("no remedy {}{}", quoted(name), suggestion(name, names));
            self.add(&path.key(KEY), message);
            return own();
        };
        self.used.insert(name.to_owned());
        let Value::Mapping(shared) = shared else {
            let path = Path::default().key(SECTION).key(name);
            self.add(
                &path,
                "expected a mapping with `fix:`, `title:` and so on".to_owned(),
            );
            return own();
        };
        let (mut values, mut keys, mut spots) = (Mapping::new(), Vec::new(), Vec::new());
        let all = [(entries, &**spot), (shared, shared_spot)];
        for (entries, spot) in all {
            for ((key, value), (name, own)) in
                entries.iter().zip(spot.keys.iter().zip(&spot.values))
            {
                if name.0 != KEY && !values.contains_key(key) {
                    values.insert(key.clone(), value.clone());
                    keys.push(name.clone());
                    spots.push(Rc::clone(own));
                }
            }
        }
        (Value::Mapping(values), Rc::new(spot.with(keys, spots)))
    }

    /// A part may have more remedies than a runbook uses.
    fn find_unused(&mut self, root: &Spot) {
        for ((name, _), spot) in self.spot.keys.iter().zip(&self.spot.values) {
            if spot.file == root.file && !self.used.contains(name) {
                let path = Path::default().key(SECTION).key(name).on_key();
                let message = "no hypothesis uses it\nhint: delete it";
                self.findings.push(Finding {
                    path,
                    message: message.to_owned(),
                });
            }
        }
    }

    fn add(&mut self, path: &Path, message: String) {
        let path = path.clone();
        self.findings.push(Finding { path, message });
    }
}

fn entry<'a>(value: &'a Value, spot: &'a Spot, key: &str) -> Option<(&'a Value, &'a Spot)> {
    let index = spot.keys.iter().position(|(name, _)| name == key)?;
    Some((value.get(key)?, spot.values.get(index)?))
}

/// A mapping with other values, or without some; anything else as it is.
fn edited(
    value: &Value,
    spot: &Rc<Spot>,
    mut edit: impl FnMut(&str, &Value, &Rc<Spot>) -> Option<(Value, Rc<Spot>)>,
) -> (Value, Rc<Spot>) {
    let Value::Mapping(entries) = value else {
        return (value.clone(), Rc::clone(spot));
    };
    let (mut values, mut keys, mut spots) = (Mapping::new(), Vec::new(), Vec::new());
    for ((key, value), (name, own)) in entries.iter().zip(spot.keys.iter().zip(&spot.values)) {
        if let Some((value, own)) = edit(&name.0, value, own) {
            values.insert(key.clone(), value);
            keys.push(name.clone());
            spots.push(own);
        }
    }
    (Value::Mapping(values), Rc::new(spot.with(keys, spots)))
}

/// A list with other items; anything else as it is.
fn each(
    value: &Value,
    spot: &Rc<Spot>,
    mut edit: impl FnMut(usize, &Value, &Rc<Spot>) -> (Value, Rc<Spot>),
) -> (Value, Rc<Spot>) {
    let Value::Sequence(items) = value else {
        return (value.clone(), Rc::clone(spot));
    };
    let all = items.iter().zip(&spot.values).enumerate();
    let (values, spots) = all
        .map(|(index, (item, own))| edit(index, item, own))
        .unzip();
    (
        Value::Sequence(values),
        Rc::new(spot.with(Vec::new(), spots)),
    )
}
