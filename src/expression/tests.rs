mod lists;
mod sampled;
mod times;

use super::*;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::time::{Interval, SECOND};
use crate::expression::Condition;

fn time(start: i64, end: i64) -> Fact {
    Fact::Time(Interval::new(start * SECOND, end * SECOND))
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.bind("unit", Binding::Present(Fact::Text("a.service".into())));
    scope.bind("window", Binding::Present(Fact::Duration(60.0)));
    scope.bind("look", Binding::Present(time(10, 10)));
    scope.bind("visible", Binding::Present(time(12, 13)));
    scope.bind("wide", Binding::Present(time(5, 100)));
    scope.bind("failed_at", Binding::Absent(Reason::NotInOutput));
    scope.bind(
        "stamp",
        Binding::Group(
            Facts::from([("size".into(), Fact::Int(0))]),
            Reason::Check {
                check: "stamp".into(),
                state: NoFact::NotFound,
            },
        ),
    );
    scope.bind(
        "reloads",
        Binding::Present(Fact::List(vec![time(1, 1), time(11, 11), time(20, 20)])),
    );
    scope
}

fn truth(source: &str) -> Option<bool> {
    scope().truth(source).ok()
}

#[test]
fn missing_values_are_unknown_and_named() {
    for source in [
        "stamp.born == 1",
        "stamp.born > 5",
        "not stamp.born",
        "before(stamp.born, look)",
        "stamp.born in [1, 2]",
        "stamp.size == 0 and stamp.born == 1",
        "stamp.born == 1 and stamp.size is defined",
    ] {
        assert_eq!(
            scope().truth(source).unwrap_err().to_string(),
            "stamp.born (check stamp did not find it)",
            "{source}"
        );
    }
}

#[test]
fn missing_values_may_be_tested() {
    assert_eq!(truth("stamp.born is defined"), Some(false));
    assert_eq!(truth("failed_at is not defined"), Some(true));
    assert_eq!(truth("failed_at | default('x') == 'x'"), Some(true));
    assert_eq!(
        truth("before(failed_at if failed_at is defined else look, visible)"),
        Some(true)
    );
}

#[test]
fn conditions_are_unknown_only_where_it_matters() {
    let leaf = |text: &str| Condition::Leaf(text.into());
    let judge = |condition| scope().judge(&condition).ok();
    let unknown = || leaf("stamp.born == 1");
    assert_eq!(
        judge(Condition::All(vec![unknown(), leaf("false")])),
        Some(false)
    );
    assert_eq!(judge(Condition::All(vec![unknown(), leaf("true")])), None);
    assert_eq!(
        judge(Condition::Any(vec![unknown(), leaf("true")])),
        Some(true)
    );
    assert_eq!(judge(Condition::Any(vec![unknown(), leaf("false")])), None);
    assert_eq!(judge(Condition::Not(Box::new(unknown()))), None);
    assert_eq!(judge(Condition::Not(Box::new(leaf("false")))), Some(true));
}

#[test]
fn texts_show_what_is_known() {
    assert_eq!(
        scope().describe("{{ unit }} born {{ stamp.born }}, {{ gap(look, visible) | duration }}"),
        "a.service born (unknown), 2.00 s to 3.00 s"
    );
    assert_eq!(
        scope().describe("{% if stamp.born %}{{ unit }}{% endif %}"),
        "(unknown)"
    );
    assert_eq!(
        scope().render("{{ \"it's\" | quote }} {{ '/etc/a.b' | quote }} {{ 'worker@a.service' | template_of }} {{ unit | template_of }}"),
        Ok(r"'it'\''s' /etc/a.b worker@.service a.service".into())
    );
}

#[test]
fn names_are_found_without_evaluating() {
    let names =
        |source| check_expression(source).map(|names| names.iter().cloned().collect::<Vec<_>>());
    assert_eq!(
        names("before(look, stamp.born) and unit | length > 0"),
        Ok(vec!["look".into(), "stamp.born".into(), "unit".into()])
    );
    for (source, message) in [
        ("befor(look, visible)", "unknown function `befor`"),
        ("unit | lenght", "unknown filter `lenght`"),
        ("unit is matchin('a')", "unknown test `is matchin`"),
    ] {
        let error = names(source).unwrap_err().to_string();
        assert_eq!(error.lines().next(), Some(message), "{source}");
    }
    assert!(names("unit ==").is_err());
    assert!(names("unit | join(', ') is matching('befor(x)')").is_ok());
    assert_eq!(
        check_template("x {{ unit | quote }} befor(1) {% if stamp.size %}y{% endif %}")
            .map(|names| names.len()),
        Ok(2)
    );
}

