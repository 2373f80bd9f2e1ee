//! Which failure of a log counts.

use super::*;
use crate::fixture::ct;

/// 2026-01-02T03:00:00Z.
const T: i64 = 1_767_322_800 * SECOND;

const ABSENT: &str = "Failed to enable unit: Unit file a.service does not exist.";
const NO_BUS: &str = "Failed to connect to bus: No such file or directory";

/// The failures in a log, as seen from container 958. `@5` at the beginning of a line means the fifth
/// minute.
fn read(log: &str) -> Vec<LoggedFailure> {
    let stamped = |line: &str| match line.split_once(' ') {
        Some((minute, rest)) if minute.starts_with('@') => {
            format!("2026-01-02T03:{:0>2}:00Z {rest}\n", &minute[1..])
        }
        _ => format!("{line}\n"),
    };
    let text: String = log.lines().map(str::trim_start).map(stamped).collect();
    let log = Log {
        file: "provision.log",
        zone_is_assumed: false,
        text: &text,
        whole: true,
        written: Timestamp::from_second(T / SECOND + 3_600).unwrap(),
        zone: &TimeZone::UTC,
    };
    log.failures(ct(958))
}

/// The message of the failure that counts for a.service, and the first and last minute of its time.
fn chosen(log: &str) -> Result<(String, Option<(i64, i64)>), NoFailure> {
    let failures = read(log);
    let chosen = failed_command(&failures, Some("a.service"))?;
    let minute = |at: i64| (at - T) / (60 * SECOND);
    let minutes = chosen
        .at
        .map(|at| (minute(at.start), minute(at.end - SECOND)));
    Ok((chosen.failure.text.clone(), minutes))
}

fn at(text: &str, first: i64, last: i64) -> Result<(String, Option<(i64, i64)>), NoFailure> {
    Ok((text.to_owned(), Some((first, last))))
}

#[test]
fn a_failure_of_another_container_is_not_this_ones() {
    for begin in [
        "[ct 957]",
        "[CT957]",
        "ct-957:",
        "CTID=957",
        "vmid 957:",
        "container 957:",
        "container '957':",
        "+ pct exec 957 -- systemctl:",
        "command 'pct push 957 a b' failed:",
        "pct exec --keep-env 957:",
        "lxc-attach -n 957 -- systemctl:",
        "lxc-attach --clear-env --name=957:",
        "lxc-attach: 957: ../src/attach.c:",
        "/etc/pve/lxc/957.conf:",
        "UPID:vm:00004369:00047A96:6B03719E:vzstart:957:root@pam:",
    ] {
        let log = format!("@1 {begin} {NO_BUS}");
        assert_eq!(chosen(&log), Err(NoFailure::OtherContainers), "{begin}");
        let ours = log.replace("957", "958");
        assert_eq!(chosen(&ours), at(NO_BUS, 1, 1), "{ours}");
    }
    for begin in ["direct 957:", "pct list:", "CT 9578901234:", "exit 957"] {
        assert_eq!(
            chosen(&format!("@1 {begin} {NO_BUS}")),
            at(NO_BUS, 1, 1),
            "{begin}"
        );
    }
}

#[test]
fn a_failure_belongs_to_the_command_before_it() {
    let log = format!(
        "@1 + pct exec 957 -- systemctl enable a.service
         {NO_BUS}
         @2 + pct exec 958 -- systemctl enable a.service
         {ABSENT}
         @3 + pct exec 957 -- systemctl start a.service"
    );
    assert_eq!(chosen(&log), at(ABSENT, 2, 3));
    let without_ours = log.replace(ABSENT, "Created symlink");
    assert_eq!(chosen(&without_ours), Err(NoFailure::OtherContainers));
    let announced = log.replace("+ pct", "running: pct");
    assert_eq!(chosen(&announced), at(ABSENT, 2, 3));
    // The source of a clone is not the container that is provisioned.
    let cloned = format!("@1 + pct clone 9000 958\n@2 + sleep 1\n@3 {NO_BUS}");
    assert_eq!(chosen(&cloned), at(NO_BUS, 3, 3));
}

