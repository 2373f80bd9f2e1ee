//! The state of a shell after two branches: what differs is not known.

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
        let mut joined = shell.variables.clone();
        for name in shell.variables.changed_since(&other.variables) {
            let both = (shell.variables.get(name), other.variables.get(name));
            let exported = match both {
                (None, None) => continue,
                (Some(a), Some(b)) if equal(&a.value, &b.value) => continue,
                (a, b) => [a, b].into_iter().flatten().any(|it| it.exported),
            };
            let symbol = self.symbol(format!("${name}"));
            let value = Value::Scalar(Text::new(&symbol, super::Place::default()));
            joined.insert(name, Variable { value, exported });
        }
        shell.variables = joined;
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
