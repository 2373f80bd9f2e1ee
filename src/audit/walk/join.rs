//! The state of a shell after two branches: what differs is not known.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::text::Text;
use super::Walker;
use super::state::{Shell, Value, Variable};

impl Walker<'_> {
    /// The state after two branches: what differs is not known.
    pub(super) fn join(&mut self, shell: &mut Shell, other: Shell, reached: bool) {
        if !reached {
            *shell = other;
            return;
        }
        shell.errexit &= other.errexit;
        shell.pipefail &= other.pipefail;
        if !Rc::ptr_eq(&shell.functions, &other.functions) {
            let functions = Rc::make_mut(&mut shell.functions);
            for (name, body) in other.functions.iter() {
                functions
                    .entry(name.clone())
                    .or_insert_with(|| Rc::clone(body));
            }
        }
        if shell.directory != other.directory {
            shell.directory = Some(self.symbol("$PWD"));
        }
        if !same(shell.positions.as_deref(), other.positions.as_deref()) {
            shell.positions = None;
        }
        if Rc::ptr_eq(&shell.variables, &other.variables) {
            return;
        }
        let mut merged: HashMap<String, Variable> = (*shell.variables).clone();
        let mut differ = Vec::new();
        for (name, variable) in other.variables.iter() {
            match merged.get(name) {
                Some(own) if equal(&own.value, &variable.value) => {}
                _ => differ.push((name.clone(), variable.exported)),
            }
        }
        for (name, variable) in &merged {
            if !other.variables.contains_key(name) {
                differ.push((name.clone(), variable.exported));
            }
        }
        differ.sort_unstable();
        for (name, exported) in differ {
            let symbol = self.symbol(format!("${name}"));
            let value = Value::Scalar(Text::new(&symbol, super::Place::default()));
            let exported = exported || merged.get(&name).is_some_and(|own| own.exported);
            merged.insert(name, Variable { value, exported });
        }
        shell.variables = Rc::new(merged);
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Scalar(a), Value::Scalar(b)) => a.as_str() == b.as_str(),
        (Value::Array(a), Value::Array(b)) => same(Some(a), Some(b)),
        (Value::Map(a), Value::Map(b)) => {
            let pairs = a.iter().zip(b);
            let mut equal = pairs.map(|((i, a), (j, b))| i == j && a.as_str() == b.as_str());
            a.len() == b.len() && equal.all(|equal| equal)
        }
        _ => false,
    }
}

fn same(a: Option<&[Text]>, b: Option<&[Text]>) -> bool {
    let strings = |texts: &[Text]| {
        texts
            .iter()
            .map(|t| t.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    a.map(strings) == b.map(strings)
}