#[test]
fn values_of_different_kinds_are_not_compared() {
    let mut scope = scope();
    let text = |text: &str| Fact::Text(text.into());
    scope.bind("used", Binding::Present(text("27")));
    scope.bind("limit", Binding::Present(text("9")));
    let list = |items: Vec<Fact>| Binding::Present(Fact::List(items));
    scope.bind("texts", list(vec![text("27"), text("9")]));
    let numbers = || Fact::List(vec![Fact::Int(5), Fact::Int(7)]);
    scope.bind("lists", list(vec![numbers(), numbers()]));
    for (source, reason) in [
        ("used > 90", "cannot compare text with a number"),
        ("used == 27", "cannot compare text with a number"),
        ("27 != used", "cannot compare a number with text"),
        ("used in [27, 28]", "cannot compare a number with text"),
        ("9 in used", "cannot compare a number with text"),
        ("0 < used < 90", "cannot compare a number with text"),
        ("used is gt(90)", "cannot compare text with a number"),
        (
            "used < limit",
            "cannot order `27` and `9`: numbers as texts",
        ),
        (
            "texts | max == '9'",
            "cannot order `27` and `9`: numbers as texts",
        ),
        ("look == 10", "cannot compare a time with a number"),
        ("texts == 27", "cannot compare a list with a number"),
        ("lists | max == 7", "cannot order a list and a list"),
        ("lists | first > 4", "cannot compare a list with a number"),
        (
            "texts | select('gt', 9) | list == []",
            "cannot compare text with a number",
        ),
        (
            "gap(look, visible) == '2'",
            "cannot compare a number with text",
        ),
        ("[] | max > 3", "an item for `max`: the list is empty"),
        (
            "texts | select('equalto', 'x') | first > 'a'",
            "an item for `first`: the list is empty",
        ),
    ] {
        let unknown = scope.truth(source).unwrap_err();
        assert_eq!(unknown.to_string(), reason, "{source}");
    }
    assert!(scope.truth("lists | sum > 4").is_err());
    for source in [
        "unit == 'a.service' and unit in ['b', 'a.service'] and 'a.' in unit",
        "used | int > 9 and lists | first | max == 7 and stamp.size == 0.0",
        "unit < 'b' and ['a', 'c'] | max == 'c'",
        "unit in [27, 'a.service'] and true == 1 and texts != []",
    ] {
        assert_eq!(scope.truth(source), Ok(true), "{source}");
    }
}

#[test]
fn a_record_without_a_field_is_not_selected_by_it() {
    let mut scope = scope();
    let record = |facts: &[(&str, i64)]| {
        let facts = facts
            .iter()
            .map(|(name, n)| ((*name).to_owned(), Fact::Int(*n)));
        Fact::Record(facts.collect())
    };
    let records = vec![record(&[("size", 7)]), record(&[("other", 7)])];
    scope.bind("records", Binding::Present(Fact::List(records)));
    let selected = "records | selectattr('size', 'equalto', 7) | list | length == 1";
    assert_eq!(scope.truth(selected), Ok(true));
}

#[test]
fn an_endless_expression_ends() {
    assert_eq!(
        truth(
            "range(100000) | map('string') | join | length > 0 and (range(99999) | list | length) < 0 "
        ),
        Some(false)
    );
    let mut loops = String::from("{% for a in range(9999) %}{% for b in range(9999) %}");
    loops.push_str("{{ a * b }}{% endfor %}{% endfor %}");
    assert!(scope().render(&loops).is_err());
}

#[test]
fn lists_of_records_can_be_sifted() {
    let mut scope = scope();
    let record = |second, message: &str| {
        Fact::Record(Facts::from([
            ("at".into(), time(second, second)),
            ("message".into(), Fact::Text(message.into())),
        ]))
    };
    let records = vec![
        record(3, "Reloading."),
        record(4, "Startup finished"),
        record(5, "Reloading..."),
    ];
    scope.bind(
        "pid1",
        Binding::Group(
            Facts::from([("records".into(), Fact::List(records))]),
            Reason::NotInOutput,
        ),
    );
    for (source, text) in [
        ("pid1.records | length", "3"),
        (
            "pid1.records | map(attribute='message') | list | length",
            "3",
        ),
        (
            "pid1.records | selectattr('message', 'equalto', 'Reloading.') | list | length",
            "1",
        ),
        (
            "pid1.records | selectattr('message', 'matching', '^Reloading[.]+$') | list | length",
            "2",
        ),
        (
            "pid1.records | selectattr('message', 'matching', '^Reloading[.]+$') | map(attribute='at') | list | last",
            "1970-01-01T00:00:05.000000Z",
        ),
    ] {
        assert_eq!(
            scope.value(source).map(|v| v.to_string()),
            Ok(text.into()),
            "{source}"
        );
    }
}

