//! Logs as provisioning tools write them.

use super::*;

/// 2026-11-26T03:04:05Z.
const T: i64 = 1_795_662_245 * SECOND;

fn failures(text: &str) -> Vec<LoggedFailure> {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let log = Log {
        file: "provision.log",
        text,
        whole: true,
        written: Timestamp::from_second(T / SECOND + 3_600).unwrap(),
        zone: &berlin,
        zone_is_assumed: true,
    };
    log.failures(ct(958))
}

/// The only failure in a log that is this container's: its message, the seconds from T to its time, and its units.
fn only(text: &str) -> (String, Option<(i64, i64)>, Vec<String>) {
    let found = failures(text);
    let [failure] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(failure.owner, Owner::ThisContainer, "{text}");
    assert!(!failure.zone_assumed, "{text}");
    let seconds = |at: i64| (at - T) / SECOND;
    let at = failure.at.map(|at| (seconds(at.start), seconds(at.end)));
    (failure.text.clone(), at, failure.units.clone())
}

const ABSENT: &str = "Failed to enable unit: Unit file a.service does not exist.";

#[test]
fn ansible_prints_the_failure_in_json_after_the_time_of_the_task() {
    let command = r#"
PLAY [Provision ct958] *********************************************************

TASK [Push the unit] ***********************************************************
Thursday 26 November 2026  04:04:03 +0100 (0:00:01.100)       0:00:01.100 ******
changed: [ct958]

TASK [Enable the unit] *********************************************************
Thursday 26 November 2026  04:04:05 +0100 (0:00:02.000)       0:00:03.100 ******
fatal: [ct958]: FAILED! => {"changed": true, "cmd": ["systemctl", "enable", "a.service"], "delta": "0:00:00.011", "end": "2026-11-26 03:04:05.678901", "msg": "non-zero return code", "rc": 1, "start": "2026-11-26 03:04:05.667901", "stderr": "Failed to enable unit: Unit file a.service does not exist.", "stderr_lines": ["Failed to enable unit: Unit file a.service does not exist."], "stdout": "", "stdout_lines": []}

PLAY RECAP *********************************************************************
ct958                      : ok=2    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
Thursday 26 November 2026  04:04:07 +0100 (0:00:01.000)       0:00:04.100 ******
"#;
    assert_eq!(only(command), (ABSENT.to_owned(), Some((0, 3)), vec![]));
    let module = r#"fatal: [ct958]: FAILED! => {"changed": false, "msg": "Could not find the requested service a: host"}"#;
    let expected = "Could not find the requested service a: host";
    assert_eq!(
        only(module),
        (expected.to_owned(), None, vec!["a.service".to_owned()])
    );
    let unable = r#"fatal: [ct958]: FAILED! => {"changed": false, "msg": "Unable to enable service a: Failed to enable unit: Access denied\n"}"#;
    let (text, _, units) = only(unable);
    assert_eq!(
        (text.as_str(), units),
        (
            "Failed to enable unit: Access denied",
            vec!["a.service".to_owned()]
        )
    );
    // With `log_path`.
    let file = format!(
        "2026-11-26T03:04:05Z p=77 u=root n=ansible | fatal: [ct958]: FAILED! => {{\"msg\": \"{ABSENT}\"}}\n2026-11-26T03:04:06Z p=77 u=root n=ansible | PLAY RECAP"
    );
    assert_eq!(only(&file), (ABSENT.to_owned(), Some((0, 1)), vec![]));
}

