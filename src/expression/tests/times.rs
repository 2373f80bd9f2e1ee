//! Times and gaps that are known only within bounds.

use super::*;

#[test]
fn times_have_an_order_only_where_they_do_not_overlap() {
    assert_eq!(truth("before(look, visible)"), Some(true));
    assert_eq!(truth("after(look, visible)"), Some(false));
    assert_eq!(truth("before(look, wide)"), None);
    assert_eq!(truth("not before(look, wide)"), None);
    // `stat -c %.3Y` truncates digits, and the kernel's clock for files is also late.
    assert_eq!(truth("before('1700000000.123', '1700000000130000')"), None);
    assert_eq!(
        truth("before('1700000000.123', '1700000000135000')"),
        Some(true)
    );
}

#[test]
fn a_condition_on_a_gap_holds_only_if_it_holds_for_every_gap_between_its_bounds() {
    // From `look` to `visible` it took 2 to 3 seconds.
    let cases = [
        ("gap(look, visible) <= window", Some(true)),
        ("gap(look, visible) <= 2.5", None),
        ("gap(look, visible) > 3.5", Some(false)),
        // False at both bounds, but not between them.
        ("gap(look, visible) > 2 and gap(look, visible) < 3", None),
        (
            "not (gap(look, visible) > 2 and gap(look, visible) < 3)",
            None,
        ),
        ("gap(look, visible) == 2.5", None),
        ("gap(look, visible) in [2, 2.5]", None),
        ("gap(look, visible) in [1, 4]", Some(false)),
        ("1 < gap(look, visible) < 4", Some(true)),
        ("4 < gap(look, visible) < 5", Some(false)),
        ("1 < gap(look, visible) < 2.5", None),
        ("(gap(look, visible) - 1) * 60 > 59", Some(true)),
        ("-gap(look, visible) < -1", Some(true)),
        ("1 / gap(look, visible) < 0.5", None),
        ("gap(look, visible) ** 2 > 1", None),
        ("gap(look, visible) | round >= 2", Some(true)),
        ("(gap(look, visible) / 10) | int == 0", Some(true)),
        ("(gap(look, visible) - 2.5) | abs <= 0.5", Some(true)),
        ("[gap(look, visible), 5] | max == 5", Some(true)),
        ("[gap(look, visible), 1] | min == 1", Some(true)),
        (
            "[gap(look, visible), 7] | select('gt', 4) | length == 1",
            Some(true),
        ),
        ("gap(look, visible) > 2.5 or true", Some(true)),
        ("gap(look, visible) > 2.5 and unit == 'b'", Some(false)),
        ("1 if gap(look, visible) > 2.5 else 1", Some(true)),
        ("gap(look, visible) is number", Some(true)),
        ("gap(look, visible) ~ '' == '2.0'", None),
        ("gap(look, visible) | duration == '2.00 s'", None),
    ];
    for (source, expected) in cases {
        assert_eq!(truth(source), expected, "{source}");
    }
}

#[test]
fn a_derived_gap_keeps_its_bounds() {
    let mut scope = scope();
    scope.bind("late", derived("gap(look, visible)"));
    scope.bind("later", derived("late + 1"));
    scope.bind("text", derived("{{ late }}"));
    assert_eq!(scope.truth("later >= 3 and later <= 4"), Ok(true));
    assert_eq!(scope.truth("later > 3.5").ok(), None);
    assert_eq!(
        scope.render("{{ late }}, {{ later | duration }}"),
        Ok("2 to 3, 3.00 s to 4.00 s".into())
    );
    // A text to compare has one meaning.
    assert_eq!(scope.truth("text == '2.0'").ok(), None);
}

#[test]
fn a_gap_that_is_known_well_is_one_duration() {
    // From `look` to `visible` it took 2 to 3 seconds.
    for (seconds, words) in [
        ("gap(look, visible) / 100 + 2.34", "about 2.4 s"),
        ("gap(look, visible) / 50 + 2.3", "2.34 s to 2.36 s"),
        ("gap(look, visible) / 1000 + 0.47", "about 470 ms"),
        ("gap(look, visible) / 10 + 12", "about 12 s"),
        ("gap(look, visible) + 600", "about 10 min"),
        ("gap(look, visible) / 100 - 2.34", "about -2.3 s"),
    ] {
        let text = format!("{{{{ ({seconds}) | duration }}}}");
        assert_eq!(scope().render(&text), Ok(words.into()));
    }
}

