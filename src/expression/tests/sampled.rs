//! Random expressions over random times: a result for times between bounds is the same for all exact times within these
//! bounds.

use proptest::prelude::*;

use super::*;

/// A sequence of choices; when it is used up, each choice is the first one.
struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// Whether there are derived values to read.
    lets: bool,
}

impl Choices<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.bytes
            .next()
            .map_or(0, |byte| usize::from(*byte) % bound)
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    /// One of the forms, the first of which must not go deeper.
    fn form(&mut self, depth: usize, forms: usize) -> usize {
        if depth == 0 { 0 } else { self.below(forms) }
    }

    fn number(&mut self, depth: usize) -> String {
        let form = self.form(depth, 17);
        let depth = depth.saturating_sub(1);
        match form {
            0 => match self.below(4) {
                0 => self
                    .one_of(&["0", "1", "2", "0.01", "0.02", "-0.01", "true"])
                    .to_owned(),
                1 if self.lets => "wait".to_owned(),
                _ => format!("gap({}, {})", self.time(0), self.time(0)),
            },
            1 => format!("gap({}, {})", self.time(depth), self.time(depth)),
            2 => {
                let operator = self.one_of(&["+", "-", "*", "/", "//", "%", "**"]);
                format!("({} {operator} {})", self.number(depth), self.number(depth))
            }
            3 => format!("-{}", self.number(depth)),
            4 => {
                let filter = self.one_of(&[
                    "abs",
                    "round",
                    "round(1)",
                    "round(method='floor')",
                    "int",
                    "int(default=7)",
                    "float",
                    "float(default=7)",
                ]);
                format!("({} | {filter})", self.number(depth))
            }
            5 => {
                let filter = self.one_of(&["min", "max", "sum", "first", "last", "sort | first"]);
                format!(
                    "([{}, {}] | {filter})",
                    self.number(depth),
                    self.number(depth)
                )
            }
            6 => format!(
                "({} if {} else {})",
                self.number(depth),
                self.condition(depth),
                self.number(depth)
            ),
            7 => {
                let filter = self.one_of(&["min", "max", "sum", "first", "last", "sort | last"]);
                format!("(waits | {filter})")
            }
            8 => format!("({} | length)", self.times(depth)),
            9 => {
                let filter = self.one_of(&[
                    "select('lt', 1)",
                    "reject('ge', 1)",
                    "select('==', 1)",
                    "select",
                    "reject('in', [1, 2])",
                    "select('number')",
                    "reject('odd')",
                    "select('even')",
                    "unique",
                    "map('abs')",
                    "map('int')",
                    "select('divisibleby', 2)",
                    "select('ne', 0)",
                    "select('gt', 1)",
                    "select('le', 2)",
                ]);
                format!("(waits | {filter} | length)")
            }
            10 => {
                let filter = self.one_of(&[
                    "selectattr('wait', 'lt', 1)",
                    "rejectattr('wait', 'defined')",
                    "unique(attribute='wait')",
                    "groupby('wait')",
                    "groupby('unit')",
                    "selectattr('wait', 'gt', 0.5)",
                    "selectattr('wait')",
                ]);
                format!("({} | {filter} | list | length)", self.followed())
            }
            11 => format!(
                "({} | sort(attribute='wait') | map(attribute='wait') | first)",
                self.followed()
            ),
            12 => format!(
                "({} | {} | length)",
                self.one_of(&["journal", "files"]),
                "clock_steps"
            ),
            13 => format!("({} or {})", self.number(depth), self.number(depth)),
            14 => format!("({} and {})", self.number(depth), self.number(depth)),
            15 => format!(
                "({} | default({}, true))",
                self.number(depth),
                self.number(depth)
            ),
            _ => format!("{{'a': {}}}['a']", self.number(depth)),
        }
    }

    fn time(&mut self, depth: usize) -> String {
        let form = self.form(depth, 8);
        let depth = depth.saturating_sub(1);
        match form {
            0 => self.one_of(&["t0", "t1", "t2", "t3", "t4"]).to_owned(),
            1 => {
                let function = self.one_of(&["earlier", "later", "interval"]);
                format!("{function}({}, {})", self.time(depth), self.time(depth))
            }
            2 => {
                let function = self.one_of(&["last_before", "first_after"]);
                format!("{function}({}, {})", self.times(depth), self.time(depth))
            }
            3 => {
                let filter =
                    self.one_of(&["first", "last", "min", "max", "sort | first", "sort | last"]);
                format!("({} | {filter})", self.times(depth))
            }
            4 => format!(
                "({} if {} else {})",
                self.time(depth),
                self.condition(depth),
                self.time(depth)
            ),
            5 => format!("({} | first).next", self.followed()),
            6 => format!("({} | default(t0))", self.time(depth)),
            _ => format!(
                "(files | map(attribute='at') | {})",
                self.one_of(&["first", "last", "max", "min"])
            ),
        }
    }

    fn times(&mut self, depth: usize) -> String {
        let form = self.form(depth, 9);
        let depth = depth.saturating_sub(1);
        match form {
            0 if self.lets && self.below(2) == 0 => "some".to_owned(),
            0 => "times".to_owned(),
            1 => format!("[{}, {}]", self.time(depth), self.time(depth)),
            2 => {
                let filter = self.one_of(&["wholly_before", "wholly_after"]);
                format!("({} | {filter}({}))", self.times(depth), self.time(depth))
            }
            3 => format!("({} | outside(spans))", self.times(depth)),
            4 => {
                let filter =
                    self.one_of(&["sort", "unique", "reverse", "list", "sort(reverse=true)"]);
                format!("({} | {filter})", self.times(depth))
            }
            5 => format!("({} + {})", self.times(depth), self.times(depth)),
            6 => {
                let test = self.one_of(&["eq", "lt", "ge", "!=", "in"]);
                let other = if test == "in" {
                    self.times(depth)
                } else {
                    self.time(depth)
                };
                format!("({} | select('{test}', {other}))", self.times(depth))
            }
            7 => {
                let filter = self.one_of(&[
                    "wholly_before(t1)",
                    "wholly_after(t1, 'at')",
                    "outside(spans)",
                ]);
                format!("(files | {filter} | map(attribute='at') | list)")
            }
            _ => "(files | sort(attribute='at') | map(attribute='at') | list)".to_owned(),
        }
    }

    fn followed(&mut self) -> &'static str {
        match self.below(4) {
            0 => "(files | followed_by(looks, 'unit'))",
            1 => "(files | followed_by(looks))",
            2 => "(files | followed_by(looks) | selectattr('wait', 'defined') | list)",
            _ => "(times | followed_by(looks))",
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let form = self.form(depth, 18);
        let depth = depth.saturating_sub(1);
        match form {
            0 => {
                let function = self.one_of(&["before", "after"]);
                format!("{function}({}, {})", self.time(0), self.time(0))
            }
            1..=4 => {
                let operator = self.one_of(&["<", "<=", ">", ">=", "==", "!="]);
                format!("{} {operator} {}", self.number(depth), self.number(depth))
            }
            5 => {
                let (first, second) = (
                    self.one_of(&["<", "<=", "!="]),
                    self.one_of(&["<", "<=", "=="]),
                );
                let (a, b, c) = (self.number(depth), self.number(depth), self.number(depth));
                format!("({a} {first} {b} {second} {c})")
            }
            6 => {
                let function = self.one_of(&["before", "after"]);
                format!("{function}({}, {})", self.time(depth), self.time(depth))
            }
            7 => {
                let operator = self.one_of(&["<", "<=", ">", ">=", "==", "!="]);
                format!("{} {operator} {}", self.time(depth), self.time(depth))
            }
            8 => format!("(not {})", self.condition(depth)),
            9 => format!("({} and {})", self.condition(depth), self.condition(depth)),
            10 => format!("({} or {})", self.condition(depth), self.condition(depth)),
            11 => format!(
                "({} if {} else {})",
                self.condition(depth),
                self.condition(depth),
                self.condition(depth)
            ),
            12 => {
                let operator = self.one_of(&["in", "not in"]);
                format!(
                    "({} {operator} [{}, 1, 2])",
                    self.number(depth),
                    self.number(depth)
                )
            }
            13 => {
                let operator = self.one_of(&["in", "not in"]);
                format!("({} {operator} {})", self.time(depth), self.times(depth))
            }
            14 => {
                let test = self.one_of(&[
                    "number",
                    "integer",
                    "float",
                    "odd",
                    "even",
                    "divisibleby(2)",
                    "lt(2)",
                    "ge(1)",
                    "eq(1)",
                    "in([1, 2])",
                    "sameas(1.0)",
                    "defined",
                    "none",
                    "string",
                    "boolean",
                    "iterable",
                    "mapping",
                    "sequence",
                    "true",
                    "false",
                    "lower",
                    "startingwith('1')",
                    "matching('1')",
                ]);
                format!("({} is {test})", self.number(depth))
            }
            15 => {
                let text = match self.below(6) {
                    0 => format!("{} ~ ''", self.number(depth)),
                    1 => format!("{} | string", self.number(depth)),
                    2 => format!("{} | duration", self.number(depth)),
                    3 => format!("{} | duration | upper", self.number(depth)),
                    4 => format!("[{}] | join", self.number(depth)),
                    _ => format!("'%s' | format({})", self.number(depth)),
                };
                let other = self.one_of(&[
                    "0.0", "1.0", "1", "0.01", "1.00 s", "10 ms", "0 µs", "-1.00 s",
                ]);
                format!("(({text}) == '{other}')")
            }
            16 => format!(
                "('{}' in ({} ~ ''))",
                self.one_of(&["1970", "01Z", "00.01"]),
                self.time(depth)
            ),
            _ => format!("({} | bool)", self.number(depth)),
        }
    }
}

