//! The variables of a shell. A copy shares with the original what neither has changed.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::state::{Value, Variable};

/// How many changes are kept apart before they are merged into what copies share.
const MOST_CHANGES: usize = 64;

#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    shared: Rc<HashMap<String, Variable>>,
    /// Newer than `shared`; none for a variable that was removed.
    changed: Rc<HashMap<String, Option<Variable>>>,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Variable> {
        match self.changed.get(name) {
            Some(changed) => changed.as_ref(),
            None => self.shared.get(name),
        }
    }

    pub(super) fn insert(&mut self, name: &str, variable: Variable) {
        self.change(name, Some(variable));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.change(name, None);
    }

    /// Sets a value; whether the variable is exported stays.
    pub(super) fn set(&mut self, name: &str, value: Value, export: bool) {
        let exported = export || self.get(name).is_some_and(|old| old.exported);
        self.insert(name, Variable { value, exported });
    }

    pub(super) fn export(&mut self, name: &str) {
        if let Some(variable) = self.get(name).cloned() {
            let exported = true;
            self.insert(
                name,
                Variable {
                    exported,
                    ..variable
                },
            );
        }
    }

    pub(super) fn exported(&self) -> impl Iterator<Item = (&String, &Variable)> {
        let unchanged = self.shared.iter();
        let unchanged = unchanged.filter(|(name, _)| !self.changed.contains_key(*name));
        let changed = self.changed.iter();
        unchanged
            .chain(changed.filter_map(|(name, variable)| Some((name, variable.as_ref()?))))
            .filter(|(_, variable)| variable.exported)
    }

    /// The names of all variables that may differ from those of another shell.
    pub(super) fn changed_since<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a String> {
        if Rc::ptr_eq(&self.changed, &other.changed) && Rc::ptr_eq(&self.shared, &other.shared) {
            return BTreeSet::new();
        }
        let mut names: BTreeSet<&String> =
            self.changed.keys().chain(other.changed.keys()).collect();
        if !Rc::ptr_eq(&self.shared, &other.shared) {
            names.extend(self.shared.keys().chain(other.shared.keys()));
        }
        names
    }

    fn change(&mut self, name: &str, variable: Option<Variable>) {
        let changed = Rc::make_mut(&mut self.changed);
        changed.insert(name.to_owned(), variable);
        if changed.len() > MOST_CHANGES {
            let shared = Rc::make_mut(&mut self.shared);
            for (name, variable) in changed.drain() {
                match variable {
                    Some(variable) => shared.insert(name, variable),
                    None => shared.remove(&name),
                };
            }
        }
    }
}
