mod expressions;
mod log;

use std::time::{Duration, Instant};

use super::*;
use crate::evidence::recording::Ending;
use crate::evidence::time::{FILE_STAMP_SLACK, SECOND};
use crate::expression::{Missing, Unknown};
use crate::fixture::{Run, at, runbook};

/// A runbook with these checks.
fn with_checks(checks: &str) -> Runbook {
    runbook(&format!(
        "runbook: test\ntitle: A test\nchecks:\n{checks}hypotheses: []\n"
    ))
}

/// The results of one check's attempt, which exited with 0 unless said otherwise.
fn of_stdout(checks: &str, stdout: &str) -> CheckResult {
    let runbook = with_checks(checks);
    let id = runbook.checks[0].id.clone();
    first(&Run::new(&runbook).exits(&id, 0, stdout, ""))
}

fn first(run: &Run<'_>) -> CheckResult {
    let results = CheckResults::of_recording(run.runbook, &run.recording);
    results.checks.into_iter().next().unwrap()
}

fn text(text: &str) -> Fact {
    Fact::Text(text.to_owned())
}

fn list(facts: impl IntoIterator<Item = Fact>) -> Fact {
    Fact::List(facts.into_iter().collect())
}

#[test]
fn a_pattern_takes_facts_from_the_line_it_matches() {
    let found = of_stdout(
        "  - { id: stamp, title: x, run: [stat], facts: { match: '^(?<size>\\d+) (?<name>\\S+)$', types: { size: int } } }\n",
        "total\n12 a\n13 b\n",
    );
    assert_eq!(found.outcome, Outcome::Passed);
    assert_eq!(
        found.facts,
        Facts::from([("size".into(), Fact::Int(12)), ("name".into(), text("a"))])
    );
}

#[test]
fn several_patterns_each_take_their_own_and_all_must_match() {
    let check = "  - id: load
    title: x
    run: [systemctl, show]
    facts: { match: ['^LoadState=(?<state>.+)$', '^Result=(?<result>.*)$'] }
";
    let both = of_stdout(check, "Result=\nLoadState=loaded\n");
    assert_eq!(both.outcome, Outcome::Passed);
    assert_eq!(
        both.facts,
        Facts::from([
            ("state".into(), text("loaded")),
            ("result".into(), text(""))
        ])
    );
    let one = of_stdout(check, "LoadState=loaded\n");
    assert_eq!(one.outcome, Outcome::Failed);
    assert_eq!(
        one.reason,
        "exit 0; output did not match the expected format"
    );
    assert_eq!(one.facts, Facts::from([("state".into(), text("loaded"))]));
}

#[test]
fn a_group_that_takes_no_part_gives_no_fact() {
    let found = of_stdout(
        "  - { id: a, title: x, run: [a], facts: { match: '^(?<size>\\d+)( (?<name>\\w+))?$' } }\n",
        "12\n",
    );
    assert_eq!(found.facts, Facts::from([("size".into(), text("12"))]));
}

#[test]
fn facts_are_of_their_types_or_absent() {
    let found = of_stdout(
        "  - id: typed
    title: x
    run: [a]
    facts:
      match: '^(?<whole>\\S+) (?<part>\\S+) (?<flag>\\S+) (?<file>\\S+) (?<log>\\S+) (?<never>\\S+) (?<long>\\S+) (?<plain>\\S+) (?<bad>\\S+)$'
      types: { whole: int, part: number, flag: bool, file: time, log: time, never: time, long: duration, bad: int }
",
        "-7 1.5 yes 1767323045.000000001 1767323045123456 - 90s 42 x\n",
    );
    let file = Interval::new(at(0.0) + 1, at(0.0) + 1 + FILE_STAMP_SLACK);
    let log = Interval::at(at(0.123_456));
    assert_eq!(
        found.facts,
        Facts::from([
            ("whole".into(), Fact::Int(-7)),
            ("part".into(), Fact::Number(1.5)),
            ("flag".into(), Fact::Bool(true)),
            ("file".into(), Fact::Time(file)),
            ("log".into(), Fact::Time(log)),
            ("long".into(), Fact::Duration(90.0)),
            ("plain".into(), text("42")),
        ])
    );
}