#[test]
fn a_failure_that_names_no_container_is_this_ones_unless_others_are_named() {
    assert_eq!(chosen(&format!("@1 {ABSENT}")), at(ABSENT, 1, 1));
    assert_eq!(
        chosen(&format!("@1 starting container 958\n@2 {ABSENT}")),
        at(ABSENT, 2, 2)
    );
    assert_eq!(
        chosen(&format!("@1 starting container 957\n@2 {ABSENT}")),
        Err(NoFailure::OtherContainers)
    );
    assert_eq!(
        chosen(&format!(
            "@1 starting container 957\n@1 starting container 958\n@2 {ABSENT}"
        )),
        Err(NoFailure::Unclear)
    );
    // A failure that names this container is still certain.
    assert_eq!(
        chosen(&format!(
            "@1 [ct 957] {NO_BUS}\n@2 {NO_BUS}\n@3 [ct 958] {ABSENT}"
        )),
        at(ABSENT, 3, 3)
    );
}

#[test]
fn a_failure_of_another_unit_is_not_this_ones() {
    let other = "Failed to enable unit: Unit file data.service does not exist.";
    // `data.service` contains `a.service`.
    assert_eq!(chosen(&format!("@1 {other}")), Err(NoFailure::OtherUnits));
    assert_eq!(
        chosen(&format!("@1 {other}\n@2 {NO_BUS}\n@3 {ABSENT}")),
        at(ABSENT, 3, 3),
        "the one that names it comes first"
    );
    assert_eq!(
        chosen(&format!("@1 {other}\n@2 {NO_BUS}")),
        at(NO_BUS, 2, 2)
    );
    // The message names no unit, but the command does.
    for (command, ours) in [
        ("systemctl enable --now other", false),
        ("systemctl start b.service c.service", false),
        ("systemctl daemon-reload", true),
        ("systemctl --no-block restart b.service a", true),
        (
            "sh -c 'systemctl daemon-reload && systemctl enable a.service 2>&1'",
            true,
        ),
    ] {
        let log = format!("@1 + pct exec 958 -- {command}\n@2 {NO_BUS}");
        let expected = match ours {
            true => at(NO_BUS, 2, 2),
            false => Err(NoFailure::OtherUnits),
        };
        assert_eq!(chosen(&log), expected, "{command}");
    }
}

#[test]
fn the_owner_of_an_alias_that_is_taken_has_not_failed() {
    let taken = "Failed to enable unit: File /etc/systemd/system/x.service already exists and is a symlink to /lib/systemd/system/b.service.";
    let log = |unit: &str| format!("@1 + systemctl enable {unit}\n@2 {taken}");
    assert_eq!(chosen(&log("a.service")), at(taken, 2, 2));
    let of_a = log("a.service").replace("b.service", "a.service");
    assert_eq!(
        chosen(&of_a.replace("enable a.service", "enable b.service")),
        Err(NoFailure::OtherUnits)
    );
}

#[test]
fn an_instance_fails_by_its_own_name_or_its_templates() {
    for name in ["worker@a.service", "worker@.service"] {
        let log = read(&format!("@1 Failed to start x: Unit {name} not found."));
        assert!(
            failed_command(&log, Some("worker@a.service")).is_ok(),
            "{name}"
        );
        assert!(
            failed_command(&log, Some("worker@b.timer")).is_err(),
            "{name}"
        );
    }
}

#[test]
fn without_a_unit_any_failure_of_the_container_counts() {
    let log = read(&format!(
        "@1 [ct 957] {NO_BUS}\n@2 {ABSENT}\n@3 [ct 958] {ABSENT}"
    ));
    let chosen = failed_command(&log, None).unwrap();
    assert_eq!(chosen.failure.text, ABSENT);
    assert_eq!(chosen.at.unwrap().start, T + 3 * 60 * SECOND);
}

#[test]
fn of_a_run_the_first_failure_counts_as_retries_come_later() {
    let log = format!(
        "@1 + pct create 958 debian
         @2 {ABSENT}
         @3 {ABSENT}
         @4 {NO_BUS}"
    );
    assert_eq!(chosen(&log), at(ABSENT, 2, 2));
}

