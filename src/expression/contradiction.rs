//! Conditions that cannot be true, whatever a container answers, found without evaluating them.
//!
//! A condition is taken apart into cases, each of which is a list of tests of single values. It can hold if the tests of one
//! case do not contradict each other. What is not such a test is assumed to be possible.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::{Value, ValueKind};

use super::Condition;
use super::inferred::path_of;
use super::syntax::expression_names;

/// With more cases than this, or deeper nesting, a condition is assumed to be possible.
const MOST_CASES: usize = 256;
const MOST_NESTED: usize = 64;

/// A check's outcomes. It has one of them.
const OUTCOMES: [&str; 4] = ["passed", "failed", "errored", "skipped"];

/// Whether a valid condition can be true. `is_check` tells whether a name is that of a check.
pub fn can_hold(condition: &Condition, is_check: &dyn Fn(&str) -> bool) -> bool {
    let reader = Reader { is_check };
    match reader.condition(condition, true) {
        Some(cases) => cases.iter().any(is_possible),
        None => true,
    }
}

/// A test of the value at a path.
#[derive(Debug, Clone)]
enum Test {
    Truth(bool),
    Equality(bool, Value),
    /// At least, or more than.
    Above(f64, Bound),
    /// At most, or less than.
    Below(f64, Bound),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Included,
    Excluded,
}

/// Tests that must all be true; a constant that is false makes the case impossible.
#[derive(Debug, Clone, Default)]
struct Case {
    tests: Vec<(String, Test)>,
    is_false: bool,
}

/// The cases of a condition; `None` if there are too many.
type Cases = Option<Vec<Case>>;

struct Reader<'a> {
    is_check: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    /// The cases in which the condition is `wanted`.
    fn condition(&self, condition: &Condition, wanted: bool) -> Cases {
        match condition {
            Condition::Leaf(source) => {
                expression_names(source).ok()?;
                self.expression(&parse_expr(source).ok()?, wanted, 0)
            }
            Condition::Not(part) => self.condition(part, !wanted),
            Condition::All(parts) | Condition::Any(parts) => {
                let parts = parts.iter().map(|part| self.condition(part, wanted));
                join(matches!(condition, Condition::All(_)) == wanted, parts)
            }
        }
    }

    fn expression(&self, expression: &Expr<'_>, wanted: bool, depth: usize) -> Cases {
        if depth == MOST_NESTED {
            return None;
        }
        match expression {
            Expr::Const(constant) => Some(vec![Case {
                is_false: constant.value.is_true() != wanted,
                ..Case::default()
            }]),
            Expr::UnaryOp(operation) if matches!(operation.op, UnaryOpKind::Not) => {
                self.expression(&operation.expr, !wanted, depth + 1)
            }
            Expr::BinOp(operation) => match operation.op {
                BinOpKind::ScAnd | BinOpKind::ScOr => {
                    let sides = [&operation.left, &operation.right];
                    let sides = sides.map(|side| self.expression(side, wanted, depth + 1));
                    join(
                        matches!(operation.op, BinOpKind::ScAnd) == wanted,
                        sides.into_iter(),
                    )
                }
                operator => match compared(operator) {
                    Some(operator) => {
                        self.comparison(&operation.left, operator, &operation.right, wanted)
                    }
                    None => anything(),
                },
            },
            Expr::Compare(chain) => {
                let mut left = &chain.expr;
                let mut steps = Vec::new();
                for step in &chain.ops {
                    steps.push(self.comparison(left, step.op, &step.expr, wanted));
                    left = &step.expr;
                }
                join(wanted, steps.into_iter())
            }
            expression => match path_of(expression) {
                Some(path) => Some(vec![self.test(path, Test::Truth(wanted))]),
                None => anything(),
            },
        }
    }

    fn comparison(
        &self,
        left: &Expr<'_>,
        operator: CompareOpKind,
        right: &Expr<'_>,
        wanted: bool,
    ) -> Cases {
        let (path, operator, constant) = match (path_of(left), right) {
            (Some(path), right) => (path, operator, right),
            (None, right) => match path_of(right) {
                Some(path) => (path, turned(operator), left),
                None => return anything(),
            },
        };
        let Some(value) = constant.as_const() else {
            return anything();
        };
        let number = f64::try_from(value.clone()).ok();
        let number = number.filter(|_| value.kind() == ValueKind::Number);
        let test =
            match (operator, number, wanted) {
                (CompareOpKind::Eq, _, _) => Test::Equality(wanted, value),
                (CompareOpKind::Ne, _, _) => Test::Equality(!wanted, value),
                (CompareOpKind::Lt, Some(limit), true)
                | (CompareOpKind::Gte, Some(limit), false) => Test::Below(limit, Bound::Excluded),
                (CompareOpKind::Lte, Some(limit), true)
                | (CompareOpKind::Gt, Some(limit), false) => Test::Below(limit, Bound::Included),
                (CompareOpKind::Gt, Some(limit), true)
                | (CompareOpKind::Lte, Some(limit), false) => Test::Above(limit, Bound::Excluded),
                (CompareOpKind::Gte, Some(limit), true)
                | (CompareOpKind::Lt, Some(limit), false) => Test::Above(limit, Bound::Included),
                (CompareOpKind::In | CompareOpKind::NotIn, _, _)
                    if value.kind() == ValueKind::Seq =>
                {
                    let is_member = matches!(operator, CompareOpKind::In) == wanted;
                    let items = value.try_iter().ok()?;
                    let tests = items.map(|item| {
                        Some(vec![
                            self.test(path.clone(), Test::Equality(is_member, item)),
                        ])
                    });
                    return join(!is_member, tests);
                }
                _ => return anything(),
            };
        Some(vec![self.test(path, test)])
    }

    /// A case of one test. An outcome is a test of the check's `outcome`; any other value is only there if the check ran.
    fn test(&self, path: String, test: Test) -> Case {
        let mut tests = Vec::new();
        let outcome = |check: &str| format!("{check}.outcome");
        match path.split_once('.') {
            Some((check, attribute)) if (self.is_check)(check) => match test {
                Test::Truth(is_true) if OUTCOMES.contains(&attribute) => {
                    tests.push((outcome(check), Test::Equality(is_true, attribute.into())));
                }
                test => {
                    if !["outcome", "reason"].contains(&attribute) {
                        tests.push((outcome(check), Test::Equality(false, "skipped".into())));
                    }
                    tests.push((path, test));
                }
            },
            _ => tests.push((path, test)),
        }
        for (path, _) in tests.clone() {
            if path.ends_with(".outcome") {
                // It is one of them.
                tests.push((path, Test::Truth(true)));
            }
        }
        Case {
            tests,
            is_false: false,
        }
    }
}

