use super::*;
use crate::evidence::time::SECOND;

/// 2026-01-02T03:04:05Z.
const T: i64 = 1_767_323_045 * SECOND;

fn read(text: &str) -> Vec<LoggedFailure> {
    let end = Timestamp::from_second(T / SECOND + 3_600).unwrap();
    failures(text, end, &TimeZone::UTC)
}

#[test]
fn stamps_as_logs_write_them() {
    let second = |from: i64| Some(Interval::new(from, from + SECOND));
    let failure = "Failed to enable unit: Unit file a.service does not exist.";
    let cases = [
        ("2026-01-02T03:04:05Z", second(T)),
        ("2026-01-02T04:04:05+01:00", second(T)),
        ("2026-01-01 22:04:05 -0500", second(T)),
        ("[2026-01-02 03:04:05] ERROR:", second(T)),
        ("Jan  2 03:04:05 pve1 provision[77]:", second(T)),
        ("Fri Jan  2 03:04:05 UTC 2026:", second(T)),
        ("Fri Jan  2 03:04:05 AM UTC 2026:", second(T)),
        ("Fri  2 Jan 2026 03:04:05 AM UTC", second(T)),
        (
            "Dec 31 23:59:59 pve1 x:",
            second(T - 3 * 3_600 * SECOND - 24 * 3_600 * SECOND - 246 * SECOND),
        ),
        (
            "2026-01-02 03:04:05,250 INFO",
            Some(Interval::new(
                T + SECOND / 4,
                T + SECOND / 4 + SECOND / 1_000,
            )),
        ),
        ("no stamp at all", None),
        ("2026-13-41 03:04:05", None),
    ];
    for (stamp, at) in cases {
        let found = read(&format!("{stamp} {failure}\n"));
        assert_eq!(found.len(), 1, "{stamp}");
        assert_eq!(found[0].at, at, "{stamp}");
        assert_eq!(found[0].text, failure);
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
fn the_units_own_failure_comes_first() {
    let found = read(
        "2026-01-02T03:04:05Z Failed to enable unit: Unit file other.service does not exist.\n\
         2026-01-02T03:04:06Z failed to create file: /etc/a.service: Is a directory\n\
         2026-01-02T03:04:07Z Failed to enable unit: Unit file a.service does not exist.\n",
    );
    let at = |unit| moment_of_failure(&found, unit).unwrap().at.unwrap().start;
    assert_eq!(at(Some("a.service")), T + 2 * SECOND);
    assert_eq!(at(Some("b.service")), T);
}