fn derived(source: &str) -> Binding {
    Binding::Derived(source.into())
}

#[test]
fn a_derived_value_is_computed_when_it_is_read_and_kept_until_it_is_renewed() {
    let mut scope = scope();
    let one = |number| Binding::Present(Fact::Int(number));
    scope.bind("size", one(1));
    scope.bind("more", derived("size + 1"));
    scope.bind("text", derived("{{ more }} of {{ unit }}"));
    scope.bind("size", one(5));
    let text = |scope: &Scope| scope.render("{{ text }}");
    assert_eq!(text(&scope).as_deref(), Ok("6 of a.service"));
    scope.bind("size", one(7));
    assert_eq!(text(&scope).as_deref(), Ok("6 of a.service"));
    scope.renew("more");
    scope.renew("text");
    assert_eq!(text(&scope).as_deref(), Ok("8 of a.service"));
}

#[test]
fn a_derived_value_names_its_own_missing_values() {
    let mut scope = scope();
    scope.bind("late", derived("before(failed_at, look)"));
    scope.bind("known", derived("failed_at is defined"));
    let unknown = scope.truth("late").unwrap_err();
    assert_eq!(unknown.to_string(), "late (failed_at (not in the output))");
    assert_eq!(scope.truth("late is defined"), Ok(false));
    // Two seconds or three: this question stays open when something else is read next.
    let first = "[gap(look, visible) > 2.5, known] | first";
    assert!(scope.truth(first).is_err());
}

#[test]
fn a_chain_of_derived_values_may_be_longer_than_the_stack_is_deep() {
    let mut scope = Scope::default();
    scope.bind("n0", derived("1"));
    for number in 1..3_000 {
        scope.bind(
            &format!("n{number}"),
            derived(&format!("n{} + 1", number - 1)),
        );
    }
    let last = scope.truth("n2999 == 3000");
    assert_eq!(last, Ok(true));
}

#[test]
fn percentiles_and_the_bound_of_a_rate() {
    let number = |source: &str| f64::try_from(scope().value(source).unwrap()).unwrap();
    assert_eq!(number("[4, 1, 3, 2] | percentile(50)"), 2.0);
    assert_eq!(number("[4, 1, 3, 2] | percentile(99)"), 4.0);
    assert_eq!(number("[0.5] | percentile(50)"), 0.5);
    assert!(scope().value("[] | percentile(50)").is_err());
    // The exact bounds of Clopper and Pearson, as the sum of the probabilities in Python.
    for (count, runs, bound) in [
        (0, 100, 0.029_513),
        (0, 1_000, 0.002_991),
        (1, 20, 0.216_106),
        (5, 10, 0.777_559),
        (900, 1_000, 0.915_215),
        (7, 7, 1.0),
    ] {
        let found = number(&format!("upper_bound({count}, {runs})"));
        assert!((found - bound).abs() < 1e-5, "{count} of {runs}: {found}");
    }
    assert!(scope().value("upper_bound(0, 0)").is_err());
}

#[test]
fn lines_of_one_message_are_joined() {
    let holds = |lines: &str, expected: &str| {
        let source = format!("{lines} | whole_messages == {expected}");
        assert_eq!(truth(&source), Some(true), "{source}");
    };
    holds(
        "['Error in a.conf:', '  unknown word']",
        "['Error in a.conf: unknown word']",
    );
    holds(
        "['dir /srv', 'Permission denied', 'exits']",
        "['dir /srv: Permission denied', 'exits']",
    );
    holds(
        "['Permission denied', 'ends with:']",
        "['Permission denied', 'ends with:']",
    );
    holds(
        "['0: failed to open /srv/db', '1: Permission denied (os error 13)']",
        "['0: failed to open /srv/db: 1: Permission denied (os error 13)']",
    );
    holds("[]", "[]");
}