/// One case without a test.
fn anything() -> Cases {
    Some(vec![Case::default()])
}

/// The cases of several parts, all of which must hold, or one of them.
fn join(all: bool, parts: impl Iterator<Item = Cases>) -> Cases {
    let mut joined = match all {
        true => vec![Case::default()],
        false => Vec::new(),
    };
    for part in parts {
        let part = part?;
        if all {
            let mut crossed = Vec::new();
            for (left, right) in joined
                .iter()
                .flat_map(|left| part.iter().map(move |right| (left, right)))
            {
                crossed.push(Case {
                    tests: [left.tests.as_slice(), &right.tests].concat(),
                    is_false: left.is_false || right.is_false,
                });
            }
            joined = crossed;
        } else {
            joined.extend(part);
        }
        if joined.len() > MOST_CASES {
            return None;
        }
    }
    Some(joined)
}

fn is_possible(case: &Case) -> bool {
    let mut by_path: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for (path, test) in &case.tests {
        by_path.entry(path).or_default().push(test);
    }
    let allowed = |path: &str, tests: &[&Test]| match path.ends_with(".outcome") {
        true => OUTCOMES
            .iter()
            .any(|outcome| tests.iter().all(|test| accepts(test, &(*outcome).into()))),
        false => agree(tests),
    };
    !case.is_false && by_path.iter().all(|(path, tests)| allowed(path, tests))
}

/// Whether one value can pass all tests.
fn agree(tests: &[&Test]) -> bool {
    let given = tests.iter().find_map(|test| match test {
        Test::Equality(true, value) => Some(value),
        _ => None,
    });
    if let Some(value) = given {
        return tests.iter().all(|test| accepts(test, value));
    }
    let has_truth = |wanted| {
        tests
            .iter()
            .any(|test| matches!(test, Test::Truth(is_true) if *is_true == wanted))
    };
    if has_truth(true) && has_truth(false) {
        return false;
    }
    !tests.iter().any(|above| {
        tests.iter().any(|below| match (above, below) {
            (Test::Above(least, from), Test::Below(most, to)) => {
                least > most || least == most && [*from, *to].contains(&Bound::Excluded)
            }
            _ => false,
        })
    })
}