#[test]
fn facts_may_come_from_stderr() {
    let runbook = with_checks(
        "  - { id: verify, title: x, run: [a], facts: { from: stderr, match: '^(?<complaint>.+)$' } }\n",
    );
    let found = first(&Run::new(&runbook).exits("verify", 0, "out\n", "bad line\n"));
    assert_eq!(found.facts["complaint"], text("bad line"));
}

#[test]
fn each_line_is_a_record() {
    let found = of_stdout(
        "  - { id: ls, title: x, run: [ls], each: line, facts: { match: ['^(?<size>\\d+) ', ' (?<name>\\S+)$'], types: { size: int } } }\n",
        "12 a\ntotal\n 13\nx b\n",
    );
    // `total` has neither; ` 13` has a name only, `x b` as well.
    assert_eq!(found.records.len(), 3);
    assert_eq!(found.records[1], Facts::from([("name".into(), text("13"))]));
    assert_eq!(found.facts["size"], list([Fact::Int(12)]));
    assert_eq!(
        found.facts["name"],
        list([text("a"), text("13"), text("b")])
    );
}

const JOURNAL: &str = "  - id: pid1
    title: x
    run: [journalctl]
    each: json
    facts: { fields: { at: __REALTIME_TIMESTAMP, message: MESSAGE }, types: { at: time } }
    events: [{ at: at, what: 'systemd: {{ message }}', if: message is matching('^Reload') }]
";

#[test]
fn each_json_line_is_a_record_and_other_lines_are_skipped() {
    let found = of_stdout(
        JOURNAL,
        concat!(
            r#"{"__REALTIME_TIMESTAMP":"1767323045000001","MESSAGE":"Reloading."}"#,
            "\nnot json\n{\"cut\":\n",
            // The journal writes a message that is not UTF-8 as an array of bytes.
            r#"{"__REALTIME_TIMESTAMP":"1767323046000000","MESSAGE":[82,101,108,111,97,100,32,255]}"#,
            "\n",
            r#"{"__REALTIME_TIMESTAMP":"1767323047000000","MESSAGE":null}"#,
            "\n",
            r#"{"__REALTIME_TIMESTAMP":"1767323048000000","MESSAGE":"Startup finished in 1s."}"#,
            "\n[1, 2]\n\"text\"\n",
        ),
    );
    let messages: Vec<_> = found
        .records
        .iter()
        .map(|record| record.get("message").cloned())
        .collect();
    assert_eq!(
        messages,
        [
            Some(text("Reloading.")),
            Some(text("Reload \u{fffd}")),
            None,
            Some(text("Startup finished in 1s.")),
        ]
    );
    // One event a record, and only where its `if` is known to hold.
    let events: Vec<_> = found.events.iter().map(|event| &*event.what).collect();
    assert_eq!(events, ["systemd: Reloading.", "systemd: Reload \u{fffd}"]);
    assert_eq!(found.events[0].at, Interval::at(at(0.000_001)));
    assert_eq!(found.events[0].source, EventSource::Check("pid1".into()));
}

#[test]
fn an_event_without_a_time_is_omitted() {
    let found = of_stdout(
        "  - { id: a, title: x, run: [a], facts: { match: '^(?<born>\\S+) (?<changed>\\S+)$', types: { born: time, changed: time } }, events: [{ at: born, what: born }, { at: changed, what: changed }] }\n",
        "0 1767323045\n",
    );
    let events: Vec<_> = found.events.iter().map(|event| &*event.what).collect();
    assert_eq!(events, ["changed"]);
}