#[test]
fn an_open_question_is_named() {
    let unknown = |source| {
        let unknown = scope().truth(source).unwrap_err();
        unknown.to_string()
    };
    assert_eq!(
        unknown("gap(look, visible) > 2.5"),
        "cannot tell whether 2 to 3 > 2.5"
    );
    assert_eq!(
        unknown("before(look, wide)"),
        "cannot tell which of 1970-01-01T00:00:10.000000Z and 1970-01-01T00:00:05.000000Z came first"
    );
}

#[test]
fn more_open_questions_than_are_tried_leave_the_result_unknown() {
    let count = |questions: usize| {
        let questions = vec!["gap(look, visible) > 2.5"; questions].join(", ");
        truth(&format!("[{questions}] | length > 0"))
    };
    assert_eq!(count(3), Some(true));
    assert_eq!(count(20), None);
}

#[test]
fn the_last_before_is_unknown_where_another_may_have_come_between() {
    let last = |source| {
        let value = scope().value(source).ok()?;
        moment_of(&value)
    };
    let at = |second| Some(Interval::at(second * SECOND));
    assert_eq!(last("last_before(reloads, visible)"), at(11));
    assert_eq!(last("first_after(reloads, visible)"), at(20));
    // The reload at 11 s may have come before or after a moment between 5 and 100 s.
    assert_eq!(last("last_before(reloads, wide)"), None);
    assert_eq!(last("first_after(reloads, wide)"), None);
    assert_eq!(last("last_before([], visible)"), None);
    assert_eq!(
        truth("reloads | wholly_after(visible) | length == 1"),
        Some(true)
    );
    assert_eq!(truth("reloads | wholly_after(wide) | length == 0"), None);
    assert_eq!(
        truth("reloads | wholly_after(wide) | length < 3"),
        Some(true)
    );
}

#[test]
fn times_that_overlap_cannot_be_sorted() {
    assert_eq!(truth("[visible, look] | sort | first == look"), Some(true));
    assert_eq!(truth("[wide, look] | sort | first == look"), None);
    assert_eq!(
        truth("after([wide, look] | max, [reloads[0], wide] | min)"),
        Some(true)
    );
    assert_eq!(truth("[wide, look] | unique | length == 2"), None);
    assert_eq!(truth("look < visible and not visible <= look"), Some(true));
    assert_eq!(truth("look < wide"), None);
}

#[test]
fn items_outside_of_spans_are_unknown_at_their_ends() {
    let mut scope = scope();
    let span = |begin: Fact, end: Fact| {
        Fact::Record(Facts::from([("begin".into(), begin), ("end".into(), end)]))
    };
    let spans = vec![
        span(time(10, 10), time(12, 12)),
        span(time(30, 35), time(40, 40)),
    ];
    scope.bind("spans", Binding::Present(Fact::List(spans)));
    let count = |times: &str, count: usize| {
        let source = format!("{times} | outside(spans) | length == {count}");
        scope.truth(&source).ok()
    };
    assert_eq!(count("reloads", 2), Some(true));
    assert_eq!(count("[visible]", 0), None);
    assert_eq!(count("['1970-01-01T00:00:33Z']", 0), None);
    assert_eq!(
        count("['1970-01-01T00:00:38Z', '1970-01-01T00:00:45Z']", 1),
        Some(true)
    );
}

#[test]
fn a_clock_that_was_set_shows_against_the_monotonic_one() {
    let record = |at_ms: i64, monotonic_ms: i64, boot: &str| {
        Fact::Record(Facts::from([
            ("at".into(), Fact::Time(Interval::at(at_ms * 1_000_000))),
            ("monotonic".into(), Fact::Int(monotonic_ms * 1_000)),
            ("boot".into(), Fact::Text(boot.into())),
        ]))
    };
    let records = vec![
        record(10_000, 1_000, "a"),
        record(20_000, 11_000, "a"),
        record(25_400, 16_000, "a"), // 0.4 s ahead: slewed
        record(99_000, 17_000, "a"), // set forward
        record(100_000, 18_000, "a"),
        record(200_000, 1_000, "b"), // a boot has a monotonic clock of its own
        record(190_000, 2_000, "b"), // set back
    ];
    let mut scope = scope();
    scope.bind("lines", Binding::Present(Fact::List(records)));
    let steps = scope
        .value("lines | clock_steps | map(attribute='at') | join(' ')")
        .map(|steps| steps.to_string());
    assert_eq!(
        steps,
        Ok("1970-01-01T00:01:39.000000Z 1970-01-01T00:03:10.000000Z".into())
    );
}