fn accepts(test: &Test, value: &Value) -> bool {
    let number = f64::try_from(value.clone()).ok();
    match test {
        Test::Truth(wanted) => value.is_true() == *wanted,
        Test::Equality(wanted, other) => (value == other) == *wanted,
        Test::Above(limit, bound) => number
            .is_none_or(|number| number > *limit || *bound == Bound::Included && number == *limit),
        Test::Below(limit, bound) => number
            .is_none_or(|number| number < *limit || *bound == Bound::Included && number == *limit),
    }
}

const fn compared(operator: BinOpKind) -> Option<CompareOpKind> {
    Some(match operator {
        BinOpKind::Eq => CompareOpKind::Eq,
        BinOpKind::Ne => CompareOpKind::Ne,
        BinOpKind::Lt => CompareOpKind::Lt,
        BinOpKind::Lte => CompareOpKind::Lte,
        BinOpKind::Gt => CompareOpKind::Gt,
        BinOpKind::Gte => CompareOpKind::Gte,
        BinOpKind::In => CompareOpKind::In,
        _ => return None,
    })
}

/// The operator with its sides exchanged. A membership in a value is not a test of one.
const fn turned(operator: CompareOpKind) -> CompareOpKind {
    match operator {
        CompareOpKind::Lt => CompareOpKind::Gt,
        CompareOpKind::Lte => CompareOpKind::Gte,
        CompareOpKind::Gt => CompareOpKind::Lt,
        CompareOpKind::Gte => CompareOpKind::Lte,
        operator => operator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(source: &str) -> bool {
        let condition = Condition::Leaf(source.to_owned());
        can_hold(&condition, &|name| ["up", "disk"].contains(&name))
    }

    #[test]
    fn contradictions_are_found() {
        for source in [
            "false",
            "up.passed and up.failed",
            "up.passed and not up.passed",
            "up.outcome == 'active'",
            "up.outcome == 'failed' and up.passed",
            "not (up.passed or up.failed or up.errored or up.skipped)",
            "up.skipped and up.state == 'active'",
            "disk.used > 90 and disk.used < 80",
            "disk.used > 90 and disk.used <= 90",
            "90 < disk.used < 80",
            "up.state == 'active' and up.state == 'failed'",
            "up.state in ['active', 'reloading'] and up.state == 'failed'",
            "up.state == 'active' and up.state not in ['active', 'reloading']",
            "disk.used == 5 and disk.used > 10",
            "disk.passed and (up.passed and up.failed or up.passed and up.errored)",
            "mounted and not mounted",
        ] {
            assert!(!holds(source), "{source}");
        }
    }

    #[test]
    fn what_can_hold_is_not_called_a_contradiction() {
        for source in [
            "true",
            "up.passed",
            "not up.passed and not up.failed",
            "up.passed or up.failed",
            "up.passed and disk.failed",
            "up.skipped and 'needs' in up.reason",
            "disk.used >= 90 and disk.used <= 90",
            "disk.used > 80 and disk.used < 90",
            "up.state != 'active' and up.state != 'failed'",
            "up.state in ['active', 'failed'] and up.state == 'failed'",
            "'active' in up.state and 'failed' in up.state",
            "up.skipped and up.state | default('none') == 'none'",
            "disk.used > disk.limit and disk.used < disk.least",
            "not (disk.used > 90 and disk.used < 80)",
            "not (10 < disk.used < 80) and disk.used > 90",
        ] {
            assert!(holds(source), "{source}");
        }
    }

    #[test]
    fn conditions_are_joined() {
        let leaf = |text: &str| Condition::Leaf(text.to_owned());
        let both = vec![leaf("up.passed"), leaf("up.failed")];
        let can = |condition| can_hold(&condition, &|name| name == "up");
        assert!(!can(Condition::All(both.clone())));
        assert!(can(Condition::Any(both.clone())));
        assert!(can(Condition::Not(Box::new(Condition::All(both)))));
    }
}