#[test]
fn a_name_may_be_misspelt_but_not_numbered_differently() {
    for (name, like) in [
        ("embeding-server.service", true),
        ("embedding_server2.service", false),
        ("node1.service", false),
        ("nod2.service", true),
    ] {
        let paths =
            "['/etc/systemd/system/embedding_server.service', '/etc/systemd/system/node2.service']";
        let source = format!("{paths} | spelled_like('{name}') | length == 1");
        assert_eq!(truth(&source), Some(like), "{name}");
    }
}

#[test]
fn names_of_units_and_programs_are_not_matched() {
    let unnamed = |text: &str, pattern: &str, name: &str| {
        let source = format!("'{text}' is matching('{pattern}', ['{name}'])");
        !truth(&source).unwrap()
    };
    assert!(unnamed(
        "/opt/dns-failed: 3: end",
        "failed",
        "dns-failed.service"
    ));
    assert!(unnamed(
        "dns-failed[7]: end",
        "failed",
        "dns-failed@a.service"
    ));
    assert!(unnamed("fatal: end", "fatal", "fatal.service"));
    assert!(unnamed("/opt/fatal: end", "fatal", "fatal.service"));
    // The same word as a word, and in another name.
    assert!(!unnamed("a fatal error", "fatal", "fatal.service"));
    assert!(!unnamed(
        "dns-failed: it failed",
        "failed",
        "dns-failed.service"
    ));
    assert!(!unnamed("dns-failed-over", "failed", "dns-failed.service"));
    assert!(!unnamed("/opt/a-b: 3: end", "/opt/x: 3", "a-b.service"));
}

/// The engine computes constants when it parses, before any limit counts.
#[test]
fn what_is_written_out_is_not_repeated() {
    for source in [
        "5 in [1] * 100000000",
        "5 in 100000000 * [1]",
        "5 in ([1]) * 100000000",
        "('a') * 1000 * 1000 == unit",
        "1000000 * ('a' ~ 'b') == unit",
        "(1, [2])[1] * 3",
        "[[1]] * 9",
    ] {
        let refused = check_expression(source);
        assert!(
            refused.is_err_and(|it| it.message.starts_with("`*` with")),
            "{source}"
        );
    }
    for source in [
        "x {{ 'ab' * 9 }}",
        "{% if [1] * 9 %}x{% endif %}",
        "{{- 9 * 'ab' -}}",
    ] {
        assert!(check_template(source).is_err(), "{source}");
    }
    for source in [
        "sizes[0] * 1024 > 3",
        "1024 * (size + 1) > 3",
        "f(sizes['a']) * 2 > 1",
        "{'KiB': 1024, 'MiB': 1048576}[unit] * size > 3",
        "2 * {'a': [1]}['a'] | length == 3",
        "(sizes | length) * 2 > 1",
        "size * 2 == 2 and unit in ['a', 'b']",
    ] {
        let names = expression_names(source);
        assert!(names.is_ok(), "{source}: {names:?}");
    }
}

/// The engine counts each of these operators as one step, so its limit of steps does not end them.
#[test]
fn an_operator_makes_no_endless_list_or_text() {
    for (source, length) in [
        ("(reloads * 100) | length", Some(300)),
        ("(reloads * 10000000) | length", None),
        ("([reloads * 30000] * (reloads | length)) | string", None),
        ("(range(90000) | list + range(90000) | list) | length", None),
        ("('ab' ~ 'c') | length", Some(3)),
        ("(unit * 90000000) | length", None),
        ("(unit * 400000 ~ unit * 400000) | length", None),
    ] {
        let found = scope().value(source).map(|value| value.to_string());
        match (found, length) {
            (Ok(found), Some(length)) => assert_eq!(found, length.to_string(), "{source}"),
            (Err(unknown), None) => assert!(
                unknown.to_string().contains("is too long")
                    || unknown.to_string().contains("out of fuel"),
                "{source}: {unknown}"
            ),
            (other, _) => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn a_template_makes_no_endless_text() {
    let written = "x".repeat(5000);
    for (template, most) in [
        (
            format!("{{% for i in range(10) %}}{written}{{% endfor %}}"),
            Some(50_000),
        ),
        (
            format!("{{% for i in range(2000) %}}{written}{{% endfor %}}"),
            None,
        ),
        ("{{ unit * 400000 }}".to_owned(), Some(3_600_000)),
        ("{{ unit * 400000 }}{{ unit * 400000 }}".to_owned(), None),
        ("{{ '%90000000s' | format(unit) }}".to_owned(), None),
    ] {
        let length = scope().render(&template).map(|text| text.len());
        assert_eq!(
            length.ok(),
            most,
            "{}",
            template.get(..40).unwrap_or(&template)
        );
    }
}