#[test]
fn a_column_without_a_value_is_an_empty_list() {
    for (check, stdout) in [
        (JOURNAL, ""),
        (
            "  - { id: ls, title: x, run: [ls], each: line, facts: { match: '^(?<at>\\d+) (?<message>.*)$' } }\n",
            "nothing of that form\n",
        ),
    ] {
        let found = of_stdout(check, stdout);
        assert_eq!(found.outcome, Outcome::Passed, "none is an answer");
        assert_eq!(found.records, Vec::<Facts>::new());
        assert_eq!(
            found.facts,
            Facts::from([("at".into(), list([])), ("message".into(), list([])),])
        );
    }
}

#[test]
fn json_without_each_is_one_record() {
    let check = "  - { id: a, title: x, run: [a], facts: { fields: { n: count, s: name }, types: { n: int } } }\n";
    let found = of_stdout(
        check,
        r#"{"count": 3, "name": {"nested": true}, "more": 1}"#,
    );
    assert_eq!(found.facts["n"], Fact::Int(3));
    assert_eq!(found.facts["s"], text(r#"{"nested":true}"#));
    assert_eq!(found.facts.len(), 2);
    let found = of_stdout(check, "no json");
    assert_eq!(found.outcome, Outcome::Failed);
    assert_eq!(found.facts, Facts::new());
}

#[test]
fn the_tasks_of_the_host_are_records() {
    let runbook = with_checks(
        "  - id: pushes
    title: x
    host: { tasks: [push_file] }
    events: [{ at: end, what: '{{ type }}: {{ status }}' }]
    show: \"{{ records | length }} tasks\"
",
    );
    let none = first(&Run::new(&runbook).looked("pushes", Vec::new()));
    assert_eq!(none.outcome, Outcome::Passed);
    assert_eq!(none.facts["status"], list([]));
    assert_eq!(none.observed, "0 tasks");
    let running = Facts::from([("type".into(), text("push_file"))]);
    let ended = Facts::from([
        ("type".into(), text("push_file")),
        ("status".into(), text("OK")),
        ("end".into(), Fact::Time(Interval::at(at(1.0)))),
    ]);
    let found = first(&Run::new(&runbook).looked("pushes", vec![running, ended]));
    assert_eq!(found.observed, "2 tasks");
    let events: Vec<_> = found.events.iter().map(|event| &*event.what).collect();
    assert_eq!(events, ["push_file: OK"]);
}

#[test]
fn facts_are_taken_from_accepted_exits_only() {
    let runbook = with_checks(
        "  - { id: a, title: x, run: [a], exits: [0, 1], facts: { match: '^(?<state>\\w+)$' }, pass: state == 'on' }\n",
    );
    let of = |status| first(&Run::new(&runbook).exits("a", status, "on\n", "why\nmore\n"));
    assert_eq!(of(0).outcome, Outcome::Passed);
    let one = of(1);
    assert_eq!(
        (one.outcome, one.reason.as_str()),
        (Outcome::Passed, "exit 1: why")
    );
    let other = of(2);
    assert_eq!(other.facts, Facts::new());
    // Without its facts the condition is unknown; the exit alone says that it failed.
    assert_eq!(
        (other.outcome, other.reason.as_str()),
        (Outcome::Failed, "exit 2: why")
    );
}

#[test]
fn a_condition_that_cannot_be_evaluated_names_the_missing_values() {
    let found = of_stdout(
        "  - { id: a, title: x, run: [a], facts: { match: '^(?<size>\\d+)$', types: { size: int } }, pass: size > 0, show: '{{ size }} bytes' }\n",
        "none\n",
    );
    assert_eq!(found.outcome, Outcome::Errored);
    assert_eq!(
        found.reason,
        "exit 0; cannot be evaluated without size (not in the output)"
    );
    assert_eq!(found.observed, found.reason, "`show` would say (unknown)");
}

#[test]
fn how_an_attempt_ended_is_its_reason() {
    let runbook =
        with_checks("  - { id: a, title: x, run: [a], timeout: 1500ms, pass: exit == 0 }\n");
    let of = |ending| {
        let found = first(&Run::new(&runbook).ends("a", ending, "out", ""));
        (found.outcome, found.reason)
    };
    let cases = [
        (Ending::Exited(0), Outcome::Passed, "exit 0"),
        (Ending::Exited(3), Outcome::Failed, "exit 3"),
        (Ending::Exited(137), Outcome::Failed, "exit 137"),
        (Ending::TimedOut, Outcome::Errored, "timed out after 1.5 s"),
        (
            Ending::Errored("the shell was gone".into()),
            Outcome::Errored,
            "the shell was gone",
        ),
        (
            Ending::Skipped("--read-only".into()),
            Outcome::Skipped,
            "--read-only",
        ),
    ];
    for (ending, outcome, reason) in cases {
        assert_eq!(of(ending), (outcome, reason.to_owned()));
    }
}

#[test]
fn what_a_check_shows() {
    let shown = |show: &str, status: i32| {
        let runbook = with_checks(&format!(
            "  - {{ id: a, title: x, run: [a], pass: exit == 0, show: \"{show}\" }}\n"
        ));
        first(&Run::new(&runbook).exits("a", status, "one\ntwo\n", "")).observed
    };
    assert_eq!(shown("{{ stdout | lines | length }} lines", 0), "2 lines");
    assert_eq!(
        shown("exit {{ exit }} in {{ duration | duration }}", 3),
        "exit 3 in 4 ms"
    );
    assert_eq!(shown("signal {{ signal }}", 137), "signal 9");
    assert_eq!(shown("signal {{ signal }}", 0), "signal (unknown)");
    assert_eq!(shown("signal {{ signal }}", 3), "exit 3", "gaps tell less");
}

/// What an expression says is missing.
fn missing(run: &Run<'_>, expression: &str) -> Vec<String> {
    let results = CheckResults::of_recording(run.runbook, &run.recording);
    match results.scope().value(expression) {
        Ok(value) => panic!("{expression} is {value}"),
        Err(Unknown(missing)) => missing.iter().map(Missing::to_string).collect(),
    }
}

#[test]
fn a_metric_is_a_number_with_its_unit() {
    let check = "  - { id: a, title: x, run: [a], facts: { match: '^(?<n>.+)$', types: { n: number } }, metric: { value: n * 2, unit: s } }\n";
    assert_eq!(
        of_stdout(check, "1.5\n").metric,
        Some(MetricValue {
            value: 3.0,
            unit: "s".into()
        })
    );
    assert_eq!(of_stdout(check, "x\n").metric, None);
}

#[test]
fn many_records_with_events_are_quick() {
    let mut journal = String::new();
    for number in 0..5_000_i64 {
        let at = at(0.0) / 1_000 + number;
        journal.push_str(&format!(
            "{{\"__REALTIME_TIMESTAMP\":\"{at}\",\"MESSAGE\":\"Reload number {number}\"}}\n"
        ));
    }
    let begin = Instant::now();
    let found = of_stdout(JOURNAL, &journal);
    let took = begin.elapsed();
    assert_eq!(found.records.len(), 5_000);
    assert_eq!(found.events.len(), 5_000);
    assert_eq!(found.events[4_999].what, "systemd: Reload number 4999");
    // 0.4 s in a debug build on an idle machine. Quadratic, it would take minutes.
    assert!(took < Duration::from_secs(60), "{took:?}");
}

const LINES: &str = "  - { id: a, title: x, run: [a], each: line, facts: { match: '^(?<n>.+)$' }, pass: records | length > 0 }\n";

#[test]
fn more_facts_than_a_run_keeps_are_unknown() {
    let lines = |count| "x\n".repeat(count);
    assert_eq!(of_stdout(LINES, &lines(10_000)).records.len(), 10_000);
    let more = of_stdout(LINES, &lines(10_001));
    assert_eq!(more.outcome, Outcome::Errored);
    assert_eq!(more.records, []);
    let long = of_stdout(LINES, &("x".repeat(3 << 20) + "\n"));
    assert_eq!(long.outcome, Outcome::Errored);
}
