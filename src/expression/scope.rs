//! The names that an expression can read, and their values.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use minijinja::value::{Object, Value, ValueKind};

use super::possible::{NoValue, Possible};
use super::trace::Trace;
use super::uncertain::{Moment, contains_gap, is_gap, moment_bounds};
use super::{Missing, Reason, let_names};
use crate::evidence::fact::{Fact, Facts};

/// The binding of a name.
#[derive(Debug, Clone)]
pub enum Binding {
    Present(Fact),
    /// No value, for this reason.
    Absent(Reason),
    /// Named values. Missing ones are missing for this reason.
    Group(Facts, Reason),
    /// Named values, or for each that is absent, why.
    Known(Vec<(&'static str, Result<Fact, Reason>)>),
    /// A `let`: a text with `{{` is a template, any other an expression. The derived values that it
    /// reads must not read it.
    Derived(Arc<str>),
}

/// The names that an expression can read. Cheap to clone: copied only when a name is bound in a clone.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    slots: Arc<BTreeMap<Arc<str>, Slot>>,
    /// The outer scope, for names that this one does not have.
    outer: Option<Arc<Scope>>,
}

#[derive(Debug, Clone)]
enum Slot {
    Present(Arc<Converted>),
    Group(Value),
    Absent(Arc<Reason>),
    Derived(Arc<Derived>),
}

/// A fact that is converted when it is first read: most are never read.
#[derive(Debug)]
struct Converted {
    fact: Fact,
    value: OnceLock<Value>,
}

impl Converted {
    const fn new(fact: Fact) -> Self {
        Self {
            fact,
            value: OnceLock::new(),
        }
    }

    fn value(&self) -> &Value {
        self.value.get_or_init(|| value_of(&self.fact))
    }
}

/// A value that is computed from others in its scope when it is first read.
#[derive(Debug)]
struct Derived {
    source: Arc<str>,
    /// The value, or why there is none.
    value: OnceLock<Result<Computed, NoValue>>,
}

#[derive(Debug)]
struct Computed {
    possible: Possible<Value>,
    contains_gap: bool,
}

impl Computed {
    /// Its value in the current case.
    fn of_this_case(&self, name: &str) -> Value {
        if self.contains_gap {
            Trace::note_uncertain();
        }
        let question = || Missing::Value {
            name: name.to_owned(),
            reason: Reason::Let(self.possible.questions.clone()),
        };
        let values = self.possible.values.split_last();
        let chosen = values.map(|(last, others)| {
            let chosen = others.iter().find(|_| Trace::decide(question));
            chosen.unwrap_or(last).clone()
        });
        chosen.unwrap_or_default()
    }
}

impl Scope {
    /// An inner scope with all names of this one. Names bound in it stay in it.
    pub fn inner(&self) -> Self {
        Self {
            slots: Arc::default(),
            outer: Some(Arc::new(self.clone())),
        }
    }

    /// The slot of a name, and its scope.
    fn slot(&self, name: &str) -> Option<(&Slot, &Self)> {
        match self.slots.get(name) {
            Some(slot) => Some((slot, self)),
            None => self.outer.as_ref()?.slot(name),
        }
    }

    /// Binds a name, replacing any earlier binding.
    pub fn bind(&mut self, name: &str, binding: Binding) {
        let slot = match binding {
            Binding::Present(fact) => Slot::Present(Converted::new(fact).into()),
            Binding::Absent(reason) => Slot::Absent(reason.into()),
            Binding::Group(facts, reason) => {
                let values = facts.into_iter();
                let values = values.map(|(name, fact)| (name, Converted::new(fact)));
                Slot::Group(Value::from_object(Group {
                    name: name.to_owned(),
                    values: values.collect(),
                    reasons: BTreeMap::new(),
                    otherwise: reason,
                }))
            }
            Binding::Known(facts) => {
                let mut group = Group {
                    name: name.to_owned(),
                    values: BTreeMap::new(),
                    reasons: BTreeMap::new(),
                    otherwise: Reason::NotInOutput,
                };
                for (name, fact) in facts {
                    match fact {
                        Ok(fact) => {
                            drop(group.values.insert(name.to_owned(), Converted::new(fact)))
                        }
                        Err(reason) => drop(group.reasons.insert(name.to_owned(), reason)),
                    }
                }
                Slot::Group(Value::from_object(group))
            }
            Binding::Derived(source) => Slot::Derived(Arc::new(Derived {
                source,
                value: OnceLock::new(),
            })),
        };
        Arc::make_mut(&mut self.slots).insert(name.into(), slot);
    }

    /// Binds every fact by its own name.
    pub fn bind_facts(&mut self, facts: &Facts) {
        for (name, fact) in facts {
            self.bind(name, Binding::Present(fact.clone()));
        }
    }

