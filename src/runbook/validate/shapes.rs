//! The shapes of what names in a runbook stand for, as far as they are declared: the types of facts and vars.

use std::collections::BTreeMap;

use super::scope::View;
use crate::evidence::fact::FactType;
use crate::expression::{Kind, Shape, expression_shape};
use crate::runbook::model::{Check, Runbook};
use crate::runbook::scope_names::FactNames;

/// The shapes of a runbook's names.
pub(super) struct Shapes<'a> {
    runbook: &'a Runbook,
    lets: BTreeMap<&'a str, Option<Shape>>,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(runbook: &'a Runbook) -> Self {
        let mut shapes = Self {
            runbook,
            lets: BTreeMap::new(),
        };
        for (index, (name, source)) in runbook.lets.iter().enumerate() {
            let shape = match source.contains("{{") {
                true => Some(Kind::Text.into()),
                false => expression_shape(source, &|path| shapes.of(path, View::Let(index), false)),
            };
            shapes.lets.insert(name, shape);
        }
        shapes
    }

    /// The shape of what a name with its attributes stands for; in an event of a check, facts are those of one record.
    pub(super) fn of(&self, path: &str, view: View, in_event: bool) -> Option<Shape> {
        let (head, attribute) = match path.split_once('.') {
            Some((head, attribute)) => (head, Some(attribute)),
            None => (path, None),
        };
        if let View::Own(index) = view
            && let Some(check) = self.runbook.checks.get(index)
        {
            let own = match (head, attribute) {
                ("records", Some(field)) => fact(check, field),
                (_, Some(_)) => None,
                (name, None) => result(name).or_else(|| {
                    let shape = fact(check, name)?;
                    Some(match check.each.is_some() && !in_event {
                        true => shape.list_of(),
                        false => shape,
                    })
                }),
            };
            if own.is_some() {
                return own;
            }
        }
        let Some(attribute) = attribute else {
            if let Some(var) = self.runbook.vars.get(head) {
                return Some(kind(var.kind).into());
            }
            return match head {
                "ct" | "read_only" | "log_zone_assumed" => Some(Kind::Number.into()),
                "node" | "log_error" | "log_kind" | "log_push_error" => Some(Kind::Text.into()),
                "failed_at" | "started_at" => Some(Kind::Time.into()),
                _ => self.lets.get(head).copied().flatten(),
            };
        };
        let check = self.runbook.checks.iter().find(|check| check.id == head)?;
        let in_lists = |shape: Shape| match check.for_each.is_some() {
            true => shape.list_of(),
            false => shape,
        };
        if let Some(field) = attribute.strip_prefix("records.") {
            return fact(check, field);
        }
        if let Some(shape) = result(attribute) {
            return Some(in_lists(shape));
        }
        let shape = fact(check, attribute)?;
        Some(in_lists(match check.each.is_some() {
            true => shape.list_of(),
            false => shape,
        }))
    }
}

/// What every command has.
fn result(name: &str) -> Option<Shape> {
    match name {
        "stdout" | "stderr" | "outcome" | "reason" => Some(Kind::Text.into()),
        "exit" | "signal" | "duration" | "timed_out" => Some(Kind::Number.into()),
        _ => None,
    }
}

/// A fact of a command, in one record.
fn fact(check: &Check, name: &str) -> Option<Shape> {
    if check.host.is_some() || !FactNames::of(check).names.contains(name) {
        return None;
    }
    let types = check.facts.as_ref().map(|spec| &spec.types);
    let declared = types.and_then(|types| types.get(name)).copied();
    Some(kind(declared.unwrap_or_default()).into())
}

const fn kind(declared: FactType) -> Kind {
    match declared {
        FactType::Text => Kind::Text,
        FactType::Int | FactType::Number | FactType::Bool | FactType::Duration => Kind::Number,
        FactType::Time | FactType::FileTime | FactType::ClockTime => Kind::Time,
    }
}
