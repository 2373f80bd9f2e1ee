mod proof;
mod select;
mod tools;

use super::*;
use crate::evidence::time::SECOND;
use crate::fixture::ct;

/// 2026-01-02T03:04:05Z.
const T: i64 = 1_767_323_045 * SECOND;

/// The failures in a log as seen from container 958; the log was last written an hour after [`T`].
fn read(text: &str) -> Vec<LoggedFailure> {
    read_in(text, &TimeZone::UTC)
}

fn read_in(text: &str, zone: &TimeZone) -> Vec<LoggedFailure> {
    let log = Log {
        file: "provision.log",
        zone_is_assumed: false,
        text,
        whole: true,
        written: Timestamp::from_second(T / SECOND + 3_600).unwrap(),
        zone,
    };
    log.failures(ct(958))
}

const FAILURE: &str = "Failed to enable unit: Unit file a.service does not exist.";

/// The time of a failure whose line begins with this text.
fn time_in(begin: &str, zone: &TimeZone) -> Option<Interval> {
    let found = read_in(&format!("{begin} {FAILURE}\n"), zone);
    assert_eq!(found.len(), 1, "{begin}");
    assert_eq!(found[0].text, FAILURE, "{begin}");
    found[0].at
}

#[test]
fn timestamps_are_as_precise_as_they_are_written() {
    let for_long = |start: i64, width: i64| Some(Interval::new(start, start + width));
    let second = for_long(T, SECOND);
    let cases = [
        ("2026-01-02T03:04:05Z", second),
        ("2026-01-02T04:04:05+01:00", second),
        ("2026-01-01 22:04:05 -0500", second),
        ("2026-01-02 04:04:05+01", second),
        ("2026-01-02 03:04:05", second),
        ("2026-01-02 03:04:05 INFO", second),
        ("Jan  2 03:04:05 pve1 provision[77]:", second),
        ("Fri Jan  2 03:04:05 UTC 2026:", second),
        ("Fri Jan  2 03:04:05 AM UTC 2026:", second),
        ("Fri Jan  2 00:04:05 -03 2026", second),
        ("Fri  2 Jan 2026 03:04:05 AM UTC", second),
        ("Fri, 02 Jan 2026 04:04:05 +0100", second),
        ("Fri 2026-01-02 04:04:05 CET pve1 provision[77]:", second),
        ("2026/01/02 03:04:05", second),
        ("02.01.2026 03:04:05", second),
        (
            "E0102 03:04:05.000000      77 enable.go:12]",
            for_long(T, 1_000),
        ),
        ("\u{feff}2026-01-02T03:04:05Z", second),
        ("+ 1767323045.000000", for_long(T, 1_000)),
        ("[1767323045.000]", for_long(T, 1_000_000)),
        (
            "Dec 31 23:59:59 pve1 x:",
            for_long(
                T - 3 * 3_600 * SECOND - 24 * 3_600 * SECOND - 246 * SECOND,
                SECOND,
            ),
        ),
        (
            "2026-01-02 03:04:05,250 INFO",
            for_long(T + SECOND / 4, SECOND / 1_000),
        ),
        (
            "2026-01-02T03:04:05.1234567891Z",
            for_long(T + 123_456_789, 1),
        ),
        ("2026-01-02 03:04", for_long(T - 5 * SECOND, 60 * SECOND)),
        ("no timestamp at all", None),
        ("2026-13-41 03:04:05", None),
        ("2026-01-02 03:04:05 +9900", None),
    ];
    for (begin, at) in cases {
        assert_eq!(time_in(begin, &TimeZone::UTC), at, "{begin}");
    }
}

#[test]
fn a_zone_abbreviation_counts_if_it_has_one_meaning() {
    let second = Some(Interval::new(T, T + SECOND));
    let minute = Some(Interval::new(T - 5 * SECOND, T + 55 * SECOND));
    let cases = [
        ("2026-01-02 04:04:05 CET", second),
        ("2026-01-02 04:04 CET", minute),
        ("2026-01-02 05:04:05 CEST", second),
        ("2026-01-02 06:04:05 (MSK)", second),
        ("2026-01-02 12:04:05 JST", second),
        ("Fri Jan  2 04:04:05 CET 2026", second),
        ("Fri  2 Jan 2026 04:04:05 AM CET", second),
        // Eastern time of America or of Australia; India, Israel or Ireland; and so on.
        ("2026-01-01 22:04:05 EST", None),
        ("2026-01-02 08:34:05 IST", None),
        ("2026-01-02 03:04:05 BST", None),
        ("Thu Jan  1 21:04:05 CST 2026", None),
        ("Fri Jan  2 03:04:05 XYZ 2026", None),
        // The offset shows which one.
        ("2026-01-01 22:04:05 -0500 EST", second),
    ];
    for (begin, at) in cases {
        assert_eq!(time_in(begin, &TimeZone::UTC), at, "{begin}");
    }
}