#[test]
fn the_last_play_in_the_log_of_ansible_counts() {
    let play = |message: &str| {
        format!(
            "2026-11-26T03:04:05Z p=77 u=root n=ansible INFO| PLAY [Provision ct958] ****
2026-11-26T03:04:06Z p=77 u=root n=ansible INFO| TASK [Enable the unit] ****
2026-11-26T03:04:07Z p=77 u=root n=ansible ERROR| fatal: [ct958]: FAILED! => {{\"msg\": \"{message}\"}}
"
        )
    };
    let log = play("Failed to enable unit: Access denied") + &play(ABSENT);
    let found = failures(&log);
    assert_eq!(
        [found[0].later_runs, found[1].later_runs],
        [Some(1), Some(0)]
    );
    let chosen = failed_command(&found, Some("a.service")).unwrap();
    assert_eq!(chosen.failure.text, ABSENT);
}

#[test]
fn ansible_reports_of_another_host_are_not_this_containers() {
    let text = format!("fatal: [ct957]: FAILED! => {{\"stderr\": \"{ABSENT}\"}}");
    assert_eq!(failures(&text)[0].owner, Owner::AnotherContainer);
}

#[test]
fn terraform_prints_the_failure_in_colours() {
    let text = format!(
        "null_resource.enable: Creating...
\u{1b}[0m\u{1b}[1mnull_resource.enable (remote-exec):\u{1b}[0m \u{1b}[0m{ABSENT}\u{1b}[0m\u{1b}[0m
2026-11-26T04:04:05.678+0100 [ERROR] provider: error executing \"/tmp/terraform_1.sh\": Process exited with status 1"
    );
    assert_eq!(only(&text).0, ABSENT);
    let traced = format!(
        "2026-11-26T04:04:05.678+0100 [DEBUG] null_resource.enable (remote-exec): {ABSENT}\n2026-11-26T04:04:06.000+0100 [ERROR] vertex \"null_resource.enable\" error: remote-exec provisioner error"
    );
    assert_eq!(only(&traced), (ABSENT.to_owned(), Some((0, 0)), vec![]));
}

#[test]
fn cloud_init_logs_in_utc() {
    let log = format!(
        "2026-11-26 03:04:05,678 - subp.py[DEBUG]: Running command ['systemctl', 'enable', 'a.service']
2026-11-26 03:04:05,700 - util.py[WARNING]: {ABSENT}
2026-11-26 03:04:06,000 - util.py[DEBUG]: Failed running runcmd"
    );
    assert_eq!(only(&log), (ABSENT.to_owned(), Some((0, 0)), vec![]));
    let console = format!(
        "[   11.345678] cloud-init[123]: Cloud-init v. 24.1.3 running 'modules:final' at Thu, 26 Nov 2026 03:04:05 +0000. Up 11.30 seconds.
[   12.345678] cloud-init[123]: {ABSENT}
[   13.345678] cloud-init[123]: Cloud-init v. 24.1.3 finished at Thu, 26 Nov 2026 03:04:07 +0000. Datasource DataSourceNoCloud.  Up 13.30 seconds"
    );
    assert_eq!(only(&console).0, ABSENT);
    assert_eq!(
        only(&console).1,
        Some((0, 3_600)),
        "from the stage to the log's last write"
    );
}

#[test]
fn a_traced_shell_script_shows_the_container_and_the_unit() {
    let script = "+ pct exec 957 -- systemctl enable b.service
+ pct exec 958 -- systemctl enable a
Synchronizing state of a.service with SysV service script with /usr/lib/systemd/systemd-sysv-install.
Executing: /usr/lib/systemd/systemd-sysv-install enable a
update-rc.d: error: a Default-Start contains no runlevels, aborting.
+ pct exec 957 -- systemctl start b.service";
    let expected = "update-rc.d: error: a Default-Start contains no runlevels, aborting.";
    assert_eq!(
        only(script),
        (expected.to_owned(), None, vec!["a.service".to_owned()])
    );
}

#[test]
fn a_message_is_kept_as_a_whole() {
    let both = format!("update-rc.d: error: unable to read /etc/init.d/a\n{ABSENT}\n");
    let expected = format!("update-rc.d: error: unable to read /etc/init.d/a; {ABSENT}");
    assert_eq!(only(&both).0, expected);
    let json = format!(
        r#"failed: [ct958] => {{"stderr": "update-rc.d: error: unable to read /etc/init.d/a\n{ABSENT}", "rc": 1}}"#
    );
    assert_eq!(only(&json).0, expected);
    let quoted = r#"fatal: [ct958]: FAILED! => {"msg": "Failed to enable unit: \"a.service\" is odd", "rc": 1}"#;
    assert_eq!(
        only(quoted).0,
        r#"Failed to enable unit: "a.service" is odd"#
    );
    // Two commands are two failures.
    let two = format!("update-rc.d: error: no such script\n+ systemctl enable a\n{ABSENT}\n");
    assert_eq!(failures(&two).len(), 2);
}

#[test]
fn each_wording_of_a_refused_unit_is_a_failure_of_the_unit() {
    for text in [
        "Failed to enable unit: Refusing to operate on alias name or linked unit file: a.service",
        "Failed to enable unit: File /etc/systemd/system/multi-user.target.wants/a.service already exists and is a symlink to /srv/a.service.",
        "Failed to enable unit: Too many levels of symbolic links",
        "Failed to enable unit: File '/etc/systemd/system/a.service' already exists and is a symlink to /dev/null",
        "Failed to enable unit: Unit /run/systemd/generator.late/a.service is transient or generated",
        "Failed to enable unit: Cannot alias a.service as b.socket.",
        "Failed to enable unit: Access denied",
        "Failed to reenable unit: Unit a.service does not exist",
        "Failed to get unit file state for a.service: No such file or directory",
        "Refusing to operate on linked unit file a.service.",
        "File /etc/systemd/system/a.service already exists and is a symlink to /srv/a.service.",
        "Unit a.service: Too many levels of symbolic links",
        "update-rc.d: error: cannot find a LSB script for a",
    ] {
        let found = failures(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(
            (found[0].kind, found[0].text.as_str()),
            (FailureKind::Unit, text)
        );
    }
}

#[test]
fn the_bus_of_a_user_says_nothing_about_the_system() {
    for text in [
        "Failed to connect to bus: No medium found",
        "Failed to connect to user scope bus via local transport: No medium found",
        "Failed to connect to user scope bus via local transport: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined (consider using --machine=<user>@.host --user to connect to bus of other user)",
        "Failed to enable unit: Failed to connect to bus: No medium found",
    ] {
        assert_eq!(failures(text), [], "{text}");
    }
    assert_eq!(
        failures("Failed to connect to bus: No such file or directory").len(),
        1
    );
}

#[test]
fn a_zone_is_assumed_only_where_a_line_has_none() {
    let assumed = |text: &str| {
        failures(text)
            .iter()
            .map(|it| it.zone_assumed)
            .collect::<Vec<_>>()
    };
    let log = format!(
        "2026-11-26 04:04:05 one\n{ABSENT}\n2026-11-26T03:04:07Z two\n{ABSENT}\n2026-11-26 04:04:09 three\n2026-11-26T03:04:10Z {ABSENT}"
    );
    assert_eq!(assumed(&log), [true, true, false]);
    assert_eq!(assumed(ABSENT), [false], "it has no time");
}
