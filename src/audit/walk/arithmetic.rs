//! Arithmetic: its results are not followed, but it sets variables.

use super::super::text::{Place, Text};
use super::{Shell, Value, Walker};

impl Walker<'_> {
    /// `((n++))`, `let x=3`, `$((x = 3))`: the variables have values that are not known.
    pub(super) fn arithmetic(&mut self, shell: &mut Shell, expression: &str, place: Place) {
        for name in assigned(expression) {
            let value = self.symbol(format!("${name}"));
            shell.set(name, Value::Scalar(Text::new(&value, place)));
        }
    }
}

/// The variables that an expression sets.
pub(super) fn assigned(expression: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_name) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_name(c)).unwrap_or(from.len());
        let (name, after) = from.split_at(end);
        let before = before.trim_end();
        let changed = before.ends_with("++") || before.ends_with("--") || is_assignment(after);
        if changed && !name.starts_with(|c: char| c.is_ascii_digit()) {
            names.push(name);
        }
        rest = after;
    }
    names
}

/// Whether an operator that sets the variable before it comes next.
fn is_assignment(after: &str) -> bool {
    let after = after.trim_start();
    let element = after
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let after = element.map_or(after, |(_, rest)| rest).trim_start();
    if after.starts_with("++") || after.starts_with("--") {
        return true;
    }
    let shift = after.strip_prefix("<<").or(after.strip_prefix(">>"));
    let operator =
        shift.unwrap_or_else(|| after.trim_start_matches(['+', '-', '*', '/', '%', '&', '^', '|']));
    operator.starts_with('=') && !operator.starts_with("==")
}

#[cfg(test)]
mod tests {
    use super::assigned;

    #[test]
    fn an_expression_sets_what_its_operators_assign() {
        let cases: [(&str, &[&str]); 9] = [
            ("i=3", &["i"]),
            ("i = 3, j += k", &["i", "j"]),
            ("i++ + --j", &["i", "j"]),
            ("a == b && c != d && e <= f", &[]),
            ("x <<= 2", &["x"]),
            ("a[i] = 3", &["a"]),
            ("i=0;i<n;i++", &["i", "i"]),
            ("n + 1", &[]),
            ("", &[]),
        ];
        for (expression, expected) in cases {
            assert_eq!(assigned(expression), expected, "{expression}");
        }
    }
}