#[test]
fn an_ambiguous_abbreviation_is_that_of_the_host_if_its_zone_is_called_so() {
    let new_york = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    let second = Some(Interval::new(T, T + SECOND));
    for (begin, at) in [
        ("2026-01-01 22:04:05", second),
        ("2026-01-01 22:04:05 EST", second),
        ("2026-01-01 22:04:05 CST", None),
        ("2026-01-01 22:04:05 EDT", None),
    ] {
        assert_eq!(time_in(begin, &new_york), at, "{begin}");
    }
}

#[test]
fn an_hour_that_the_clock_repeats_is_either_of_the_two() {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    // 2025-10-26T00:30:00Z, in summer time.
    let first = 1_761_438_600 * SECOND;
    let hour = 3_600 * SECOND;
    for (begin, from, to) in [
        ("2025-10-26 02:30:00", first, first + hour + SECOND),
        ("2025-10-26 02:30:00 CEST", first, first + SECOND),
        (
            "2025-10-26 02:30:00 CET",
            first + hour,
            first + hour + SECOND,
        ),
    ] {
        assert_eq!(
            time_in(begin, &berlin),
            Some(Interval::new(from, to)),
            "{begin}"
        );
    }
    assert_eq!(
        time_in("2025-03-30 02:30:00", &berlin),
        None,
        "it was skipped"
    );
}

#[test]
fn the_time_of_a_json_line_may_be_anywhere_in_it() {
    let for_long = |width: i64| Some(Interval::new(T, T + width));
    let cases = [
        (
            r#"{"level":"error","msg":"FAILURE","time":"2026-01-02T03:04:05Z"}"#,
            for_long(SECOND),
        ),
        (
            r#"{"log":"FAILURE\n","stream":"stderr","time":"2026-01-02T03:04:05.000000000Z"}"#,
            for_long(1),
        ),
        (
            r#"{"MESSAGE":"FAILURE","_PID":"1767323046","__REALTIME_TIMESTAMP":"1767323045000000"}"#,
            for_long(1_000),
        ),
        (
            r#"{"level":50,"time":1767323045000,"pid":77,"msg":"FAILURE"}"#,
            for_long(1_000_000),
        ),
        (
            r#"{"ts":1767323045.000001,"msg":"FAILURE"}"#,
            Some(Interval::new(T + 1_000, T + 2_000)),
        ),
        (r#"{"pid":1767323045000,"msg":"FAILURE"}"#, None),
        (
            r#"{"msg":"FAILURE","time":{"at":"2026-01-02T03:04:05Z"}}"#,
            None,
        ),
    ];
    for (line, at) in cases {
        let found = read(&line.replace("FAILURE", FAILURE));
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(
            (found[0].text.as_str(), found[0].at),
            (FAILURE, at),
            "{line}"
        );
    }
}

#[test]
fn only_a_timestamp_at_the_beginning_is_the_lines() {
    let second = Some(Interval::new(T, T + SECOND));
    for begin in [
        "[2026-01-02 03:04:05] ERROR:",
        "[ct 958] 2026-01-02 03:04:05",
        "ct 958: 2026-01-02 03:04:05",
        "ERROR 2026-01-02 03:04:05",
        "[77] [error] [2026-01-02T03:04:05Z]",
        "<30>Jan  2 03:04:05 pve1 provision:",
        "+ 2026-01-02 03:04:05 systemctl:",
        "\u{1b}[36m2026-01-02 03:04:05\u{1b}[0m",
        "web_1  | 2026-01-02 03:04:05",
        "time=\"2026-01-02T03:04:05Z\" level=error msg=\"",
        "level=error ts=2026-01-02T03:04:05Z msg=",
        "{\"time\":\"2026-01-02T03:04:05Z\",\"msg\":\"",
        "{\"level\":\"error\",\"@timestamp\":\"2026-01-02T03:04:05Z\",\"msg\":\"",
    ] {
        assert_eq!(time_in(begin, &TimeZone::UTC), second, "{begin}");
    }
    for begin in [
        "log rotated at 2026-01-02 03:04:05;",
        "Active: failed since Fri 2026-01-02 03:04:05 UTC; 1h ago:",
        "Modify: 2026-01-02 03:04:05.000000000 +0000",
        "built Fri Jan  2 03:04:05 UTC 2026:",
    ] {
        assert_eq!(time_in(begin, &TimeZone::UTC), None, "{begin}");
    }
}

#[test]
fn a_line_without_a_stamp_lies_between_its_neighbours() {
    let log = "2026-01-02T03:04:05Z enabling\n\
               Failed to enable unit: Unit a.service does not exist\n\
               2026-01-02T03:04:07Z giving up\n\
               Failed to connect to bus: No such file or directory\n";
    let found = read(log);
    assert_eq!(found[0].at, Some(Interval::new(T, T + 3 * SECOND)));
    assert_eq!(
        found[1].at,
        Some(Interval::new(T + 2 * SECOND, T + 3_600 * SECOND)),
        "up to the log's last write"
    );
}

#[test]
fn the_wordings_of_247_to_257_are_known() {
    let cases = [
        (
            "Failed to enable unit: Unit file a.service does not exist.",
            FailureKind::Unit,
        ),
        (
            "Failed to enable unit: Unit a.service does not exist",
            FailureKind::Unit,
        ),
        (
            "Failed to enable unit, unit a.service does not exist.",
            FailureKind::Unit,
        ),
        (
            "Failed to enable unit: Unit file /etc/systemd/system/a.service is masked.",
            FailureKind::Unit,
        ),
        (
            "Failed to look up unit file state: Is a directory",
            FailureKind::Unit,
        ),
        (
            "Failed to start a.service: Unit a.service not found.",
            FailureKind::Unit,
        ),
        (
            "Failed to connect to bus: No such file or directory",
            FailureKind::NotReady,
        ),
        (
            "Failed to connect to system scope bus via local transport: No such file or directory",
            FailureKind::NotReady,
        ),
        (
            "System has not been booted with systemd as init system (PID 1). Can't operate.",
            FailureKind::NotReady,
        ),
        (
            "failed to create file: /etc/systemd/system/: Is a directory",
            FailureKind::Push,
        ),
        (
            "failed to open /srv/x for reading: No such file or directory",
            FailureKind::Push,
        ),
    ];
    for (line, kind) in cases {
        let found = read(&format!("+ some prefix: {line}\nnothing failed here\n"));
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!((found[0].kind, found[0].text.as_str()), (kind, line));
    }
}

#[test]
fn a_line_is_read_as_far_as_messages_go() {
    let long = "x ".repeat(1 << 19);
    assert_eq!(read(&format!("{FAILURE} {long}"))[0].text.len(), LINE);
    assert_eq!(read(&format!("{long} {FAILURE}")), []);
    assert_eq!(read(&format!("{}{FAILURE}", "é".repeat(LINE))), []);
    let found = read(&format!(
        "\0\0{FAILURE}\0\r10%\r20% {FAILURE}\r\n{}",
        "\0".repeat(1 << 20)
    ));
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].text, FAILURE);
}