/// Times in hundredths of a second, and a scope with them.
#[derive(Debug, Clone)]
struct Times(Vec<(i64, i64)>);

const TIMES: usize = 18;

impl Times {
    fn scope(&self, lets: &[(&str, String)]) -> Scope {
        let fact = |at: usize| {
            let (start, end) = self.0[at];
            Fact::Time(Interval::new(start * SECOND / 100, end * SECOND / 100))
        };
        let record = |at: usize, unit: &str, monotonic: i64| {
            Fact::Record(Facts::from([
                ("at".into(), fact(at)),
                ("unit".into(), Fact::Text(unit.into())),
                ("boot".into(), Fact::Text("a".into())),
                ("monotonic".into(), Fact::Int(monotonic * 470_000)),
            ]))
        };
        let look = |at: usize, unit: Option<&str>| {
            let unit = unit.map(|unit| ("unit".into(), Fact::Text(unit.into())));
            let at = [("at".into(), fact(at))].into_iter();
            Fact::Record(at.chain(unit).collect())
        };
        let span = |begin: usize, end: usize| {
            Fact::Record(Facts::from([
                ("begin".into(), fact(begin)),
                ("end".into(), fact(end)),
            ]))
        };
        let mut scope = Scope::default();
        let mut bind = |name: &str, fact: Fact| scope.bind(name, Binding::Present(fact));
        for at in 0..5 {
            bind(&format!("t{at}"), fact(at));
        }
        bind("times", Fact::List(vec![fact(5), fact(6), fact(7)]));
        bind(
            "files",
            Fact::List(vec![record(8, "a", 1), record(9, "b", 2)]),
        );
        bind(
            "looks",
            Fact::List(vec![
                look(10, None),
                look(11, Some("a")),
                look(12, Some("b")),
            ]),
        );
        bind(
            "journal",
            Fact::List(vec![record(13, "a", 1), record(14, "a", 3)]),
        );
        bind("spans", Fact::List(vec![span(15, 16)]));
        for (name, source) in lets {
            scope.bind(name, Binding::Derived(source.as_str().into()));
        }
        scope.bind(
            "waits",
            Binding::Derived("[gap(t0, t1), gap(t2, t3), gap(t4, t0), 1]".into()),
        );
        scope
    }

