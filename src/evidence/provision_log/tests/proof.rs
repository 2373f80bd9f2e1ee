//! The time zone that a log proves.

use jiff::tz::Offset;

use super::*;

/// The offset that is proven, in minutes: the log was last written 8 s after [`T`], and the host began to push at T + 3 s
/// and an hour and 100 s before.
fn minutes(text: &str) -> Option<i32> {
    let tasks = [T - 3_700 * SECOND, T + 3 * SECOND].map(|begin| LoggedTask {
        kind: "push_file".to_owned(),
        begin,
    });
    let written = Timestamp::from_second(T / SECOND + 8).unwrap();
    let zone = proven_zone(text, written, ct(958), &tasks)?;
    Some(zone.to_offset(Timestamp::UNIX_EPOCH).seconds() / 60)
}

#[test]
fn a_task_that_both_logs_show_proves_the_zone() {
    let log = |stamp| format!("{stamp} + pct push 958 a /etc/a\n{stamp} more\nthe end");
    assert_eq!(minutes(&log("2026-01-02 03:04:07")), Some(0));
    assert_eq!(minutes(&log("2026-01-02 05:04:06")), Some(120));
    assert_eq!(minutes(&log("2026-01-01 23:34:07")), Some(-210));
    // Neither: no task of that minute, another container's, or another kind.
    assert_eq!(minutes(&log("2026-01-02 03:09:07")), None);
    assert_eq!(
        minutes(&log("2026-01-02 05:04:06").replace("958", "957")),
        None
    );
    assert_eq!(
        minutes(&log("2026-01-02 05:04:06").replace("push", "start")),
        None
    );
}

#[test]
fn tasks_that_fit_several_zones_prove_none() {
    let log = "2026-01-02 05:04:06 pct push 958 a b\n2026-01-02 08:04:06 pct push 958 a b\nend";
    assert_eq!(minutes(log), None);
}

#[test]
fn the_last_write_proves_the_zone_of_a_last_line_with_a_timestamp() {
    assert_eq!(minutes("2026-01-02 04:04:10 done\n\n"), Some(60));
    assert_eq!(
        minutes("2026-01-02 04:03:10 done\n"),
        None,
        "a minute before"
    );
    assert_eq!(minutes("2026-01-02 04:04:10 done\nand more\n"), None);
    assert_eq!(
        minutes("2026-01-02T04:04:10+01:00 done\n"),
        None,
        "it states its zone"
    );
}

#[test]
fn a_zone_is_given_by_its_name_or_as_an_offset() {
    let fixed = |hours| Some(TimeZone::fixed(Offset::constant(hours)));
    assert_eq!(parse_zone("+02:00"), fixed(2));
    assert_eq!(parse_zone("-0500"), fixed(-5));
    assert_eq!(parse_zone("+02"), fixed(2));
    assert_eq!(parse_zone("UTC"), Some(TimeZone::UTC));
    for invalid in [
        "",
        "+",
        "+2",
        "+2:00",
        "+99:00",
        "+02:0",
        "Nowhere/City",
        "+é0",
    ] {
        assert_eq!(parse_zone(invalid), None, "{invalid}");
    }
}