    /// Whether `group.name` exists and is true.
    pub fn is_true(&self, group: &str, name: &str) -> bool {
        match self.slot(group) {
            Some((Slot::Group(value), _)) => value
                .downcast_object_ref::<Group>()
                .and_then(|group| group.values.get(name))
                .is_some_and(|converted| converted.value().is_true()),
            _ => false,
        }
    }

    /// Discards a derived value, because something that it depends on was bound. The next read computes it
    /// again.
    pub fn renew(&mut self, name: &str) {
        if let Some(Slot::Derived(derived)) = self.slots.get(name)
            && derived.value.get().is_some()
        {
            self.bind(name, Binding::Derived(Arc::clone(&derived.source)));
        }
    }

    /// Computes a derived value, and first those that it reads. Not recursive, because a chain of them
    /// could overflow the stack.
    fn compute(&self, name: &str) {
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.last() {
            let Some(derived) = self.uncomputed(name) else {
                open.pop();
                continue;
            };
            let read = let_names(&derived.source).unwrap_or_default();
            let names = read
                .iter()
                .map(|name| name.split('.').next().unwrap_or(name));
            let before: Vec<_> = names
                .filter(|name| self.uncomputed(name).is_some())
                .collect();
            if before.is_empty() {
                let value = Trace::apart(|| self.derived(&derived.source));
                let computed = value.map(|possible| Computed {
                    contains_gap: possible.values.iter().any(contains_gap),
                    possible,
                });
                let _ = derived.value.set(computed);
            }
            open.extend(before.into_iter().map(str::to_owned));
        }
    }

    fn uncomputed(&self, name: &str) -> Option<&Derived> {
        match self.slots.get(name) {
            Some(Slot::Derived(derived)) if derived.value.get().is_none() => Some(derived),
            _ => None,
        }
    }

    pub(super) fn context(&self) -> Value {
        Value::from_object(Root(self.clone()))
    }
}

/// The outermost names. One that is not bound may be a function.
#[derive(Debug)]
struct Root(Scope);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        // The operators are functions, too. No name begins like them.
        if name.starts_with(|first: char| first.is_ascii_punctuation() && first != '_') {
            return None;
        }
        let (slot, scope) = self.0.slot(name)?;
        match slot {
            Slot::Present(converted) => Some(converted.value().clone()),
            Slot::Group(value) => Some(value.clone()),
            Slot::Absent(reason) => {
                Trace::note_missing(name.to_owned(), Reason::clone(reason));
                None
            }
            Slot::Derived(derived) => {
                scope.compute(name);
                match derived.value.get()? {
                    Ok(computed) => Some(computed.of_this_case(name)),
                    Err(none) => {
                        let (name, reason) = (name.to_owned(), Reason::Let(none.reasons.clone()));
                        match none.is_open {
                            true => Trace::refuse(|| Missing::Value { name, reason }),
                            false => Trace::note_missing(name, reason),
                        }
                        None
                    }
                }
            }
        }
    }
}

/// A check's values. Reading a missing one is noted.
#[derive(Debug)]
struct Group {
    name: String,
    values: BTreeMap<String, Converted>,
    /// Why a value is absent.
    reasons: BTreeMap<String, Reason>,
    /// Why any other value is absent.
    otherwise: Reason,
}

impl Object for Group {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let attribute = key.as_str()?;
        let value = self.values.get(attribute).map(Converted::value);
        if value.is_none() {
            let name = format!("{}.{attribute}", self.name);
            let reason = self.reasons.get(attribute).unwrap_or(&self.otherwise);
            Trace::note_missing(name, reason.clone());
        }
        value.cloned()
    }
}

pub(super) fn value_of(fact: &Fact) -> Value {
    match fact {
        Fact::Text(text) => Value::from(text.as_str()),
        Fact::Int(number) => Value::from(*number),
        Fact::Number(number) | Fact::Duration(number) => Value::from(*number),
        Fact::Bool(value) => Value::from(*value),
        Fact::Time(time) => Moment::value(*time),
        Fact::List(items) => items.iter().map(value_of).collect(),
        Fact::Record(facts) => {
            let values = facts
                .iter()
                .map(|(name, fact)| (name.clone(), value_of(fact)));
            Value::from(values.collect::<BTreeMap<String, Value>>())
        }
    }
}

/// A value with nothing left to compute. `None` for a value that runbooks do not have.
pub(super) fn resolved(value: &Value) -> Option<Value> {
    if is_gap(value) || moment_bounds(value).is_some() {
        return Some(value.clone());
    }
    match value.kind() {
        ValueKind::Bool | ValueKind::Number | ValueKind::String => Some(value.clone()),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().ok()?.map(|item| resolved(&item)).collect()
        }
        ValueKind::Map => value
            .try_iter()
            .ok()?
            .map(|key| {
                let item = value.get_item(&key).ok()?;
                Some((key.as_str()?.to_owned(), resolved(&item)?))
            })
            .collect::<Option<BTreeMap<_, _>>>()
            .map(Value::from),
        _ => None,
    }
}