#[test]
fn a_record_is_followed_by_the_first_of_a_list_that_concerns_it() {
    let record = |ms: i64, width_ms: i64, unit: Option<&str>| {
        let at = Interval::new(ms * 1_000_000, (ms + width_ms) * 1_000_000);
        let unit = unit.map(|unit| ("unit".into(), Fact::Text(unit.into())));
        Fact::Record(
            [("at".into(), Fact::Time(at))]
                .into_iter()
                .chain(unit)
                .collect(),
        )
    };
    let files = vec![
        record(1_000, 10, Some("a")),
        record(4_995, 10, Some("a")), // in the tick of the look at 5 s
        record(1_000, 10, Some("b")),
        record(6_000, 10, Some("a")),
    ];
    let looks = vec![
        record(500, 0, None),
        record(5_000, 0, None),
        record(1_500, 0, Some("b")), // concerns b alone
    ];
    let mut scope = scope();
    scope.bind("files", Binding::Present(Fact::List(files)));
    scope.bind("looks", Binding::Present(Fact::List(looks)));
    scope.bind(
        "wide",
        Binding::Present(Fact::List(vec![record(900, 500, None)])),
    );
    let text = |source: &str| scope.render(source);
    let waits = |filter: &str| {
        text(&format!(
            "{{% for file in files | {filter} %}}{{{{ file.wait | default('none') }}}}, {{% endfor %}}"
        ))
    };
    assert_eq!(
        waits("followed_by(looks, 'unit')"),
        Ok("3.99 to 4, -0.005 to 0.005, 0.49 to 0.5, none, ".into())
    );
    // Without the key, each look counts for all files.
    assert_eq!(
        waits("followed_by(looks)"),
        Ok("0.49 to 0.5, -0.005 to 0.005, 0.49 to 0.5, none, ".into())
    );
    assert_eq!(
        text("{{ files | followed_by(looks) | map(attribute='least_wait') | first }}"),
        Ok("0.49".into())
    );
    assert_eq!(
        text("{{ (files | followed_by(looks, 'unit') | first).next }}"),
        Ok("1970-01-01T00:00:05.000000Z".into())
    );
    assert_eq!(
        text("{{ (['1970-01-01T00:00:04Z'] | followed_by(looks) | first).wait }}"),
        Ok("-0.01 to 1".into())
    );
    // It is unknown whether the only look came after the files at 1 s, and so is the number of files with a later look.
    let followed = "files | followed_by(wide) | selectattr('next', 'defined') | list | length";
    assert_eq!(scope.truth(&format!("{followed} == 0")).ok(), None);
    assert_eq!(scope.truth(&format!("{followed} < 3")), Ok(true));
}

#[test]
fn a_derived_value_can_be_one_of_several() {
    let mut scope = scope();
    scope.bind("later", derived("reloads | wholly_after(wide)"));
    scope.bind("count", derived("later | length"));
    scope.bind(
        "nearest",
        derived("[gap(look, visible), gap(look, wide)] | sort | first"),
    );
    scope.bind(
        "many",
        derived("range(20) | select('gt', gap(look, visible)) | list"),
    );
    let truth = |source: &str| scope.truth(source).ok();
    assert_eq!(truth("count < 3"), Some(true));
    assert_eq!(truth("count == 2"), None);
    assert_eq!(
        truth("later | select('eq', look) | list | length == 0"),
        Some(true)
    );
    assert_eq!(truth("later is defined"), Some(true));
    // It has a value that is unknown.
    assert_eq!(truth("nearest is defined"), None);
    assert_eq!(truth("nearest | default(0) == 0"), None);
    assert_eq!(truth("many | length > 0"), Some(true));
    assert_eq!(
        scope.truth("count == 2").unwrap_err().to_string(),
        "count (later (cannot tell which of 1970-01-01T00:00:05.000000Z and 1970-01-01T00:00:11.000000Z came \
             first; cannot tell which of 1970-01-01T00:00:05.000000Z and 1970-01-01T00:00:20.000000Z came first))"
    );
}