#[test]
fn of_several_runs_the_last_counts() {
    let two_runs = format!(
        "@1 provision[71]: provisioning starts
         @2 {NO_BUS}
         @30 provision[94]: provisioning starts
         @31 {ABSENT}
         @32 {ABSENT}"
    );
    assert_eq!(chosen(&two_runs), at(ABSENT, 31, 31));
    let then_well = format!("{two_runs}\n@40 provision[99]: provisioning starts\n@41 done");
    assert_eq!(chosen(&then_well), Err(NoFailure::EarlierRuns));
    let created_again = format!(
        "@1 + pct create 958 debian\n@2 {NO_BUS}\n@30 + pct destroy 958\n\
         @31 + pct create 958 debian\n@32 {ABSENT}"
    );
    assert_eq!(chosen(&created_again), at(ABSENT, 32, 32));
}

#[test]
fn a_run_of_another_container_is_not_a_later_run() {
    let log = format!(
        "@1 + set -e
         @2 + pct exec 958 -- systemctl enable a.service
         {ABSENT}
         @30 + set -e
         @31 + pct exec 957 -- systemctl enable a.service
         @32 {NO_BUS}"
    );
    assert_eq!(chosen(&log), at(ABSENT, 2, 30));
}

#[test]
fn where_no_run_is_seen_to_begin_the_time_spans_all_that_may_be_retries() {
    let log = format!("@1 {ABSENT}\n@2 {ABSENT}\n@5 {ABSENT}");
    assert_eq!(chosen(&log), at(ABSENT, 1, 5));
    let of_both_kinds = format!("@1 Failed to start a.service: {NO_BUS}\n@5 {ABSENT}");
    assert_eq!(chosen(&of_both_kinds), Err(NoFailure::Several));
}

#[test]
fn several_messages_say_one_thing_or_nothing() {
    let masked = "Failed to enable unit: Unit file /etc/systemd/system/a.service is masked.";
    let said = |log: &str| failed_command(&read(log), Some("a.service")).map(|it| it.said);
    assert_eq!(
        said(&format!("@1 {ABSENT}\n@5 {ABSENT}")),
        Ok(Some(Said::Absent))
    );
    assert_eq!(said(&format!("@1 {ABSENT}\n@5 {masked}")), Ok(None));
    let of_one_run = format!("@1 + pct create 958\n@2 {ABSENT}\n@5 {masked}");
    assert_eq!(said(&of_one_run), Ok(Some(Said::Absent)));
}

#[test]
fn systemd_answered_if_each_message_that_may_count_shows_it() {
    let answered =
        |log: &str| failed_command(&read(log), Some("a.service")).map(|chosen| chosen.is_answered);
    let refused = "Failed to enable unit: Refusing to operate on linked unit file a.service";
    let other = "Failed to start a.service: Connection timed out";
    assert_eq!(answered(&format!("@1 {refused}\n@5 {ABSENT}")), Ok(true));
    assert_eq!(answered(&format!("@1 {other}\n@5 {ABSENT}")), Ok(false));
    let of_one_run = format!("@1 + pct create 958\n@2 {ABSENT}\n@5 {other}");
    assert_eq!(answered(&of_one_run), Ok(true));
}

#[test]
fn no_failure_and_no_timestamp() {
    assert_eq!(chosen("@1 all is well"), Err(NoFailure::None));
    assert_eq!(chosen(ABSENT), Ok((ABSENT.to_owned(), None)));
}

#[test]
fn a_push_is_chosen_by_the_same_rule() {
    let push = |path: &str| format!("failed to create file: {path}: No such file or directory");
    let of = |log: &str| {
        let log = read(log);
        failed_push(&log, Some("a.service")).map(|it| it.failure.text.clone())
    };
    let (ours, other) = (
        push("/etc/systemd/system/a.service"),
        push("/srv/b.service"),
    );
    let log = format!(
        "@1 {other}\n@2 [ct 957] {ours}\n@3 [ct 958] {}",
        push("/etc/x")
    );
    assert_eq!(of(&log), Ok(push("/etc/x")));
    assert_eq!(of(&format!("@1 {other}\n@2 {ours}")), Ok(ours));
    assert_eq!(of(&format!("@1 {other}")), Err(NoFailure::OtherUnits));
    assert_eq!(of(&format!("@1 {ABSENT}")), Err(NoFailure::None));
}