    /// Each time at a possible exact time.
    fn sample(&self, parts: &[u8]) -> Self {
        let moment = |(&(start, end), part): (&(i64, i64), &u8)| {
            let at = start + (end - start) * i64::from(*part) / 255;
            (at, at)
        };
        Self(self.0.iter().zip(parts).map(moment).collect())
    }
}

fn times() -> impl Strategy<Value = Times> {
    let start = prop_oneof![0..8_i64, 97..103_i64, 0..300_i64];
    let width = prop_oneof![Just(0_i64), Just(0), Just(1), 1..4_i64, 50..200_i64];
    let time = (start, width);
    proptest::collection::vec(time, TIMES).prop_map(|times| {
        Times(
            times
                .into_iter()
                .map(|(start, width)| (start, start + width))
                .collect(),
        )
    })
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..48)
}

proptest! {
    #[test]
    fn what_is_known_of_times_between_bounds_is_so_at_every_moment_between_them(
        times in times(),
        choices in choices(),
        samples in proptest::collection::vec(proptest::collection::vec(any::<u8>(), TIMES), 8),
    ) {
        let mut choices = Choices { bytes: choices.iter(), lets: false };
        let lets = [("some", choices.times(1)), ("wait", choices.number(1))];
        choices.lets = true;
        let condition = choices.condition(4);
        check_expression(&condition).unwrap();
        let known = times.scope(&lets).truth(&condition);
        let ends = [vec![0; TIMES], vec![255; TIMES]];
        for parts in samples.iter().chain(&ends) {
            let sample = times.sample(parts);
            let truth = sample.scope(&lets).truth(&condition);
            if let Ok(known) = &known {
                prop_assert_eq!(&Ok(*known), &truth, "{} with {:?} of {:?} at {:?}", condition, lets, times, sample);
            }
        }
    }
}