/// An earlier parser took minutes for a log of such lines.
#[test]
fn a_log_written_to_be_slow_is_read_all_the_same() {
    for piece in [
        "[[[[[[ ",
        "+ ",
        "ct 100 ",
        "pct -a ",
        "[7] ",
        "lxc-a -b ",
        "Failed to : ",
        "1 00:00 ",
        "{\"a\":\"1 00:00\",",
    ] {
        let line = piece.repeat(200 / piece.len());
        let log = format!("+ pct create 958\n{line}\n").repeat(2_000);
        assert_eq!(read(&format!("{log}{FAILURE}")).len(), 1, "{piece}");
    }
}

#[test]
fn a_log_that_names_no_container_may_be_of_another_one() {
    let is_assumed = |log: &str| {
        read(log)
            .iter()
            .map(|it| it.container_assumed)
            .collect::<Vec<_>>()
    };
    assert_eq!(is_assumed(FAILURE), [true]);
    assert_eq!(is_assumed(&format!("[ct 958] {FAILURE}")), [false]);
    let run = format!("{FAILURE}\n+ pct start 958\n{FAILURE}");
    assert_eq!(is_assumed(&run), [false, false]);
}

#[test]
fn newer_fields_are_omitted_if_they_have_their_default() {
    let old = serde_json::json!([{ "at": null, "kind": "unit", "text": FAILURE }]);
    let log: Vec<LoggedFailure> = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(serde_json::to_value(&log).unwrap(), old);
    let read_now = read(&format!("[ct 958] {FAILURE}"));
    let without_place = LoggedFailure {
        place: None,
        ..read_now[0].clone()
    };
    assert_eq!(log, [without_place]);
    assert_eq!(
        read_now[0].place.as_ref().unwrap().to_string(),
        "provision.log:1"
    );
    let new = read(&format!(
        "+ pct create 957\n+ pct exec 957 -- systemctl start b\n{FAILURE}"
    ));
    let text = serde_json::to_string(&new).unwrap();
    assert!(text.contains(r#""owner":"another_container""#), "{text}");
    assert_eq!(
        serde_json::from_str::<Vec<LoggedFailure>>(&text).unwrap(),
        new
    );
}

#[test]
fn other_numbers_are_no_seconds_since_the_epoch() {
    let numbers = [
        "1767323045",
        "1234567890.123",
        "copied 1767323045.000",
        "9999999999.999",
    ];
    for number in numbers {
        assert_eq!(time_in(number, &TimeZone::UTC), None, "{number}");
    }
}
